"""Contradictions and incidents, as the ledger keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..clock import moment
from .database import Row


class Contradiction(NamedTuple):
    """A contradiction: a follower that was late or contradicted, and since when.

    Args:
        number: That of the entry that opened it.
        entity: The subject's entity.
        key: The subject's key.
        fact: The fact, without its entity.
        follower: The party that was late or contradicted.
        person: The key of the person who was not told, where the follower is people.
        since: Since when they differ.
        due: Until when the follower had time.
        opened: When it was opened.
        silent: Whether the whole system was not heard since the authority's change.
        silent_since: When it was last heard then; None if never, or if it was not silent.
        settled: When it was settled, if it was.
        how: How it was settled.
        subject: The subject's number in the ledger.
    """

    number: int
    entity: str
    key: str
    fact: str
    follower: str
    person: str
    since: datetime
    due: datetime
    opened: datetime
    silent: bool
    silent_since: datetime | None
    settled: datetime | None
    how: str | None
    subject: int

    @property
    def path(self) -> str:
        """The fact with its entity."""
        return f"{self.entity}.{self.fact}"


INCIDENT_OF = 10
"""Open contradictions of one link and one window that are an incident: fewer are everyday."""


class Incident(NamedTuple):
    """Open contradictions of one cause: one link, at one time.

    Args:
        number: The incident's number.
        authority: Who decides what is not followed.
        follower: The system that does not follow.
        silent: Whether that system is silent as a whole.
        silent_since: When it was last heard of anything then; None if never, or if it was not silent.
        members: How many of its contradictions are open.
        since: Since when the first of them differs.
        opened: When the first of them was opened.
        first: The number of the first of them.
    """

    number: int
    authority: str
    follower: str
    silent: bool
    silent_since: datetime | None
    members: int
    since: datetime
    opened: datetime
    first: int


def contradiction_of(row: Row) -> Contradiction:
    """A contradiction of its row."""
    *names, since, due, opened, last, settled, how, subject = row
    silence = last is not None, moment(last) if last else None
    ended = None if settled is None else moment(settled)
    times = moment(since), moment(due), moment(opened)
    return Contradiction._make((*names, *times, *silence, ended, how, subject))


def incident_of(row: Row) -> Incident:
    """An incident of its row."""
    number, authority, follower, last, silent, members, since, opened, first = row
    silent_since = moment(last) if last else None
    times = moment(since), moment(opened)
    return Incident(number, authority, follower, bool(silent), silent_since, members, *times, first)
