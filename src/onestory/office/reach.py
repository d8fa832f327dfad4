"""Reach: which people a subject concerns, by the links that lead from it and to it.

A subject concerns the people it names, itself or through its links: a bill, its contract's holder.
And those named by what is linked to it: a flight, its trips' passengers. A way goes back over some
links and on over others, ``DEPTH`` in all, and through nobody: what a person holds concerns that
person, not everybody else who is linked to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple, Protocol

from ..ledger import Batch, Ref, Subject, View, links
from ..ledger.database import Connection

DEPTH = 3
"""Links followed between a subject and a person: a bill's contract's holder, and one more."""

PAGE = 500
"""People judged in one transaction: a flight's passengers at once, and no lock held for long."""


class Named(Protocol):
    """A subject, by number and name."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def ref(self) -> Ref:
        """Its name."""


class Looks(Protocol):
    """What links are followed in: a batch, or a view."""

    @property
    def connection(self) -> Connection:
        """What runs statements."""

    def by_id(self, number: int, /) -> Named:
        """A subject by its number."""


class Seen:
    """A view, as links are followed in it.

    Args:
        view: The view.
    """

    def __init__(self, view: View) -> None:
        self.connection, self._view = view.connection, view

    def by_id(self, number: int) -> Named:
        """A subject by its number."""
        return self._view.by_id([number])[0]


class Node(NamedTuple):
    """A subject from which a way leads to another.

    Args:
        place: The subjects on the way back to it, itself last: where a page goes on.
        subject: Its number.
        entity: Its entity.
        links: How many links the way has.
    """

    place: list[int]
    subject: int
    entity: str
    links: int


class Reach:
    """Follows links, within one batch or view at a time.

    Args:
        people: The entities whose subjects are people.
    """

    def __init__(self, people: frozenset[str]) -> None:
        self._people = people

    def people_of(
        self, batch: Looks, subject: int, entity: str, depth: int = DEPTH
    ) -> dict[int, int]:
        """The people that a subject names, itself or by its links; and by how many links."""
        if entity in self._people:
            return {subject: 0}
        found: dict[int, int] = {}
        for leads in links.leading_from(batch.connection, subject) if depth > 0 else ():
            named = self.people_of(batch, leads.target, leads.entity, depth - 1)
            for person, far in named.items():
                found[person] = min(far + 1, found.get(person, DEPTH))
        return found

    def subjects_of(self, batch: Looks, subject: int, entity: str, depth: int) -> dict[int, int]:
        """A subject and all that its links lead to, but people; and by how many links."""
        found = {} if entity in self._people else {subject: 0}
        ends = [subject]
        for far in range(1, depth + 1):
            leads = [each for end in ends for each in links.leading_from(batch.connection, end)]
            ends = [
                each.target
                for each in leads
                if each.entity not in self._people and each.target not in found
            ]
            found.update(dict.fromkeys(ends, far))
        return found

    def behind(
        self, batch: Looks, subject: int, depth: int = DEPTH, after: list[int] | None = None
    ) -> Iterator[Node]:
        """What is linked to a subject, and what to that; each before what is behind it.

        Args:
            batch: The transaction.
            subject: The subject.
            depth: How many links at most.
            after: The place to go on after; from the first, if left out.
        """
        if depth <= 0:
            return
        start = after[0] if after else 0
        if after and batch.by_id(start).ref.entity not in self._people:
            yield from self._from(start, self.behind(batch, start, depth - 1, after[1:]))
        while rows := links.linked_to(batch.connection, subject, start, PAGE):
            for row in rows:
                yield Node([row.subject], row.subject, row.entity, 1)
                if row.entity not in self._people:
                    yield from self._from(row.subject, self.behind(batch, row.subject, depth - 1))
            start = rows[-1].subject

    def page(
        self, batch: Batch, subject: Subject, after: list[int] | None
    ) -> tuple[list[Node], list[int] | None]:
        """A page of the subject and all behind it, and the place to go on after, if there is more."""
        number, entity = subject.id, subject.ref.entity
        own = [] if after else [Node([], number, entity, 0)]
        nodes = iter(()) if entity in self._people else self.behind(batch, number, DEPTH, after)
        found = list(islice(chain(own, nodes), PAGE))
        return found, found[-1].place if len(found) == PAGE else None

    def concerns(self, batch: Looks, subject: Named, person: int) -> bool:
        """Whether a way leads from a subject to a person."""
        entity = batch.by_id(person).ref.entity
        if subject.ref.entity in self._people:
            return subject.id == person
        own = Node([], person, entity, 0)
        return any(
            subject.id in self.subjects_of(batch, node.subject, node.entity, DEPTH - node.links)
            for node in chain([own], self.behind(batch, person))
        )

    def _from(self, number: int, nodes: Iterator[Node]) -> Iterator[Node]:
        for node in nodes:
            yield Node([number, *node.place], node.subject, node.entity, node.links + 1)
