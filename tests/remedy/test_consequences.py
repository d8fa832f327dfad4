"""Consequences are facts: a bill that was posted at the old price is a contradiction of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from onestory import (
    Ability,
    Company,
    Credit,
    Entity,
    Fact,
    HoldBill,
    Key,
    Link,
    Money,
    ReleaseBill,
    Repair,
    System,
    derives,
    does,
    remedies,
    to_the_cent,
)
from onestory.testing import Timeline


class SetPrice(Ability[None], frozen=True):
    """Write a contract's price."""

    contract: str
    price: Money


def euros(amount: str) -> Money:
    """An amount of euros."""
    return Money(Decimal(amount), "EUR")


class Telecom(NamedTuple):
    """The company and its parts."""

    company: Company
    contracts: System
    billing: System
    Contract: Any
    Bill: Any


@dataclass
class Billing:
    """What billing did."""

    holds: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    credits: list[Credit] = field(default_factory=list)
    prices: list[SetPrice] = field(default_factory=list)


def telecom(did: Billing) -> Telecom:
    """A company whose rating works out every bill from its contract's price."""
    company = Company("Acme Telecom")
    contracts, billing = System("contracts", of=company), System("billing", of=company)
    rating = System("rating", of=company)

    class Contract(Entity, of=company):
        """One subscription that a customer holds."""

        number: Key[str]
        price: Fact[Money] = contracts.decides(billing.follows(within="5 min"), same=to_the_cent)

    class Bill(Entity, of=company):
        """A month's bill."""

        number: Key[str]
        contract: Link[Contract] = billing.decides()
        amount: Fact[Money] = rating.decides(billing.follows(within="5 min"), same=to_the_cent)

    derives(rating, Bill.amount, Contract.price)(lambda price: price)
    does(billing, HoldBill)(_keeping(lambda request: did.holds.append(request.bill)))
    does(billing, ReleaseBill)(_keeping(lambda request: did.released.append(request.bill)))
    does(billing, SetPrice)(_keeping(did.prices.append))

    @does(billing, Credit)
    def credit(request: Credit, key: str) -> str:
        did.credits.append(request)
        return f"note {len(did.credits)}"

    @remedies(billing, Contract.price)
    def write_the_price(repair: Repair[Money]) -> None:
        """Write the price again."""
        repair.do(billing, SetPrice(repair.key, repair.decided))
        repair.until_agreed(within="1 d")

    @remedies(billing, Bill.amount)
    def credit_the_difference(repair: Repair[Money]) -> None:
        """Hold the bill, credit what is too much, let it go."""
        repair.do(billing, HoldBill(repair.key, "its price is put right"))
        repair.do(billing, Credit("K-7", euros("10.00"), repair.key, "the old price"))
        repair.until_agreed(within="1 d")
        repair.do(billing, ReleaseBill(repair.key))

    return Telecom(company, contracts, billing, Contract, Bill)


def test_h26_the_difference_of_a_posted_bill_is_credited_once() -> None:
    """H26: a bill was posted at 49; then the price is put right at 39: one note of 10, the hold gone."""
    did = Billing()
    company, contracts, billing, Contract, Bill = telecom(did)  # noqa: N806 - entities
    with Timeline(company) as timeline:
        for name in ("billing/Contract.price", "billing/Bill.amount"):
            timeline.office.arm(name, by="the test")
        timeline.says(contracts, Contract.price, "C-1", euros("49.00"))
        timeline.says(billing, Contract.price, "C-1", euros("49.00"))
        timeline.says(billing, Bill.contract, "B-1", "C-1")
        timeline.says(billing, Bill.amount, "B-1", euros("49.00"))
        assert timeline.open_contradictions() == []
        timeline.says(contracts, Contract.price, "C-1", euros("39.00"))
        timeline.wait("6 min")
        timeline.says(billing, Contract.price, "C-9", euros("1.00"))
        timeline.office.remedy()
        assert {c.path for c in timeline.open_contradictions()} == {"Contract.price", "Bill.amount"}
        assert (len(did.prices), did.holds, len(did.credits)) == (1, ["B-1"], 1)

        timeline.says(billing, Contract.price, "C-1", euros("39.00"))
        timeline.office.remedy()
        assert did.released == []

        timeline.says(billing, Bill.amount, "B-1", euros("39.00"))
        timeline.office.remedy()
        timeline.wait("1 d")
        timeline.office.remedy()
        assert (did.released, [c.amount for c in did.credits]) == (["B-1"], [euros("10.00")])
        assert timeline.open_contradictions() == []
        assert timeline.office.balances("K-7")["credited for K-7"] == (euros("10.00"),)


def _keeping(keep: Callable[[Any], None]) -> Callable[[Any, str], None]:
    def done(request: Any, key: str) -> None:
        keep(request)

    return done
