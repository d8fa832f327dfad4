"""What follows from a change beyond its own subject: put in a queue, in the same transaction.

Tasks, each with its subject: ``link`` (it is linked to another subject now), ``move`` (people come
and go with that: the pages after the first), ``alias`` (it means a subject), ``decided`` (others
derive from a fact of it, or pass authority by it), ``derive`` (its own derivations have what they
need), ``tell`` (people follow a fact of it), ``terms`` (judge all subjects by new terms), ``judge``
(judge this one: a page of others fails with it, or its time has come and it failed then).
"""

from __future__ import annotations

from typing import Any

from ..agreement import EntityAgreements, Outcome
from ..clock import MICROSECOND
from ..ledger import Batch, Ref, Subject, Task, tasks
from ..model import duration

FIRST_TRY_AFTER = "1 min"
"""When a task that failed is tried again: a fault that passes by itself has passed."""

TRY_AT_LEAST_EVERY = "1 h"
"""The longest between two tries, each of which waits twice as long as the one before: what must be
mended by a person is done within the hour, and costs nothing until then. Opening tries at once."""


def put(batch: Batch, task: str, subject: int, body: dict[str, Any], *, moment: int = 0) -> None:
    """Put a task at the end of the queue, to be done not before a moment."""
    tasks.put(batch, task, subject, body, moment)


def put_off(batch: Batch, task: Task, error: Exception) -> None:
    """Keep a task that failed, with its error, and try it again later; each time later still."""
    longest = duration(TRY_AT_LEAST_EVERY) // MICROSECOND
    wait = min((duration(FIRST_TRY_AFTER) // MICROSECOND) << min(task.tries, 32), longest)
    reason = f"{type(error).__name__}: {error}".partition("\n")[0]
    tasks.put_off(batch, task, reason, batch.known + wait)


def note(batch: Batch, agreed: EntityAgreements, subject: Subject, outcome: Outcome) -> None:
    """Queue what follows from the decided values that a hearing changed."""
    inner = {
        used for d in agreed.derivations for used in d.inputs if used.entity is not d.fact.entity
    }
    for fact in (*outcome.decided, *outcome.undecided):
        agreement = agreed.facts[fact]
        value = outcome.decided.get(fact)
        if agreement.declared.links_to is not None:
            body = {"fact": fact, "to": value, "at": batch.known}
            put(batch, "link", subject.id, body)
            if any(used.entity is agreement.declared.links_to for used in inner):
                put(batch, "derive", subject.id, {})
        elif fact in agreed.used:
            put(batch, "decided", subject.id, {"fact": fact})
        if agreement.people:
            told = {"fact": fact, "at": batch.known}
            told |= {"value": value} if fact in outcome.decided else {}
            put(batch, "tell", subject.id, told)


def target_of(agreed: EntityAgreements, fact: str, key: str) -> Ref:
    """The subject that a link names."""
    target = agreed.facts[fact].declared.links_to
    return Ref(target.__name__ if target is not None else "", "", key)
