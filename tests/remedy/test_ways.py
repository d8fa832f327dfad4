"""Ways that repairs take when the world changes between their steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from onestory import (
    Cancel,
    Charge,
    Company,
    Entity,
    Fact,
    HoldBill,
    Key,
    NotDone,
    ReleaseBill,
    Repair,
    RepairState,
    SetValue,
    System,
    does,
    remedies,
)
from onestory.errors import NotAllowed
from onestory.ledger.journal import ATTEMPTED, Journal, StepRow
from onestory.testing import Timeline, one_by_one

from .test_steps import FIVE, Shop


@dataclass
class Till:
    """A company whose till can hold, write and release a price; ``faults`` come once each."""

    run: Any
    asked: list[str] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.company = Company("Shop")
        self.book, self.till = System("book", of=self.company), System("till", of=self.company)

        class Article(Entity, of=self.company):
            """Something on a shelf."""

            article_no: Key[str]
            price: Fact[int] = self.book.decides(self.till.follows(within="5 min"))

        self.price: Any = Article.price
        does(self.till, HoldBill)(self.hold)
        does(self.till, SetValue)(self.write)
        does(self.till, ReleaseBill)(self.release)

        @remedies(self.till, self.price)
        def remedy(repair: Repair[int]) -> None:
            self.run(repair, self.till)

    def hold(self, request: HoldBill, key: str) -> None:
        """Hold."""
        self._ask("hold")

    def write(self, request: SetValue, key: str) -> None:
        """Write."""
        self._ask(f"write {request.value}")

    def release(self, request: ReleaseBill, key: str) -> None:
        """Release."""
        self._ask("release")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        faults = self.faults.get(what.partition(" ")[0])
        if faults:
            raise faults.pop(0)

    def late(self) -> Timeline:
        """The price of A-1 goes from 100 to 200, and the till does not follow."""
        timeline = Timeline(self.company)
        timeline.office.calls_by(one_by_one)
        timeline.office.arm("till/Article.price", by="the test")
        timeline.says(self.book, self.price, "A-1", 100)
        timeline.says(self.till, self.price, "A-1", 100)
        timeline.wait("1 min")
        timeline.says(self.book, self.price, "A-1", 200)
        timeline.wait("5 min")
        timeline.says(self.till, self.price, "A-2", 1)
        timeline.wait("1 s")
        return timeline


def held(repair: Repair[int], till: System) -> None:
    """Hold, write, wait for the till's word, release."""
    repair.do(till, HoldBill(repair.key, "the price"))
    repair.do(till, SetValue("price", repair.key, f"{repair.decided}"))
    repair.until_agreed(within="10 min")
    repair.do(till, ReleaseBill(repair.key))


def go_on(timeline: Timeline, minutes: int) -> None:
    """Remedy once a minute."""
    for _ in range(minutes):
        timeline.office.remedy()
        timeline.wait("1 min")


def states(timeline: Timeline) -> list[tuple[RepairState, list[str]]]:
    """How every repair stands, and its steps."""
    found = timeline.office.repairs(states=tuple(RepairState))
    return [(r.state, [step.state for step in r.steps]) for r in found]


def test_what_differs_no_longer_is_not_written_and_what_was_held_is_released() -> None:
    """The till is held, then follows by itself before it is written: it is released all the same."""
    here = Till(held, faults={"write": [NotDone("busy")]})
    with here.late() as timeline:
        timeline.office.remedy()
        assert here.asked == ["hold", "write 200"]
        timeline.says(here.till, here.price, "A-1", 200)
        go_on(timeline, 3)

        assert here.asked == ["hold", "write 200", "release"]
        assert states(timeline) == [(RepairState.DONE, ["done", "void", "done"])]


def test_a_lost_write_is_left_when_another_value_is_decided_since() -> None:
    """Nobody answered the write of 200, then the book says 300: 300 is written, 200 never again."""
    here = Till(held, faults={"write": [TimeoutError("no answer")]})
    with here.late() as timeline:
        timeline.office.remedy()
        timeline.says(here.book, here.price, "A-1", 300)
        go_on(timeline, 3)
        timeline.says(here.till, here.price, "A-1", 300)
        go_on(timeline, 3)

        assert here.asked.count("write 200") == 1
        assert here.asked[-2:] == ["write 300", "release"]
        assert states(timeline)[0] == (RepairState.SUPERSEDED, ["done", "void"])
        assert states(timeline)[-1][0] is RepairState.DONE


def test_what_is_contradicted_anew_is_remedied_anew() -> None:
    """It agreed, and says 100 again before it is released: it is held, written and released once more."""
    here = Till(held, faults={"release": [NotDone("busy")]})
    with here.late() as timeline:
        timeline.office.remedy()
        timeline.says(here.till, here.price, "A-1", 200)
        timeline.office.remedy()
        assert here.asked == ["hold", "write 200", "release"]
        timeline.says(here.till, here.price, "A-1", 100)
        timeline.wait("1 s")
        go_on(timeline, 2)
        timeline.says(here.till, here.price, "A-1", 200)
        go_on(timeline, 2)

        assert here.asked == ["hold", "write 200", "release"] * 2
        assert [state for state, _ in states(timeline)] == [
            RepairState.SUPERSEDED,
            RepairState.DONE,
        ]


def test_what_was_taken_over_is_left_where_the_new_decision_needs_none_of_it() -> None:
    """At 200 the till is held; at 300 the remedy does nothing, and the old hold is no step of it."""

    def by_price(repair: Repair[int], till: System) -> None:
        if repair.decided == 200:
            repair.do(till, HoldBill(repair.key, "the price"))
        repair.until_agreed(within="10 min")

    here = Till(by_price)
    with here.late() as timeline:
        timeline.office.remedy()
        timeline.says(here.book, here.price, "A-1", 300)
        timeline.office.remedy()

        assert states(timeline) == [(RepairState.SUPERSEDED, ["done"]), (RepairState.LIVE, [])]
        assert here.asked == ["hold"]


def test_an_attempt_without_an_answer_is_not_left_for_another_way() -> None:
    """The remedy goes by what the till says, and that changes: a person must look at the attempt."""

    def by_word(repair: Repair[int], till: System) -> None:
        if repair.said == 100:
            repair.do(till, HoldBill(repair.key, "the price"))
        repair.until_agreed(within="10 min")

    here = Till(by_word, faults={"hold": [TimeoutError("no answer")]})
    with here.late() as timeline:
        timeline.office.remedy()
        timeline.says(here.till, here.price, "A-1", 150)
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        why = "HoldBill is without an answer, and the remedy went another way."
        assert (repair.state, repair.reason) == (RepairState.HANDED_OVER, why)
        with pytest.raises(NotAllowed, match="waits for no attempt"):
            timeline.office.resolve(repair.number, done=True, by="Ada")


def test_a_follower_that_never_spoke_is_written_to() -> None:
    """The till was told the price of A-3 and never said any: it is written, then says it."""
    here = Till(held)
    with here.late() as timeline:
        timeline.says(here.till, here.price, "A-1", 200)
        timeline.says(here.book, here.price, "A-3", 7)
        timeline.wait("6 min")
        timeline.says(here.till, here.price, "A-2", 2)
        go_on(timeline, 1)
        assert here.asked == ["hold", "write 7"]
        timeline.says(here.till, here.price, "A-3", 7)
        go_on(timeline, 1)

        assert here.asked == ["hold", "write 7", "release"]


def test_an_office_says_what_a_repair_would_do_next() -> None:
    """Each kind of next move in words, and nothing is done by asking."""
    given = {
        200: lambda repair: repair.until_quiet(lasting="1 h"),
        300: lambda repair: repair.hand_over("too dear"),
    }

    def by_price(repair: Repair[int], till: System) -> None:
        assert till.name == "till"
        given[repair.decided](repair)

    here = Till(by_price)
    with here.late() as timeline:
        would = timeline.office.would_do
        assert would(1) == "wait until 2027-01-05 10:01:00 UTC"
        assert timeline.office.next_moment() is not None
        timeline.says(here.book, here.price, "A-1", 300)
        assert would(1) == "begin anew: another value is decided"
        timeline.office.remedy()
        timeline.office.retry(2, by="Ada")
        assert would(2) == "hand over: too dear"
        timeline.says(here.till, here.price, "A-1", 300)

        assert would(2) == "end: agreed"
        assert here.asked == []


def test_a_system_that_does_not_say_what_became_of_a_request_is_asked_by_patience() -> None:
    """The answer is lost, and asking is not answered either: five questions, one request, a person."""
    company = Company("Shop")
    book, till = System("book", of=company), System("till", of=company)

    class Article(Entity, of=company):
        """Something on a shelf."""

        article_no: Key[str]
        price: Fact[int] = book.decides(till.follows(within="5 min"))

    said: list[str] = []

    def unasked(key: str) -> None:
        said.append("asked")
        raise TimeoutError("no answer")

    @does(till, Cancel, asked=unasked)
    def cancel(request: Cancel, key: str) -> None:
        said.append("cancel")
        raise TimeoutError("no answer")

    @remedies(till, Article.price)
    def remedy(repair: Repair[int]) -> None:
        """Cancel."""
        repair.do(till, Cancel(repair.key, "the price"))

    with Timeline(company) as timeline:
        timeline.office.arm("till/Article.price", by="the test")
        timeline.says(book, Article.price, "A-1", 100)
        timeline.wait("5 min")
        timeline.says(till, Article.price, "A-2", 1)
        timeline.wait("1 s")
        go_on(timeline, 60)
        (repair,) = timeline.office.repairs()

        assert said == ["cancel", *["asked"] * 5]
        assert repair.state is RepairState.HANDED_OVER
        assert repair.reason.startswith("Nobody could say whether Cancel was done: TimeoutError")


def test_what_a_deaf_function_answered_is_known_to_nobody_once_it_is_lost() -> None:
    """It may have been done, and what it answered is what the remedy needs: a person must look."""
    called: list[str] = []

    def fetch(article: str) -> int:
        called.append(article)
        raise TimeoutError("no answer")

    def fetched(repair: Repair[int], till: System) -> None:
        repair.step(fetch, repair.key)

    shop = Shop(fetched)
    with shop.late() as timeline:
        go_on(timeline, 3)
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert "Nobody can say whether" in repair.reason
        assert called == ["A-1"]


def test_a_step_of_the_companys_own_is_done_anew_when_it_had_no_effect() -> None:
    """A function is no request: it moves no money, so what it did without effect is done again."""
    called: list[str] = []

    def nudge(article: str) -> None:
        called.append(article)

    def nudged(repair: Repair[int], till: System) -> None:
        repair.step(nudge, repair.key)
        repair.until_agreed(within="10 min")

    shop = Shop(nudged)
    with shop.late() as timeline:
        go_on(timeline, 15)
        assert called == ["A-1", "A-1"]


def test_a_key_that_stands_for_another_request_is_not_sent() -> None:
    """Something else was asked for by this key already: the till would take it for that one."""

    def charged(repair: Repair[int], till: System) -> None:
        repair.do(till, Charge("K-7", FIVE, because="price"))

    shop = Shop(charged)
    with shop.late() as timeline:
        key = f"{timeline.office.ledger.id}-1-1"
        other = StepRow(9, 1, "Cancel", "till", "[]", key, ATTEMPTED, 1, 0, 5, 0, 0, None, "", None)
        with timeline.office.writing() as batch:
            Journal(batch.connection).use_keys([other])
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert f"The key {key} was used for another Charge." in repair.reason
        assert shop.asked == []
