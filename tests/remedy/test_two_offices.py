"""Two offices on one ledger: what one is slow with, the other takes over, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from onestory import RepairState
from onestory.testing import Answer, Timeline, one_by_one

from .acme import SUMMER, Acme, acme
from .test_repairs import renewed


def slow(here: Acme, address: str) -> Timeline:
    """C-1 is late, and the office whose call takes ten minutes remedies; another one works meanwhile."""
    timeline = renewed(here, address=address)

    def slowly(calls: Sequence[Callable[[], Any]]) -> list[Answer]:
        timeline.office.calls_by(one_by_one)
        answers = one_by_one(calls)
        start = timeline.minute(16)
        with Timeline(here.company, address=address, start=start) as second:
            second.office.calls_by(one_by_one)
            second.office.remedy()
        timeline.clock.move_to(second.clock.now())
        return answers

    timeline.office.calls_by(slowly)
    timeline.office.remedy()
    return timeline


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A ledger that two offices have open."""
    return f"sqlite:///{tmp_path / 'acme.db'}"


def test_an_answer_that_comes_after_another_office_had_it_is_kept_once(address: str) -> None:
    """The other office asked billing what became of it, and knows already: one line, one step done."""
    here = acme()
    with slow(here, address) as timeline:
        (repair,) = timeline.office.repairs()
        assert [(s.state, s.tries) for s in repair.steps] == [("done", 1)]
        events = timeline.office.timeline(here.Contract, "C-1")
        said = [e.sentence for e in events if e.kind == "done"]

        assert said == ["repair 1: SetEndDate(C-1, 2027-06-30)"]
        assert [e.until for e in here.system.effects] == [SUMMER]


def test_an_answer_to_an_earlier_try_says_nothing_of_the_one_under_way(address: str) -> None:
    """Billing lost the first call, and the other office's: what is kept is the second one's mark."""
    here = acme(how="keyed")
    here.system.lose = ["not done", "request"]
    with slow(here, address) as timeline:
        (repair,) = timeline.office.repairs()
        assert [(s.state, s.tries) for s in repair.steps] == [("attempted", 2)]
        for _ in range(3):
            timeline.wait("2 min")
            timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert [(s.state, s.tries) for s in repair.steps] == [("done", 3)]
        assert repair.state is RepairState.LIVE
        assert len(here.system.effects) == 1
