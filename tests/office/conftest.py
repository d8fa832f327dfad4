"""A ledger for the versions of a company."""

from pathlib import Path

import pytest

from .versions import Versions


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    """A ledger in a file, that is opened again and again."""
    return Versions(tmp_path)
