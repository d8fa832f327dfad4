"""Calls: several at once, and what came of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Barrier, Event

from onestory import NotDone
from onestory.remedy import SideBySide
from onestory.remedy.calls import WIDTH


def test_each_call_has_its_own_answer_in_the_order_asked() -> None:
    """Whichever thread made it and however it ended, an answer stands where its call stood."""

    def refuse() -> None:
        raise TimeoutError("no answer")

    calls: list[Callable[[], object]] = [partial(int, n) for n in range(100)]
    calls[42] = refuse
    answers = SideBySide()(calls)

    assert [a.value for a in answers] == [*range(42), None, *range(43, 100)]
    assert [type(a.error) for a in answers if a.error] == [TimeoutError]


def test_calls_are_made_side_by_side() -> None:
    """As many calls as there are threads wait for each other, and all go on."""
    barrier = Barrier(WIDTH)
    answers = SideBySide()([partial(barrier.wait, 10)] * WIDTH)

    assert sorted(a.value for a in answers) == list(range(WIDTH))


def test_a_call_that_never_ends_holds_nobody_up() -> None:
    """Its outcome is unknown, what is answered is known, and what was not begun surely was not done."""
    never = Event()
    calls: list[Callable[[], object]] = [partial(int, 7), *[never.wait] * WIDTH, partial(int, 8)]
    answers = SideBySide(patience=0.2)(calls)
    never.set()

    assert answers[0].value == 7
    assert {type(a.error) for a in answers[1 : WIDTH + 1]} == {TimeoutError}
    assert isinstance(answers[-1].error, NotDone)
