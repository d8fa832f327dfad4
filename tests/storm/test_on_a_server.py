"""Storms on a server: two offices that take turns on one ledger there do what they do on a file."""

from __future__ import annotations

import pytest

from onestory.testing.storm import rage
from onestory.testing.weather import Weather

from ..ledger.postgres_server import fresh, needed, speedy

TWO = [seed for seed in range(400) if Weather(seed).offices == 2]
"""Storms in which two offices have the ledger open, and each acts between two transactions of the other."""


@pytest.mark.parametrize(
    "seed", [*TWO[:3], *(pytest.param(seed, marks=pytest.mark.long) for seed in TWO[3:60])]
)
def test_two_offices_on_a_server_break_no_promise_and_write_what_they_would_to_a_file(
    seed: int,
) -> None:
    """Every promise holds; and ledger and effects are the same to the byte, for the same seed."""
    needed()
    there, here = rage(seed, address=speedy().address(fresh())), rage(seed)

    assert there.failed is None
    assert there.digest == here.digest
    assert there.struck == here.struck
