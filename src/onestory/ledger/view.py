"""A view: what is committed in the ledger, at one moment, for whoever asks."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from ..errors import LedgerCorrupt
from ..model import Terms
from . import audience, links
from .audience import Hearer
from .contradiction import (
    INCIDENT_OF,
    Contradiction,
    Incident,
    contradiction_of,
    incident_of,
)
from .database import Connection, Row
from .dossier import Dossier, read_dossier
from .entry import KINDS, Aside, Entry, aside_of, read_body
from .subject import Ref

_encode = msgspec.json.Encoder().encode
_terms = msgspec.json.Decoder(Terms)

PAGE = 500
"""Rows of one page where a caller does not say: enough for a screen, bounded for memory."""


class Found(NamedTuple):
    """A subject as it was found."""

    id: int
    ref: Ref
    dossier: Dossier
    wake: int | None
    latest: int


class Counts(NamedTuple):
    """How large the ledger is.

    Args:
        messages: How many were received.
        entries: How many it holds.
        subjects: How many were spoken of.
        contradictions: How many are open.
        asides: How many messages are set aside.
        put_off: How many tasks failed, and are tried again.
    """

    messages: int
    entries: int
    subjects: int
    contradictions: int
    asides: int
    put_off: int


class Naming(NamedTuple):
    """A time in which a system's own name meant a subject.

    Args:
        alias: The number of the alias.
        linked: The last entry before it was linked.
        since: When that was.
        marks: The sequences of what was said until then, by speaker and fact, as JSON.
        unlinked: The last entry before it was unlinked, if it was.
        until: When that was.
    """

    alias: int
    linked: int
    since: int
    marks: str
    unlinked: int | None
    until: int | None


class View:
    """Questions to the ledger. All answers of one view are of the same moment."""

    def __init__(self, connection: Connection, genesis: bytes) -> None:
        self.connection, self.genesis = connection, genesis
        self._names: dict[str, dict[int, str]] = {"entities": {}, "parties": {0: ""}}

    def find(self, ref: Ref) -> Found | None:
        """A subject by its name."""
        entity = self._number("entities", ref.entity)
        alias_of = self._number("parties", ref.alias_of) if ref.alias_of else 0
        keys = _encode([ref.key]).decode()
        rows = self.connection.rows("subjects_by_key", keys, entity, alias_of)
        for number, _, dossier, wake, latest in rows:
            return Found(number, ref, read_dossier(dossier), wake, latest)
        return None

    def by_id(self, ids: Iterable[int]) -> list[Found]:
        """Subjects by their numbers."""
        rows = self.connection.rows("subjects_by_id", _encode(list(ids)).decode())
        return [self._found(row) for row in rows]

    def page(self, after: int, limit: int = PAGE) -> list[Found]:
        """Subjects in the order of their numbers."""
        return [self._found(row) for row in self.connection.rows("subject_page", after, limit)]

    def keys_like(self, entity: str, start: str, limit: int = PAGE) -> list[str]:
        """Keys of an entity that begin with ``start``."""
        number = self._number("entities", entity)
        end = start + "\U0010ffff"
        return [row[0] for row in self.connection.rows("subjects_like", number, start, end, limit)]

    def contradictions(
        self,
        *,
        after: int = 0,
        settled: bool = False,
        of: tuple[str, str, str] = ("", "", ""),
        limit: int = PAGE,
    ) -> list[Contradiction]:
        """Contradictions that are open, or all, in the order of opening.

        Args:
            after: Only those of a greater number.
            settled: Those that are settled, too.
            of: Only those of this entity, fact and follower; an empty name is any.
            limit: How many.
        """
        if any(of):
            query = "contradictions_named" if settled else "contradictions_open_named"
            rows = self.connection.rows(query, after, *of, limit)
        else:
            query = "contradictions" if settled else "contradictions_open"
            rows = self.connection.rows(query, after, limit)
        return [contradiction_of(row) for row in rows]

    def contradictions_by(self, numbers: Iterable[int]) -> dict[int, Contradiction]:
        """Contradictions by the numbers of the entries that opened them."""
        rows = self.connection.rows("contradictions_by", _encode(list(numbers)).decode())
        return {row[0]: contradiction_of(row) for row in rows}

    def contradiction_counts(self) -> list[tuple[str, str, str, int]]:
        """How many are open: entity, fact, follower, count."""
        return [(e, f, p, n) for e, f, p, n in self.connection.rows("contradiction_counts")]

    def incidents(self) -> list[Incident]:
        """Open contradictions by their cause, where they are many or the system is silent."""
        return [incident_of(row) for row in self.connection.rows("incidents", INCIDENT_OF)]

    def asides(
        self, *, after: int = 0, limit: int = PAGE, source: str | None = None
    ) -> list[Aside]:
        """Messages that are set aside, oldest first: of one system, or of all."""
        named, of = ("asides", ()) if source is None else ("asides_of", (source,))
        return [aside_of(row) for row in self.connection.rows(named, *of, after, limit)]

    def aside_counts(self, source: str | None = None) -> dict[str, int]:
        """How many messages are set aside, by the code of their reason: of one system, or of all."""
        named, of = ("aside_counts", ()) if source is None else ("aside_counts_of", (source,))
        return dict(self.connection.rows(named, *of))

    def counts(self) -> Counts:
        """How large the ledger is."""
        return Counts(*self.connection.rows("counts")[0])

    def last_entry(self) -> int:
        """The number of the last entry."""
        number: int | None = self.connection.rows("head")[0][1]
        return number or 0

    def terms(self) -> list[tuple[int, Terms]]:
        """Every set of terms the company was opened with, oldest first, and since when.

        Raises:
            LedgerCorrupt: They are damaged.
        """
        try:
            return [(known, _terms.decode(body)) for known, body in self.connection.rows("terms")]
        except (msgspec.MsgspecError, TypeError) as error:
            raise LedgerCorrupt(
                f"The terms that the ledger keeps are damaged: {error}.",
                fix="Restore the ledger from a backup; `onestory verify` names what does not hold.",
            ) from error

    def links_heard(self) -> dict[str, tuple[int, int]]:
        """When each party was last heard of anything, and how many messages it sent."""
        return {name: (heard, sent) for name, heard, sent in self.connection.rows("link_states")}

    def timeline(
        self,
        subjects: Iterable[int],
        *,
        before: int,
        known: int,
        wanted: Callable[[Entry], bool] = lambda _: True,
        limit: int = PAGE,
    ) -> list[Entry]:
        """The entries of some subjects, newest first, before a number and known by a moment."""
        pasts = [self.past(found) for found in self.by_id(subjects)]
        merged = heapq.merge(*pasts, key=lambda entry: -entry.number)
        by_then = (entry for entry in merged if entry.number < before and entry.known <= known)
        return list(islice(filter(wanted, by_then), limit))

    def past(self, found: Found, *, start: int | None = None, after: int = 0) -> Iterator[Entry]:
        """The entries of one subject, newest first.

        Args:
            found: The subject.
            start: The number of the first; the subject's latest, if left out.
            after: Only entries with a greater number.
        """
        number = found.latest if start is None else start
        ref = found.ref
        while number > after:
            rows = self.connection.rows("past", number, after, PAGE)
            for entry, kind, party, message, at, body, _, digest in rows:
                named = (ref.entity, ref.key, ref.alias_of, party)
                yield Entry(entry, KINDS[kind], *named, message, read_body(body), at, digest)
            number = rows[-1][6] if rows else 0

    def past_of(self, number: int) -> Iterator[Entry]:
        """One entry and those before it about the same subject, newest first."""
        for found in self.by_id([row[0] for row in self.connection.rows("subject_of", number)]):
            yield from self.past(found, start=number)

    def start_before(self, found: Found, last: int) -> int:
        """An entry of a subject near one number, from which its past is read back to it."""
        (number,) = self.connection.rows("waypoint_after", found.id, last)[0]
        return found.latest if number is None or self.namings(found.id) else number

    def timed(self, found: Found, *, after: int, last: int) -> list[Entry]:
        """The entries of a subject between two that say from when something is so."""
        numbers = [row[0] for row in self.connection.rows("timed", found.id, after, last)]
        return [next(self.past(found, start=number)) for number in numbers]

    def message(self, number: int) -> Row | None:
        """One message: number, party, id, sequence, known, hash, replays."""
        rows = self.connection.rows("message", number)
        return rows[0] if rows else None

    def aliases_of(self, subject: int) -> list[int]:
        """The numbers of the aliases of a subject."""
        return [row[0] for row in self.connection.rows("aliases_of", subject)]

    def meaning_of(self, alias: int) -> int | None:
        """The number of the subject that an alias means, if it means one."""
        rows = self.connection.rows("alias_meanings", f"[{alias}]")
        return rows[0][1] if rows else None

    def meanings(self, alias: int) -> list[tuple[int, int, int | None]]:
        """What an alias meant: each subject, after which entry, and up to which, if no longer."""
        rows = self.connection.rows("meanings", alias)
        return [(means, linked, unlinked) for means, linked, unlinked in rows]

    def namings(self, subject: int) -> list[Naming]:
        """When which aliases meant a subject, in order."""
        return [Naming(*row) for row in self.connection.rows("namings", subject)]

    def links_from(self, subject: int) -> list[tuple[str, int]]:
        """What a subject is linked to: fact and number."""
        found = links.leading_from(self.connection, subject)
        return [(leads.fact, leads.target) for leads in found]

    def linked_to(self, subject: int) -> list[int]:
        """The subjects that are linked to one, the first page of them."""
        return [row.subject for row in links.linked_to(self.connection, subject, 0, PAGE)]

    def hearer(self, subject: int, fact: str, person: int) -> Hearer | None:
        """What a person was last told of a fact."""
        return audience.hearer(self.connection, subject, fact, person)

    def hearers(
        self, subject: int, fact: str, *, after: int = 0, limit: int = PAGE
    ) -> list[Hearer]:
        """A page of those who follow a fact of a subject, with what each was last told."""
        return audience.hearers(self.connection, subject, fact, after=after, limit=limit)

    def told_about(self, person: int) -> list[int]:
        """The numbers of the subjects of which a person follows a fact, or was sent a message."""
        return [row[0] for row in self.connection.rows("told_about", person, person)]

    def hearer_count(self, subject: int, fact: str) -> int:
        """How many follow a fact of a subject."""
        return audience.count(self.connection, subject, fact)

    def disputes(self, person: int, subject: int) -> dict[str, int]:
        """The facts of a subject that a person challenges, and since when."""
        return {fact: since for fact, _, since in self.connection.rows("disputes", person, subject)}

    def told(self, subject: int, limit: int = PAGE) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """What was told of a subject, newest first: entry, when, and what to whom."""
        for number, known, body in self.connection.rows("heard_by", subject, limit):
            yield number, known, read_body(body)

    def known(self) -> int:
        """When the last commit became known; time never goes back before it, whatever clocks show."""
        known: int = self.connection.rows("head")[0][6]
        return known

    def next_moment(self) -> int | None:
        """The earliest moment at which something must be judged or done, if any."""
        queries = ("next_wake", "next_moment", "next_hearer")
        moments = [self.connection.rows(query)[0][0] for query in queries]
        return min((m for m in moments if m is not None), default=None)

    def _found(self, row: Row) -> Found:
        number, entity, alias_of, key, dossier, wake, latest = row
        ref = Ref(self._name("entities", entity), self._name("parties", alias_of), key)
        return Found(number, ref, read_dossier(dossier), wake, latest)

    def _number(self, query: str, name: str) -> int:
        return next((number for number, text in self.connection.rows(query) if text == name), -1)

    def _name(self, query: str, number: int) -> str:
        names = self._names[query]
        if number not in names:
            names.update(self.connection.rows(query))
        return names.get(number, "")
