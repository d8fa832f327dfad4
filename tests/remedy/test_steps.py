"""What a remedy may count on: what the docs promise of silent systems, steps, money and refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
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
    Money,
    MovesMoney,
    NotDone,
    Refused,
    Repair,
    RepairState,
    SayAgain,
    System,
    does,
    remedies,
)
from onestory.model.remedy import source_version
from onestory.testing import Timeline

FIVE = Money(Decimal(5), "EUR")


@dataclass
class Shop:
    """A company whose till is told the price, and what the till was asked."""

    run: Callable[[Repair[int], System], None]
    says_again: bool = False
    asked: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    refusal: str = "never"
    busy: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.company = Company("Shop")
        self.book = System("book", of=self.company)
        self.till = System("till", of=self.company, team="the floor")

        class Article(Entity, of=self.company):
            """Something on a shelf."""

            article_no: Key[str]
            price: Fact[int] = self.book.decides(self.till.follows(within="5 min"))

        self.price: Any = Article.price
        self.entity: Any = Article

        @does(self.till, Cancel)
        def cancel(request: Cancel, key: str) -> None:
            self.ask(f"Cancel {request.key} because {request.because}")

        @does(self.till, Charge)
        def charge(request: Charge, key: str) -> str:
            self.ask(f"Charge {request.amount}")
            return key

        @does(self.till, Turn)
        def turn(request: Turn, key: str) -> str:
            self.ask("Turn")
            return key

        if self.says_again:

            @does(self.till, SayAgain)
            def say_again(request: SayAgain, key: str) -> None:
                self.ask(f"SayAgain {request.entity} {request.key}")

        @remedies(self.till, self.price)
        def remedy(repair: Repair[int]) -> None:
            """Do what the test wants."""
            self.run(repair, self.till)

    def ask(self, what: str) -> None:
        """Keep what was asked; refuse it, put it off or do not answer where that is planned."""
        self.asked.append(what)
        name = what.partition(" ")[0]
        if name in self.refuses:
            raise Refused(self.refusal)
        if name in self.busy:
            raise NotDone("the till is busy")
        if name in self.silent:
            raise TimeoutError("no answer")

    def late(self, *, alive: bool = True) -> Timeline:
        """The price of A-1 goes from 100 to 200, and the till does not follow."""
        timeline = Timeline(self.company)
        timeline.office.arm("till/Article.price", by="the test")
        timeline.says(self.book, self.price, "A-1", 100)
        timeline.says(self.till, self.price, "A-1", 100)
        timeline.wait("1 min")
        timeline.says(self.book, self.price, "A-1", 200)
        timeline.wait("5 min")
        if alive:
            timeline.says(self.till, self.price, "A-2", 1)
        timeline.wait("1 s")
        return timeline


def cancelled(repair: Repair[int], till: System) -> None:
    """Cancel the price, and wait for the till's word."""
    repair.do(till, Cancel(repair.key, because=f"{repair.decided}"))
    repair.until_agreed(within="10 min")


def test_h9_a_silent_system_is_asked_before_it_is_written_to() -> None:
    """The till was heard of nothing since: it is asked to say again, and written to when it still differs."""
    shop = Shop(cancelled, says_again=True)
    with shop.late(alive=False) as timeline:
        timeline.office.remedy()
        assert shop.asked == ["SayAgain Article A-1"]
        timeline.wait("10 s")
        timeline.says(shop.till, shop.price, "A-1", 100)
        timeline.wait("1 min")
        timeline.office.remedy()

        assert shop.asked == ["SayAgain Article A-1", "Cancel A-1 because 200"]


def test_a_silent_system_that_had_followed_is_not_written_to() -> None:
    """Only its messages were stuck: asked, it says what is decided, and the repair is over."""
    shop = Shop(cancelled, says_again=True)
    with shop.late(alive=False) as timeline:
        timeline.office.remedy()
        timeline.says(shop.till, shop.price, "A-1", 200)
        timeline.office.remedy()

        (repair,) = timeline.office.repairs(states=tuple(RepairState))
        assert (repair.state, shop.asked) == (RepairState.SETTLED, ["SayAgain Article A-1"])


def test_a_silent_system_that_cannot_be_asked_is_waited_for_then_handed_over() -> None:
    """Nobody knows what it holds, so nothing is written; when the patience is over, the floor gets it."""
    shop = Shop(cancelled)
    with shop.late(alive=False) as timeline:
        for _ in range(30):
            timeline.office.remedy()
            timeline.wait("1 min")
        (repair,) = timeline.office.repairs()

        assert (repair.state, repair.team, shop.asked) == (RepairState.HANDED_OVER, "the floor", [])
        assert "silent" in repair.reason


def test_a_refusal_may_be_caught_and_another_way_taken() -> None:
    """The till refuses to cancel; the remedy charges instead, and goes that way each time."""

    def either(repair: Repair[int], till: System) -> None:
        try:
            repair.do(till, Cancel(repair.key, because="price"))
        except Refused:
            repair.do(till, Charge("K-7", FIVE, because="price"))
        repair.until_agreed(within="10 min")

    shop = Shop(either, refuses={"Cancel"})
    with shop.late() as timeline:
        timeline.office.remedy()
        timeline.says(shop.till, shop.price, "A-1", 200)
        timeline.office.remedy()

        (repair,) = timeline.office.repairs(states=(RepairState.DONE,))
        assert [step.state for step in repair.steps] == ["refused", "done"]
        assert shop.asked == ["Cancel A-1 because price", "Charge 5.00 EUR"]


def test_books_agree_with_the_provider_or_say_where_not() -> None:
    """Five euros were charged: the accounts sum to nought, and a statement is compared by the step's key."""

    def charged(repair: Repair[int], till: System) -> None:
        repair.do(till, Charge("K-7", FIVE, because="price"))

    shop = Shop(charged)
    with shop.late() as timeline:
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
        key = repair.steps[0].answered
        assert timeline.office.balances() == {
            "cash at till": (FIVE,),
            "paid by K-7": (Money(Decimal(-5), "EUR"),),
        }
        assert timeline.office.reconcile(shop.till, {key: FIVE}) == []

        wrong = timeline.office.reconcile(shop.till, {key: Money(Decimal(7), "EUR")})
        assert [(d.key, d.ours, d.theirs) for d in wrong] == [(key, 500, 700)]
        missing = timeline.office.reconcile(shop.till, {})
        assert [(d.key, d.ours, d.theirs) for d in missing] == [(key, 500, None)]


class Turn(MovesMoney[str], frozen=True):
    """Move money from an account to itself."""

    debits = "cash at {system}"
    credits = "cash at {system}"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (Charge("K-7", Money(Decimal("0.333"), "EUR"), "price"), "parts of a minor unit"),
        (Charge("K-7", Money(Decimal(10**18), "EUR"), "price"), "cannot be booked"),
        (Turn("K-7", FIVE), "cannot be booked"),
    ],
)
def test_an_amount_that_nobody_can_pay_or_book_is_not_asked_for(
    asked: MovesMoney[str], reason: str
) -> None:
    """A third of a cent, or more than there is: handed over before the till hears of it."""

    def charged(repair: Repair[int], till: System) -> None:
        repair.do(till, asked)

    shop = Shop(charged)
    with shop.late() as timeline:
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert (repair.state, shop.asked) == (RepairState.HANDED_OVER, [])
        assert reason in repair.reason


def test_a_remedy_that_goes_another_way_is_handed_over() -> None:
    """It was changed by chance between its steps: nothing more is done, and a person looks."""
    chances = iter(["heads", "tails", "heads", "tails"])

    def by_chance(repair: Repair[int], till: System) -> None:
        repair.do(till, Cancel(repair.key, because=next(chances)))
        repair.until_agreed(within="10 min")

    shop = Shop(by_chance)
    with shop.late() as timeline:
        timeline.office.remedy()
        timeline.wait("1 min")
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert "a remedy may only compute" in repair.reason
        assert shop.asked == ["Cancel A-1 because heads"]


def test_what_a_function_answered_is_given_again() -> None:
    """A function of the company's own is called once; what it read is what the remedy goes on with."""
    read: list[str] = []

    def stock(article: str, *, key: str = "") -> int:
        read.append(key)
        if len(read) == 1:
            raise NotDone("the store is shut")
        return len(read)

    def by_stock(repair: Repair[int], till: System) -> None:
        there = repair.step(stock, repair.key)
        repair.do(till, Cancel(repair.key, because=f"{there} there"))
        repair.until_agreed(within="10 min")

    shop = Shop(by_stock)
    with shop.late() as timeline:
        for _ in range(3):
            timeline.office.remedy()
            timeline.wait("1 min")

        assert shop.asked == ["Cancel A-1 because 2 there"]
        assert read == [read[0], read[0]]


def test_a_write_of_what_the_follower_says_now_is_no_step() -> None:
    """What a follower says changes with the repair: a step that was given it is another step then."""

    def by_word(repair: Repair[int], till: System) -> None:
        repair.do(till, Cancel(repair.key, because=f"it says {repair.said}"))
        repair.until_agreed(within="10 min")

    shop = Shop(by_word)
    with shop.late() as timeline:
        timeline.office.remedy()
        timeline.says(shop.till, shop.price, "A-1", 200)
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert shop.asked == ["Cancel A-1 because it says 100"]


def test_what_a_system_is_not_able_to_is_handed_over() -> None:
    """The till was never declared to hold a bill: the repair ends with the name of what is missing."""

    def held(repair: Repair[int], till: System) -> None:
        repair.do(till, HoldBill(repair.key, because="price"))

    with Shop(held).late() as timeline:
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert "Nothing says how till does HoldBill." in repair.reason
        assert "(test_steps.py:" in repair.reason


@pytest.mark.parametrize("said", ["never \udcff", "never" * 1_000_000])
def test_an_error_of_another_is_kept_as_far_as_it_can_be(said: str) -> None:
    """A file's name that is no text, or a page of it: the repair is handed over, and the office goes on."""
    shop = Shop(cancelled, refuses={"Cancel"}, refusal=said)
    with shop.late() as timeline:
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert repair.reason.startswith("Refused: never")
        assert len(repair.reason) < 1_000


def test_a_remedy_without_a_source_has_a_version_of_its_code() -> None:
    """Where no file holds a remedy, its code tells whether it was changed."""
    versions = set()
    for body in ("pass", "pass", "repair.hand_over('no')"):
        made: dict[str, Any] = {}
        exec(f"def run(repair): {body}", made)  # noqa: S102 - so that it has no file
        versions.add(source_version(made["run"]))

    assert len(versions) == 2


def test_money_moved_under_an_earlier_decision_is_not_moved_again() -> None:
    """What follows it goes another way by the new decision; the five euros stay charged, once."""

    def charged(repair: Repair[int], till: System) -> None:
        repair.do(till, Charge("K-7", FIVE, because="late"))
        repair.do(till, Cancel(repair.key, because=f"{repair.decided}"))
        repair.until_agreed(within="10 min")

    shop = Shop(charged)
    with shop.late() as timeline:
        timeline.office.remedy()
        timeline.says(shop.book, shop.price, "A-1", 300)
        timeline.office.remedy()

        wanted = ["Charge 5.00 EUR", "Cancel A-1 because 200", "Cancel A-1 because 300"]
        assert shop.asked == wanted
