"""Memory stays flat: a load of millions of claims holds no more at its end than at its quarter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

PROGRAM = Path(__file__).with_name("acme_flat.py")
CLAIMS = int(os.environ.get("ONESTORY_TEST_CLAIMS", "2000000"))
"""Claims that are loaded: 10,000,000 are promised, and take a quarter of an hour."""

MAX_GROWTH_KIB = 150_000
"""What may be added after a quarter: SQLite's cache of pages fills up to its bound, 128 MiB, once."""


class Grown(msgspec.Struct):
    """What a load of its own process held, in KiB, at each quarter; and after a verify."""

    quarters: list[int]
    verified: int
    claims: int


@pytest.mark.long
def test_millions_of_claims_need_no_more_memory_than_a_quarter_of_them(tmp_path: Path) -> None:
    """100,000 subjects, two systems, messages of five facts of which some change each time."""
    command = [sys.executable, str(PROGRAM), str(tmp_path / "acme.db"), str(CLAIMS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    grown = msgspec.json.decode(done.stdout, type=Grown)

    assert grown.claims == CLAIMS
    assert grown.quarters[3] - grown.quarters[0] < MAX_GROWTH_KIB
    assert grown.verified - grown.quarters[3] < MAX_GROWTH_KIB
