"""Derived facts: what an inner system works out, in the same breath or right after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from onestory import (
    Channel,
    Company,
    Entity,
    Fact,
    Fate,
    Key,
    Link,
    Standing,
    System,
    derives,
    message,
)
from onestory.errors import NotHeard
from onestory.testing import Timeline

acme = Company("Acme Telecom")
book = System("price book", of=acme)
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
rating = System("rating", of=acme)


class Plan(Entity, of=acme):
    """What may be subscribed to."""

    plan_no: Key[str]
    fee: Fact[int] = book.decides()


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    plan: Link[Plan] = contracts.decides()
    lines: Fact[int] = contracts.decides()
    discount: Fact[int | None] = contracts.decides()
    monthly: Fact[int] = rating.decides(billing.follows(within="5 min"))
    yearly: Fact[int] = rating.decides()
    risk: Fact[str] = rating.decides()


class Bill(Entity, of=acme):
    """What a contract costs in one month."""

    bill_no: Key[str]
    contract: Link[Contract] = billing.decides()
    amount: Fact[int] = rating.decides(billing.follows(within="5 min"))


@derives(rating, Contract.monthly, Plan.fee, Contract.lines, Contract.discount)
def monthly(fee: int, lines: int, discount: int | None) -> int:
    """Work out a month."""
    return fee * lines - (discount or 0)


@derives(rating, Contract.yearly, Contract.monthly)
def yearly(of_a_month: int) -> int:
    """Work out a year."""
    return 12 * of_a_month


@derives(rating, Contract.risk, Contract.lines)
def risk(lines: int) -> str:
    """Work out a risk; it cannot be worked out for none."""
    return "high" if 100 // lines < 20 else "low"


@derives(rating, Bill.amount, Contract.monthly)
def amount(of_a_month: int) -> int:
    """Work out a bill."""
    return of_a_month


desk = Channel("agent desk", of=acme)
F, A = Standing.FOLLOWING, Standing.AGREES


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def contract(timeline: Timeline, *, fee: int = 10, lines: int = 2, plan: str = "S") -> None:
    """A contract on a plan."""
    timeline.says(book, Plan.fee, plan, fee)
    timeline.says(contracts, Contract.plan, "C-1", plan)
    timeline.says(contracts, Contract.lines, "C-1", lines)
    timeline.says(contracts, Contract.discount, "C-1", None)


def told(timeline: Timeline) -> Contract:
    """What is told of the contract."""
    return timeline.office.tell(Contract, "C-1", to=desk)


def test_a_fact_is_derived_once_all_it_rests_on_is_known(timeline: Timeline) -> None:
    """Until then nobody has said anything; said to be empty is known."""
    timeline.says(book, Plan.fee, "S", 10)
    timeline.says(contracts, Contract.plan, "C-1", "S")
    timeline.says(contracts, Contract.lines, "C-1", 2)
    with pytest.raises(NotHeard):
        _ = told(timeline).monthly
    timeline.says(contracts, Contract.discount, "C-1", None)

    assert told(timeline).monthly == 20


def test_it_is_derived_in_the_transaction_of_what_changed(timeline: Timeline) -> None:
    """A commit that holds the one holds the other: the same seal covers both."""
    contract(timeline)
    with timeline.office.ledger.view() as view:
        before = view.connection.rows("seals")
    timeline.says(contracts, Contract.lines, "C-1", 3)

    with timeline.office.ledger.view() as view:
        (seal,) = view.connection.rows("seals")[len(before) :]
        entries = view.connection.rows("entries_between", before[-1][2], seal[2])
    assert [entry[8] for entry in entries][:2] == [
        '{"says":{"lines":3}}',
        '{"says":{"monthly":30}}',
    ]
    assert told(timeline).monthly == 30


def test_derived_facts_derive_others(timeline: Timeline) -> None:
    """A year from a month, and a bill from the contract it is linked to."""
    contract(timeline)
    timeline.says(billing, Bill.contract, "B-1", "C-1")
    assert told(timeline).yearly == 240
    timeline.says(contracts, Contract.discount, "C-1", 5)

    assert told(timeline).yearly == 180
    assert timeline.office.tell(Bill, "B-1", to=desk).amount == 15


def test_it_is_judged_like_any_fact(timeline: Timeline) -> None:
    """Billing follows what the rating says, in its time."""
    contract(timeline)
    timeline.says(billing, Contract.monthly, "C-1", 20)
    assert timeline.standing(billing, Contract.monthly, "C-1") is A
    timeline.says(contracts, Contract.lines, "C-1", 4)

    assert timeline.standing(billing, Contract.monthly, "C-1") is F
    timeline.wait("5 min")
    timeline.wait("1 s")
    (opened,) = [c for c in timeline.open_contradictions() if c.fact == "monthly"]
    assert opened.follower == "billing"


def test_it_changes_with_a_fact_of_the_subject_it_is_linked_to(timeline: Timeline) -> None:
    """The fee of the plan rises: so do all its contracts."""
    contract(timeline)
    timeline.says(book, Plan.fee, "S", 11)

    assert told(timeline).monthly == 22


def test_it_changes_with_the_link(timeline: Timeline) -> None:
    """Another plan, another fee."""
    contract(timeline)
    timeline.says(book, Plan.fee, "L", 50)
    timeline.says(contracts, Contract.plan, "C-1", "L")
    assert told(timeline).monthly == 100

    timeline.says(book, Plan.fee, "S", 99)
    assert told(timeline).monthly == 100


def test_a_link_that_is_cleared_leaves_what_was_derived(timeline: Timeline) -> None:
    """Without a plan nothing can be worked out anew; a bill is not unwritten by that."""
    contract(timeline)
    timeline.says(contracts, Contract.plan, "C-1", None)
    timeline.says(contracts, Contract.lines, "C-1", 5)

    assert told(timeline).monthly == 20


def test_what_comes_out_the_same_is_not_said_again(timeline: Timeline) -> None:
    """Four lines at 5, or two at 10."""
    contract(timeline)
    timeline.says(book, Plan.fee, "S", 5)
    entries = timeline.office.counts().entries
    timeline.says(contracts, Contract.discount, "C-1", None)

    assert timeline.office.counts().entries == entries


def test_a_derivation_that_raises_is_set_aside_and_the_message_is_heard(timeline: Timeline) -> None:
    """The reason names the function, the subject and the error; all else is derived."""
    contract(timeline)
    receipt = timeline.says(contracts, Contract.lines, "C-1", 0)

    assert receipt.fate is Fate.HEARD
    assert told(timeline).lines == 0
    assert told(timeline).monthly == 0
    assert told(timeline).risk == "low"
    (aside,) = timeline.office.asides()
    assert aside.what.startswith("rating/Contract.risk failed: ZeroDivisionError")
    assert "Contract C-1, derived at test_derivations.py:" in aside.place


def test_a_derivation_that_raised_is_called_again_when_what_it_uses_changes(
    timeline: Timeline,
) -> None:
    """What could not be worked out then can be now."""
    contract(timeline, lines=0)
    timeline.says(contracts, Contract.lines, "C-1", 10)

    assert told(timeline).risk == "high"


def test_what_was_set_aside_by_a_derivation_is_no_message_to_replay(timeline: Timeline) -> None:
    """It stays listed with its reason."""
    contract(timeline, lines=0)
    (receipt,) = timeline.office.replay()

    assert receipt.fate is Fate.ASIDE
    assert len(timeline.office.asides()) == 1


def test_messages_heard_together_are_derived_as_if_one_by_one(timeline: Timeline) -> None:
    """One commit or five: the same story."""
    words: list[tuple[System, Any, str, Any]] = [
        (book, Plan.fee, "S", 10),
        (contracts, Contract.plan, "C-1", "S"),
        (contracts, Contract.lines, "C-1", 2),
        (contracts, Contract.discount, "C-1", 1),
        (contracts, Contract.lines, "C-1", 3),
    ]
    timeline.office.hear(*[timeline.word(*word) for word in words])

    assert told(timeline).monthly == 29
    assert timeline.office.verify(dossiers=True) == []


def test_many_subjects_are_derived_from_one(timeline: Timeline) -> None:
    """A plan of 1,200 contracts: each follows its fee."""
    timeline.says(book, Plan.fee, "S", 10)
    said: list[tuple[Any, Any]] = [
        (Contract.plan, "S"),
        (Contract.lines, 2),
        (Contract.discount, None),
    ]
    timeline.office.hear(
        *[
            timeline.word(contracts, fact, f"C-{number}", value)
            for number in range(1200)
            for fact, value in said
        ]
    )
    timeline.says(book, Plan.fee, "S", 20)

    tell = timeline.office.tell
    assert {tell(Contract, f"C-{n}", to=desk).monthly for n in (0, 499, 500, 1199)} == {40}


def test_nobody_else_speaks_for_the_inner_system(timeline: Timeline) -> None:
    """It is no source of messages: what claims to come from it is read by nobody."""
    (receipt,) = timeline.office.hear(message("rating", "rated", {}, id="1"))

    assert receipt.fate is Fate.ASIDE
