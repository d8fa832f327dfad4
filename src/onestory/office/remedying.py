"""What an office does about contradictions: repairs, and what they did."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ..clock import moment
from ..errors import (
    LedgerError,
    NoSuchName,
    NotAllowed,
    NotDone,
)
from ..ledger import DONE, KINDS, TOLD, UNNUMBERED, Draft, Ref, View
from ..ledger import journal as rows
from ..ledger.journal import Journal, RepairRow, StepRow, TellingRow
from ..model import COMPANY, Money, System, key_parts
from ..remedy import Answer, Caller, Disagreement, Repairs, reconcile
from .hears import Hears
from .opened import PASSES
from .records import Records
from .repaired import Confirmed, Repaired, RepairState, done_step

POLL = 0.5
"""Seconds after which it is looked again whether another process heard something: short enough that
a contradiction is seen within two seconds, long enough to cost nothing."""


class Remedies(Hears, Records):
    """The part of an office that remedies."""

    def __init__(self, *opened: Any) -> None:
        super().__init__(*opened)
        self.repairing = Repairs(self.company, self.ledger, self._agreements, self.worker.audience)
        self.ledger.before_commit = self.repairing.follow

    def calls_by(self, caller: Caller) -> None:
        """Let another make the calls to systems: a test's own, or a simulator's."""
        self.repairing.call = caller

    def catch_up(self) -> int:
        """Begin repairs of what was contradicted before it had a remedy, as opening does; how many."""
        if not self.repairing.remedies:
            return 0
        with self.writing() as batch:
            return self.repairing.follow.catch_up(batch)

    def remedy(self) -> int:
        """Move on every repair of an armed remedy that is due; how many calls were made.

        A program that keeps an office open calls it now and then; ``onestory work`` does.
        """
        return self.repairing.run(self.armed())

    def repairs(
        self,
        *,
        states: tuple[RepairState, ...] = (RepairState.LIVE, RepairState.HANDED_OVER),
        after: int = 0,
        limit: int = 500,
    ) -> list[Repaired]:
        """Repairs in some states, in the order they were begun."""
        armed = set(self.armed())
        with self.ledger.view() as view:
            journal = Journal(view.connection)
            found = journal.page(states=[s.value for s in states], after=after, limit=limit)
            return self._shown(view, journal, found, armed)

    def repair(self, number: int) -> Repaired:
        """One repair.

        Raises:
            NoSuchName: There is no such repair.
        """
        found = self.repairs(states=tuple(RepairState), after=number - 1, limit=1)
        if not found or found[0].number != number:
            raise _no_such_repair(number)
        return found[0]

    def repair_counts(self) -> dict[str, int]:
        """How many repairs are in which state; those under way that are not armed count apart."""
        armed, counts = set(self.armed()), Counter[str]()
        with self.ledger.view() as view:
            for remedy, state, count in Journal(view.connection).counts():
                waits = state == rows.LIVE and remedy not in armed
                counts["not armed" if waits else state] += count
        return dict(counts)

    def would_do(self, number: int) -> str:
        """What a repair would do next, were it armed and entered now. Nothing is done.

        Raises:
            NoSuchName: There is no such repair.
        """
        found = self.repair(number)
        if found.state is not RepairState.LIVE:
            return f"nothing: it is {found.state.value}"
        return self.repairing.would(number, self.armed())

    def next_moment(self) -> datetime | None:
        """When something is to be judged or remedied next, if nothing is heard before."""
        with self.ledger.view() as view:
            judged = view.next_moment()
        remedied = self.repairing.next_moment(self.armed())
        due = min((m for m in (judged, remedied) if m is not None), default=None)
        return None if due is None else moment(due)

    def work(
        self,
        stop: threading.Event,
        *,
        progress: Callable[[int, int], None] | None = None,
        refused: Callable[[LedgerError], None] | None = None,
    ) -> None:
        """Judge what becomes due and remedy it, until told to stop; wait while the ledger refuses.

        Args:
            stop: Set it to stop; what is under way is finished.
            progress: Called after each turn that did something: subjects judged, calls made.
            refused: Called when the disk is full, others write or the server is gone, once until
                that is over.
        """
        tell = refused
        while not stop.is_set():
            try:
                judged, made = self.tick(), self.remedy()
                due, now = self.next_moment(), moment(self.ledger.now())
            except PASSES as error:
                if tell is not None:
                    tell(error)
                tell = None
                stop.wait(POLL)
                continue
            tell = refused
            if progress is not None and (judged or made):
                progress(judged, made)
            stop.wait(POLL if due is None else min(max((due - now).total_seconds(), 0.0), POLL))

    def repairs_of(self, contradiction: int) -> list[Repaired]:
        """The repairs of one contradiction, oldest first."""
        armed = set(self.armed())
        with self.ledger.view() as view:
            journal = Journal(view.connection)
            return self._shown(view, journal, journal.of_contradiction(contradiction), armed)

    def retry(self, number: int, *, by: str) -> None:
        """Let a repair that was handed over go on: what could not be done is tried anew.

        Raises:
            NoSuchName: There is no such repair.
            NotAllowed: It was not handed over, or its remedy is declared no longer.
        """
        with self.writing() as batch:
            journal = Journal(batch.connection)
            row = journal.repairs([number]).get(number)
            if row is None:
                raise _no_such_repair(number)
            if row.state != rows.HANDED_OVER:
                raise NotAllowed(
                    f"Repair {number} is {row.state}, not handed over.",
                    fix="Only what was handed over is tried anew by a person.",
                )
            remedy = self.repairing.remedies.get(row.remedy)
            if remedy is None:
                raise NotAllowed(
                    f"Repair {number} is of {row.remedy}, which is declared no longer.",
                    fix="Declare the remedy again, or put the follower right by hand.",
                )
            row.state, row.reason, row.moment, row.ended = rows.LIVE, "", batch.known, None
            row.version = remedy.version
            journal.save(row)
            for step in journal.steps([number]).get(number, []):
                if step.state in (rows.ATTEMPTED, rows.NOT_MADE, rows.REFUSED):
                    step.tries = step.asked = step.moment = 0
                    step.state = rows.NOT_MADE if step.state == rows.REFUSED else step.state
                    journal.save_step(step)
            subject = batch.by_id(row.subject)
            batch.append(subject, Draft(DONE, COMPANY, {"repair": number, "retried": by}))

    def resolve(self, number: int, *, done: bool, by: str, answer: Any = None) -> None:
        """Say what became of an attempt whose outcome no system can tell: a person looked.

        Args:
            number: The repair.
            done: Whether what was asked for was done.
            by: Who says so; it is kept.
            answer: What the system would have answered, where it answers anything.

        Raises:
            NoSuchName: There is no such repair.
            NotAllowed: It waits for no attempt.
        """
        one = self.repair(number)
        found = (
            Answer(answer) if done else Answer(error=NotDone(f"{by} says that it was not done."))
        )
        body = {"repair": number, "resolved": "done" if done else "not done", "by": by}
        waits = one.state in (RepairState.LIVE, RepairState.HANDED_OVER)
        if not (waits and self.repairing.resolve(number, found, body)):
            raise NotAllowed(
                f"Repair {number} waits for no attempt.",
                fix="`onestory repair` shows its steps; only one that was attempted, with no "
                "outcome known, is resolved by a person.",
            )

    def confirm(self, reference: str) -> Confirmed | None:
        """Confirm or deny that a message is ours, by its reference.

        Args:
            reference: The reference that every message begins with; case and spaces do not matter.

        Returns:
            What was told, to whom, when and by what; None if nothing with this reference ever went.
        """
        with self.ledger.view() as view:
            row = Journal(view.connection).telling(_signs(reference))
            if row is None:
                return None
            found = {f.id: f for f in view.by_id([row.subject, row.person])}
            subject = found[row.subject]
            body = next(view.past(subject, start=row.entry)).body
            facts = self._agreements.of(subject.ref.entity).facts
            return Confirmed(
                row.reference,
                moment(row.known),
                row.channel,
                found[row.person].ref.key,
                subject.ref.entity,
                subject.ref.key,
                {
                    name: facts[name].declared.form.read(form) if name in facts else form
                    for name, form in body["told"].items()
                },
                {name: (by, _number(order)) for name, (by, order) in body["rests"].items()},
                row.lost is None,
            )

    def undelivered(self, reference: str, *, because: str) -> None:
        """Record that a message did not reach its person, who then was not told by it.

        Args:
            reference: The reference that every message begins with; case and spaces do not matter.
            because: Why it did not, as the sender says.

        Raises:
            NoSuchName: No message with this reference ever went.
        """
        with self.writing() as batch:
            journal = Journal(batch.connection)
            row = journal.telling(_signs(reference))
            if row is None:
                raise NoSuchName(
                    f"No message with the reference {reference!r} ever went.",
                    fix="Give the reference as the message has it.",
                )
            if row.lost is not None:
                return
            subject = batch.by_id(row.subject)
            body = {"undelivered": row.reference, "because": because}
            entry = batch.append(subject, Draft(DONE, COMPANY, body))
            journal.lose(row.reference, entry)
            batch.flush()
            told, *before = _told_before(View(batch.connection, b""), journal, row)
            self.worker.audience.not_told(batch, subject, row.person, told, before)

    def balances(self, record: str = "") -> dict[str, tuple[Money, ...]]:
        """The balance of every account of the books, or of those of one record; debits above nought."""
        with self.ledger.view() as view:
            found: dict[str, tuple[Money, ...]] = {}
            for account, currency, minor in Journal(view.connection).balances(record):
                found[account] = (*found.get(account, ()), Money.of_minor(minor, currency))
            return found

    def reconcile(self, system: System, statement: dict[str, Money]) -> list[Disagreement]:
        """Where our books and what a system says it moved differ.

        Args:
            system: The system that moves money, like a payment provider.
            statement: What it says it moved, by the key of each request; money in above nought.
        """
        with self.ledger.view() as view:
            return reconcile(Journal(view.connection), f"cash at {system.name}", statement)

    def _shown(
        self, view: View, journal: Journal, found: list[RepairRow], armed: set[str]
    ) -> list[Repaired]:
        steps = journal.steps([row.number for row in found])
        refs = {f.id: f.ref for f in view.by_id({row.subject for row in found})}
        return [
            self._repaired(row, steps.get(row.number, []), refs[row.subject], armed)
            for row in found
        ]

    def _repaired(
        self, row: RepairRow, steps: list[StepRow], ref: Ref, armed: set[str]
    ) -> Repaired:
        remedy = self.repairing.remedies.get(row.remedy)
        parts = 1
        if ref.entity in self._agreements:
            parts = len(self._agreements.of(ref.entity).declared.key_parts)
        follower = None if remedy is None else remedy.follower
        return Repaired(
            row.number,
            row.remedy,
            "" if remedy is None else remedy.about,
            ref.entity,
            key_parts(ref.key, parts=parts),
            row.contradiction,
            row.remedy in armed,
            RepairState(row.state),
            None if row.moment is None else moment(row.moment),
            row.reason,
            follower.team if isinstance(follower, System) else "",
            moment(row.begun),
            None if row.ended is None else moment(row.ended),
            tuple(done_step(step) for step in steps),
        )


def _signs(reference: str) -> str:
    """A reference as it is kept, however it was typed or read out."""
    return "".join(reference.upper().split())


def _number(order: int) -> int:
    """A claim's own sequence, or the number of its receipt, of what it is ordered by."""
    return order if order >= 0 else order + UNNUMBERED


def _no_such_repair(number: int) -> NoSuchName:
    return NoSuchName(
        f"No repair has the number {number}.",
        fix="`onestory repairs` lists them with their numbers.",
    )


def _told_before(view: View, journal: Journal, row: TellingRow) -> Iterator[dict[str, Any]]:
    """What a message told, then what reached its person before it, newest first, as entries hold it."""
    person = None
    for entry in view.past_of(row.entry):
        body = entry.body
        if entry.kind != KINDS[TOLD] or (person is not None and body.get("person") != person):
            continue
        person = body.get("person")
        known = journal.telling(body["reference"]) if "reference" in body else None
        if entry.number == row.entry or known is None or known.lost is None:
            yield body
        elif "before" in body:
            yield {"told": {}, "before": body["before"]}
