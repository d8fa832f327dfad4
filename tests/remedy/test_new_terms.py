"""A company changes while repairs are under way: its remedies, its facts, its channels."""

from __future__ import annotations

import types
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from onestory import Cancel, Company, Entity, Fact, Key, Repair, RepairState, System, does, remedies
from onestory.testing import Timeline

from .post import telecom
from .test_tellings import SUMMER, told_spring

Run = Callable[[Repair[int]], None]


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A ledger in a file, that is opened again and again."""
    return f"sqlite:///{tmp_path / 'shop.db'}"


class Shop:
    """A company of some moment: what it declares then, and what its till was asked since.

    Args:
        way: The remedy of the till's price, if there is one.
        name: What the price is called.
        was: What it was called before.
        moves: From when the catalogue decides it, and no longer the book.
    """

    def __init__(
        self,
        way: Callable[[System], Run] | None,
        name: str = "price",
        was: str = "",
        moves: datetime | None = None,
    ) -> None:
        self.company, self.asked = Company("Shop"), list[str]()
        self.book, self.till = System("book", of=self.company), System("till", of=self.company)
        self.catalogue = System("catalogue", of=self.company)
        decides = self.book.decides if moves is None else self.catalogue.decides
        decided: Any = decides(self.till.follows(within="5 min"), was=was, since=moves)
        hints = {"article_no": Key[str], name: Fact[int]}
        members = {"__annotations__": hints, "__doc__": "Something on a shelf.", name: decided}
        options = {"of": self.company}
        article: Any = types.new_class("Article", (Entity,), options, lambda s: s.update(members))
        self.price: Any = getattr(article, name)

        @does(self.till, Cancel)
        def cancel(request: Cancel, key: str) -> None:
            self.asked.append(request.because)

        if way is not None:
            remedies(self.till, self.price)(way(self.till))

    def open(self, address: str, *, minutes: int = 0) -> Timeline:
        """Its office, so many minutes after the first one."""
        timeline = Timeline(self.company, address=address)
        timeline.wait(timedelta(minutes=minutes))
        timeline.office.arm(f"till/{self.price}", by="the test")
        return timeline

    def late(self, timeline: Timeline) -> None:
        """The price of A-1 goes from 100 to 200, and the till, which is well, does not follow."""
        timeline.says(self.book, self.price, "A-1", 100)
        timeline.says(self.till, self.price, "A-1", 100)
        timeline.wait("1 min")
        timeline.says(self.book, self.price, "A-1", 200)
        timeline.wait("5 min")
        timeline.says(self.till, self.price, "A-2", 1)
        timeline.wait("1 s")


def cancels(till: System) -> Run:
    """A remedy that cancels, and waits for the till's word."""

    def remedy(repair: Repair[int]) -> None:
        repair.do(till, Cancel(repair.key, because="the old way"))
        repair.until_agreed(within="1 d")

    return remedy


def cancels_politely(till: System) -> Run:
    """The same, changed later."""

    def remedy(repair: Repair[int]) -> None:
        repair.do(till, Cancel(repair.key, because="the new way"))
        repair.until_agreed(within="1 d")

    return remedy


def test_a_repair_goes_on_only_with_the_remedy_that_it_began_with(address: str) -> None:
    """It had done something when the remedy was rewritten: a person must look, and may let it go on."""
    before, after = Shop(cancels), Shop(cancels_politely)
    with before.open(address) as timeline:
        before.late(timeline)
        timeline.office.remedy()
    with after.open(address, minutes=7) as timeline:
        timeline.says(after.till, after.price, "A-1", 150)
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert repair.reason == "It was begun by another version of the remedy."
        assert (before.asked, after.asked) == (["the old way"], [])


def test_a_repair_that_did_nothing_yet_goes_by_the_new_remedy(address: str) -> None:
    """Its remedy was rewritten before anything was done: there is nothing that it must agree with."""
    before, after = Shop(cancels), Shop(cancels_politely)
    with before.open(address) as timeline:
        before.late(timeline)
    with after.open(address, minutes=7) as timeline:
        timeline.office.remedy()

        assert (before.asked, after.asked) == ([], ["the new way"])
        assert [r.state for r in timeline.office.repairs()] == [RepairState.LIVE]


def test_a_repair_without_a_remedy_does_nothing(address: str) -> None:
    """The remedy was taken out of company.py: asked what it would do, the repair says why not."""
    before, after = Shop(cancels), Shop(None)
    with before.open(address) as timeline:
        before.late(timeline)
        (repair,) = timeline.office.repairs()
    with after.open(address, minutes=7) as timeline:
        timeline.office.remedy()
        would = timeline.office.would_do(repair.number)

        assert would == "nothing: what it is for is no longer declared"
        assert after.asked == []
        assert timeline.office.next_moment() is None


def test_what_was_contradicted_before_it_had_a_remedy_is_remedied(address: str) -> None:
    """The remedy is declared when the till is late already: its repair is begun as the office opens."""
    before, after = Shop(None), Shop(cancels)
    with before.open(address) as timeline:
        before.late(timeline)
        assert len(timeline.open_contradictions()) == 1
        assert timeline.office.repairs() == []
        assert timeline.office.remedy() == 0
    with after.open(address, minutes=7) as timeline:
        timeline.office.remedy()

        assert after.asked == ["the old way"]
    with after.open(address, minutes=8) as timeline:
        assert len(timeline.office.repairs()) == 1


def test_what_nobody_decides_begins_no_repair(address: str) -> None:
    """From now on the catalogue decides, which never spoke, and there is a remedy: it has nothing to do."""
    before = Shop(None)
    with before.open(address) as timeline:
        before.late(timeline)
        assert len(timeline.open_contradictions()) == 1
    now = timeline.clock.now()
    after = Shop(cancels, moves=now)
    with Timeline(after.company, address=address, start=now) as timeline:
        assert timeline.office.repairs(states=tuple(RepairState)) == []
        assert timeline.open_contradictions() == []


def test_a_repair_ends_when_another_decides_who_has_not_spoken(address: str) -> None:
    """It was about to be entered when the book's word ended; what the catalogue says then is remedied."""
    before = Shop(cancels)
    with Timeline(before.company, address=address) as timeline:
        before.late(timeline)
    now = timeline.clock.now()
    after = Shop(cancels, moves=now + timedelta(minutes=1))
    with Timeline(after.company, address=address, start=now) as timeline:
        timeline.office.arm("till/Article.price", by="the test")
        timeline.clock.move(timedelta(minutes=2))
        timeline.office.remedy()
        (repair,) = timeline.office.repairs(states=tuple(RepairState))
        assert (repair.state, after.asked) == (RepairState.SUPERSEDED, [])
        timeline.says(after.catalogue, after.price, "A-1", 500)
        timeline.wait("5 min")
        timeline.says(after.till, after.price, "A-2", 2)
        timeline.wait("1 s")
        timeline.office.remedy()

        assert after.asked == ["the old way"]


def test_only_what_has_a_remedy_is_remedied() -> None:
    """The till has one, and the shelf has none: it is late, too, and nothing is done about it."""
    company, asked = Company("Shop"), list[str]()
    book, till = System("book", of=company), System("till", of=company)
    shelf = System("shelf", of=company)

    class Article(Entity, of=company):
        """Something on a shelf."""

        article_no: Key[str]
        price: Fact[int] = book.decides(till.follows(within="5 min"), shelf.follows(within="5 min"))

    @does(till, Cancel)
    def cancel(request: Cancel, key: str) -> None:
        asked.append(request.because)

    remedies(till, Article.price)(cancels(till))
    with Timeline(company) as timeline:
        timeline.office.arm("till/Article.price", by="the test")
        timeline.says(book, Article.price, "A-1", 100)
        timeline.wait("5 min")
        timeline.says(till, Article.price, "A-2", 1)
        timeline.wait("1 s")
        timeline.office.remedy()

        assert {c.follower for c in timeline.open_contradictions()} == {"till", "shelf"}
        assert [r.remedy for r in timeline.office.repairs()] == ["till/Article.price"]
        assert asked == ["the old way"]


def test_a_repair_of_a_renamed_fact_goes_on(address: str) -> None:
    """The fact has another name now, and its remedy too: what it was begun for is still remedied."""
    before, after = Shop(cancels), Shop(cancels, name="cost", was="price")
    with before.open(address) as timeline:
        before.late(timeline)
    with after.open(address, minutes=7) as timeline:
        timeline.office.remedy()

        assert after.asked == ["the old way"]
        (repair,) = timeline.office.repairs()
        assert repair.remedy == "till/Article.cost"


def test_a_notice_that_goes_by_its_channel_no_longer_leaves_its_message_to_a_person(
    address: str,
) -> None:
    """The answer of the mail is lost, then the notice goes by SMS only: nobody can ask the mail."""
    before, after = telecom(), telecom(by=("sms",))
    before.mail.lose = ["answer"]
    with told_spring(before, address=address) as timeline:
        timeline.says(before.contracts, before.Contract.renewed_until, "C-Ada", SUMMER)
        timeline.wait("1 min")
        timeline.office.remedy()
        assert before.mail.calls == 1
    with Timeline(after.company, address=address) as timeline:
        timeline.wait("1 h")
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert "'your contract' goes by mail no longer" in repair.reason
        assert after.sms.sent == []
