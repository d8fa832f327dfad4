"""Tasks: what is left to do after a commit, in order, and what had to be put off."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from ..clock import moment
from .batch import Batch
from .entry import read_body
from .view import View

_encode = msgspec.json.Encoder().encode

KEPT_OF_ERROR = 500
"""Characters kept of why a task failed: its sentence, not its data."""


class Task(NamedTuple):
    """Something left to do for a subject; ``tries`` is how often it failed."""

    number: int
    task: str
    subject: int
    body: dict[str, Any]
    tries: int


class PutOff(NamedTuple):
    """A task that failed, and is tried again; what follows for its subject waits behind it.

    Args:
        number: Its number in the queue.
        task: What is to be done: ``link``, ``move``, ``alias``, ``decided``, ``derive``, ``tell``,
            ``judge`` or ``terms``.
        entity: The entity of its subject, or empty where it concerns all of them.
        key: The subject's key.
        error: Why it failed last.
        tries: How often it failed.
        next: When it is tried again.
    """

    number: int
    task: str
    entity: str
    key: str
    error: str
    tries: int
    next: datetime


def put(batch: Batch, task: str, subject: int, body: dict[str, Any], moment: int) -> None:
    """Put a task at the end of the queue, to be done not before a moment."""
    batch.queued = True
    batch.connection.run("insert_task", task, subject, _encode(body).decode(), moment)


def following(batch: Batch) -> Task | None:
    """The oldest task whose moment has come, and whose subject has none that failed before it."""
    for number, task, subject, body, tries in batch.connection.rows("next_task", batch.known):
        return Task(number, task, subject, read_body(body), tries)
    return None


def last(batch: Batch) -> Task:
    """The task that was put into the queue last."""
    ((number, task, subject, body, tries),) = batch.connection.rows("last_task")
    return Task(number, task, subject, read_body(body), tries)


def done(batch: Batch, task: Task, rest: dict[str, Any] | None) -> None:
    """A task is done, or has come this far."""
    if rest is None:
        batch.connection.run("delete_task", task.number)
    else:
        batch.connection.run("move_task", _encode(rest).decode(), task.number)


def put_off(batch: Batch, task: Task, error: str, until: int) -> None:
    """A task failed: it is tried again at a moment."""
    batch.connection.run("put_off_task", until, error[:KEPT_OF_ERROR], task.number)


def try_again(batch: Batch) -> int:
    """Let everything that was put off be tried now; how much that is."""
    return batch.connection.run("try_tasks_again")


def to_wake(batch: Batch, limit: int) -> list[int]:
    """The subjects whose time has come, those that waited longest first."""
    rows = batch.connection.rows("subjects_to_wake", batch.known, limit)
    return [number for (number,) in rows]


def subjects_after(batch: Batch, after: int, limit: int) -> list[int]:
    """A page of the numbers of all subjects."""
    return [number for (number,) in batch.connection.rows("subject_ids_after", after, limit)]


def all_put_off(view: View, after: int, limit: int) -> list[PutOff]:
    """What was put off, oldest first."""
    rows = view.connection.rows("tasks_put_off", after, limit)
    return [PutOff._make((*what, moment(at))) for *what, at in rows]
