"""The simulator is tested, too: defects planted in the kernel must be found."""

from __future__ import annotations

import pytest

from onestory.testing.mutants import MUTANTS
from onestory.testing.storm import hunt

QUICK = [
    "acknowledged before the commit",
    "duplicates known in memory only",
    "order of arrival",
    "deadline restarts",
    "contradiction never closed",
    "lagging value told",
    "unknown outcome cancelled",
    "done before the call",
    "marked after the call",
    "no re-check before a call",
    "hold not released when settled",
    "two transactions for two legs",
]
"""Some that a few storms find, one of each kind; the others are hunted in the long run."""

FEW, MOST = 40, 1_000


@pytest.mark.parametrize("name", QUICK)
def test_a_planted_defect_is_found_soon(name: str) -> None:
    """A defect of this kind does not survive some forty storms."""
    assert hunt(name, range(FEW)).what is not None


def test_enough_defects_are_planted() -> None:
    """At least thirty, or the table proves little."""
    assert len(MUTANTS) >= 30


@pytest.mark.long
@pytest.mark.parametrize("name", MUTANTS)
def test_every_planted_defect_is_found(name: str) -> None:
    """None survives a thousand storms; one that did would show a fault that the weather lacks."""
    assert hunt(name, range(MOST)).what is not None
