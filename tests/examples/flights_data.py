"""Where the real rows of the flight websites lie: beside the repository, for they are not ours."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

FLIGHTS: Final = Path(__file__).parents[2].parent / "shared" / "data" / "flights"


def data(name: str) -> Path:
    """Return the path of `told.csv` or `truth.csv`; without it, skip here and fail in CI."""
    path = FLIGHTS / name
    if not path.exists():
        if os.environ.get("CI"):
            pytest.fail(
                f"{name} is not beside the repository, in shared/data/flights: CI must read it"
            )
        pytest.skip(f"{name} is not beside the repository, in shared/data/flights")
    return path
