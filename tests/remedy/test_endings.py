"""How repairs end: what a remedy may do wrong is handed over, with the reason, and done no further."""

from __future__ import annotations

from decimal import Decimal

import pytest

from onestory import Charge, Money, Repair, RepairState, System
from onestory.remedy.repair import MAX_STEPS

from .post import telecom
from .test_steps import FIVE, Shop


def handed_over(shop: Shop) -> str:
    """Why the repair of a late till is handed over, once it is entered."""
    with shop.late() as timeline:
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
        assert (repair.state, repair.team) == (RepairState.HANDED_OVER, "the floor")
        return repair.reason


def test_a_remedy_may_hand_over_and_say_what_it_saw() -> None:
    """It knows its number, the subject's key and its parts, and when it was begun."""

    def given(repair: Repair[int], till: System) -> None:
        repair.hand_over(f"{repair.number}: {repair.key_parts} at {repair.begun:%H:%M}")

    assert handed_over(Shop(given)) == "1: ('A-1',) at 09:06"


def test_an_answer_of_another_type_is_lost_and_the_step_is_not_made_again() -> None:
    """A function says that it answers a number, and answers a text: done, but nothing to go on with."""
    made: list[str] = []

    def stock(article: str) -> int:
        made.append(article)
        answer: object = "plenty"
        return answer  # type: ignore[return-value] # the mistake

    def by_stock(repair: Repair[int], till: System) -> None:
        repair.hand_over(f"{repair.step(stock, repair.key)} there")

    reason = handed_over(Shop(by_stock))

    assert "was done, but its answer is lost" in reason
    assert "plenty" in reason
    assert made == ["A-1"]


def test_what_cannot_be_kept_is_given_to_no_step() -> None:
    """A step's arguments are kept and compared: one without a form ends the repair before it is called."""
    made: list[object] = []

    def weigh(scale: object) -> None:
        made.append(scale)

    def weighed(repair: Repair[int], till: System) -> None:
        repair.step(weigh, object())

    reason = handed_over(Shop(weighed))

    assert "A step was given a object, which cannot be kept." in reason
    assert made == []


@pytest.mark.parametrize("amount", ["0.00", "-5.00"])
def test_nothing_is_charged_that_is_not_above_nought(amount: str) -> None:
    """A charge of less than nothing would be a refund under another name: the till is not asked."""

    def charged(repair: Repair[int], till: System) -> None:
        repair.do(till, Charge("K-7", Money(Decimal(amount), "EUR"), because="price"))

    shop = Shop(charged)

    assert f"{amount} EUR is not above nought." in handed_over(shop)
    assert shop.asked == []


def test_only_people_are_told() -> None:
    """A system's remedy has nobody to tell: it is handed over, and says what to use instead."""
    notice = telecom().notice

    def told(repair: Repair[int], till: System) -> None:
        repair.tell(notice)

    reason = handed_over(Shop(told))

    assert "the follower of this repair is a system" in reason


def test_a_repair_without_an_end_is_ended() -> None:
    """A remedy that loops for ever is stopped, and says what to write instead."""
    made: list[int] = []

    def count(number: int) -> None:
        made.append(number)

    def endless(repair: Repair[int], till: System) -> None:
        number = 0
        while True:
            repair.step(count, number)
            number += 1

    reason = handed_over(Shop(endless))

    assert f"more than {MAX_STEPS:,} steps" in reason
    assert made == list(range(MAX_STEPS))


def test_a_remedy_that_does_nothing_is_read_back_and_handed_over() -> None:
    """It returns at once: the till is given its time, and then a person must look."""

    def nothing(repair: Repair[int], till: System) -> None:
        assert repair.decided == 200

    shop = Shop(nothing)
    with shop.late() as timeline:
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()
        assert repair.state is RepairState.LIVE
        timeline.wait("6 min")
        timeline.office.remedy()
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert repair.reason == "Nothing was done, and the follower still differs."


def charged(repair: Repair[int], till: System) -> None:
    """A remedy that charges five euros."""
    repair.do(till, Charge("K-7", FIVE, because="price"))


def reason_after_an_hour(shop: Shop) -> str:
    """Why the repair of a late till is handed over in the end: five calls were made, and no money moved."""
    with shop.late() as timeline:
        for _ in range(60):
            timeline.office.remedy()
            timeline.wait("1 min")
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert shop.asked == ["Charge 5.00 EUR"] * 5
        assert timeline.office.balances() == {}
        return repair.reason


def test_what_surely_did_not_happen_is_tried_by_patience_then_handed_over() -> None:
    """The till is busy each time: five tries with pauses, no sixth."""
    reason = reason_after_an_hour(Shop(charged, busy={"Charge"}))

    assert "Charge could not be done: " in reason


def test_what_is_never_answered_is_called_by_patience_then_handed_over() -> None:
    """The till knows keys, and never answers: five calls with one key; nobody says it was done."""
    reason = reason_after_an_hour(Shop(charged, silent={"Charge"}))

    assert "Charge was not answered 5 times: TimeoutError" in reason
