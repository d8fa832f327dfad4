"""Terms: what a company agrees on as plain data, and what changes between two of them.

A company is declared inside a function, so its annotations are read at once: hence no
``from __future__ import annotations`` here.
"""

from datetime import UTC, datetime

import msgspec
import pytest

from onestory import (
    Company,
    Entity,
    Fact,
    Key,
    Link,
    Money,
    People,
    System,
    arm,
    declares_different,
    equal,
    latest_of,
    nearly,
    to_the_cent,
)
from onestory.errors import NoSuchName
from onestory.model import Change, FactTerms, Terms, known_remedy, party_of, plan, terms_of

MIN, SINCE = 60_000_000, 1_800_000_000_000_000


def terms(**facts: FactTerms) -> Terms:
    """Terms with one entity and these facts."""
    return Terms(
        "Acme",
        {"contracts": "system", "billing": "system"},
        {"Contract": ("no",)},
        {f"Contract.{name}": fact for name, fact in facts.items()},
    )


def fact(
    holds: str = "str", authority: str = "contracts", *, since: int | None = None, was: str = ""
) -> FactTerms:
    """One fact that billing follows within 5 min."""
    return FactTerms(holds, authority, {"billing": 5 * MIN}, since=since, was=was)


OLD = fact()
CHANGES: list[tuple[str, Terms, Terms, Change]] = [
    (
        "a new fact",
        terms(),
        terms(price=OLD),
        Change("+", "Contract.price", "new, decided by contracts.", safe=True),
    ),
    (
        "a fact that is gone",
        terms(price=OLD),
        terms(),
        Change(
            "-",
            "Contract.price",
            "gone. Its claims stay in the ledger; no channel shows it, nobody is judged by it.",
            safe=True,
        ),
    ),
    (
        "another name",
        terms(price=OLD),
        terms(fee=fact(was="price")),
        Change("~", "Contract.fee", "was called price. Its claims keep.", safe=True),
    ),
    (
        "another type",
        terms(price=OLD),
        terms(price=fact("int")),
        Change(
            "!", "Contract.price", "holds int; it was str. Declare a new fact instead.", safe=False
        ),
    ),
    (
        "another type under another name",
        terms(price=OLD),
        terms(fee=fact("int", was="price")),
        Change(
            "!", "Contract.fee", "holds int; it was str. Declare a new fact instead.", safe=False
        ),
    ),
    (
        "another authority, unsaid from when",
        terms(price=OLD),
        terms(price=fact(authority="shop")),
        Change(
            "!",
            "Contract.price",
            "is decided by shop; it was contracts. Say from when: decides(since=...).",
            safe=False,
        ),
    ),
    (
        "another authority from a moment on",
        terms(price=OLD),
        terms(price=fact(authority="shop", since=SINCE)),
        Change(
            "~",
            "Contract.price",
            "is decided by shop from the moment declared; before, by contracts.",
            safe=True,
        ),
    ),
    (
        "another sameness",
        terms(price=OLD),
        terms(price=msgspec.structs.replace(OLD, same="to_the_cent")),
        Change(
            "~",
            "Contract.price",
            "counts as the same by to_the_cent; it was equal. Judged so from now on.",
            safe=True,
        ),
    ),
    (
        "authority that passes on",
        terms(price=OLD),
        terms(price=msgspec.structs.replace(OLD, passes=("Contract.left", "shop"))),
        Change("~", "Contract.price", "passes its authority on otherwise, from now on.", safe=True),
    ),
    (
        "a new follower",
        terms(price=OLD),
        terms(price=msgspec.structs.replace(OLD, followers={"billing": 5 * MIN, "web": MIN})),
        Change("+", "Contract.price", "web follows within 1 min. Judged from now on.", safe=True),
    ),
    (
        "a follower that is gone",
        terms(price=OLD),
        terms(price=msgspec.structs.replace(OLD, followers={})),
        Change(
            "-",
            "Contract.price",
            "billing follows no longer. What is open of it is settled.",
            safe=True,
        ),
    ),
    (
        "another time",
        terms(price=OLD),
        terms(price=msgspec.structs.replace(OLD, followers={"billing": 90 * MIN})),
        Change(
            "~",
            "Contract.price",
            "billing follows within 90 min; it was 5 min. Judged so from now on.",
            safe=True,
        ),
    ),
    (
        "another key",
        terms(),
        msgspec.structs.replace(terms(), keys={"Contract": ("no", "store")}),
        Change(
            "!",
            "Contract",
            "has the key no, store; it was no. Declare a new entity instead.",
            safe=False,
        ),
    ),
    (
        "a new system",
        terms(),
        msgspec.structs.replace(terms(), parties={**terms().parties, "web": "system"}),
        Change("+", "web", "a new system.", safe=True),
    ),
    (
        "new people",
        terms(),
        msgspec.structs.replace(terms(), parties={**terms().parties, "customers": "people"}),
        Change("+", "customers", "a new group of people.", safe=True),
    ),
    (
        "a remedy armed",
        terms(),
        msgspec.structs.replace(terms(), armed=("billing/Contract.price",)),
        Change("~", "billing/Contract.price", "armed by declaration.", safe=True),
    ),
    (
        "a remedy no longer armed",
        msgspec.structs.replace(terms(), armed=("billing/Contract.price",)),
        terms(),
        Change("~", "billing/Contract.price", "no longer armed by declaration.", safe=True),
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "change"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES]
)
def test_each_change_is_one_line_that_says_whether_it_is_safe(
    old: Terms, new: Terms, change: Change
) -> None:
    """What was, what is, and from when on; what is not safe says what to write instead."""
    assert change in plan(old, new)
    assert [c.safe for c in plan(old, new) if c.about == change.about].count(change.safe) >= 1


@pytest.mark.parametrize("old", [case[1] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_the_same_terms_change_nothing(old: Terms) -> None:
    """A company that is opened again as it was has an empty plan."""
    assert plan(old, old) == []


def test_all_is_new_to_a_fresh_ledger() -> None:
    """Each fact is a line, and no line is unsafe."""
    changes = plan(None, terms(price=OLD, fee=fact("int")))

    assert [(c.sign, c.about) for c in changes] == [("+", "Contract.price"), ("+", "Contract.fee")]
    assert all(change.safe for change in changes)


def test_a_name_that_the_ledger_forgot_is_a_new_fact() -> None:
    """``was=`` may stay in company.py when it is opened on a ledger that never had that name."""
    (change,) = plan(terms(), terms(fee=fact(was="price")))

    assert (change.sign, change.sentence) == ("+", "new, decided by contracts.")


def test_a_name_that_changed_long_ago_changes_nothing() -> None:
    """``was=`` may stay in company.py once the ledger knows the new name."""
    assert plan(terms(fee=fact(was="price")), terms(fee=fact(was="price"))) == []


def test_terms_are_plain_data() -> None:
    """They are written as JSON and read back the same."""
    written = msgspec.json.encode(terms_of(telecom()))

    assert msgspec.json.decode(written, type=Terms) == terms_of(telecom())


def telecom() -> Company:
    """A company that uses all of the language that terms keep."""
    acme = Company("Acme")
    contracts, billing = System("contracts", of=acme), System("billing", of=acme)
    shop, customers = System("shop", of=acme), People("customers", of=acme)

    class Customer(Entity, of=acme, one_of=customers):
        no: Key[str]
        email: Fact[str | None] = latest_of(shop, billing, within="1 h").decides()

    class Contract(Entity, of=acme):
        no: Key[str]
        month: Key[str]
        holder: Link[Customer] = contracts.decides()
        signed: Fact[bool] = contracts.decides()
        fee: Fact[Money] = contracts.decides(
            billing.follows(within="5 min"), same=to_the_cent, was="price"
        )
        starts: Fact[datetime] = contracts.decides(
            shop.follows(within="1 d"), same=nearly("2 min"), until=signed, then=billing
        )
        plan: Fact[str] = shop.decides(same=equal, since=datetime(2027, 1, 15, 8, tzinfo=UTC))

    arm(billing, Contract.fee)
    declares_different(
        billing,
        Contract.fee,
        because="The old plan is honoured.",
        until=datetime(2027, 6, 1, tzinfo=UTC),
        only=[("C-1", "2027-01")],
    )
    return acme


def test_terms_hold_all_that_judging_rests_on() -> None:
    """Who decides, who follows within which time, what counts as the same, and the rest."""
    found = terms_of(telecom())

    assert found.parties == {
        "billing": "system",
        "contracts": "system",
        "customers": "people",
        "shop": "system",
    }
    assert found.keys == {"Customer": ("no",), "Contract": ("no", "month")}
    assert found.armed == ("billing/Contract.fee",)
    assert found.facts["Contract.holder"] == FactTerms(
        "Link[Customer]", "contracts", links_to="Customer"
    )
    assert found.facts["Contract.fee"] == FactTerms(
        "Money", "contracts", {"billing": 5 * MIN}, same="to_the_cent", was="price"
    )
    assert found.facts["Contract.starts"] == FactTerms(
        "datetime",
        "contracts",
        {"shop": 24 * 60 * MIN},
        same="nearly(2 min)",
        passes=("Contract.signed", "billing"),
    )
    assert found.facts["Contract.plan"] == FactTerms("str", "shop", since=SINCE)
    assert found.facts["Customer.email"] == FactTerms(
        "str | None",
        "latest of shop, billing",
        {"shop": 60 * MIN, "billing": 60 * MIN},
        members=("shop", "billing"),
    )


def test_a_remedy_is_called_by_its_follower_and_its_fact() -> None:
    """A name that no remedy has is answered with a guess."""
    acme = telecom()

    assert known_remedy(acme, "billing/Contract.fee") == "billing/Contract.fee"
    with pytest.raises(NoSuchName, match="Did you mean 'billing/Contract.fee'"):
        known_remedy(acme, "biling/Contract.fee")


def test_a_party_is_found_by_its_name_whatever_it_is() -> None:
    """Systems and people share their names; one that nobody has is answered with a guess."""
    acme = telecom()

    assert isinstance(party_of(acme, "customers"), People)
    assert isinstance(party_of(acme, "billing"), System)
    with pytest.raises(NoSuchName, match="Did you mean 'billing'"):
        party_of(acme, "biling")
