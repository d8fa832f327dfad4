"""The company that storms rage over: written in the public language only, as any company could be."""

# No postponed annotations here: the entities are declared in a function, and name each other.

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple, Protocol

from ..intake import reads
from ..model import (
    Ability,
    Armed,
    Channel,
    Charge,
    Claims,
    Company,
    ContactPolicy,
    Credit,
    Entity,
    Fact,
    Goodwill,
    HoldBill,
    Key,
    Link,
    Money,
    Notice,
    Patience,
    People,
    Refund,
    ReleaseBill,
    SayAgain,
    Send,
    System,
    arm,
    derives,
    does,
    to_the_cent,
)
from ..remedy import Repair, remedies

CUSTOMERS = "customers"
"""The people who are told."""

SAID = "said"
"""The type of every message in a storm: a fact, a key and a value."""

PATIENCE = Patience(tries=4, first="1 min", factor=3, most="30 min")
"""Some forty minutes of trying: shorter than the longest outage, so that some repairs are handed over."""


class SetTerm(Ability[None], frozen=True):
    """Write the last day of a contract's term."""

    overwrites = True
    key: str
    value: date


class SetPrice(Ability[None], frozen=True):
    """Write what a contract costs a month."""

    overwrites = True
    key: str
    value: Money


class ReadAmount(Ability[Money], frozen=True):
    """Say what a bill comes to, or what was paid of an order, at this moment."""

    key: str


class Means(NamedTuple):
    """What each system offers to those who ask something of it.

    ``asked``: it can be asked about a key. ``keyed``: it knows a key again. ``deaf``: neither.

    Args:
        billing: Billing, for terms and prices; for bills it can be asked or knows keys.
        shop: The shop.
        desk: The desk.
        pay: The payment provider: asked or keyed.
        post: What sends mail: asked or keyed.
        again: The systems that can be asked to say again what they hold.
    """

    billing: str
    shop: str
    desk: str
    pay: str
    post: str
    again: tuple[str, ...]


class Stubborn(Protocol):
    """What the company's functions reach of a simulated system."""

    def perform(self, request: Ability[Any], key: str) -> Any:
        """Fulfil a request, with the key or with an empty one."""
        ...

    def asked(self, key: str) -> Any:
        """Say what became of a key."""
        ...


class Said(NamedTuple):
    """What a message of a storm says, as its reader takes it."""

    fact: str
    key: str
    value: Any
    since: datetime | None = None


@dataclass(eq=False)
class Telecom:
    """The declared company, and the systems of the storm that rages now."""

    company: Company
    systems: dict[str, System]
    facts: dict[str, Fact[Any]]
    desk: Channel
    kinds: dict[str, type[Entity]]
    remedies: list[str]
    stubborn: dict[str, Stubborn] = field(default_factory=dict)
    fresh: bytes = b""


@cache
def telecom(means: Means) -> Telecom:
    """The company whose systems offer these means."""
    company = Company("Storm Telecom")
    names = {"contracts": "", "billing": "billing desk", "shop": "shop desk", "desk": "front line"}
    names |= {"rating": "", "pay": "payments desk", "post": "post room"}
    systems = {name: System(name, of=company, team=team) for name, team in names.items()}
    contracts, billing, shop = systems["contracts"], systems["billing"], systems["shop"]
    desk, rating, pay = systems["desk"], systems["rating"], systems["pay"]
    customers = People(CUSTOMERS, of=company)

    class Customer(Entity, of=company, one_of=customers):
        """Somebody who holds contracts."""

        customer_no: Key[str]
        email: Fact[str] = contracts.decides()

    class Contract(Entity, of=company):
        """One subscription that a customer holds."""

        contract_no: Key[str]
        holder: Link[Customer] = contracts.decides()
        term: Fact[date] = contracts.decides(
            customers.follows(within="3 d"),
            billing.follows(within="5 min"),
            shop.follows(within="10 min"),
            desk.follows(within="30 s"),
        )
        price: Fact[Money] = contracts.decides(billing.follows(within="5 min"), same=to_the_cent)

    class Bill(Entity, of=company):
        """What a contract cost in one month."""

        bill_no: Key[str]
        contract: Link[Contract] = billing.decides()
        amount: Fact[Money] = rating.decides(billing.follows(within="5 min"), same=to_the_cent)

    class Order(Entity, of=company):
        """Something bought once."""

        order_no: Key[str]
        total: Fact[Money] = shop.decides(pay.follows(within="5 min"), same=to_the_cent)

    @derives(rating, Bill.amount, Contract.price)
    def amount(price: Money) -> Money:
        """A bill comes to the price of its contract, whatever was posted."""
        return price

    kinds: dict[str, type[Entity]] = {k.__name__: k for k in (Customer, Contract, Bill, Order)}
    facts: dict[str, Fact[Any]] = {
        fact.path: fact for kind in kinds.values() for fact in kind.__declared__.facts.values()
    }
    channel = Channel("agent desk", of=company)
    made = Telecom(company, systems, facts, channel, kinds, [])
    _tells(made, customers)
    _readers(made)
    _abilities(made, means)
    _remedies(made)
    made.remedies = [armed.name for armed in company.declared(Armed)]
    return made


def _readers(acme: Telecom) -> None:
    """Every system sends messages of one kind: a fact, a key, a value as JSON."""

    def said(payload: Said) -> Claims:
        fact = acme.facts[payload.fact]
        yield fact.claim(payload.key, fact.form.read(payload.value), since=payload.since)

    for name, system in acme.systems.items():
        if name != "rating":
            reads(system, SAID)(said)


def _abilities(acme: Telecom, means: Means) -> None:
    """What each system can be asked to do, and how."""

    def offer(name: str, kind: type[Ability[Any]], how: str, answers: Any = None) -> None:
        def asked(key: str) -> Any:
            return acme.stubborn[name].asked(key)  # the storm that rages now puts it there

        does(acme.systems[name], kind, asked=asked if how == "asked" else None)(
            _function(acme, name, how, answers)
        )

    known = "asked" if means.billing == "deaf" else means.billing
    offer("billing", SetTerm, means.billing)
    offer("billing", SetPrice, means.billing)
    offer("billing", HoldBill, known)
    offer("billing", ReleaseBill, known)
    offer("billing", ReadAmount, "keyed", Money)
    offer("billing", Credit, known, str)
    offer("billing", Goodwill, known, str)
    offer("shop", SetTerm, means.shop)
    offer("desk", SetTerm, means.desk)
    offer("pay", ReadAmount, "keyed", Money)
    offer("pay", Charge, means.pay, str)
    offer("pay", Refund, means.pay, str)
    offer("post", Send, means.post, str)
    for name in means.again:
        offer(name, SayAgain, "keyed")


def _function(acme: Telecom, name: str, how: str, answers: Any) -> Callable[..., Any]:
    if how == "deaf":

        def deaf(request: Any) -> Any:
            return acme.stubborn[name].perform(request, "")

        deaf.__annotations__["return"] = answers
        return deaf

    def keyed(request: Any, key: str) -> Any:
        return acme.stubborn[name].perform(request, key)

    keyed.__annotations__["return"] = answers
    return keyed


def _remedies(acme: Telecom) -> None:
    """What is done when a follower has not followed."""
    term, price = acme.facts["Contract.term"], acme.facts["Contract.price"]
    for name in ("billing", "shop", "desk"):
        _write_the_term(acme.systems[name], term)
        arm(acme.systems[name], term)
    billing, pay = acme.systems["billing"], acme.systems["pay"]

    @remedies(billing, price, patience=PATIENCE)
    def write_the_price(repair: Repair[Money]) -> None:
        """Write the price into billing."""
        repair.do(billing, SetPrice(key=repair.key, value=repair.decided))
        repair.until_agreed(within="15 min")

    amount, total = acme.facts["Bill.amount"], acme.facts["Order.total"]

    @remedies(billing, amount, patience=PATIENCE)
    def put_the_bill_right(repair: Repair[Money]) -> None:
        """Hold the bill, credit what is too much; what is too little is given as goodwill."""
        bill = repair.key
        repair.do(billing, HoldBill(bill=bill, because="its amount is put right"))
        over = difference(repair.do(billing, ReadAmount(key=bill)), repair.decided)
        if over.amount > 0:
            repair.do(billing, Credit(record=bill, amount=over, bill=bill, because="overcharged"))
        elif over.amount < 0:
            given = Money(-over.amount, over.currency)
            repair.do(billing, Goodwill(record=bill, amount=given, because="undercharged"))
        repair.until_agreed(within="15 min")
        repair.do(billing, ReleaseBill(bill=bill))

    @remedies(pay, total, patience=PATIENCE)
    def settle_the_order(repair: Repair[Money]) -> None:
        """Charge what is missing, refund what is too much."""
        order = repair.key
        missing = difference(repair.decided, repair.do(pay, ReadAmount(key=order)))
        if missing.amount > 0:
            repair.do(pay, Charge(record=order, amount=missing, because="amended"))
        elif missing.amount < 0:
            given = Money(-missing.amount, missing.currency)
            repair.do(pay, Refund(record=order, amount=given, because="amended"))
        repair.until_agreed(within="15 min")

    arm(billing, price)
    arm(billing, amount)
    arm(pay, total)


def systems_that_follow(fact: Fact[Any]) -> list[str]:
    """The systems that follow a fact; people are judged by what they were told."""
    return [f.party.name for f in fact.followers if isinstance(f.party, System)]


def difference(one: Money, other: Money) -> Money:
    """What one amount is more than another of the same currency."""
    return Money(one.amount - other.amount, one.currency)


def _tells(acme: Telecom, customers: People) -> None:
    """Customers are told by mail when the term of their contract changes; nobody sleeps in a storm."""
    mail = Channel(
        "mail", of=acme.company, by=acme.systems["post"], address=acme.facts["Customer.email"]
    )
    term = acme.facts["Contract.term"]
    Notice(
        "term",
        of=acme.company,
        to=customers,
        tells=[term],
        by=[mail],
        subject="{{ person }} {{ key }}",
        text="{{ term }}",
    )
    ContactPolicy(of=acme.company, quiet=("00:00", "00:00"))
    arm(customers, term)


def _write_the_term(follower: System, term: Fact[date]) -> None:
    @remedies(follower, term, patience=PATIENCE)
    def write_the_term(repair: Repair[date]) -> None:
        """Write the term again."""
        repair.do(follower, SetTerm(key=repair.key, value=repair.decided))
        repair.until_agreed(within="15 min")
