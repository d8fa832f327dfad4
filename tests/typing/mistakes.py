"""Mistakes that a type checker must find: an error on every line marked BAD, and on no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypedDict, assert_type

import onestory
from onestory import (
    Ability,
    Channel,
    Claims,
    Company,
    ContactPolicy,
    Credit,
    Entity,
    Fact,
    Key,
    Link,
    Money,
    Notice,
    Office,
    Patience,
    Purpose,
    Repair,
    RepairState,
    System,
    Telling,
    arm,
    declares_different,
    derives,
    does,
    equal,
    ignoring_case,
    latest_of,
    message,
    nearly,
    reads,
    remedies,
    remedies_incidents,
    to_the_cent,
)

from .telecom import (
    Bill,
    Contract,
    Customer,
    SetEndDate,
    acme,
    billing,
    contracts,
    customers,
    desk,
    mail,
    note,
    rating,
    shop,
    your_contract,
)

LATER = datetime(2027, 6, 1, tzinfo=UTC)


# What a fact is


class Terms(Entity, of=acme):
    terms_no: Key[str]
    ends: Fact[date] = contracts.decides(same=to_the_cent)  # BAD
    fee: Fact[Money] = contracts.decides(same=ignoring_case)  # BAD
    note: Fact[str] = contracts.decides(same=nearly("2 min"))  # BAD
    starts: Fact[datetime] = contracts.decides(same=nearly(Decimal(2)))  # BAD
    price: Fact[Money] = contracts.decides(same=to_the_cent)
    begins: date = contracts.decides()  # BAD
    signed: Fact[date] = contracts.decides(billing)  # BAD
    stops: Fact[date] = contracts.decides(billing.follows(within=5))  # BAD
    paused: Fact[date] = contracts.decides(billing.follows("5 min"))  # BAD
    resumed: Fact[date] = contracts.decides(billing.follows())  # BAD
    told: Fact[date] = contracts.decides(billing.follows(within="5 min"), about=5)  # BAD
    sold: Fact[date] = contracts  # BAD
    bought: Fact[date] = billing.follows(within="5 min")  # BAD
    moved: Fact[date] = contracts.decides(until=Contract.renewed_until, then="billing")  # BAD
    left: Fact[date] = contracts.decides(since="2027-01-01")  # BAD
    holder: Link[Customer] = contracts.decides(shop)  # BAD
    by_either: Fact[date] = latest_of(shop, customers).decides()  # BAD
    whole: Fact[date] = contracts.decides(billing.follows(within="5 min"), same=equal)


class NobodysEntity(Entity):  # BAD
    number: Key[str]


class OnesEntity(Entity, of="Acme Telecom"):  # BAD
    number: Key[str]


class ManysEntity(Entity, of=acme, one_of=billing):  # BAD
    number: Key[str]


# What a party, a channel and a company are

System("tills")  # BAD
System("tills", of="Acme Telecom")  # BAD
System("tills", of=acme, heard_every=5)  # BAD
Company(acme)  # BAD
Channel("kiosk", of=acme, shows=["renewed_until"])  # BAD
Channel("kiosk", of=acme, shows=[Contract.renewd_until])  # BAD
Channel("kiosk", of=acme, shows=[Contract.renewed_until, Contract.holder])
arm("billing", Contract.renewed_until)  # BAD
arm(billing.follows(within="5 min"), Contract.renewed_until)  # BAD
arm(billing, "Contract.renewed_until")  # BAD
arm(billing, Contract.renewed_until)
declares_different(billing, Contract.plan, because="It is rebuilt.")  # BAD
declares_different(billing, Contract.plan, because="It is rebuilt.", until="1 d")  # BAD
declares_different(billing.follows(within="5 min"), Contract.plan, because="", until=LATER)  # BAD
declares_different(billing, Contract.plan, because="It is rebuilt.", until=LATER)


# What is claimed


class Renewal(TypedDict):
    contract: str


@reads(contracts, "contract.renewed")
def says_all(renewal: Renewal) -> Claims:
    yield Contract.renewed_until.claim(renewal["contract"], date(2027, 3, 31))
    yield Contract.renewed_until.claim(renewal["contract"], "2027-03-31")  # BAD
    yield Contract.renewed_until.claim(renewal["contract"], None)  # BAD
    yield Contract.renewed_until.claim(1042, date(2027, 3, 31))  # BAD
    yield Contract.renewed_until.claim(renewal["contract"], date(2027, 3, 31), since="now")  # BAD
    yield Contract.renewed_until.claim(renewal["kontract"], date(2027, 3, 31))  # BAD
    yield Contract.monthly_price.claim(renewal["contract"], Decimal(49))  # BAD
    yield Contract.plan.claim(renewal["contract"], "large")  # BAD
    yield Contract.holder.claim(renewal["contract"], 7)  # BAD
    yield Contract.holder.claim(renewal["contract"], Customer)  # BAD
    yield Contract.holder.claim(renewal["contract"], "K-7")
    yield renewal["contract"]  # BAD


@reads("contracts", "contract.renewed")  # BAD
def says_for_a_name(renewal: Renewal) -> Claims:
    yield Contract.renewed_until.claim(renewal["contract"], date(2027, 3, 31))


@reads(contracts, "contract.renewed")  # BAD
def says_nothing(renewal: Renewal) -> None:
    Contract.renewed_until.claim(renewal["contract"], date(2027, 3, 31))


@reads(contracts, "contract.renewed")  # BAD
def says_dates(renewal: Renewal) -> Iterator[date]:
    yield date(2027, 3, 31)


@derives(rating, Bill.amount, Contract.monthly_price)
def derived(monthly: Money) -> Money:
    return monthly


@derives(rating, Bill.amount, Contract.monthly_price)  # BAD
def derived_from_a_date(monthly: date) -> Money:
    return Money(Decimal(1), "EUR")


@derives(rating, Bill.amount, Contract.monthly_price)  # BAD
def derived_from_more(monthly: Money, overdue: bool) -> Money:
    return monthly


@derives(rating, Bill.amount, Contract.monthly_price)  # BAD
def derived_to_a_number(monthly: Money) -> Decimal:
    return monthly.amount


# What is remedied

Patience(tries="3")  # BAD
Patience(first=30)  # BAD
Patience(3)
Channel("sms", of=acme, by=customers, address=Customer.email)  # BAD
Channel("sms", of=acme, by=shop, address="Customer.email")  # BAD
System("tills", of=acme, repairs_per_second="20")  # BAD
SetEndDate("C-1042")  # BAD
SetEndDate("C-1042", "2027-03-31")  # BAD
SetEndDate("C-1042", date(2027, 3, 31)).until = date(2028, 3, 31)  # BAD
Credit("K-7", Decimal(5), "B-1", "the wrong term")  # BAD


@does("billing", SetEndDate)  # BAD
def for_a_name(request: SetEndDate) -> None: ...


@does(billing, str)  # BAD
def for_no_ability(request: str) -> None: ...


@does(billing, SetEndDate, asked="asked")  # BAD
def asked_of_a_name(request: SetEndDate) -> None: ...


@remedies(billing, Contract.monthly_price)  # BAD
def by_another_type(repair: Repair[date]) -> None: ...


@remedies("billing", Contract.renewed_until)  # BAD
def in_a_name(repair: Repair[date]) -> None: ...


@remedies(billing, Contract.renewed_until, patience=3)  # BAD
def with_a_number(repair: Repair[date]) -> None: ...


@remedies_incidents(customers)  # BAD
def of_people(repair: Repair[None]) -> None: ...


@remedies_incidents(billing)  # BAD
def of_one_fact(repair: Repair[date]) -> None: ...


@remedies(billing, Contract.renewed_until)
def step_by_step(repair: Repair[date]) -> None:
    repair.do(billing, SetEndDate(repair.key, repair.decided))
    repair.do(billing, SetEndDate(repair.key, repair.said))  # BAD
    repair.do("billing", SetEndDate(repair.key, repair.decided))  # BAD
    repair.do(billing, note)  # BAD
    repair.step(note, repair.key)  # BAD
    repair.step(note, repair.decided, 3)  # BAD
    repair.step(note(repair.key, 3))  # BAD
    repair.step(note, repair.key, 3)
    repair.until_agreed()  # BAD
    repair.until_agreed(within=10)  # BAD
    repair.until_agreed("10 min")  # BAD
    repair.until_quiet()  # BAD
    repair.tell("your contract")  # BAD
    repair.tell(your_contract)
    repair.decided = date(2027, 3, 31)  # BAD
    assert_type(repair.decided, str)  # BAD
    assert_type(repair.said, date)  # BAD
    repair.hand_over()  # BAD


Notice("n", of=acme, to=billing, tells=[], by=[mail], subject="", text="")  # BAD
Notice("n", of=acme, to=customers, tells=["x"], by=[mail], subject="", text="")  # BAD
Notice("n", of=acme, to=customers, tells=[], by=["mail"], subject="", text="")  # BAD
Notice("n", of=acme, to=customers, tells=[], by=[mail], subject="")  # BAD
Notice("n", of=acme, to=customers, tells=[], by=[], subject="", text="", purpose="sales")  # BAD
ContactPolicy(of=acme, quiet="20:00")  # BAD
ContactPolicy(of=acme, consent={Purpose.SALES: Customer.email})  # BAD
ContactPolicy(of=acme, consent={"sales": Customer.may_call})  # BAD
ContactPolicy(of=acme, at_most={Purpose.SALES: 1})  # BAD
ContactPolicy(of=acme, zone="Europe/Berlin")  # BAD


class Overwrites(Ability[None], frozen=True):
    overwrites = "yes"  # BAD


def look_after(office: Office) -> None:
    office.repairs(states=("live",))  # BAD
    office.repairs(states=(RepairState.LIVE,))
    office.repair("7")  # BAD
    office.repair(7).states  # BAD
    office.retry(7)  # BAD
    office.undelivered("AAAAA-AAAAA")  # BAD
    office.confirm("AAAAA-AAAAA").told  # BAD
    office.reconcile("billing", {})  # BAD
    office.reconcile(billing, {"key": Decimal(5)})  # BAD
    office.calls_by(note)  # BAD


# What is heard and told


def ask(office: Office) -> None:
    contract = office.tell(Contract, "C-1042", to=desk)
    assert_type(contract.renewed_until, date)
    assert_type(contract.renewed_until, str)  # BAD
    assert_type(Contract.renewed_until, Fact[datetime])  # BAD
    assert_type(contract[Contract.renewed_until], Telling[datetime])  # BAD
    assert_type(contract[Contract.holder].value, Customer)  # BAD
    contract.renewd_until  # BAD
    contract[Contract.renewed_until].valeu  # BAD
    contract["renewed_until"]  # BAD
    contract.monthly_price + 1  # BAD
    office.tell(str, "C-1042", to=desk)  # BAD
    office.tell(Contract, 1042, to=desk)  # BAD
    office.tell(Contract, "C-1042")  # BAD
    office.tell(Contract, "C-1042", to="agent desk")  # BAD
    office.tell(Contract, "C-1042", to=desk, valid=date(2027, 3, 31))  # BAD
    office.tell(Contract, "C-1042", to=desk, person="K-7")  # BAD
    office.standing(Contract.plan, "C-1042", of=shop)
    office.standing(Contract.plan, "C-1042", of="web shop")  # BAD
    office.standing(Contract.plan, "C-1042", of=shop.follows(within="30 s"))  # BAD
    office.standing("Contract.plan", "C-1042", of=shop)  # BAD
    office.hear("contract.renewed")  # BAD
    office.hear(message("contracts", "contract.renewed", {}))  # BAD
    onestory.open("acme")  # BAD
