"""Turns of pulls: systems that hang, several processes, breaks in the middle of it all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import onestory
from onestory import (
    Arrived,
    Asked,
    Company,
    Entity,
    Fact,
    HandClock,
    Key,
    NotPulled,
    Page,
    PullState,
    System,
    message,
    rows_of,
)
from onestory.clock import stopwatch
from onestory.errors import DeclarationError, DeclaredTwice, ImpossibleTime, NoSuchName
from onestory.office.turn import PULL_LEASE
from onestory.testing import NINE, Timeline

from .pulled_acme import Billing, Row, acme_of, billing_says, pulled


class Script:
    """A source that gives pages as it is told to, and stops, hangs or breaks between them.

    Args:
        pages: What each page says: the terms of contracts.
        at: What is done before the page of a number, from 0 on.
    """

    name, whole = "script", False

    def __init__(self, *pages: dict[str, str], resumes: bool = True) -> None:
        self.said, self.resumes = pages, resumes
        self.before: dict[int, threading.Event | Exception] = {}
        self.reached = threading.Event()
        self.asked: list[Asked] = []

    def pages(self, asked: Asked) -> Iterator[Page]:
        """Give what is left of the pages."""
        self.asked.append(asked)
        start = int(asked.cursor or 0)
        for number in range(start, len(self.said)):
            before = self.before.pop(number, None)
            if isinstance(before, Exception):
                raise before
            if before is not None:
                self.reached.set()
                before.wait(30)
            cursor = str(number + 1) if self.resumes or not asked.sweep else None
            yield Page(self._messages(asked, number), cursor)

    def _messages(self, asked: Asked, number: int) -> Sequence[Arrived]:
        return [
            message(
                asked.system,
                asked.type,
                Row(contract_no=contract, term=term),
                id=f"{asked.reading} {number} {contract}",
            )
            for contract, term in self.said[number].items()
        ]


TWO = ({"C-1": "spring"}, {"C-2": "spring"})


def test_a_system_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    """S16: one pull never answers; the other is read all the same, and the first is shown as slow."""
    acme, hanging = Company("Acme"), Script(*TWO)
    hanging.before[0] = done = threading.Event()
    billing = Billing(tmp_path / "billing.db")
    for system, source in (("stuck", hanging), ("billing", billing.source(cursor=""))):
        System(system, of=acme).pulls(source, every="30 s")
    clock = HandClock(NINE)
    with onestory.open(acme, "sqlite://", clock=clock) as office:
        office.pull_due(patience=0.2)
        clock.move(timedelta(minutes=5))
        office.pull_due(patience=0.2)
        shown = {one.system: one for one in office.pulls()}
        done.set()
        for thread in office._running():
            thread.join()

    assert shown["stuck"].state is PullState.SLOW
    assert shown["stuck"].words.startswith(
        "slow: asked at 2027-01-05 09:00:00 UTC, and not answered"
    )
    assert shown["billing"].state is PullState.UP_TO_DATE
    assert len(hanging.asked) == 1


def test_pulling_stops_though_a_system_hangs() -> None:
    """Told to stop, it waits two seconds for what is under way and no longer."""
    script = Script(*TWO)
    script.before[1] = done = threading.Event()
    timeline, stop = Timeline(acme_of(script).company), threading.Event()
    running = threading.Thread(target=timeline.office.pull, args=(stop,))
    running.start()
    assert script.reached.wait(10)
    begun = stopwatch()
    stop.set()
    running.join(10)
    took, stopped = stopwatch() - begun, not running.is_alive()
    rows = timeline.office.pulls()[0].rows
    done.set()
    for thread in timeline.office._running():
        thread.join()
    timeline.close()

    assert stopped
    assert took < 3
    assert rows == 1


def test_a_running_office_pulls_by_itself(tmp_path: Path) -> None:
    """Beside whatever else it does, in a thread, until it is told to stop."""
    billing, stop = Billing(tmp_path / "billing.db"), threading.Event()
    acme = acme_of(billing.source(), every="100 ms")
    billing.says("C-1", "spring")
    with onestory.open(acme.company, "sqlite://") as office:
        running = threading.Thread(target=office.pull, args=(stop,))
        running.start()
        _until(lambda: office.pulls()[0].heard == 1)
        billing.says("C-2", "spring")
        _until(lambda: office.pulls()[0].heard == 2)
        stop.set()
        running.join(10)

    assert not running.is_alive()


def test_a_page_that_breaks_loses_nothing_of_those_before_it() -> None:
    """What was heard is kept with its cursor, and the next turn goes on behind it."""
    script = Script(*TWO)
    script.before[1] = NotPulled("The network is gone.", fix="Wait.")
    acme = acme_of(script)
    timeline = Timeline(acme.company)
    broken = pulled(timeline)
    timeline.wait("1 min")
    mended = pulled(timeline)

    assert (broken.state, broken.rows, broken.error and broken.error[1]) == (
        PullState.DOWN,
        1,
        "The network is gone.",
    )
    assert (mended.state, mended.rows, mended.heard) == (PullState.UP_TO_DATE, 2, 2)
    assert [asked.cursor for asked in script.asked] == [None, "1", "2"]
    timeline.close()


def test_a_sweep_goes_on_after_a_break_by_its_own_number() -> None:
    """It is one sweep, with polls in between: what it heard before is not heard again."""
    script = Script(*TWO)
    timeline = Timeline(acme_of(script).company)
    pulled(timeline)
    script.before[1] = NotPulled("The network is gone.")
    timeline.wait("1 d")
    broken = pulled(timeline)
    timeline.wait("30 min")
    done = pulled(timeline)
    sweeps = [(asked.cursor, asked.reading) for asked in script.asked if asked.sweep]

    assert broken.state is PullState.DOWN
    assert done.state is PullState.UP_TO_DATE
    assert not done.sweeping
    assert len({reading for _, reading in sweeps}) == 1
    timeline.close()


def test_polls_go_on_while_a_sweep_breaks_again_and_again() -> None:
    """What is new is read every half minute; the sweep alone waits longer each time, and it is shown."""
    script = Script(*TWO)
    timeline = Timeline(acme_of(script).company)
    pulled(timeline)
    timeline.wait("1 d")
    shown = timeline.office.pulls()[0]
    for _ in range(20):
        script.before[1] = NotPulled("It takes too long.")
        shown = pulled(timeline)
        timeline.wait("30 s")
    sweeps = sum(one.sweep for one in script.asked)
    polls = sum(not one.sweep for one in script.asked)
    script.before.clear()
    timeline.wait("15 min")
    mended = pulled(timeline)

    assert polls == 22
    assert 4 <= sweeps <= 7
    assert shown.state is PullState.DOWN
    assert shown.words == (
        f"its sweep broke {sweeps} times since 2027-01-06 09:00:00 UTC; what is new is read"
    )
    assert (mended.state, mended.failures, mended.swept_rows) == (PullState.UP_TO_DATE, 0, 2)
    timeline.close()


def test_a_sweep_that_cannot_go_on_begins_anew_by_another_number() -> None:
    """Its rows are then repeats, which say what is so now; none is dropped as heard before."""
    script = Script(*TWO, resumes=False)
    timeline = Timeline(acme_of(script).company)
    pulled(timeline)
    timeline.wait("1 d")
    script.before[1] = NotPulled("The network is gone.")
    pulled(timeline)
    timeline.wait("30 min")
    pulled(timeline)
    sweeps = [asked.reading for asked in script.asked if asked.sweep]

    assert len(sweeps) == len(set(sweeps)) == 2
    timeline.close()


def test_two_offices_read_a_pull_one_at_a_time(tmp_path: Path) -> None:
    """While one reads, the other leaves it alone; when its lease has ended, the other goes on.

    What the first reads after that is dropped: the other may have heard something newer since.
    """
    script, address = Script(*TWO), f"sqlite:///{tmp_path / 'acme.db'}"
    script.before[0] = done = threading.Event()
    acme, clock = acme_of(script), HandClock(NINE)
    with (
        onestory.open(acme.company, address, clock=clock) as one,
        onestory.open(acme.company, address, clock=clock) as other,
    ):
        one.pull_due(patience=0.1)
        assert script.reached.wait(10)
        assert other.pull_due(at_once=True)[0].rows == 0
        assert len(script.asked) == 1
        clock.move(PULL_LEASE)
        taken = other.pull_due()[0]
        done.set()
        for thread in one._running():
            thread.join()
        after = one.pulls()[0]

    assert (taken.state, taken.rows, taken.heard) == (PullState.UP_TO_DATE, 2, 2)
    assert (after.rows, after.heard) == (2, 2)


def test_one_pull_may_be_asked_for_by_its_name_or_its_system() -> None:
    """And a name that nothing has is told, with what there is."""
    timeline = Timeline(acme_of(Script(*TWO)).company)

    assert timeline.office.pull_due("billing")[0].rows == 2
    assert timeline.office.pull_due("billing/row", at_once=True)[0].name == "billing/row"
    with pytest.raises(NoSuchName, match="has no pull named 'biling'"):
        timeline.office.pull_due("biling")
    timeline.close()


def test_what_cannot_be_so_is_refused_when_it_is_declared() -> None:
    """Too often, swept more often than polled, no source at all, twice, a name that is none."""
    acme = Company("Acme")
    billing = System("billing", of=acme)
    source = Script(*TWO)
    billing.pulls(source, type="row")

    for every, sweep_every in (("10 ms", "1 d"), ("1 h", "1 min")):
        with pytest.raises(DeclarationError, match="would be polled every"):
            billing.pulls(source, type="other", every=every, sweep_every=sweep_every)
    with pytest.raises(DeclarationError, match="is no source"):
        billing.pulls("contracts.csv", type="other")  # type: ignore[arg-type]
    with pytest.raises(DeclaredTwice):
        billing.pulls(source, type="row")
    for table, key in (
        ("contract; drop table contract", "no"),
        ("contract", "no, term"),
        ("c", ()),
    ):
        with pytest.raises(DeclarationError):
            rows_of(lambda: None, table, key=key)
    with pytest.raises(DeclarationError, match="nobody reads 'row' from billing"):
        onestory.open(acme, "sqlite://")


def test_a_system_that_is_pulled_too_seldom_for_what_it_follows_is_refused() -> None:
    """Billing must follow within five minutes; asked once an hour, nobody could know."""
    with pytest.raises(ImpossibleTime, match="nobody could know whether it follows Contract.term"):
        onestory.open(acme_of(Script(*TWO), every="1 h").company, "sqlite://")
    onestory.open(
        acme_of(Script(*TWO), every="1 h", behind_pushes=True).company, "sqlite://"
    ).close()


@pytest.mark.parametrize("more", [{"can_be_asked": True}, {"heard_every": "1 min"}])
def test_a_system_that_says_how_it_is_heard_may_be_pulled_seldom(more: dict[str, Any]) -> None:
    """It can be asked besides, or is heard in another way; a pull without a type has its system's name."""
    acme = Company("Acme")
    contracts, billing = System("contracts", of=acme), System("billing", of=acme, **more)

    class Bill(Entity, of=acme):
        """A bill."""

        no: Key[str]
        days: Fact[int] = contracts.decides(billing.follows(within="5 min"))

    assert billing.pulls(Script(*TWO), every="1 h").name == "billing"
    onestory.open(acme, "sqlite://").close()


def test_a_poll_with_nothing_new_shows_that_the_system_is_there(tmp_path: Path) -> None:
    """It answers, and says nothing of the change: it is late itself, and not its link silent."""
    billing = Billing(tmp_path / "billing.db")
    billing.says("C-1", "spring")
    acme = acme_of(billing.source())
    timeline = Timeline(acme.company)
    timeline.says(acme.contracts, acme.term, "C-1", "spring")
    pulled(timeline)
    timeline.wait("1 h")
    timeline.says(acme.contracts, acme.term, "C-1", "summer")
    timeline.wait("2 min")
    pulled(timeline)
    timeline.wait("4 min")
    (opened,) = timeline.open_contradictions()

    assert timeline.office.explain(opened.number).cause.fault is not onestory.Fault.SILENT
    assert billing_says(timeline, acme, "C-1") == "spring"
    timeline.close()


def _until(holds: Callable[[], bool]) -> None:
    """Wait until something is so; half a minute at most."""
    for _ in range(600):
        if holds():
            return
        threading.Event().wait(0.05)
    pytest.fail("it never became so")
