"""Answers: what came of a call, taken in and kept with its line, its money and its telling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from ..errors import MessageError, NotDone, Refused
from ..ledger import DONE, TOLD, Batch, Draft, Subject
from ..ledger import journal as rows
from ..ledger.journal import Journal, StepRow, TellingRow
from ..model import Json, MovesMoney, Notice, Send
from .books import lines_of
from .calls import Answer
from .course import AsksAbout, Attempted, Calls, Course
from .move import ASKING, not_done, pause
from .repair import written_answer
from .situation import Told


class Audience(Protocol):
    """Keeps what people were told."""

    def before(self, batch: Batch, subject: int, person: int, facts: list[str]) -> dict[str, Json]:
        """What a person was told of facts so far."""
        ...

    def told(
        self, batch: Batch, subject: Subject, fact: str, person: int, value: Json, entry: int
    ) -> None:
        """A person was told a value: what they follow from now on."""
        ...


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
    elif isinstance(answer.error, NotDone) and not (isinstance(move, Calls) and move.unknown):
        not_done(course, step, answer.error, refused=isinstance(answer.error, Refused))
    else:
        step.reason = _spelled(answer.error)
        if isinstance(move, Calls):
            # What a deaf system says while it is called tells nothing about the call.
            step.attempted = course.situation.now
        tried = step.asked if asks else step.tries
        step.moment = course.situation.now + pause(course.remedy, max(tried, 1), step.key)
    course.answered.append(msgspec.structs.replace(step))
    course.steps[step.place - 1 : step.place] = [step]


class Keeps:
    """Keeps answers in the ledger.

    Args:
        audience: What keeps who was told what.
        notices: The company's notices, by name.
    """

    def __init__(self, audience: Audience, notices: Mapping[str, Notice]) -> None:
        self._audience, self._notices = audience, notices

    def __call__(
        self, batch: Batch, journal: Journal, course: Course, kept: Sequence[StepRow]
    ) -> None:
        """Keep what came of calls: the step, its line in the ledger, its money, in one transaction.

        Where a call took longer than the lease, another process may have taken the repair over and
        resolved the step. Then only what it does not know yet is kept: that the step is done.
        """
        marks = {step.key: step for step in kept}
        for step in course.answered:
            mark = marks.get(step.key)
            if step.place != ASKING and (mark is None or mark.state == rows.MADE):
                course.made = None
            elif (
                mark is None
                or step.state == rows.MADE
                or (mark.state == rows.ATTEMPTED and mark.tries == step.tries)
            ):
                journal.keep_step(step)
        if course.made is None:
            return
        step, attempt = course.made.step, course.made.attempt
        subject, row = batch.by_id(course.row.subject), course.row
        if attempt.told is not None and isinstance(attempt.request, Send):
            self._told(batch, journal, course, attempt.told, attempt.request)
            return
        body: dict[str, Any] = {"repair": row.number, "step": step.name, "key": step.key}
        body["asked"] = msgspec.json.decode(step.params)
        if step.result is not None:
            body["answered"] = msgspec.json.decode(step.result)
        entry = batch.append(subject, Draft(DONE, step.system or row.follower, body))
        if isinstance(attempt.request, MovesMoney):
            journal.post(entry, step.key, lines_of(attempt.request, step.system))

    def _told(
        self, batch: Batch, journal: Journal, course: Course, told: Told, request: Send
    ) -> None:
        """Keep that a message went: to whom, by what, what it said and on which claims it rests."""
        row, subject = course.row, batch.by_id(course.row.subject)
        before = self._audience.before(batch, row.subject, row.person, list(told.values))
        body = {
            "told": told.values,
            "before": before,
            "channel": told.channel,
            "person": course.situation.person,
            "rests": told.rests,
            "reference": request.reference,
            "notice": told.notice,
            "repair": row.number,
        }
        entry = batch.append(subject, Draft(TOLD, told.channel, body), person=row.person)
        purpose = self._notices[told.notice].purpose.value
        journal.tell(
            TellingRow(
                request.reference,
                entry,
                row.person,
                row.subject,
                purpose,
                told.channel,
                request.to,
                batch.known,
                None,
            )
        )
        for fact, value in told.values.items():
            self._audience.told(batch, subject, fact, row.person, value, entry)


def _spelled(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
