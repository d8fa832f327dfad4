"""The telecom: who decides a contract and a bill, how soon billing follows, and how it is put right."""

from __future__ import annotations

import os
from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict

import msgspec

from onestory import (
    Ability,
    Channel,
    Claims,
    Company,
    Credit,
    Entity,
    Fact,
    Key,
    Link,
    Money,
    Notice,
    Patience,
    People,
    Repair,
    SayAgain,
    System,
    arm,
    derives,
    reads,
    remedies,
    to_the_cent,
)
from onestory.channel import smtp, webhook

BILLING = os.environ.get("TELECOM_BILLING", "http://127.0.0.1:8071")
MAIL_PORT = int(os.environ.get("TELECOM_MAIL_PORT", "8072"))

acme = Company("Acme Telecom", zone="Europe/Berlin")

contracts = System("contracts", of=acme, team="sales operations")
billing = System(
    "billing",
    of=acme,
    team="billing desk",
    about="Bills and collects. It forgets what it is told during its nightly run.",
)
rating = System(
    "rating",
    of=acme,
    about="Works out what a bill should be, from what is decided of its contract.",
)
postman = System("postman", of=acme)
customers = People("customers", of=acme)


class Customer(Entity, of=acme, one_of=customers):
    """A person who holds contracts."""

    customer_no: Key[str]
    email: Fact[str | None] = contracts.decides()


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    holder: Link[Customer] = contracts.decides()
    renewed_until: Fact[date] = contracts.decides(
        billing.follows(within="5 min"), about="The last day of the current term, inclusive."
    )
    monthly_price: Fact[Money] = contracts.decides(
        billing.follows(within="5 min"), same=to_the_cent, about="What a whole month costs."
    )
    price_since: Fact[date] = contracts.decides(about="The first day of that price.")
    price_before: Fact[Money] = contracts.decides(about="What a whole month cost before that day.")


class Bill(Entity, of=acme):
    """What a customer owes for one month of one contract."""

    bill_no: Key[str]
    contract: Link[Contract] = billing.decides()
    month: Fact[date] = billing.decides(about="The first day of the month it is for.")
    amount: Fact[Money] = rating.decides(
        billing.follows(within="5 min"),
        customers.follows(within="1 d"),
        same=to_the_cent,
        about="What is owed on it: as it was posted, less what was credited.",
    )


@derives(
    rating,
    Bill.amount,
    Bill.month,
    Contract.monthly_price,
    Contract.price_since,
    Contract.price_before,
)
def rated(month: date, price: Money, since: date, before: Money) -> Money:
    """A month at one price, or the days before a change at the old one and the rest at the new."""
    _, days = monthrange(month.year, month.month)
    old = min(max((since - month) // timedelta(days=1), 0), days)
    sum_of_days = before.amount * old + price.amount * (days - old)
    return Money(sum_of_days / Decimal(days), price.currency).rounded()


# What the systems say


class Signed(TypedDict):
    """A contract, as it was signed or renewed."""

    contract: str
    customer: str
    email: str
    until: date
    price: str
    since: date
    before: str


class Billed(TypedDict):
    """The terms by which billing bills a contract."""

    contract: str
    until: date
    price: str


class Posted(TypedDict):
    """A bill, as billing holds it."""

    bill: str
    contract: str
    month: date
    owed: str


@reads(contracts, "contract.signed")
def contract_signed(signed: Signed) -> Claims:
    """A contract was signed or renewed: its term, its price, and who holds it."""
    key = signed["contract"]
    yield Customer.email.claim(signed["customer"], signed["email"])
    yield Contract.holder.claim(key, signed["customer"])
    yield Contract.renewed_until.claim(key, signed["until"])
    yield Contract.monthly_price.claim(key, Money.read(signed["price"]))
    yield Contract.price_since.claim(key, signed["since"])
    yield Contract.price_before.claim(key, Money.read(signed["before"]))


@reads(billing, "contract.billed")
def contract_billed(terms: Billed) -> Claims:
    """Billing says by which terms it bills a contract."""
    yield Contract.renewed_until.claim(terms["contract"], terms["until"])
    yield Contract.monthly_price.claim(terms["contract"], Money.read(terms["price"]))


@reads(billing, "bill.posted")
def bill_posted(bill: Posted) -> Claims:
    """Billing says what is owed on a bill."""
    yield Bill.contract.claim(bill["bill"], bill["contract"])
    yield Bill.month.claim(bill["bill"], bill["month"])
    yield Bill.amount.claim(bill["bill"], Money.read(bill["owed"]))


# What billing can be asked to do


class HoldBills(Ability[str], frozen=True):
    """Keep a bill, or every bill of a contract, from being collected; answers the hold's number."""

    on: str
    because: str


class ReleaseHold(Ability[None], frozen=True):
    """End one hold. What nothing else holds is collected again."""

    hold: str


class SetTerm(Ability[None], frozen=True):
    """Write the last day of a contract's term."""

    overwrites = True
    contract: str
    until: date


class SetPrice(Ability[None], frozen=True):
    """Write what a month of a contract costs."""

    overwrites = True
    contract: str
    price: Money


class SetAmount(Ability[None], frozen=True):
    """Rate a bill anew that was not posted yet."""

    overwrites = True
    bill: str
    amount: Money


class Seen(msgspec.Struct, frozen=True):
    """What billing holds of a bill: what is owed, whether it was posted, and who owes it."""

    owed: Money
    posted: bool
    customer: str


class LookAt(Ability[Seen], frozen=True):
    """Look at a bill, before it is put right."""

    bill: str
    because: str


_ASKED_AT = BILLING + "/requests/{key}"

webhook(billing, HoldBills, url=f"{BILLING}/holds", asked_at=_ASKED_AT, answer="hold")
webhook(billing, ReleaseHold, url=f"{BILLING}/releases", asked_at=_ASKED_AT)
webhook(billing, SetTerm, url=f"{BILLING}/terms", asked_at=_ASKED_AT)
webhook(billing, SetPrice, url=f"{BILLING}/prices", asked_at=_ASKED_AT)
webhook(billing, SetAmount, url=f"{BILLING}/amounts", asked_at=_ASKED_AT)
webhook(billing, LookAt, url=f"{BILLING}/looks", asked_at=_ASKED_AT, answer="")
webhook(billing, Credit, url=f"{BILLING}/credits", asked_at=_ASKED_AT, answer="note")
webhook(billing, SayAgain, url=f"{BILLING}/again", asked_at=_ASKED_AT)
smtp(postman, host="127.0.0.1", port=MAIL_PORT, sender="service@acme.example")


# How it is put right

PATIENT = Patience(tries=10, first="20 s", most="10 min")


@remedies(billing, Contract.renewed_until, patience=PATIENT)
def write_the_term(repair: Repair[date]) -> None:
    """Write a term into billing that it missed; none of the contract's bills is collected meanwhile."""
    hold = repair.do(billing, HoldBills(on=repair.key, because="its term is being put right"))
    repair.do(billing, SetTerm(contract=repair.key, until=repair.decided))
    repair.until_agreed(within="30 min")
    repair.do(billing, ReleaseHold(hold=hold))


@remedies(billing, Contract.monthly_price, patience=PATIENT)
def write_the_price(repair: Repair[Money]) -> None:
    """Write a price into billing that it missed; none of the contract's bills is collected meanwhile."""
    hold = repair.do(billing, HoldBills(on=repair.key, because="its price is being put right"))
    repair.do(billing, SetPrice(contract=repair.key, price=repair.decided))
    repair.until_agreed(within="30 min")
    repair.do(billing, ReleaseHold(hold=hold))


@remedies(billing, Bill.amount, patience=PATIENT)
def put_the_bill_right(repair: Repair[Money]) -> None:
    """Hold a wrong bill; credit what is too much on it, or rate it anew if it was not posted yet."""
    hold = repair.do(billing, HoldBills(on=repair.key, because="its amount is being put right"))
    # What is decided belongs to this question, so that another decision looks again.
    right = f"{repair.decided} is right"
    seen = repair.do(billing, LookAt(bill=repair.key, because=right))
    too_much = Money(seen.owed.amount - repair.decided.amount, seen.owed.currency)
    if not seen.posted:
        repair.do(billing, SetAmount(bill=repair.key, amount=repair.decided))
    elif too_much.amount > 0:
        repair.do(
            billing,
            Credit(record=seen.customer, amount=too_much, bill=repair.key, because=right),
        )
    elif too_much.amount < 0:
        repair.hand_over(f"{seen.owed} was posted and {right}: nobody is charged more unasked.")
    repair.until_agreed(within="30 min")
    repair.do(billing, ReleaseHold(hold=hold))


# Where the story is told

desk = Channel("agent desk", of=acme)
mail = Channel("mail", of=acme, by=postman, address=Customer.email)

Notice(
    "your bill",
    of=acme,
    to=customers,
    tells=[Bill.amount],
    by=[mail],
    quiet="15 min",  # longer than it takes to put a bill right, so that the first word is the last
    subject="Your bill {{ key }} is {{ amount }}",
    text="Your bill {{ key }} is {{ amount }}.{% if corrects %} It was more before: your contract was "
    "renewed, and our billing did not know of it. You need not do anything.{% endif %} {{ sentence }}",
)

for followed in (Contract.renewed_until, Contract.monthly_price, Bill.amount):
    arm(billing, followed)
arm(customers, Bill.amount)
