"""Working on repairs: moved on together, each round in one commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec

from ..agreement import Agreements
from ..errors import MessageError, NotDone, Refused, RemedyError
from ..ledger import DONE, OPENED, TOLD, Batch, Draft, Ledger, Subject
from ..ledger import journal as rows
from ..ledger.batch import Judged
from ..ledger.journal import Journal, TellingRow, key_reused
from ..model import (
    COMPANY,
    Company,
    Json,
    MovesMoney,
    Notice,
    Remedy,
    Send,
    System,
)
from .books import lines_of
from .calls import Answer, Caller, SideBySide
from .follow import Follow, new_row
from .holder import holder_name, is_gone
from .look import Look
from .move import (
    ASKING,
    AsksAbout,
    Attempted,
    BeginsAnew,
    Calls,
    Course,
    Ends,
    GivesUp,
    Move,
    Rests,
    foretold,
    next_move,
    not_done,
    pause,
)
from .notices import notice_remedies
from .repair import TELL, written_answer
from .situation import Told

TOGETHER = 200
"""Repairs that share one commit: it costs as much as some twenty of them."""

LEASE = 300_000_000
"""Microseconds for which one process has a repair to itself: far above what a call may take, so that
two never make the same call at once; a process that dies delays its repairs by so much at most."""

SOON = 1_000_000
"""Microseconds after which it is looked again whether a message to the same person about the same
subject has gone: as long as one takes to be sent."""


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


class Repairs:
    """Works on the repairs of one company's ledger.

    Args:
        company: The company.
        ledger: Its ledger.
        agreements: Its agreements.
        audience: What keeps who was told what.
        call: What makes calls to the world outside.
        holder: A name for this process among those that work on the ledger.
    """

    def __init__(
        self,
        company: Company,
        ledger: Ledger,
        agreements: Agreements,
        audience: Audience,
        *,
        call: Caller | None = None,
        holder: str = "",
    ) -> None:
        self.company, self.ledger, self.agreements = company, ledger, agreements
        self.call: Caller = call or SideBySide()
        self.holder = holder or holder_name()
        self.remedies = notice_remedies(company) | {r.name: r for r in company.declared(Remedy)}
        self.follow = Follow(company, self.remedies, agreements)
        self._look = Look(company, ledger, agreements, self.remedies)
        self._audience = audience
        self._notices = {notice.name: notice for notice in company.declared(Notice)}
        self._one = threading.Lock()

    def close(self) -> None:
        """Let calls end."""
        if isinstance(self.call, SideBySide):
            self.call.close()

    def run(self, armed: Iterable[str]) -> int:
        """Move on every repair that is due, until none is; how many calls were made."""
        names = [name for name in armed if name in self.remedies]
        if not names:
            return 0
        with self._one:
            self._release_what_was_left()
            return self._run(names)

    def next_moment(self, armed: Iterable[str]) -> int | None:
        """When a repair of an armed remedy is due next, in microseconds; None if none waits."""
        names = [name for name in armed if name in self.remedies]
        if not names:
            return None
        with self.ledger.view() as view:
            return Journal(view.connection).next_moment(names)

    def would(self, number: int, armed: Iterable[str]) -> str:
        """What a repair would do next, if it were entered now; nothing is done."""
        with self.ledger.view() as view:
            course = self._look.courses(view, [number], list(armed)).get(number)
        if course is None:
            return "nothing: what it is for is no longer declared"
        try:
            return foretold(next_move(course))
        except RemedyError as error:
            return f"hand over: {error.what}"

    def _release_what_was_left(self) -> None:
        """Go on at once with what processes of this host left when they were ended.

        And with what this one left: it holds nothing between two runs, unless the ledger refused
        in the midst of one.
        """
        with self.ledger.view() as view:
            holders = Journal(view.connection).holders(self.ledger.now())
        left = [holder for holder in holders if holder == self.holder or is_gone(holder)]
        if left:
            with self.ledger.batch() as batch:
                for holder in left:
                    Journal(batch.connection).release(holder)

    def _run(self, names: list[str]) -> int:
        made = 0
        held: list[int] = []
        answers: dict[int, tuple[Attempted, Answer]] = {}
        while True:
            held, calls = self._round(names, held, answers)
            answers = {}
            if not held:
                return made
            made += len(calls)
            told = self.call([_calling(move) for _, move in calls]) if calls else []
            for (number, move), answer in zip(calls, told, strict=True):
                answers[number] = (move, answer)

    def _round(
        self,
        armed: list[str],
        held: list[int],
        answers: dict[int, tuple[Attempted, Answer]],
    ) -> tuple[list[int], list[tuple[int, Attempted]]]:
        """Think every held repair's next move out, then make all moves in one commit."""
        moves = self._think(held, answers, armed)
        calls: list[tuple[int, Attempted]] = []
        going: list[int] = []
        with self.ledger.batch() as batch:
            journal = Journal(batch.connection)
            kept = journal.stand(held)
            batch.load_ids([c.row.subject for c, move in moves.values() if _appends(c, move)])
            self._use_keys(journal, moves, kept)
            for number in held:
                if number not in moves:
                    row = journal.repairs([number])[number]
                    row.state, row.reason, row.moment = rows.SETTLED, "no longer declared", None
                    journal.keep(row)
                    continue
                course, move = moves[number]
                self._keep_answers(batch, journal, course)
                holder, woken = kept[number]
                if holder != self.holder:
                    continue
                if woken != course.row.woken:
                    # Something was heard since: think again. What was done is kept all the same.
                    going.append(number)
                elif self._make(batch, journal, course, move, calls):
                    going.append(number)
            journal.write()
            for course, move in moves.values():
                if course.remedy.fact is None and isinstance(move, (Ends, GivesUp)):
                    journal.wake_members(course.row.generation, batch.known)
            new = journal.due(armed, batch.known, TOGETHER - len(going))
            journal.hold([row.number for row in new], self.holder, batch.known + LEASE)
            going += [row.number for row in new]
        return going, calls

    def _use_keys(
        self,
        journal: Journal,
        moves: dict[int, tuple[Course, Move]],
        kept: dict[int, tuple[str | None, int]],
    ) -> None:
        """Keep the keys of calls, but for messages; one used for another step ends its repair."""
        steps = {
            number: move.step
            for number, (course, move) in moves.items()
            if isinstance(move, Calls)
            and move.attempt.told is None
            and kept[number] == (self.holder, course.row.woken)
        }
        reused = journal.use_keys(steps.values())
        for number, step in steps.items():
            if step.key in reused:
                moves[number] = moves[number][0], GivesUp(str(key_reused(step)))

    def _think(
        self, held: list[int], answers: dict[int, tuple[Attempted, Answer]], armed: list[str]
    ) -> dict[int, tuple[Course, Move]]:
        if not held:
            return {}
        moves: dict[int, tuple[Course, Move]] = {}
        with self.ledger.view() as view:
            for number, course in self._look.courses(view, held, armed).items():
                if number in answers:
                    _hear_answer(course, *answers[number])
                try:
                    moves[number] = course, next_move(course)
                except RemedyError as error:
                    moves[number] = course, GivesUp(str(error))
        return moves

    def _keep_answers(self, batch: Batch, journal: Journal, course: Course) -> None:
        """Keep what came of calls: the step, its line in the ledger, its money, in one transaction."""
        for step in course.answered:
            journal.keep_step(step)
        if course.made is None:
            return
        step, attempt = course.made.step, course.made.attempt
        subject, row = batch.by_id(course.row.subject), course.row
        if attempt.told is not None and isinstance(attempt.request, Send):
            self._keep_told(batch, journal, course, attempt.told, attempt.request)
            return
        body: dict[str, Any] = {"repair": row.number, "step": step.name, "key": step.key}
        body["asked"] = msgspec.json.decode(step.params)
        if step.result is not None:
            body["answered"] = msgspec.json.decode(step.result)
        entry = batch.append(subject, Draft(DONE, step.system or row.follower, body))
        if isinstance(attempt.request, MovesMoney):
            journal.post(entry, step.key, lines_of(attempt.request, step.system))

    def _keep_told(
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

    def _make(
        self,
        batch: Batch,
        journal: Journal,
        course: Course,
        move: Move,
        calls: list[tuple[int, Attempted]],
    ) -> bool:
        """Make one move; whether the repair goes on at once."""
        row, now = course.row, batch.known
        for step in course.changed:
            journal.keep_step(step)
        if isinstance(move, Calls) and move.attempt.told is not None:
            journal.write()  # a message that this round began is under way too
            pending = any(s.state == rows.ATTEMPTED for s in course.steps)
            if not pending and journal.is_telling(row.person, row.subject):
                move = Rests(now + SOON, "another message to the same person is under way")
            elif journal.use_keys([move.step]):
                move = GivesUp(str(key_reused(move.step)))
        if isinstance(move, (Calls, AsksAbout)):
            journal.keep_step(move.step)
            row.held = now + LEASE
            journal.keep_going(row)
            calls.append((row.number, move))
            return True
        if isinstance(move, Rests) and move.until <= now:
            row.held = now + LEASE
            journal.keep_going(row)
            return True
        row.holder = row.held = None
        if isinstance(move, Rests):
            row.moment, row.reason = move.until, move.why
            journal.keep(row)
        elif isinstance(move, BeginsAnew):
            self._begin_anew(batch, journal, course)
        elif isinstance(move, Ends):
            _end(batch, journal, course, move.state, move.reason)
        elif isinstance(move, GivesUp):
            _end(batch, journal, course, rows.HANDED_OVER, move.reason)
        return False

    def _begin_anew(self, batch: Batch, journal: Journal, course: Course) -> None:
        """Another value is decided: another generation, that keeps the steps which stay the same."""
        row, subject = course.row, batch.by_id(course.row.subject)
        _end(batch, journal, course, rows.SUPERSEDED, "Another value is decided.")
        agreed = self.agreements.of(subject.ref.entity)
        decided = agreed.decided(subject.dossier, row.fact, batch.known)
        if decided is None:
            return
        kind = OPENED if row.contradiction else 0
        judged = Judged(kind, subject, row.fact, row.follower, row.person, row.contradiction)
        new = new_row(course.remedy, judged, decided[0], batch.last_entry, batch.known, batch.known)
        number = journal.begin(new)
        for step in course.steps if number is not None else ():
            if step.state not in (rows.MADE, rows.VOID) or step.name == TELL:
                break
            taken = step.taken or row.number
            journal.keep_step(msgspec.structs.replace(step, repair=number or 0, taken=taken))


def _appends(course: Course, move: Move) -> bool:
    """Whether a move may add to the ledger, so that the subject's row is needed."""
    return course.made is not None or isinstance(move, (BeginsAnew, Ends, GivesUp))


def _end(batch: Batch, journal: Journal, course: Course, state: str, reason: str) -> None:
    """End a repair; a line says so, if anything was done in it or a person must look."""
    row, subject = course.row, batch.by_id(course.row.subject)
    row.state, row.reason, row.moment, row.ended = state, reason, None, batch.known
    row.holder = row.held = None
    journal.keep(row)
    if course.steps or state == rows.HANDED_OVER:
        body: dict[str, Any] = {"repair": row.number, "ended": state, "because": reason}
        follower = course.remedy.follower
        if state == rows.HANDED_OVER and isinstance(follower, System) and follower.team:
            body["to"] = follower.team
        batch.append(subject, Draft(DONE, COMPANY, body))


def _hear_answer(course: Course, move: Attempted, answer: Answer) -> None:
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


def _calling(move: Attempted) -> Callable[[], Any]:
    key, attempt = move.step.key, move.attempt
    if isinstance(move, AsksAbout) and attempt.asked is not None:
        asked = attempt.asked
        return lambda: asked(key)
    return lambda: attempt.perform(key)


def _spelled(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
