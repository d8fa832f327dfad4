"""A disk that fills up while repairs run: what was kept is kept, and each thing is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import onestory
from onestory import HandClock, Message, Office, RepairState, message
from onestory.errors import LedgerFull
from onestory.testing import NINE

from ..remedy.acme import SPRING, SUMMER, Acme, acme
from .test_disk import Disk, mounted

NAME = "billing/Contract.renewed_until"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Disk]:
    """A disk on which a ledger begins, and soon ends."""
    yield from mounted(tmp_path, 8)


def says(party: str, key: str, until: date, number: int) -> Message:
    """One system says until when a contract runs."""
    return message(party, "says", {"key": key, "until": until}, id=f"{party} {number}")


def late(here: Acme, disk: Disk, clock: HandClock) -> Office:
    """An office in which billing has not followed the renewal of C-1."""
    contract: Any = here.Contract

    def read(said: dict[str, str]) -> onestory.Claims:
        yield contract.renewed_until.claim(said["key"], date.fromisoformat(said["until"]))

    for system in (here.contracts, here.billing):
        onestory.reads(system, "says")(read)
    office = onestory.open(here.company, f"sqlite:///{disk.ledger}", clock=clock)
    office.arm(NAME, by="the test")
    office.hear(says("contracts", "C-1", SPRING, 1), says("billing", "C-1", SPRING, 1))
    clock.move(onestory.model.duration("1 min"))
    office.hear(says("contracts", "C-1", SUMMER, 2))
    clock.move(onestory.model.duration("6 min"))
    office.hear(says("billing", "C-0", SPRING, 2))
    office.tick()
    return office


def pass_time(clock: HandClock, minutes: int, then: Callable[[], object]) -> None:
    """Let so many minutes pass, doing something after each."""
    for _ in range(minutes):
        clock.move(onestory.model.duration("1 min"))
        then()


@pytest.mark.parametrize("how", ["asked", "keyed"])
def test_an_answer_that_cannot_be_kept_is_not_asked_for_twice(small: Disk, how: str) -> None:
    """Billing does it, and the disk is full when its answer comes: told so; with room, done once."""
    here, clock = acme(how=how), HandClock(NINE)
    write = here.system.set_end_date

    def write_and_fill(*given: Any) -> None:
        write(*given)
        small.fill()

    object.__setattr__(here.company.declared(onestory.model.Does)[0], "call", write_and_fill)
    with late(here, small, clock) as office:
        with pytest.raises(LedgerFull):
            office.remedy()
        assert len(here.system.effects) == 1
        with pytest.raises(LedgerFull):
            office.hear(*(says("contracts", f"D-{n}", SPRING, n + 10) for n in range(5_000)))

        small.make_room()
        object.__setattr__(here.company.declared(onestory.model.Does)[0], "call", write)
        pass_time(clock, 2, office.remedy)
        office.hear(says("billing", "C-1", SUMMER, 3))
        office.remedy()
        (repair,) = office.repairs(states=tuple(RepairState))
        assert repair.state is RepairState.DONE
        assert len(here.system.effects) == 1
        assert office.verify(dossiers=True) == []


def test_a_repair_that_cannot_be_marked_is_not_begun(small: Disk) -> None:
    """The disk is full before the first step: nothing is asked of billing until it is marked."""
    here, clock = acme(how="asked"), HandClock(NINE)
    with late(here, small, clock) as office:
        small.fill()
        heard = office.counts().messages
        for number in range(2_000):
            try:
                office.hear(says("contracts", f"D-{number}", SPRING, number + 10))
            except LedgerFull:
                break
            heard += 1
        with pytest.raises(LedgerFull):
            office.remedy()
        assert here.system.calls == 0
        assert office.counts().messages == heard

        small.make_room()
        pass_time(clock, 2, office.remedy)
        assert len(here.system.effects) == 1
        assert office.counts().messages == heard


def test_an_office_at_work_goes_on_when_there_is_room_again(small: Disk) -> None:
    """The loop that remedies says that it cannot, waits, and goes on; nobody starts it again."""
    here, clock = acme(how="asked"), HandClock(NINE)
    refused, stop = threading.Event(), threading.Event()
    with late(here, small, clock) as office:
        small.fill()
        for number in range(2_000):
            try:
                office.hear(says("contracts", f"D-{number}", SPRING, number + 10))
            except LedgerFull:
                break
        worker = threading.Thread(
            target=office.work, args=(stop,), kwargs={"refused": lambda _: refused.set()}
        )
        worker.start()
        try:
            assert refused.wait(20)
            assert here.system.calls == 0
            small.make_room()
            clock.move(onestory.model.duration("1 min"))
            for _ in range(100):
                if here.system.effects:
                    break
                stop.wait(0.1)
            assert worker.is_alive()
        finally:
            stop.set()
            worker.join()
        assert len(here.system.effects) == 1
