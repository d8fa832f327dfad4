"""Money that repairs move: once, whatever the other side says or does not say."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from onestory import (
    Company,
    Credit,
    Entity,
    Fact,
    Key,
    Money,
    Patience,
    Repair,
    RepairState,
    System,
    does,
    remedies,
)
from onestory.testing import Timeline

RIGHT, WRONG = Money(Decimal("43.13"), "EUR"), Money(Decimal("49.00"), "EUR")
TOO_MUCH = Money(Decimal("5.87"), "EUR")


@dataclass
class Notes:
    """The credit notes of a billing system that knows keys."""

    written: dict[str, Credit] = field(default_factory=dict)

    def credit(self, request: Credit, key: str) -> str:
        """Write a credit note."""
        self.written.setdefault(key, request)
        return f"note {len(self.written)}"


def credited(*, waits: bool) -> tuple[Timeline, Notes, Any]:
    """A bill is too high, and is credited; billing does not say that it holds less since."""
    company, notes = Company("Acme Telecom"), Notes()
    rating = System("rating", of=company)
    billing = System("billing", of=company, team="billing desk")

    class Bill(Entity, of=company):
        """What a customer owes."""

        bill_no: Key[str]
        amount: Fact[Money] = rating.decides(billing.follows(within="5 min"))

    does(billing, Credit)(notes.credit)

    @remedies(billing, Bill.amount, patience=Patience(first="30 s"))
    def credit(repair: Repair[Money]) -> None:
        """Credit what is too much."""
        repair.do(billing, Credit("K-7", TOO_MUCH, repair.key, "it was too much"))
        if waits:
            repair.until_agreed(within="10 min")

    timeline = Timeline(company)
    timeline.office.arm("billing/Bill.amount", by="the test")
    timeline.says(rating, Bill.amount, "B-1", RIGHT)
    timeline.says(billing, Bill.amount, "B-1", WRONG)
    for _ in range(6):
        timeline.wait("1 min")
        timeline.says(billing, Bill.amount, "B-0", WRONG)
        timeline.office.remedy()
    return timeline, notes, (billing, Bill)


@pytest.mark.parametrize("waits", [True, False])
def test_money_is_not_moved_anew_because_nobody_said_so_yet(*, waits: bool) -> None:
    """Billing credited, and is slow to say so: a second note would be money given away."""
    timeline, notes, _ = credited(waits=waits)
    with timeline:
        assert len(notes.written) == 1
        for _ in range(60):
            timeline.wait("1 min")
            timeline.office.remedy()

        assert len(notes.written) == 1
        (repair,) = timeline.office.repairs(states=tuple(RepairState))
        assert repair.state is RepairState.HANDED_OVER
        assert repair.reason == "Credit moved money, once, and the follower still differs."
        assert timeline.office.balances()["credited for K-7"] == (TOO_MUCH,)


def test_a_credit_that_is_said_late_ends_its_repair() -> None:
    """Billing says what it holds within the time that the remedy waits: done, with one note."""
    timeline, notes, (billing, bill) = credited(waits=True)
    with timeline:
        timeline.wait("5 min")
        timeline.says(billing, bill.amount, "B-1", RIGHT)
        timeline.office.remedy()

        (repair,) = timeline.office.repairs(states=tuple(RepairState))
        assert repair.state is RepairState.DONE
        assert len(notes.written) == 1


def test_a_timeline_says_what_a_repair_did_and_how_it_ended() -> None:
    """Whoever reads the story of a bill sees the credit, its reason and the end of the repair."""
    timeline, _, (billing, bill) = credited(waits=True)
    with timeline:
        timeline.says(billing, bill.amount, "B-1", RIGHT)
        timeline.office.remedy()
        done = [e.sentence for e in timeline.office.timeline(bill, "B-1") if e.kind == "done"]

        did = "Credit(K-7, 5.87 EUR, B-1, it was too much), answered note 1"
        assert done == ["repair 1: done: agreed", f"repair 1: {did}"]
