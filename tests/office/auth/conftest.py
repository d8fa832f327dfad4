"""A house for each test, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ...ledger.acme import address
from .house import House


@pytest.fixture
def house(tmp_path: Path, kept_on: str) -> Iterator[House]:
    house = House(address(tmp_path / "acme.db"))
    yield house
    house.close()
