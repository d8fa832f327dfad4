"""Working on repairs: begun with the contradiction, moved on together, each round in one commit."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterable
from typing import Any

import msgspec

from ..agreement import Agreements, standing
from ..errors import KeyReused, MessageError, NotDone, Refused, RemedyError
from ..ledger import DONE, OPENED, SETTLED, Batch, Draft, Ledger, Subject, View
from ..ledger import journal as rows
from ..ledger.batch import Judged
from ..ledger.journal import Journal, RepairRow, StepRow
from ..model import (
    COMPANY,
    Company,
    Does,
    MovesMoney,
    Remedy,
    SayAgain,
    Standing,
    System,
    key_parts,
)
from .books import lines_of
from .calls import Answer, Caller, SideBySide
from .move import (
    ASKING,
    AsksAbout,
    BeginsAnew,
    Calls,
    Course,
    Ends,
    GivesUp,
    Move,
    Rests,
    next_move,
    not_done,
    pause,
)
from .repair import Situation, written_answer

TOGETHER = 200
"""Repairs that share one commit: it costs as much as some twenty of them."""

LEASE = 300_000_000
"""Microseconds for which one process has a repair to itself: far above what a call may take, so that
two never make the same call at once; a process that dies delays its repairs by so much at most."""


class Repairs:
    """Works on the repairs of one company's ledger.

    Args:
        company: The company.
        ledger: Its ledger.
        agreements: Its agreements.
        call: What makes calls to the world outside.
        holder: A name for this process among those that work on the ledger.
    """

    def __init__(
        self,
        company: Company,
        ledger: Ledger,
        agreements: Agreements,
        *,
        call: Caller | None = None,
        holder: str = "",
    ) -> None:
        self.company, self.ledger, self.agreements = company, ledger, agreements
        self.call: Caller = call or SideBySide()
        self.holder = holder or f"{os.getpid()}-{secrets.token_hex(4)}"
        self.remedies = {r.name: r for r in company.declared(Remedy)}
        self._does = company.declared(Does)
        self._one = threading.Lock()

    def close(self) -> None:
        """Let calls end."""
        close = getattr(self.call, "close", None)
        if close is not None:
            close()

    # What the ledger's commits set in motion

    def follow(self, batch: Batch) -> None:
        """Begin, wake or end repairs by what a commit judged and decided; called before it is made."""
        if not self.remedies:
            return
        journal = Journal(batch.connection)
        for judged in batch.judged:
            if judged.kind == OPENED:
                self._begin(batch, journal, judged)
            elif judged.kind == SETTLED:
                row = journal.live(judged.subject.id, judged.fact, judged.follower, judged.person)
                if row is not None:
                    journal.wake_one(row.number, batch.known)
        for subject, fact in batch.decided:
            journal.wake(subject.id, fact, batch.known)
        batch.judged.clear()
        batch.decided.clear()

    def catch_up(self, batch: Batch) -> int:
        """Begin repairs of contradictions that were open before their remedy was declared."""
        journal, begun = Journal(batch.connection), 0
        for name, remedy in self.remedies.items():
            fact = remedy.fact
            for number, subject, person in journal.unremedied(
                fact.entity.__name__, fact.name, remedy.follower.name
            ):
                found = batch.by_id(subject)
                judged = Judged(OPENED, found, fact.name, remedy.follower.name, person, number)
                begun += self._begin(batch, journal, judged, name)
        return begun

    def _begin(self, batch: Batch, journal: Journal, judged: Judged, name: str = "") -> bool:
        entity = judged.subject.ref.entity
        remedy = self.remedies.get(name or f"{judged.follower}/{entity}.{judged.fact}")
        if remedy is None or entity not in self.agreements:
            return False
        decided = self.agreements.of(entity).decided(
            judged.subject.dossier, judged.fact, batch.known
        )
        if decided is None:
            return False
        moment = self._paced(journal, remedy, batch.known)
        row = _row(remedy, judged, decided[0], judged.number, moment, batch.known)
        if journal.begin(row) is not None:
            return True
        # The repair of an earlier contradiction is not at its end yet: it goes over to this one.
        live = journal.live(judged.subject.id, judged.fact, judged.follower, judged.person)
        if live is not None and live.contradiction != judged.number:
            journal.wake_one(live.number, batch.known)
        return False

    def _paced(self, journal: Journal, remedy: Remedy, now: int) -> int:
        """When a new repair is entered: at once, or so that the follower is not asked too often."""
        follower = remedy.follower
        rate = follower.repairs_per_second if isinstance(follower, System) else None
        if rate is None:
            return now
        last = journal.last_moment(follower.name)
        return now if last is None else max(now, last + int(1_000_000 / rate))

    # Moving repairs on

    def run(self, armed: Iterable[str]) -> int:
        """Move on every repair that is due, until none is; how many calls were made."""
        names = [name for name in armed if name in self.remedies]
        if not names:
            return 0
        with self._one:
            return self._run(names)

    def _run(self, names: list[str]) -> int:
        made = 0
        held: list[int] = []
        answers: dict[int, tuple[Calls | AsksAbout, Answer]] = {}
        while True:
            held, calls = self._round(names, held, answers)
            answers = {}
            if not held:
                return made
            made += len(calls)
            told = self.call([_calling(move) for _, move in calls])
            for (number, move), answer in zip(calls, told, strict=True):
                answers[number] = (move, answer)

    def _round(
        self,
        armed: list[str],
        held: list[int],
        answers: dict[int, tuple[Calls | AsksAbout, Answer]],
    ) -> tuple[list[int], list[tuple[int, Calls | AsksAbout]]]:
        """Think every held repair's next move out, then make all moves in one commit."""
        moves: dict[int, tuple[Course, Move | None]] = {}
        if held:
            with self.ledger.view() as view:
                courses = self._courses(view, held)
            for number, course in courses.items():
                if number in answers:
                    self._hear_answer(course, *answers[number])
                moves[number] = course, _thought(course)
        calls: list[tuple[int, Calls | AsksAbout]] = []
        going: list[int] = []
        with self.ledger.batch() as batch:
            journal = Journal(batch.connection)
            kept = journal.repairs(moves)
            batch.load_ids([course.row.subject for course, _ in moves.values()])
            kept_steps = journal.steps(answers)
            for number, (course, move) in moves.items():
                self._keep_steps(batch, journal, course, kept_steps.get(number, []))
                if kept[number].holder != self.holder or kept[number].woken != course.row.woken:
                    # Something was heard since: think again. What was done is kept all the same.
                    going += [number] if kept[number].holder == self.holder else []
                    continue
                if self._make(batch, journal, course, move):
                    going.append(number)
                    if isinstance(move, (Calls, AsksAbout)):
                        calls.append((number, move))
            new = journal.due(armed, batch.known, TOGETHER - len(going))
            journal.hold([row.number for row in new], self.holder, batch.known + LEASE)
            going += [row.number for row in new if row.number not in going]
        return going, calls

    def _courses(self, view: View, numbers: list[int]) -> dict[int, Course]:
        journal = Journal(view.connection)
        found, steps = journal.repairs(numbers), journal.steps(numbers)
        subjects = {f.id: f for f in view.by_id({row.subject for row in found.values()})}
        links, now = view.links_heard(), max(self.ledger.now(), view.known())
        return {
            number: self._course(
                view, row, steps.get(number, []), subjects[row.subject], links, now
            )
            for number, row in found.items()
        }

    def _course(
        self,
        view: View,
        row: RepairRow,
        steps: list[StepRow],
        found: Any,
        links: dict[str, tuple[int, int]],
        now: int,
    ) -> Course:
        remedy = self.remedies[row.remedy]
        agreed = self.agreements.of(found.ref.entity)
        agreement, dossier = agreed.facts[row.fact], found.dossier
        now = max(now, dossier.at)
        authority = dossier.word(agreement.authority(dossier, now), row.fact)
        said = dossier.word(row.follower, row.fact)
        wanted = msgspec.json.decode(row.decided)
        form = agreement.declared.form
        contradiction = view.contradiction(row.contradiction)
        stale = authority is None or authority.values[row.fact] != wanted
        heard = links.get(row.follower, (0, 0))[0]
        asking = next((s for s in steps if s.place == ASKING), None)
        steps = [s for s in steps if s.place != ASKING]
        parts = key_parts(found.ref.key, parts=len(agreed.declared.key_parts))
        stands = standing(dossier, agreement, row.follower, found.ref.key, now)
        situation = Situation(
            row.number,
            self.company,
            parts,
            "",
            form.read(wanted),
            () if said is None else (form.read(said.values[row.fact]),),
            steps,
            now,
            0 if authority is None else authority.changed[row.fact],
            contradiction.settled is not None or stands in (Standing.AGREES, Standing.DECLARED),
            contradiction.settled is not None,
            row.begun,
            remedy.patience,
        )
        within = next((f.within for f in agreement.followers if f.party == row.follower), 0)
        silent_since = contradiction.silent_since
        newer, heir = None, False
        if contradiction.settled is not None:
            journal = Journal(view.connection)
            pair = row.subject, row.fact, row.follower, row.person
            newer, heir = journal.unremedied_of(*pair), journal.did_before(row)
        return Course(
            row,
            remedy,
            situation,
            contradiction.settled is None,
            contradiction.how or "",
            newer is not None or (stale and contradiction.settled is None),
            0 if said is None else said.mark(row.fact)[1],
            said is not None and agreement.agree(wanted, said.values[row.fact]),
            silent_since is not None and heard <= silent_since,
            within,
            next(
                (d for d in self._does if d.system is remedy.follower and d.ability is SayAgain),
                None,
            ),
            self.ledger.id,
            steps,
            newer or row.contradiction,
            heir,
            asking,
        )

    def _hear_answer(self, course: Course, move: Calls | AsksAbout, answer: Answer) -> None:
        """Take in what came of a call: the step is done, surely not done, or still unknown."""
        step, attempt = move.step, move.attempt
        if step.place == ASKING:
            course.asking = step
            step.state = rows.MADE if answer.error is None else rows.NOT_MADE
            step.reason = "" if answer.error is None else _told(answer.error)
        else:
            place = step.place - 1
            course.steps[place : place + 1] = [step]
            if isinstance(move, AsksAbout):
                step.asked += 1
            if answer.error is None:
                try:
                    step.result = written_answer(attempt.answer, answer.value)
                except MessageError as error:
                    step.result, step.reason = None, str(error)
                step.state = rows.MADE
            elif isinstance(answer.error, NotDone) and not (
                isinstance(move, Calls) and move.unknown
            ):
                not_done(course, step, answer.error, refused=isinstance(answer.error, Refused))
            else:
                step.reason = _told(answer.error)
                if isinstance(move, Calls):
                    # What a deaf system says while it is called tells nothing about the call.
                    step.attempted = course.situation.now
                tried = step.asked if isinstance(move, AsksAbout) else step.tries
                step.moment = course.situation.now + pause(course.remedy, max(tried, 1), step.key)
        course.answered.append(msgspec.structs.replace(step))
        course.made = move if step.state == rows.MADE and step.place != ASKING else None

    def _keep_steps(
        self, batch: Batch, journal: Journal, course: Course, kept: list[StepRow]
    ) -> None:
        """Keep what came of calls: the step, its line in the ledger, its money, in one transaction.

        Where a call took longer than the lease, another process may have taken the repair over and
        resolved the step. Then only what it does not know yet is kept: that the step is done.
        """
        marks = {step.key: step for step in kept}
        for step in course.answered:
            mark = marks.get(step.key)
            if mark is None or mark.state == rows.MADE:
                course.made = None
            elif step.state == rows.MADE or (
                mark.state == rows.ATTEMPTED and mark.tries == step.tries
            ):
                journal.save_step(step)
        move = course.made
        if move is None:
            return
        step, request = move.step, move.attempt.request
        subject = batch.by_id(course.row.subject)
        body: dict[str, Any] = {"repair": course.row.number, "step": step.name, "key": step.key}
        body["asked"] = msgspec.json.decode(step.params)
        if step.result is not None:
            body["answered"] = msgspec.json.decode(step.result)
        entry = batch.append(subject, Draft(DONE, step.system or course.row.follower, body))
        if isinstance(request, MovesMoney):
            journal.post(entry, step.key, lines_of(request, step.system))
        course.made = None

    def _make(self, batch: Batch, journal: Journal, course: Course, move: Move | None) -> bool:
        """Make one move; whether the repair goes on at once."""
        row, now = course.row, batch.known
        subject = batch.by_id(row.subject)
        if course.dropped is not None:
            journal.drop_steps(row.number, course.dropped)
        for step in course.changed:
            journal.save_step(step)
        if isinstance(move, (Calls, AsksAbout)):
            try:
                journal.save_step(move.step)
            except KeyReused as error:
                move = GivesUp(str(error))
            else:
                row.held = now + LEASE
                journal.save(row)
                return True
        row.holder = row.held = None
        if isinstance(move, Rests):
            row.moment = max(move.until, now)
            journal.save(row)
            if row.moment > now:
                return False
            row.holder, row.held = self.holder, now + LEASE
            journal.save(row)
            return True
        if isinstance(move, BeginsAnew):
            self._begin_anew(batch, journal, course, subject)
        elif isinstance(move, Ends):
            self._end(batch, journal, course, subject, move.state, move.reason)
        elif isinstance(move, GivesUp):
            self._end(batch, journal, course, subject, rows.HANDED_OVER, move.reason)
        return False

    def _end(
        self,
        batch: Batch,
        journal: Journal,
        course: Course,
        subject: Subject,
        state: str,
        reason: str,
    ) -> None:
        row = course.row
        row.state, row.reason, row.moment, row.ended = state, reason, None, batch.known
        journal.save(row)
        if course.steps or state == rows.HANDED_OVER:
            body: dict[str, Any] = {"repair": row.number, "ended": state, "because": reason}
            team = getattr(course.remedy.follower, "team", "")
            if state == rows.HANDED_OVER and team:
                body["to"] = team
            batch.append(subject, Draft(DONE, COMPANY, body))

    def _begin_anew(self, batch: Batch, journal: Journal, course: Course, subject: Subject) -> None:
        """Another value is decided: another generation, that keeps the steps which stay the same.

        Where it is another contradiction, too, none is kept: what was read or held then may be gone.
        """
        row = course.row
        again = course.contradiction == row.contradiction
        why = "Another value is decided." if again else "It is contradicted anew."
        self._end(batch, journal, course, subject, rows.SUPERSEDED, why)
        agreed = self.agreements.of(subject.ref.entity)
        decided = agreed.decided(subject.dossier, row.fact, batch.known)
        if decided is None:
            return
        judged = Judged(OPENED, subject, row.fact, row.follower, row.person, course.contradiction)
        new = _row(course.remedy, judged, decided[0], batch.last_entry, batch.known, batch.known)
        number = journal.begin(new)
        for step in course.steps if number is not None and again else ():
            if step.state != rows.MADE:
                break
            taken = step.taken or row.number
            journal.save_step(msgspec.structs.replace(step, repair=number or 0, taken=taken))


def _row(
    remedy: Remedy, judged: Judged, decided: Any, generation: int, moment: int, now: int
) -> RepairRow:
    return RepairRow(
        0,
        remedy.name,
        judged.subject.id,
        judged.fact,
        judged.follower,
        judged.person,
        judged.number,
        generation,
        msgspec.json.encode(decided).decode(),
        remedy.version,
        rows.LIVE,
        moment,
        0,
        None,
        None,
        "",
        now,
        None,
    )


def _thought(course: Course) -> Move:
    try:
        return next_move(course)
    except RemedyError as error:
        return GivesUp(str(error))


def _calling(move: Calls | AsksAbout) -> Any:
    key = move.step.key
    if isinstance(move, AsksAbout) and move.attempt.asked is not None:
        asked = move.attempt.asked
        return lambda: asked(key)
    perform = move.attempt.perform
    return lambda: perform(key)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
