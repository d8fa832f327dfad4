"""Derived facts: what an inner system works out, in the same breath or right after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import onestory
from onestory import (
    Channel,
    Claims,
    Company,
    Entity,
    Fact,
    Fate,
    Key,
    Link,
    Standing,
    System,
    derives,
    latest_of,
    message,
    reads,
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


def test_a_link_that_is_cleared_ends_what_was_derived_through_it(timeline: Timeline) -> None:
    """Without a plan there is no fee, so there is no price: and no year of it, and no bill."""
    contract(timeline)
    timeline.says(billing, Bill.contract, "B-1", "C-1")
    timeline.says(contracts, Contract.plan, "C-1", None)

    for fact in (Contract.monthly, Contract.yearly):
        with pytest.raises(NotHeard):
            told(timeline)[fact].value  # noqa: B018 - the value is asked for
    with pytest.raises(NotHeard):
        _ = timeline.office.tell(Bill, "B-1", to=desk).amount
    assert "says monthly no longer" in [
        event.sentence for event in timeline.office.timeline(Contract, "C-1")
    ]
    assert timeline.office.verify(dossiers=True) == []


def test_a_link_to_what_nobody_decided_ends_what_was_derived(timeline: Timeline) -> None:
    """Plan L has no fee yet. Once it has, the price is worked out."""
    contract(timeline)
    timeline.says(contracts, Contract.plan, "C-1", "L")
    with pytest.raises(NotHeard):
        _ = told(timeline).monthly
    timeline.says(book, Plan.fee, "L", 7)

    assert told(timeline).monthly == 14


def test_what_was_derived_ends_with_what_it_rests_on(timeline: Timeline) -> None:
    """A fee until noon: from then on there is none, and what rests on it is undecided."""
    contract(timeline)
    timeline.says(book, Plan.fee, "M", 30, until=timeline.minute(180))
    timeline.says(contracts, Contract.plan, "C-1", "M")
    timeline.says(billing, Contract.monthly, "C-1", 50)
    timeline.wait("6 min")
    assert told(timeline).monthly == 60
    assert [c.fact for c in timeline.open_contradictions()] == ["monthly"]
    timeline.wait("3 h")

    assert timeline.standing(billing, Contract.monthly, "C-1") is Standing.UNKNOWN
    assert timeline.open_contradictions() == []
    before = timeline.office.tell(
        Contract, "C-1", to=desk, valid=timeline.minute(10), known=timeline.minute(200)
    )
    assert before.monthly == 60
    assert timeline.office.verify(dossiers=True) == []


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


def test_what_a_derivation_set_aside_is_over_once_it_succeeds(timeline: Timeline) -> None:
    """The list of asides shows what is wrong now, not what was; and once, however often."""
    contract(timeline, lines=0)
    timeline.says(contracts, Contract.lines, "C-1", 2)
    assert timeline.office.asides() == []

    timeline.says(contracts, Contract.lines, "C-1", 0)
    timeline.office.replay()
    assert len(timeline.office.asides()) == 1
    timeline.says(contracts, Contract.lines, "C-2", 0)
    assert len(timeline.office.asides()) == 2
    timeline.says(contracts, Contract.lines, "C-1", 3)
    (aside,) = timeline.office.asides()
    assert "Contract C-2" in aside.place


def test_a_replay_calls_a_derivation_again(timeline: Timeline, tmp_path: Path) -> None:
    """One that still fails stays aside; one that was mended is heard."""
    contract(timeline, lines=0)
    (receipt,) = timeline.office.replay()
    assert receipt.fate is Fate.ASIDE

    address = f"sqlite:///{tmp_path / 'shop.db'}"
    with onestory.open(shop(lambda size: 10 // size), address) as broken:
        broken.hear(message("till", "basket", {"basket": "1", "size": 0}, id="1"))
        assert [aside.type for aside in broken.asides()] == ["(derived)"]
    with onestory.open(shop(lambda size: 10 // (size or 1)), address) as mended:
        (receipt,) = mended.replay()
        assert receipt.fate is Fate.HEARD
        assert mended.asides() == []
        assert mended.verify(dossiers=True) == []
        assert mended.replay() == []


def shop(share: Callable[[int], int]) -> Company:
    """A company whose inner system works with the function given."""
    company = Company("Shop")
    till, inner = System("till", of=company), System("inner", of=company)

    class Basket(Entity, of=company):
        """What is bought at once."""

        basket_no: Key[str]
        size: Fact[int] = till.decides()
        share: Fact[int] = inner.decides()

    @reads(till, "basket")
    def basket(said: dict[str, Any]) -> Claims:
        yield Basket.size.claim(said["basket"], said["size"])

    derives(inner, Basket.share, Basket.size)(share)
    return company


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


def test_what_a_follower_or_the_latest_derives_ends_with_what_it_rests_on() -> None:
    """Rating works out two amounts: of one it follows billing, of the other the latest of both decides."""
    company = Company("Acme Telecom")
    contracts_, billing_ = System("contracts", of=company), System("billing", of=company)
    rating_ = System("rating", of=company)

    class Bill(Entity, of=company):
        """What a contract costs in one month."""

        bill_no: Key[str]
        lines: Fact[int] = contracts_.decides()
        due: Fact[int] = billing_.decides(rating_.follows(within="5 min"))
        shown: Fact[int] = latest_of(rating_, billing_).decides()

    derives(rating_, Bill.due, Bill.lines)(lambda lines: lines * 10)
    derives(rating_, Bill.shown, Bill.lines)(lambda lines: lines * 10)
    channel = Channel("desk", of=company)

    with Timeline(company) as timeline:
        timeline.says(billing_, Bill.due, "B-1", 20)
        timeline.says(contracts_, Bill.lines, "B-1", 2, until=timeline.minute(10))
        told = timeline.office.tell(Bill, "B-1", to=channel)
        assert (timeline.standing(rating_, Bill.due, "B-1"), told.shown) == (Standing.AGREES, 20)

        timeline.wait_until(11)
        assert timeline.standing(rating_, Bill.due, "B-1") is Standing.FOLLOWING
        after = timeline.office.tell(Bill, "B-1", to=channel)
        assert after[Bill.shown].standing is Standing.UNKNOWN
        assert timeline.office.verify(dossiers=True) == []


class Derived:
    """A bill that billing works out itself, one amount alone and one where the till may know better."""

    def __init__(self) -> None:
        self.company = Company("Acme Telecom")
        self.contracts = System("contracts", of=self.company)
        self.billing = System("billing", of=self.company)
        self.till = System("till", of=self.company)

        class Bill(Entity, of=self.company):
            """What a contract costs in one month."""

            bill_no: Key[str]
            lines: Fact[int] = self.contracts.decides()
            discount: Fact[int] = self.contracts.decides()
            note: Fact[str] = self.billing.decides()
            due: Fact[int] = self.billing.decides()
            shown: Fact[int] = latest_of(self.billing, self.till).decides()

        for fact in (Bill.due, Bill.shown):
            derives(self.billing, fact, Bill.lines, Bill.discount)(
                lambda lines, off: lines * 10 - off
            )
        self.Bill, self.desk = Bill, Channel("desk", of=self.company)

    def bill(self, timeline: Timeline, *, alias: bool) -> None:
        """Billing says a bill before it can work one out, and links its own name for it."""
        own = self.billing.calls("B-991")
        for fact in (self.Bill.due, self.Bill.shown):
            timeline.says(self.billing, fact, own if alias else "B-1", 7)
        timeline.says(self.billing, self.Bill.note, "B-1", "paid")
        timeline.office.link(own, self.Bill, "B-1", by="Ines")

    def said(self, timeline: Timeline) -> tuple[tuple[int, ...], ...]:
        """What is told of both amounts, if anything."""
        told = timeline.office.tell(self.Bill, "B-1", to=self.desk)
        return told[self.Bill.due].said, told[self.Bill.shown].said


@pytest.mark.parametrize("alias", [False, True])
def test_what_billing_said_itself_ends_with_what_it_works_out_under_any_name(
    *, alias: bool
) -> None:
    """Without a discount there is no amount: not the one it said before, by whichever name."""
    acme = Derived()
    with Timeline(acme.company) as timeline:
        acme.bill(timeline, alias=alias)
        assert acme.said(timeline) == ((7,), (7,))

        timeline.says(acme.contracts, acme.Bill.lines, "B-1", 2)
        assert acme.said(timeline) == ((), ())
        timeline.says(acme.contracts, acme.Bill.discount, "B-1", 1, until=timeline.minute(10))
        assert acme.said(timeline) == ((19,), (19,))
        timeline.wait_until(11)
        assert acme.said(timeline) == ((), ())
        assert timeline.office.verify(dossiers=True) == []


def test_what_another_said_later_does_not_end_with_what_billing_works_out() -> None:
    """The till was told last, so its word decides on, though billing has none any more."""
    acme = Derived()
    with Timeline(acme.company) as timeline:
        timeline.says(acme.contracts, acme.Bill.lines, "B-1", 2)
        timeline.says(acme.contracts, acme.Bill.discount, "B-1", 1, until=timeline.minute(10))
        timeline.wait("1 min")
        timeline.says(acme.till, acme.Bill.shown, "B-1", 30)

        timeline.wait_until(11)
        assert acme.said(timeline) == ((), (30,))
        assert timeline.office.verify(dossiers=True) == []
