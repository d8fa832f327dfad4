"""The tables that follow from entries, row by row: kept, and compared with what they follow from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .batch import Batch
from .entry import read_body
from .subject import Subject
from .view import View


class Judged(NamedTuple):
    """An entry that opened or settled a contradiction."""

    number: int
    kind: int
    subject: int
    entity: str
    known: int
    body: dict[str, Any]


class Worded(NamedTuple):
    """An entry that says what a name means, or that a person disputes a fact, or no longer."""

    number: int
    subject: int
    entity: str
    message: int
    known: int
    body: dict[str, Any]


class KeptContradiction(NamedTuple):
    """A row of the table ``contradiction``; the person by key."""

    number: int
    subject: int
    fact: str
    follower: str
    person: str
    since: int
    due: int
    opened: int
    silent_since: int | None
    settled: int | None
    how: str | None


class KeptName(NamedTuple):
    """A row of the table ``alias``: the key it means, from which entry until which."""

    alias: int
    means: str | None
    linked: int
    unlinked: int | None


class KeptDispute(NamedTuple):
    """A row of the table ``dispute``; the person by key."""

    subject: int
    fact: str
    person: str | None
    message: int
    since: int


class KeptLink(NamedTuple):
    """A row of the table ``link``; what it leads to by entity and key."""

    subject: int
    fact: str
    entity: str | None
    key: str | None


def save_dispute(batch: Batch, person: Subject, subject: Subject, fact: str, message: int) -> None:
    """A person challenges a fact, by a message."""
    batch.connection.run("save_dispute", person.id, subject.id, fact, message, batch.known)


def delete_dispute(batch: Batch, person: Subject, subject: Subject, fact: str) -> None:
    """A person challenges a fact no longer."""
    batch.connection.run("delete_dispute", person.id, subject.id, fact)


def judged(view: View) -> Iterator[Judged]:
    """Every entry that opened or settled a contradiction, in order."""
    for number, kind, subject, entity, known, body in view.connection.each("opened_and_settled"):
        yield Judged(number, kind, subject, entity, known, read_body(body))


def worded(view: View, after: int, last: int) -> Iterator[Worded]:
    """What was said of names and disputes about the subjects between two numbers, in order."""
    rows = view.connection.each("namings_and_disputes", after, last)
    for number, subject, entity, message, known, body in rows:
        yield Worded(number, subject, entity, message, known, read_body(body))


def contradictions(view: View) -> Iterator[KeptContradiction]:
    """Every contradiction that is kept, in order."""
    return (KeptContradiction(*row) for row in view.connection.each("contradictions_kept"))


def names(view: View, after: int, last: int) -> list[KeptName]:
    """What aliases meant, in order, of those between two numbers."""
    return [KeptName(*row) for row in view.connection.rows("aliases_kept", after, last)]


def disputes(view: View, after: int, last: int) -> list[KeptDispute]:
    """What is challenged of the subjects between two numbers."""
    return [KeptDispute(*row) for row in view.connection.rows("disputes_kept", after, last)]


def links(view: View, after: int, last: int) -> list[KeptLink]:
    """What the subjects between two numbers are linked to."""
    return [KeptLink(*row) for row in view.connection.rows("links_kept", after, last)]


def waiting(view: View) -> set[int]:
    """The subjects that something is left to do for: their rows are behind until it is done."""
    return {subject for (subject,) in view.connection.rows("subjects_queued")}
