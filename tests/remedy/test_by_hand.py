"""What people do about repairs: hand one over, settle what it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from onestory import RepairState, Standing
from onestory.errors import ImpossibleTime, NoSuchName, NotAllowed
from onestory.remedy import Answer
from onestory.testing import NINE, Timeline

from .acme import AUTUMN, SPRING, SUMMER, acme
from .post import telecom
from .test_repairs import renewed
from .test_tellings import told_spring

JUNE = NINE + timedelta(days=150)


def hand_over(timeline: Timeline, number: int = 1) -> None:
    timeline.office.hand_over(number, because="The desk does it.", by="Ada")


def state(timeline: Timeline) -> tuple[RepairState, str]:
    repair = timeline.office.repair(1)
    return repair.state, repair.reason


def test_nothing_more_is_done_in_a_repair_that_a_person_hands_over() -> None:
    """It was to be called after its pause: Ada hands it over, and it is not."""
    here = acme()
    here.system.lose = ["not done"]
    with renewed(here) as timeline:
        timeline.office.remedy()
        hand_over(timeline)
        timeline.wait("1 h")
        timeline.office.remedy()

        assert here.system.calls == 1
        assert state(timeline) == (RepairState.HANDED_OVER, "The desk does it.")
        assert timeline.office.next_moment() is None
        newest = timeline.office.timeline(here.Contract, "C-1", limit=1)[0]
        assert newest.sentence == (
            "repair 1: handed over to billing desk, says Ada: The desk does it."
        )


def test_a_repair_that_was_handed_over_ends_once_the_follower_agrees() -> None:
    """The desk writes the term by hand: billing says so, and the repair is over without a call."""
    here = acme()
    with renewed(here) as timeline:
        hand_over(timeline)
        timeline.says(here.billing, here.Contract.renewed_until, "C-1", SUMMER)
        timeline.office.remedy()

        assert state(timeline)[0] is RepairState.SETTLED
        assert (here.system.calls, timeline.open_contradictions()) == (0, [])


def test_what_comes_of_a_call_that_was_being_made_is_kept() -> None:
    """Ada hands over while billing is being called: the call is made, and its answer is kept."""
    here = acme()
    with renewed(here) as timeline:
        caller = timeline.office.repairing.call

        def while_called(calls: Sequence[Callable[[], Any]]) -> list[Answer]:
            hand_over(timeline)
            return caller(calls)

        timeline.office.calls_by(while_called)
        timeline.office.remedy()

        repair = timeline.office.repair(1)
        assert (repair.state, [s.state for s in repair.steps]) == (
            RepairState.HANDED_OVER, ["done"],
        )  # fmt: skip
        assert here.system.calls == 1


def test_only_a_repair_that_is_under_way_is_handed_over_and_for_a_reason() -> None:
    """No reason, no such repair, one that was handed over: each is refused."""
    here = acme()
    with renewed(here) as timeline:
        with pytest.raises(NotAllowed, match="No reason"):
            timeline.office.hand_over(1, because=" ", by="Ada")
        with pytest.raises(NoSuchName, match="number 2"):
            hand_over(timeline, 2)
        hand_over(timeline)
        with pytest.raises(NotAllowed, match="is handed over: it is not under way"):
            hand_over(timeline)


def test_a_difference_settles_a_repair_that_has_done_nothing() -> None:
    """Billing may differ until June: the repair ends; in June they differ again, and another begins."""
    here = acme()
    with renewed(here) as timeline:
        timeline.office.settle(1, because="Bills are frozen.", until=JUNE, by="Ada")
        timeline.office.remedy()
        fact = here.Contract.renewed_until
        assert timeline.standing(here.billing, fact, "C-1") is Standing.DECLARED
        assert (state(timeline)[0], here.system.calls) == (RepairState.SETTLED, 0)

        timeline.wait("151 d")
        timeline.office.remedy()
        assert here.system.calls == 1


def test_a_difference_settles_a_repair_that_was_handed_over() -> None:
    """It was with the team: what it is for is settled, and it ends."""
    here = acme()
    with renewed(here) as timeline:
        hand_over(timeline)
        timeline.office.settle(1, because="Bills are frozen.", until=JUNE, by="Ada")
        timeline.office.remedy()

        assert state(timeline)[0] is RepairState.SETTLED
        assert timeline.open_contradictions() == []


def test_a_difference_is_declared_for_what_a_system_calls_it_too() -> None:
    """The repair is of a name that only billing uses: it is that name which may differ."""
    here = acme()
    fact = here.Contract.renewed_until
    with Timeline(here.company) as timeline:
        name = here.billing.calls("B-9")
        timeline.says(here.billing, fact, name, SPRING)
        timeline.says(here.contracts, fact, name, SPRING)
        timeline.says(here.contracts, fact, name, AUTUMN)
        timeline.wait("301 s")
        (repair,) = timeline.office.repairs()
        timeline.office.settle(repair.number, because="It is closed.", until=JUNE, by="Ada")

        assert timeline.open_contradictions() == []


def test_what_cannot_be_settled_is_refused() -> None:
    """No reason, an end that has passed or has no zone, no such repair, one that has ended."""
    here = acme()
    with renewed(here) as timeline:
        settle = timeline.office.settle
        with pytest.raises(NotAllowed, match="needs a reason"):
            settle(1, because="", until=JUNE, by="Ada")
        with pytest.raises(NotAllowed, match="still to come"):
            settle(1, because="x", until=NINE, by="Ada")
        with pytest.raises(ImpossibleTime):
            settle(1, because="x", until=JUNE.replace(tzinfo=None), by="Ada")
        with pytest.raises(NoSuchName, match="number 2"):
            settle(2, because="x", until=JUNE, by="Ada")
        settle(1, because="x", until=JUNE, by="Ada")
        timeline.office.remedy()
        with pytest.raises(NotAllowed, match="is settled: there is nothing left"):
            settle(1, because="x", until=JUNE, by="Ada")
        assert len(timeline.office.repairs(states=tuple(RepairState))) == 1


def test_what_people_are_told_cannot_be_declared_different() -> None:
    """Ada is to be told of her new term: that is no difference of a system, and no team takes it."""
    here = telecom()
    with told_spring(here) as timeline:
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        (repair,) = timeline.office.repairs()
        with pytest.raises(NotAllowed, match="customers is no system that follows renewed_until"):
            timeline.office.settle(repair.number, because="x", until=JUNE, by="Ada")

        timeline.office.hand_over(repair.number, because="She is called.", by="Bea")
        timeline.wait("1 h")
        timeline.office.remedy()
        assert here.mail.sent == []
        newest = timeline.office.timeline(here.Contract, "C-Ada", limit=1)[0]
        assert newest.sentence.endswith(": handed over, says Bea: She is called.")
