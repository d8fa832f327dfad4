"""Answers: what came of a call, taken into the step that it was made for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..errors import MessageError, NotDone, Refused
from ..ledger import journal as rows
from .calls import Answer
from .move import ASKING, AsksAbout, Attempted, Course, not_done, pause
from .repair import written_answer


def hear_answer(course: Course, move: Attempted, answer: Answer) -> None:
    """Take in what came of a call: the step is done, surely not done, or still unknown."""
    step, attempt = move.step, move.attempt
    asks = isinstance(move, AsksAbout)
    if step.place == ASKING:
        course.asking = step
        step.state = rows.MADE if answer.error is None else rows.NOT_MADE
        step.reason = "" if answer.error is None else _spelled(answer.error)
        course.answered.append(msgspec.structs.replace(step))
        return
    step.asked += asks
    if answer.error is None:
        try:
            step.result, step.reason = written_answer(attempt.answer, answer.value), ""
        except MessageError as error:
            step.result, step.reason = None, str(error)
        step.state = rows.MADE
        course.made = move
    elif isinstance(answer.error, NotDone):
        not_done(course, step, answer.error, refused=isinstance(answer.error, Refused))
    else:
        step.reason = _spelled(answer.error)
        tried = step.asked if asks else step.tries
        step.moment = course.situation.now + pause(course.remedy, max(tried, 1), step.key)
    course.answered.append(msgspec.structs.replace(step))
    course.steps[step.place - 1 : step.place] = [step]


def calling(move: Attempted) -> Callable[[], Any]:
    """The call that a move makes."""
    key, attempt = move.step.key, move.attempt
    if isinstance(move, AsksAbout) and attempt.asked is not None:
        asked = attempt.asked
        return lambda: asked(key)
    return lambda: attempt.perform(key)


def _spelled(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
