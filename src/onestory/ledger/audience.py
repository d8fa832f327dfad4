"""The audience: people who follow a fact of a subject, and what each was last told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from ..model import Json
from .database import Connection, Row

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Hearer(NamedTuple):
    """A person who follows a fact of a subject.

    Args:
        person: The number of the person.
        party: The people that the person is one of.
        value: What the person was last told, or what was decided when they came.
        told: When that was told, if it was.
        entry: The entry that says so.
        since: Since when it is not so any more.
        due: Until when the person must be told.
        opened: The entry that opened a contradiction, if nobody told them in time.
    """

    person: int
    party: str
    value: Json
    told: int | None = None
    entry: int | None = None
    since: int | None = None
    due: int | None = None
    opened: int | None = None


class Late(NamedTuple):
    """A person who should have been told of a fact of a subject by now."""

    subject: int
    fact: str
    hearer: Hearer


def hearer(connection: Connection, subject: int, fact: str, person: int) -> Hearer | None:
    """What a person was last told of a fact."""
    rows = connection.rows("hearer", subject, fact, person)
    return _hearer(rows[0]) if rows else None


def hearers(
    connection: Connection, subject: int, fact: str, *, after: int, limit: int
) -> list[Hearer]:
    """A page of those who follow a fact of a subject, in the order of their numbers."""
    return [_hearer(row) for row in connection.rows("hearers", subject, fact, after, limit)]


def count(connection: Connection, subject: int, fact: str) -> int:
    """How many follow a fact of a subject."""
    number: int = connection.rows("hearer_count", subject, fact)[0][0]
    return number


def followed(connection: Connection, subject: int) -> list[tuple[str, str]]:
    """The facts of a subject that somebody follows, each with the people they are of."""
    return [(fact, party) for fact, party in connection.rows("audience_of", subject)]


def late(connection: Connection, known: int, limit: int) -> Iterator[Late]:
    """People who should have been told by now, those that waited longest first."""
    for subject, fact, *row in connection.rows("late_hearers", known, limit):
        yield Late(subject, fact, _hearer(tuple(row)))


def save(connection: Connection, subject: int, fact: str, hearer: Hearer) -> None:
    """Keep what a person was last told of a fact, and since when it is not so."""
    person, party, value, *rest = hearer
    connection.run("save_hearer", subject, fact, person, party, _encode(value).decode(), *rest)


def delete(connection: Connection, subject: int, fact: str, person: int) -> None:
    """A person follows a fact no longer."""
    connection.run("delete_hearer", subject, fact, person)


def _hearer(row: Row) -> Hearer:
    person, party, value, *rest = row
    return Hearer(person, party, _decode(value), *rest)
