"""Memory: what an office holds does not grow with what it has heard."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import onestory
from onestory import Office, load
from onestory.clock import HandClock
from onestory.intake import Arrived
from onestory.testing import NINE

from .acme import acme, address, billing, contracts, state

MESSAGES, SUBJECTS = 24_000, 500
SOME = 6_000
"""Python objects that may come and go: caches of sqlite3, of re, of msgspec. A leak of one object a
message would be three times as many."""


def told(begin: int, end: int) -> Iterator[Arrived]:
    """What two systems say of some contracts, again and again."""
    for number in range(begin, end):
        source = contracts if number % 2 else billing
        day = f"day {number // (4 * SUBJECTS)}"
        yield state(f"C-{number % SUBJECTS}", day, id=f"{number}", source=source)


def objects(office: Office) -> int:
    """How many Python objects there are."""
    gc.collect()
    return sys.getallocatedblocks()


def test_an_office_keeps_nothing_of_what_it_heard(tmp_path: Path) -> None:
    """After a quarter of the messages and after all of them, it holds as many objects."""
    with onestory.open(acme, address(tmp_path / "acme.db"), clock=HandClock(NINE)) as office:
        load(office, told(0, MESSAGES // 4))
        before = objects(office)
        load(office, told(MESSAGES // 4, MESSAGES))
        grown = objects(office) - before

        assert office.counts().messages == MESSAGES
        assert grown < SOME


@pytest.mark.sqlite
def test_verifying_holds_no_more_than_a_line(tmp_path: Path) -> None:
    """A ledger is verified as it is read: the objects there are do not grow with its lines."""
    most = 0

    def look(lines: int) -> None:
        nonlocal most
        if lines % 100 == 0:
            most = max(most, sys.getallocatedblocks())

    with onestory.open(acme, address(tmp_path / "acme.db"), clock=HandClock(NINE)) as office:
        for number in range(300):
            office.hear(*told(number, number + 1))
        load(office, told(300, MESSAGES // 6))
        assert office.verify() == []
        before = objects(office)

        assert office.verify(look) == []

        assert most - before < SOME / 6
