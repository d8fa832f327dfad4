"""A wrong link is undone: what was done and told while it held is there for a person to look at."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from onestory import (
    Charge,
    Company,
    Entity,
    Fact,
    Key,
    Money,
    Repair,
    System,
    does,
    remedies,
)
from onestory.testing import Timeline

SPRING, SUMMER = date(2027, 3, 31), date(2027, 6, 30)


def test_h25_what_was_done_while_a_wrong_link_held_is_listed() -> None:
    """H25: B-991 was taken for C-1; a repair charged 5 EUR for it; then the link is undone."""
    company = Company("Acme Telecom")
    contracts, billing = System("contracts", of=company), System("billing", of=company)
    provider = System("provider", of=company)

    class Contract(Entity, of=company):
        """One subscription that a customer holds."""

        number: Key[str]
        until: Fact[date] = contracts.decides(billing.follows(within="5 min"))

    charged: list[Charge] = []

    @does(provider, Charge)
    def charge(request: Charge, key: str) -> str:
        charged.append(request)
        return f"charge {key}"

    @remedies(billing, Contract.until)
    def charge_the_difference(repair: Repair[date]) -> None:
        """Charge what the longer term costs."""
        amount = Money(Decimal("5.00"), "EUR")
        repair.do(provider, Charge("K-7", amount, f"term of {repair.key}"))
        repair.until_agreed(within="1 d")

    with Timeline(company) as timeline:
        office = timeline.office
        office.arm("billing/Contract.until", by="the test")
        name = billing.calls("B-991")
        timeline.says(contracts, Contract.until, "C-1", SUMMER)
        timeline.says(contracts, Contract.until, "C-2", SPRING)
        timeline.says(billing, Contract.until, "C-1", SUMMER)
        timeline.says(billing, Contract.until, name, SPRING)
        office.link(name, Contract, "C-1", by="Ada")
        assert office.while_linked(name, Contract) == []
        timeline.wait("6 min")
        timeline.says(billing, Contract.until, "C-2", SPRING)
        office.remedy()
        assert len(charged) == 1
        office.unlink(name, Contract, by="Ada")

        (event,) = office.while_linked(name, Contract)
        assert (event.kind, event.subject, event.party) == ("done", "Contract C-1", "provider")
        assert "Charge(K-7, 5.00 EUR, term of C-1)" in event.sentence
        assert office.contradictions() == []
        assert office.verify(dossiers=True) == []
        assert office.balances("K-7")["cash at provider"] == (Money(Decimal("5.00"), "EUR"),)
