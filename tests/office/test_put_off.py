"""What follows from a change may fail: it is put off, and nothing else waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
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
    System,
    derives,
    message,
    reads,
)
from onestory.clock import HandClock
from onestory.errors import DeclarationError
from onestory.testing import NINE, Timeline

UNLUCKY = 13
broken: list[bool] = []
"""Whether the company's own sameness is broken, for tests to break and to mend."""


def nearly(one: int, other: int) -> bool:
    """A sameness of the company's own, which cannot take every number."""
    if broken and UNLUCKY in (one, other):
        raise ZeroDivisionError(UNLUCKY)
    return one == other


acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
rating = System("rating", of=acme)


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    price: Fact[int] = contracts.decides()


class Bill(Entity, of=acme):
    """What a contract costs in one month."""

    bill_no: Key[str]
    contract: Link[Contract] = billing.decides()
    amount: Fact[int] = rating.decides(billing.follows(within="5 min"), same=nearly)


derives(rating, Bill.amount, Contract.price)(lambda price: price)
desk = Channel("agent desk", of=acme)


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    broken.append(True)
    with Timeline(acme) as timeline:
        bills(timeline)
        yield timeline
    broken.clear()


def bills(timeline: Timeline) -> None:
    """A bill of each of two contracts, and what billing has written on them."""
    for number in (1, 2):
        timeline.says(billing, Bill.contract, f"B-{number}", f"C-{number}")
        timeline.says(contracts, Contract.price, f"C-{number}", 10)
        timeline.says(billing, Bill.amount, f"B-{number}", 10)


def amount(timeline: Timeline, bill: str) -> Any:
    """What is told of a bill."""
    return timeline.office.tell(Bill, bill, to=desk).amount


def test_who_is_acknowledged_gets_the_receipts(timeline: Timeline) -> None:
    """The message is heard; that something fails which follows from it is no news to its sender."""
    receipts = timeline.office.hear(
        timeline.word(contracts, Contract.price, "C-1", UNLUCKY),
        timeline.word(contracts, Contract.price, "C-2", 20),
    )

    assert [receipt.fate for receipt in receipts] == [Fate.HEARD] * 2


def test_nothing_else_waits_for_what_failed(timeline: Timeline) -> None:
    """The other bill is worked out, now and later; this one says what it said."""
    timeline.says(contracts, Contract.price, "C-1", UNLUCKY)
    timeline.says(contracts, Contract.price, "C-2", 20)

    assert (amount(timeline, "B-1"), amount(timeline, "B-2")) == (10, 20)
    assert timeline.office.verify(dossiers=True) == []


def test_what_was_done_before_it_is_kept(timeline: Timeline) -> None:
    """In one commit with others, it takes none of them with it."""
    timeline.office.hear(
        *[
            timeline.word(contracts, Contract.price, contract, price)
            for contract, price in (("C-2", 20), ("C-1", UNLUCKY), ("C-2", 30))
        ]
    )

    assert (amount(timeline, "B-1"), amount(timeline, "B-2")) == (10, 30)
    assert timeline.office.counts().put_off == 1


def test_it_is_listed_with_its_error_and_its_next_try(timeline: Timeline) -> None:
    """Each try is twice as far from the one before."""
    timeline.says(contracts, Contract.price, "C-1", UNLUCKY)
    (first,) = timeline.office.put_off()
    assert (first.task, first.entity, first.key, first.tries) == ("derive", "Bill", "B-1", 1)
    assert first.error.startswith(
        "DeclarationError: The sameness of Bill.amount failed on 13 and 10"
    )
    assert first.next == timeline.minute(1)
    assert timeline.office.put_off(after=first.number) == []
    timeline.wait("1 min")

    (second,) = timeline.office.put_off()
    assert (second.tries, second.next) == (2, timeline.minute(3))
    for _ in range(12):
        timeline.wait("1 h")
    (last,) = timeline.office.put_off()
    assert last.next == timeline.minute(1 + 12 * 60 + 60)


def test_it_is_done_once_it_can_be(timeline: Timeline) -> None:
    """With what came after it, in order; then nothing is put off any more."""
    timeline.says(contracts, Contract.price, "C-1", UNLUCKY)
    timeline.says(contracts, Contract.price, "C-1", 14)
    assert amount(timeline, "B-1") in (10, 14)
    timeline.says(contracts, Contract.price, "C-1", UNLUCKY)
    broken.clear()
    timeline.wait("2 min")

    assert amount(timeline, "B-1") == UNLUCKY
    assert timeline.office.counts().put_off == 0
    assert timeline.office.put_off() == []
    assert timeline.office.verify(dossiers=True) == []


def test_what_follows_for_the_same_subject_keeps_its_order(timeline: Timeline) -> None:
    """A bill is linked to one contract and then to another: not the other way round."""
    timeline.says(contracts, Contract.price, "C-3", UNLUCKY)
    timeline.says(billing, Bill.contract, "B-1", "C-3")
    timeline.says(billing, Bill.contract, "B-1", "C-2")
    broken.clear()
    timeline.office.try_again()

    assert amount(timeline, "B-1") == 10
    assert timeline.office.verify(dossiers=True) == []


def test_opening_tries_again_at_once(tmp_path: Path) -> None:
    """The company's code was mended, so an office opened with it does what was put off."""
    address = f"sqlite:///{tmp_path / 'acme.db'}"
    broken.append(True)
    with Timeline(acme, address=address) as timeline:
        bills(timeline)
        timeline.says(contracts, Contract.price, "C-1", UNLUCKY)
        assert timeline.office.counts().put_off == 1
    broken.clear()

    with onestory.open(acme, address, clock=timeline.clock) as office:
        assert office.put_off() == []
        assert office.tell(Bill, "B-1", to=desk).amount == UNLUCKY
        assert office.try_again() == 0


def test_of_many_subjects_only_what_fails_is_put_off(timeline: Timeline) -> None:
    """Two bills of one contract: one of them cannot be judged, for what billing wrote on it."""
    timeline.says(billing, Bill.contract, "B-3", "C-1")
    broken.clear()
    timeline.says(billing, Bill.amount, "B-1", UNLUCKY)
    broken.append(True)
    timeline.says(contracts, Contract.price, "C-1", 20)

    assert amount(timeline, "B-3") == 20
    assert [(put.task, put.key) for put in timeline.office.put_off()] == [("derive", "B-1")]
    broken.clear()
    timeline.wait("1 min")
    assert amount(timeline, "B-1") == 20


def test_a_subject_whose_time_has_come_and_that_fails_holds_up_no_other(timeline: Timeline) -> None:
    """Both are overdue at once; the other is found late, and the office ticks and opens."""
    broken.clear()
    for number in (1, 2):
        timeline.says(billing, Bill.amount, f"B-{number}", UNLUCKY if number == 1 else 9)
    broken.append(True)
    timeline.wait("6 min")

    assert [c.key for c in timeline.open_contradictions()] == ["B-2"]
    (put,) = timeline.office.put_off()
    assert (put.task, put.key) == ("judge", "B-1")
    broken.clear()
    timeline.wait("2 min")
    assert {c.key for c in timeline.open_contradictions()} == {"B-1", "B-2"}
    assert timeline.office.put_off() == []
    assert timeline.office.verify(dossiers=True) == []


def test_new_terms_judge_all_but_what_fails(tmp_path: Path) -> None:
    """A company.py with other terms opens, though one subject cannot be judged by them."""
    address = f"sqlite:///{tmp_path / 'acme.db'}"
    clock = HandClock(NINE)
    with onestory.open(till("1 d"), address, clock=clock) as office:
        for number, price in (("1", UNLUCKY), ("2", 7), ("3", 8)):
            for source, value in (("book", 1), ("till", price)):
                sent = {"article": number, "price": value}
                office.hear(message(source, "price", sent, id=f"{number}"))
    clock.move(timedelta(minutes=10))
    broken.append(True)
    with onestory.open(till("5 min"), address, clock=clock) as office:
        office.tick()
        assert [c.key for c in office.contradictions()] == ["2", "3"]
        assert [(put.task, put.key) for put in office.put_off()] == [("judge", "1")]
    broken.clear()
    with onestory.open(till("5 min"), address, clock=clock) as office:
        office.tick()
        assert {c.key for c in office.contradictions()} == {"1", "2", "3"}


def test_a_fact_that_is_gone_is_passed_over_where_its_subject_is_yet_to_be_judged(
    tmp_path: Path,
) -> None:
    """The till is behind in an article's shelf and price when shelves are dropped; then it speaks."""
    address = f"sqlite:///{tmp_path / 'acme.db'}"
    clock = HandClock(NINE)
    with onestory.open(till("1 d", shelves=True), address, clock=clock) as office:
        for source, price in (("book", 1), ("till", UNLUCKY)):
            sent = {"article": "1", "price": price, "shelf": source}
            office.hear(message(source, "price", sent, id="1"))
    broken.append(True)
    with onestory.open(till("1 d"), address, clock=clock) as office:
        assert [(put.task, put.key) for put in office.put_off()] == [("judge", "1")]
        broken.clear()
        office.hear(message("till", "price", {"article": "1", "price": 2}, id="2"))
        clock.move(timedelta(days=2))
        office.tick()

        (late,) = office.contradictions()
        assert (late.fact, late.follower) == ("price", "till")
        assert office.contradictions(settled=True) == [late]
        assert office.put_off() == []
        assert office.verify(dossiers=True) == []


def till(within: str, *, shelves: bool = False) -> Company:
    """A company whose till follows the price book within a time."""
    company = Company("Shop")
    book, counter = System("book", of=company), System("till", of=company)

    class Article(Entity, of=company):
        """What is sold."""

        article_no: Key[str]
        price: Fact[int] = book.decides(counter.follows(within=within), same=nearly)
        if shelves:
            shelf: Fact[str] = book.decides(counter.follows(within=within))

    for system in (book, counter):

        @reads(system, "price")
        def price(sent: dict[str, Any]) -> Claims:
            yield Article.price.claim(sent["article"], sent["price"])
            if "shelf" in sent:
                yield Article.shelf.claim(sent["article"], sent["shelf"])

    return company


def test_what_fails_before_a_message_is_kept_is_raised(timeline: Timeline) -> None:
    """Billing's own word cannot be judged: it is not acknowledged, and not kept."""
    before = timeline.office.counts().messages

    with pytest.raises(DeclarationError, match="sameness"):
        timeline.says(billing, Bill.amount, "B-1", UNLUCKY)
    assert timeline.office.counts().messages == before
