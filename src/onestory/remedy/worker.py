"""Working on repairs: moved on together, each round in one commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from ..agreement import Agreements
from ..ledger import DONE, OPENED, Batch, Draft, Ledger
from ..ledger import journal as rows
from ..ledger.journal import Journal, key_reused
from ..ledger.subject import Judged
from ..model import (
    COMPANY,
    Company,
    Remedy,
    System,
    policy_of,
)
from .answers import Audience, Keeps, hear_answer
from .calls import Answer, Caller, SideBySide
from .course import AsksAbout, Attempted, Calls, Course
from .follow import Follow, interval, new_row
from .holder import holder_name, is_gone
from .look import Look
from .move import BeginsAnew, Ends, GivesUp, Move, Rests, foretold, next_move
from .notices import notice_remedies
from .repair import TELL, enter
from .situation import Attempt

TOGETHER = 200
"""Repairs that share one commit: it costs as much as some twenty of them."""

LEASE = 300_000_000
"""Microseconds for which one process has a repair to itself: far above what a call may take, so that
two never make the same call at once; a process that dies delays its repairs by so much at most."""

SOON = 1_000_000
"""Microseconds after which it is looked again whether a message to the same person about the same
subject has gone: as long as one takes to be sent."""


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
        self._keep = Keeps(audience)
        self._counted = {purpose.value for purpose in policy_of(company).at_most}
        self._one = threading.Lock()

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
        return foretold(next_move(course))

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

    def resolve(self, number: int, answer: Answer, body: dict[str, Any]) -> bool:
        """Take a person's word for what became of an attempt; False if the repair waits for none.

        Args:
            number: The repair.
            answer: What came of the attempt, as if the system had said so.
            body: The line that says who said it.
        """
        with self._one:
            with self.ledger.view() as view:
                course = self._look.courses(view, [number], self.remedies).get(number)
            pending = course.steps[-1] if course is not None and course.steps else None
            if course is None or pending is None or pending.state != rows.ATTEMPTED:
                return False
            reached, _ = enter(course.remedy.run, course.situation)
            if not isinstance(reached, Attempt) or reached.place != pending.place:
                return False
            # What is said of it counts from now: the follower is given its time to say so.
            looked = msgspec.structs.replace(pending, attempted=course.situation.now)
            hear_answer(course, AsksAbout(looked, reached), answer)
            with self.ledger.batch() as batch:
                journal = Journal(batch.connection)
                kept, row = journal.steps([number])[number], journal.repairs([number])[number]
                if pending not in kept or row.state not in (rows.LIVE, rows.HANDED_OVER):
                    return False  # an answer came meanwhile
                batch.append(batch.by_id(course.row.subject), Draft(DONE, COMPANY, body))
                self._keep(batch, journal, course, kept)
                row.state, row.moment, row.ended, row.reason = rows.LIVE, batch.known, None, ""
                row.woken += 1  # what another process thought out before is not done
                journal.keep(row)
                journal.write()
        return True

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
            kept_steps = journal.steps(answers)
            for number in held:
                course, move = moves[number]
                self._keep(batch, journal, course, kept_steps.get(number, []))
                holder, woken = kept[number]
                if holder != self.holder:
                    continue
                if woken != course.row.woken or _told_now(course):
                    # Something was heard or told since: think again. What was done is kept all the same.
                    going.append(number)
                elif self._make(batch, journal, course, move, calls):
                    going.append(number)
            journal.write()
            for course, move in moves.values():
                if course.remedy.fact is None and isinstance(move, (Ends, GivesUp)):
                    apart = interval(course.remedy)
                    journal.wake_members(course.row.generation, batch.known, apart)
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
                    hear_answer(course, *answers[number])
                moves[number] = course, next_move(course)
        return moves

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
        if course.dropped is not None:
            journal.drop_steps(row.number, course.dropped)
        for step in course.changed:
            journal.keep_step(step)
        if isinstance(move, Calls) and move.attempt.told is not None:
            journal.write()  # a message that this round began is under way too
            pending = any(s.state == rows.ATTEMPTED for s in course.steps)
            about = 0 if move.attempt.told.purpose in self._counted else row.subject
            # What went since this was thought out may have said the same, or be the last allowed.
            others = course.told_last != journal.last_telling(row.person)
            if not pending and (others or journal.is_telling(row.person, about)):
                move = Rests(now + SOON)
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
            _rest(batch, journal, course, move)
        elif isinstance(move, BeginsAnew):
            self._begin_anew(batch, journal, course)
        elif isinstance(move, Ends):
            _end(batch, journal, course, move.state, move.reason)
        else:
            _end(batch, journal, course, rows.HANDED_OVER, move.reason)
        return False

    def _begin_anew(self, batch: Batch, journal: Journal, course: Course) -> None:
        """Another value is decided: another generation, that keeps the steps which stay the same.

        Where it is another contradiction, too, none is kept: what was read or held then may be gone.
        """
        row, subject = course.row, batch.by_id(course.row.subject)
        again = course.contradiction == row.contradiction
        why = "Another value is decided." if again else "It is contradicted anew."
        _end(batch, journal, course, rows.SUPERSEDED, why)
        agreed = self.agreements.of(subject.ref.entity)
        decided = agreed.decided(subject.dossier, row.fact, batch.known)
        if decided is None:
            return
        kind = OPENED if course.contradiction else 0
        judged = Judged(kind, subject, row.fact, row.follower, row.person, course.contradiction)
        new = new_row(course.remedy, judged, decided[0], batch.last_entry, batch.known, batch.known)
        number = journal.begin(new)
        for step in course.steps if number is not None and again else ():
            if step.state != rows.MADE or step.name == TELL:
                break
            taken = step.taken or row.number
            journal.keep_step(msgspec.structs.replace(step, repair=number or 0, taken=taken))


def _appends(course: Course, move: Move) -> bool:
    """Whether a move may add to the ledger, so that the subject's row is needed."""
    return course.made is not None or isinstance(move, (BeginsAnew, Ends, GivesUp))


def _rest(batch: Batch, journal: Journal, course: Course, move: Rests) -> None:
    """Let a repair wait; a line says by which rule a message is held back, once."""
    row = course.row
    if row.person and move.why not in ("", row.reason):
        held_back = {"repair": row.number, "held back": move.why}
        batch.append(batch.by_id(row.subject), Draft(DONE, COMPANY, held_back))
    row.moment, row.reason = move.until, move.why
    journal.keep(row)


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


def _told_now(course: Course) -> bool:
    """Whether a person was told by the call that was just answered: they are judged by this commit."""
    return course.made is not None and course.made.attempt.told is not None


def _calling(move: Attempted) -> Callable[[], Any]:
    key, attempt = move.step.key, move.attempt
    if isinstance(move, AsksAbout) and attempt.asked is not None:
        asked = attempt.asked
        return lambda: asked(key)
    return lambda: attempt.perform(key)
