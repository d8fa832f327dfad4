"""Repairs: what is done when a follower has not followed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from onestory import Company, Entity, Fact, Key, Patience, RepairState, System
from onestory.errors import NotAllowed
from onestory.testing import Timeline

from .acme import AUTUMN, SPRING, SUMMER, Acme, acme

NAME = "billing/Contract.renewed_until"


def renewed(
    here: Acme, *, armed: bool = True, alive: bool = True, address: str = "sqlite://"
) -> Timeline:
    """C-1 is renewed to summer, and billing still says spring when its time is over."""
    timeline = Timeline(here.company, address=address)
    if armed:
        timeline.office.arm(NAME, by="the test")
    fact = here.Contract.renewed_until
    timeline.says(here.contracts, fact, "C-1", SPRING)
    timeline.says(here.billing, fact, "C-1", SPRING)
    timeline.wait("1 min")
    timeline.says(here.contracts, fact, "C-1", SUMMER)
    timeline.wait("5 min")
    if alive:
        timeline.says(here.billing, fact, "C-0", SPRING)
    timeline.wait("1 s")
    return timeline


def every_repair(timeline: Timeline) -> list[tuple[RepairState, int]]:
    return [(r.state, len(r.steps)) for r in timeline.office.repairs(states=tuple(RepairState))]


def test_a_late_follower_is_written_to_once_and_then_read_back() -> None:
    """Billing misses a renewal: it is written, says so, and the contradiction is settled."""
    here = acme()
    with renewed(here) as timeline:
        timeline.office.remedy()
        assert [e.until for e in here.system.effects] == [SUMMER]
        assert every_repair(timeline) == [(RepairState.LIVE, 1)]
        timeline.wait("1 min")
        timeline.says(here.billing, here.Contract.renewed_until, "C-1", SUMMER)
        timeline.office.remedy()

        assert every_repair(timeline) == [(RepairState.DONE, 1)]
        assert timeline.open_contradictions() == []
        assert here.system.calls == 1


def test_what_is_not_armed_is_not_done() -> None:
    """An office opens watching: the repair is there to be seen, and nothing is written."""
    here = acme()
    with renewed(here, armed=False) as timeline:
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
        assert (repair.armed, repair.state, repair.steps) == (False, RepairState.LIVE, ())
        assert here.system.calls == 0

        timeline.office.arm(NAME, by="the test")
        timeline.office.remedy()
        assert here.system.calls == 1


def test_what_settles_by_itself_is_not_remedied() -> None:
    """Billing follows before anything was attempted: the repair is not needed."""
    here = acme()
    with renewed(here) as timeline:
        timeline.says(here.billing, here.Contract.renewed_until, "C-1", SUMMER)
        timeline.office.remedy()

        assert every_repair(timeline) == [(RepairState.SETTLED, 0)]
        assert here.system.calls == 0


def test_a_lost_request_is_asked_about_and_sent_again_with_its_key() -> None:
    """The request is lost on the way: billing says it never got it, and gets it once."""
    here = acme()
    here.system.lose = ["request"]
    with renewed(here) as timeline:
        timeline.office.remedy()
        assert here.system.effects == []
        timeline.wait("1 min")
        timeline.office.remedy()
        timeline.wait("1 min")
        timeline.office.remedy()
        assert len(here.system.effects) == 1
        assert len(here.system.keys) == 1


def test_a_lost_answer_is_asked_about_and_not_sent_again() -> None:
    """Billing did it, and its answer was lost: it says so when asked, and is not called again."""
    here = acme()
    here.system.lose = ["answer"]
    with renewed(here) as timeline:
        timeline.office.remedy()
        timeline.wait("1 min")
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
        assert repair.steps[0].state == "done"
        assert here.system.calls == 1


def test_not_done_speaks_of_one_call_only() -> None:
    """The first call did it, its answer was lost; what is refused for now is the second call."""
    here = acme(how="keyed")
    here.system.lose = ["answer", "not done"]
    with renewed(here) as timeline:
        timeline.office.remedy()
        timeline.wait("1 min")
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
        assert (repair.steps[0].state, here.system.calls) == ("attempted", 2)
        timeline.wait("3 min")
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
        assert (repair.steps[0].state, here.system.calls) == ("done", 3)
        assert len(here.system.effects) == 1


def test_h15_a_changed_decision_waits_for_the_attempt_of_the_old_one() -> None:
    """H15: the answer to y is lost, then C says z: y is asked about, z is written, y never after."""
    for how in ("asked", "keyed"):
        for lost in ("answer", "request"):
            here = acme(how=how)
            here.system.lose = [lost]
            with renewed(here) as timeline:
                timeline.office.remedy()
                timeline.wait("1 min")
                timeline.says(here.contracts, here.Contract.renewed_until, "C-1", AUTUMN)
                for _ in range(8):
                    timeline.office.remedy()
                    timeline.wait("1 min")
                assert here.system.holds["C-1"] == AUTUMN
                written = [e.until for e in here.system.effects]
                assert written.count(AUTUMN) == 1
                assert written[-1] == AUTUMN
                timeline.says(here.billing, here.Contract.renewed_until, "C-1", AUTUMN)
                timeline.office.remedy()
                assert [s for s, _ in every_repair(timeline)] == [
                    RepairState.SUPERSEDED,
                    RepairState.DONE,
                ]


def test_h16_a_deaf_system_is_read_back_before_one_more_try() -> None:
    """H16: no keys, not to be asked, the answer lost: it says y and is done, or x and is tried once more."""
    here = acme(how="deaf")
    here.system.lose = ["answer"]
    with renewed(here) as timeline:
        timeline.office.remedy()
        timeline.wait("1 min")
        timeline.says(here.billing, here.Contract.renewed_until, "C-1", SUMMER)
        timeline.office.remedy()
        assert here.system.calls == 1
        assert every_repair(timeline)[-1][0] is RepairState.DONE

    here = acme(how="deaf")
    here.system.lose = ["request", "request"]
    with renewed(here) as timeline:
        timeline.office.remedy()
        timeline.wait("1 min")
        timeline.office.remedy()
        assert here.system.calls == 1
        timeline.says(here.billing, here.Contract.renewed_until, "C-1", SPRING)
        timeline.wait("2 min")
        timeline.office.remedy()
        assert here.system.calls == 2
        timeline.wait("1 min")
        timeline.says(here.billing, here.Contract.renewed_until, "C-1", SPRING)
        timeline.wait("4 min")
        timeline.office.remedy()
        assert here.system.calls == 2
        assert every_repair(timeline)[-1][0] is RepairState.HANDED_OVER


def test_a_refusal_is_handed_over_and_a_person_may_try_again() -> None:
    """Billing refuses for good: the team gets it with the reason; a retry goes on from there."""
    here = acme()
    here.system.lose = ["refused"]
    with renewed(here) as timeline:
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
        assert (repair.state, repair.team) == (RepairState.HANDED_OVER, "billing desk")
        assert "no such contract" in repair.reason
        timeline.office.retry(repair.number, by="Ada")
        timeline.office.remedy()
        assert [e.until for e in here.system.effects] == [SUMMER]
        events = timeline.office.timeline(here.Contract, "C-1")
        assert [e.sentence for e in events if e.kind == "done"] == [
            "repair 1: SetEndDate(C-1, 2027-06-30)",
            "repair 1: Ada lets it go on",
            "repair 1: handed over to billing desk: Refused: no such contract",
        ]


def test_a_write_that_had_no_effect_is_made_anew_with_another_key() -> None:
    """Billing took the write, and its nightly run undid it: it is written again, then handed over."""
    here = acme()
    with renewed(here) as timeline:
        for _ in range(80):
            timeline.office.remedy()
            timeline.wait("1 min")
        assert len(here.system.keys) == 5
        (repair,) = timeline.office.repairs()
        assert repair.state is RepairState.HANDED_OVER
        assert "5 times" in repair.reason


def test_what_is_over_would_do_nothing() -> None:
    """A repair that is over is not entered again: asked what it would do, it says so."""
    here = acme()
    with renewed(here) as timeline:
        (repair,) = timeline.office.repairs()
        assert timeline.office.would_do(repair.number).startswith("do SetEndDate in billing: ")
        timeline.says(here.billing, here.Contract.renewed_until, "C-1", SUMMER)
        timeline.office.remedy()

        assert timeline.office.would_do(repair.number) == "nothing: it is settled"


def test_nothing_is_tried_again_without_its_remedy(tmp_path: Path) -> None:
    """Billing refused, and then the remedy was taken out of company.py: nobody can try it again."""
    here, address = acme(), f"sqlite:///{tmp_path / 'acme.db'}"
    here.system.lose = ["refused"]
    with renewed(here, address=address) as timeline:
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
    company = Company("Acme Telecom")
    contracts, billing = System("contracts", of=company), System("billing", of=company)

    class Contract(Entity, of=company):
        """One subscription that a customer holds."""

        contract_no: Key[str]
        renewed_until: Fact[date] = contracts.decides(billing.follows(within="5 min"))

    with Timeline(company, address=address) as timeline:
        with pytest.raises(NotAllowed, match="declared no longer"):
            timeline.office.retry(repair.number, by="Ada")
        assert timeline.office.repair(repair.number).state is RepairState.HANDED_OVER


def test_a_person_says_what_became_of_an_attempt_that_nobody_can_tell_of() -> None:
    """Deaf billing said nothing since: the team looks, and the repair goes by its word."""
    for done, calls in ((True, 1), (False, 2)):
        here = acme(how="deaf")
        here.system.lose = ["request"]
        with renewed(here) as timeline:
            for _ in range(90):
                timeline.office.remedy()
                timeline.wait("1 min")
            (repair,) = timeline.office.repairs()
            assert (repair.state, repair.steps[0].state) == (RepairState.HANDED_OVER, "attempted")
            timeline.office.resolve(repair.number, done=done, by="Ada")
            timeline.wait("2 min")
            timeline.office.remedy()
            assert here.system.calls == calls
            (repair,) = timeline.office.repairs()
            assert (repair.state, repair.steps[0].state) == (RepairState.LIVE, "done")
            with pytest.raises(NotAllowed, match="waits for no attempt"):
                timeline.office.resolve(repair.number, done=done, by="Ada")


def test_a_remedy_that_fails_says_where() -> None:
    """The reason names the line of the company's own code."""
    here = acme()

    class Broken(Exception):
        pass

    def broken(*_: object) -> None:
        raise Broken("boom")

    with renewed(here) as timeline:
        remedy = timeline.office.repairing.remedies[NAME]
        timeline.office.repairing.remedies[NAME] = replace(remedy, run=broken)
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
        assert repair.reason.startswith("Broken: boom (test_repairs.py:")


def test_what_a_follower_says_wakes_its_repair_at_once() -> None:
    """Deaf billing still says spring: it is called once more now, not at the end of a pause."""
    here = acme(how="deaf", patience=Patience(first="1 h", most="1 d"))
    here.system.lose = ["request"]
    with renewed(here) as timeline:
        timeline.office.remedy()
        timeline.wait("1 min")
        timeline.says(here.billing, here.Contract.renewed_until, "C-1", SPRING)
        timeline.office.remedy()
        assert here.system.calls == 2
