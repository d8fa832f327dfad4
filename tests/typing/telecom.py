"""A company in the public language that pleases every type checker, and what each part of it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Literal, TypedDict, assert_type

import msgspec

from onestory import (
    Ability,
    Alias,
    Arrived,
    Aside,
    Channel,
    Claim,
    Claims,
    Clock,
    Company,
    Confirmed,
    ContactPolicy,
    Contradiction,
    Counts,
    Credit,
    Disagreement,
    DoneStep,
    Entity,
    Event,
    Explanation,
    Fact,
    Fault,
    Finding,
    Followed,
    Incident,
    Key,
    Link,
    Message,
    Money,
    MovesMoney,
    NotDone,
    Notice,
    Office,
    Party,
    Patience,
    People,
    Person,
    Purpose,
    PutOff,
    Receipt,
    Refused,
    Repair,
    Repaired,
    RepairState,
    Send,
    Standing,
    System,
    Telling,
    Unreadable,
    WallClock,
    arm,
    declares_different,
    derives,
    does,
    ignoring_case,
    latest_of,
    message,
    nearly,
    reads,
    remedies,
    remedies_incidents,
    to_the_cent,
    webhooks,
)
from onestory.errors import NotAMessage
from onestory.testing import Answer, Caller, one_by_one

acme = Company("Acme Telecom")

contracts = System("contracts", of=acme, team="sales operations")
billing = System("billing", of=acme, team="billing desk", heard_every="1 d", can_be_asked=True)
shop = System("web shop", of=acme, team="digital")
helpline = System("help line", of=acme)
rating = System("rating", of=acme, about="Works out what a bill should be.")
carrier = System("carrier", of=acme)
postman = System("postman", of=acme, repairs_per_second=20)
customers = People("customers", of=acme)


class Plan(Enum):
    """What a customer pays for."""

    SMALL = "small"
    LARGE = "large"


class Address(msgspec.Struct, frozen=True):
    """Where things are sent."""

    street: str
    town: str


class Customer(Entity, of=acme, one_of=customers):
    """A person or a firm we have a contract with."""

    customer_no: Key[str]
    email: Fact[str | None] = latest_of(shop, helpline).decides(
        billing.follows(within="1 h"), same=ignoring_case
    )
    address: Fact[Address] = customers.decides(billing.follows(within="1 d"))
    may_call: Fact[bool] = customers.decides(helpline.follows(within="1 s"))


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    holder: Link[Customer] = contracts.decides(billing.follows(within="1 h"))
    plan: Fact[Plan] = contracts.decides(shop.follows(within=timedelta(seconds=30)))
    renewed_until: Fact[date] = contracts.decides(
        billing.follows(within="5 min"),
        customers.follows(within="1 d"),
        about="The last day of the current term, inclusive.",
    )
    monthly_price: Fact[Money] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="30 s"), same=to_the_cent
    )
    installed_at: Fact[datetime] = contracts.decides(
        shop.follows(within="1 h"), same=nearly("15 min")
    )
    devices: Fact[int] = contracts.decides(shop.follows(within="1 h"), same=nearly(1))


class Parcel(Entity, of=acme):
    """A device on its way, by contract and number."""

    contract_no: Key[str]
    parcel_no: Key[str]
    contract: Link[Contract] = shop.decides()
    left: Fact[datetime | None] = carrier.decides()
    goes_to: Fact[Address] = shop.decides(
        helpline.follows(within="1 min"), until=left, then=carrier
    )
    state: Fact[Literal["packed", "sent"]] = shop.decides(was="status")


class Bill(Entity, of=acme):
    """What a contract costs in one month."""

    contract_no: Key[str]
    month: Key[str]
    contract: Link[Contract] = billing.decides()
    amount: Fact[Money] = rating.decides(billing.follows(within="1 d"), same=to_the_cent)
    overdue: Fact[bool] = billing.decides()


class Renewal(TypedDict):
    """The payload of a renewal."""

    contract: str
    until: str
    price: Decimal


class Moved(msgspec.Struct, frozen=True):
    """The payload of a move."""

    customer: str
    own_number: str
    to: Address


@reads(contracts, "contract.renewed")
def contract_renewed(renewal: Renewal) -> Claims:
    """Read a renewal."""
    key = renewal["contract"]
    yield Contract.renewed_until.claim(key, date.fromisoformat(renewal["until"]))
    yield Contract.monthly_price.claim(key, Money(renewal["price"], "EUR"))
    yield Contract.holder.claim(key, None)


webhooks(contracts, secrets="CONTRACTS_SECRET", type="$.type", sequence="$.version")


@reads(customers, "customer.moved")
def customer_moved(moved: Moved) -> Claims:
    """Read a move."""
    yield Customer.address.claim(moved.customer, moved.to, since=datetime(2027, 1, 5, tzinfo=UTC))
    yield shop.calls(moved.own_number).names(Customer, moved.customer)
    yield Customer.may_call.claim(shop.calls(moved.own_number), value=False)


@reads(carrier, "parcel.left")
def parcel_left(parcel: dict[str, str]) -> list[Claim]:
    """Read a departure."""
    at = datetime.fromisoformat(parcel["at"])
    return [Parcel.left.claim((parcel["contract"], parcel["number"]), at)]


@derives(rating, Bill.amount, Contract.monthly_price, Bill.overdue)
def amount(monthly: Money, overdue: bool) -> Money:  # noqa: FBT001 - it is given by place
    """Work out a bill."""
    return Money(monthly.amount + (5 if overdue else 0), monthly.currency)


declares_different(
    shop,
    Contract.plan,
    because="The web shop shows last year's names until it is rebuilt.",
    until=datetime(2027, 6, 1, tzinfo=UTC),
    only=["C-1042"],
)
arm(billing, Contract.renewed_until)

desk = Channel("agent desk", of=acme)
portal = Channel(
    "portal",
    of=acme,
    shows=[Contract.renewed_until, Contract.monthly_price, Contract.holder],
    unsettled="We are updating this. It will be right by {due:%H:%M}.",
)


mail = Channel("mail", of=acme, by=postman, address=Customer.email)


class SetEndDate(Ability[None], frozen=True):
    """Write the last day of a contract's term."""

    contract: str
    until: date


class Payout(MovesMoney[int], frozen=True):
    """Pay out what a contract is owed; answers the number of the transfer."""

    debits = "owed by {record}"
    credits = "cash at {system}"
    contract: str


@does(billing, SetEndDate)
def set_end_date(request: SetEndDate, key: str) -> None:
    """Write an end date."""
    if request.until < date(2000, 1, 1):
        raise Refused("that was in another century")
    assert_type(request.contract, str)
    assert_type(key, str)


def credited(key: str) -> str:
    """Say what became of a credit note."""
    raise NotDone(f"no credit note has the key {key}")


@does(billing, Credit, asked=credited)
def credit(request: Credit, key: str) -> str:
    """Write a credit note."""
    return f"{request.bill} {request.amount} {key}"


@does(billing, Payout)
def pay_out(request: Payout) -> int:
    """Pay out."""
    return len(request.contract)


@does(postman, Send)
def send(request: Send, key: str) -> str:
    """Send a message."""
    return f"{request.to} {key}"


def note(contract: str, months: int, *, key: str = "") -> Decimal:
    """Note something elsewhere."""
    return Decimal(len(contract) * months + len(key))


@remedies(billing, Contract.renewed_until, patience=Patience(tries=3, first="10 s"))
def write_the_term(repair: Repair[date]) -> None:
    """Write the term into billing again."""
    assert_type(repair.decided, date)
    assert_type(repair.said, date | None)
    assert_type(repair.key, str)
    assert_type(repair.begun, datetime)
    repair.do(billing, SetEndDate(repair.key, repair.decided))
    five = Money(Decimal(5), "EUR")
    assert_type(repair.do(billing, Credit("K-7", five, "B-1", "the wrong term")), str)
    assert_type(repair.do(billing, Payout("K-7", five, repair.key)), int)
    assert_type(repair.step(note, repair.key, months=3), Decimal)
    repair.until_agreed(within=timedelta(minutes=10))
    repair.hand_over("It is still not right.")


@remedies_incidents(billing, members=50)
def send_all_again(repair: Repair[None]) -> None:
    """Let billing send everything again."""
    assert_type(repair.decided, None)
    repair.until_agreed(within="1 h")


your_contract = Notice(
    "your contract",
    of=acme,
    to=customers,
    tells=[Contract.renewed_until],
    by=[mail],
    subject="Contract {{ key }}",
    text="It runs until {{ renewed_until }}. {{ sentence }}",
    purpose=Purpose.SERVICE,
    quiet="5 min",
)


@remedies(customers, Contract.renewed_until)
def tell_them(repair: Repair[date]) -> None:
    """Tell them once it has settled."""
    repair.until_quiet(lasting="1 h")
    repair.tell(your_contract)


ContactPolicy(
    of=acme,
    quiet=("21:00", "07:00"),
    consent={Purpose.SALES: Customer.may_call},
    at_most={Purpose.SALES: (1, "30 d"), Purpose.SERVICE: (5, timedelta(days=1))},
)


def hear(office: Office) -> None:
    """Say what hearing takes and gives."""
    renewal = {"contract": "C-1042", "until": "2027-03-31", "price": "49.90"}
    renewed = message("contracts", "contract.renewed", renewal, id="1")

    assert_type(renewed, Message)
    assert_type(office.hear(renewed), list[Receipt])


def tell(office: Office) -> None:
    """Say what each part of a told entity is."""
    contract = office.tell(Contract, "C-1042", to=desk, person=(Customer, "K-7"))

    assert_type(contract, Contract)
    assert_type(contract.contract_no, str)
    assert_type(contract.plan, Plan)
    assert_type(contract.renewed_until, date)
    assert_type(contract.holder, str)
    assert_type(contract[Contract.renewed_until], Telling[date])
    assert_type(contract[Contract.renewed_until].value, date)
    assert_type(contract[Contract.renewed_until].standing, Standing)
    assert_type(contract[Contract.holder].value, str)
    assert_type(office.tell(Customer, shop.calls("w-1"), to=desk).email, str | None)
    assert_type(office.standing(Contract.holder, "C-1042", of=billing), Standing)


def ask(office: Office) -> None:
    """Say what each answer is."""
    alice: Person = (Customer, "K-7")
    arrived: list[Arrived] = [message("contracts", "contract.renewed", {}, id="1")]
    parties: list[Party] = [billing, customers]
    clock: Clock = WallClock()
    (found,) = office.contradictions()
    why = office.explain(found.number)

    assert_type(found, Contradiction)
    assert_type(found.opened, datetime)
    assert_type(found.settled, datetime | None)
    assert_type(why, Explanation)
    assert_type(why.cause.fault, Fault)
    assert_type(office.put_off(), list[PutOff])
    assert_type(office.incidents(), list[Incident])
    assert_type(office.incidents()[0].silent_since, datetime | None)
    assert_type(office.asides(), list[Aside])
    assert_type(office.asides()[0].known, datetime)
    assert_type(office.counts(), Counts)
    assert_type(office.verify(), list[Finding])
    assert_type(office.timeline(Contract, "C-1042"), list[Event])
    assert_type(office.hear(*arrived, Unreadable(b"", NotAMessage("no"))), list[Receipt])
    told = office.tell(Contract, "C-1042", to=desk, person=alice)[Contract.holder]
    assert_type(told.followers, tuple[Followed, ...])
    assert_type(shop.calls("w-1"), Alias)
    assert_type([office.standing(Contract.plan, "C-1042", of=p) for p in parties], list[Standing])
    assert_type(clock.now(), datetime)


def remedied(office: Office) -> None:
    """Say what each answer about repairs is."""
    caller: Caller = one_by_one
    office.calls_by(caller)

    assert_type(one_by_one([lambda: 1]), list[Answer])
    assert_type(office.remedy(), int)
    assert_type(office.repairs(states=(RepairState.LIVE,)), list[Repaired])
    for one in office.repairs_of(1):
        assert_type(one.state, RepairState)
        assert_type(one.steps, tuple[DoneStep, ...])
        assert_type(office.would_do(one.number), str)
    assert_type(office.repair_counts(), dict[str, int])
    assert_type(office.next_moment(), datetime | None)
    assert_type(office.confirm("AAAAA-AAAAA"), Confirmed | None)
    assert_type(office.balances("K-7"), dict[str, tuple[Money, ...]])
    assert_type(office.reconcile(billing, {}), list[Disagreement])


def declared() -> None:
    """Say what each declaration is."""
    assert_type(Contract.contract_no, Key[str])
    assert_type(Contract.renewed_until, Fact[date])
    assert_type(Contract.installed_at, Fact[datetime])
    assert_type(Contract.holder, Link[Customer])
    assert_type(Customer.email, Fact[str | None])
    assert_type(Parcel.state, Fact[Literal["packed", "sent"]])
    assert_type(Contract.renewed_until.claim("C-1042", date(2027, 3, 31)), Claim)
    assert_type(Contract.holder.claim("C-1042", "K-7"), Claim)
    assert_type(contract_renewed({"contract": "C", "until": "", "price": Decimal(1)}), Claims)
    assert_type(amount(Money(Decimal(1), "EUR"), True), Money)  # noqa: FBT003 - as above
