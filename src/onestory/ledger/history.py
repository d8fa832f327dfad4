"""History: what was so on day v, as known on day k, with where it comes from.

A dossier as it was known at a moment is the nearest copy before it (``waypoint``) and the entries
since, heard again by the same pure function. What was so at an earlier moment *v*, as known at *k*,
is the dossier known at *v* and, of what became known between the two, the claims that say from when
they hold. A repeat lends its sequence to the claim it repeats. What a system's own name meant is
part of what was known: it counts for the subject from when it was linked until it was unlinked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import msgspec

from .dossier import UNNUMBERED, Dossier, Timed, new_dossier, read_dossier
from .entry import HEARD, KINDS, OPENED, SETTLED, Entry
from .identity import Marks
from .view import Found, Naming, View

LAST = 2**62
"""The number of an entry after all others."""


class Line(NamedTuple):
    """One entry of a subject's past, and the name it was spoken of by, if that is an alias."""

    entry: Entry
    alias: str

    @property
    def order(self) -> int:
        """The sequence that its claims are ordered by."""
        body = self.entry.body
        sequence: int | None = body.get("sequence")
        return self.number - UNNUMBERED if sequence is None else sequence

    @property
    def number(self) -> int:
        """The number of first receipt; an entry of a replay keeps that of its message."""
        number: int = self.entry.body.get("receipt", self.entry.message)
        return number


class Linked(NamedTuple):
    """A system's own name was linked to a subject.

    Args:
        name: The name.
        said: The dossier of that name until then.
        known: When it was linked.
        marks: The sequences of what was said until then and when it was heard, by speaker and fact.
    """

    name: str
    said: Dossier
    known: int
    marks: Marks


class Unlinked(NamedTuple):
    """A system's own name was unlinked from a subject.

    Args:
        name: The name.
        without: The subject's dossier then, had the name never been linked to it.
        known: When it was unlinked.
    """

    name: str
    without: Dossier
    known: int


Happened: TypeAlias = "Line | Linked | Unlinked"
"""What changed a dossier."""

Rehear = Callable[[Dossier, Happened], None]
"""Lets it happen again to a dossier; ``agreement`` gives it, since the ledger judges nothing."""


def dossier_at(view: View, found: Found, known: int, rehear: Rehear) -> Dossier:
    """What all parties said of a subject, as it was known at a moment.

    Args:
        view: The ledger.
        found: The subject.
        known: The moment, in microseconds.
        rehear: How a line is heard again.
    """
    return heard_again(view, found, entry_at(view, known), rehear)


def heard_again(
    view: View,
    found: Found,
    last: int,
    rehear: Rehear,
    *,
    namings: Sequence[Naming] | None = None,
) -> Dossier:
    """What all parties said of a subject up to an entry.

    Args:
        view: The ledger.
        found: The subject.
        last: The number of the last entry.
        rehear: How it happens again.
        namings: When which aliases meant it; as they did, if left out.
    """
    number, dossier = (0, new_dossier()) if namings is not None else _copy_at(view, found, last)
    known = view.namings(found.id) if namings is None else namings
    for happened in _happened(view, found, number, last, rehear, known):
        rehear(dossier, happened)
    return dossier


def as_linked(view: View, found: Found, last: int) -> list[Naming] | None:
    """The aliases of a subject at an entry, as if they had always been; None if it never had any."""
    namings = view.namings(found.id)
    linked = [n for n in namings if n.linked <= last and (n.unlinked is None or n.unlinked > last)]
    return [Naming(n.alias, 0, 0, "{}", None, None) for n in linked] if namings else None


def lines(view: View, found: Found) -> list[Line]:
    """The lines of a subject and of its aliases, in order."""
    kept = [Line(entry, "") for entry in _past(view, found, 0, LAST)]
    for alias in view.by_id(view.aliases_of(found.id)):
        kept += [Line(entry, alias.ref.alias) for entry in _past(view, alias, 0, LAST)]
    return sorted(kept, key=lambda line: line.entry.number)


def later_claims(
    view: View, found: Found, *, after: int, last: int, valid: int
) -> Iterator[tuple[str, str, str, Timed, int]]:
    """The claims between two entries that say from when they hold, and held at a moment.

    Args:
        view: The ledger.
        found: The subject.
        after: Only entries with a greater number.
        last: Only entries with this number or a smaller one.
        valid: The moment, in microseconds.

    Yields:
        The party, the name it used if that is an alias, the fact, the claim, its number of receipt.
    """
    aliases = [naming.alias for naming in as_linked(view, found, last) or ()]
    for subject in (found, *view.by_id(aliases)):
        for entry in view.timed(subject, after=after, last=last):
            line = Line(entry, "" if subject is found else subject.ref.alias)
            for fact, (since, until) in entry.body["times"].items():
                if since is not None:
                    claim = Timed(entry.body["says"][fact], line.order, since, until, entry.known)
                    if claim.holds(valid):
                        yield entry.party, line.alias, fact, claim, line.number


def _happened(
    view: View,
    found: Found,
    after: int,
    last: int,
    rehear: Rehear,
    namings: Sequence[Naming],
) -> Iterator[Happened]:
    """What happened to a subject between two entries, in order."""
    places: list[tuple[int, int, Callable[[], Happened]]] = [
        (entry.number, 0, partial(Line, entry, "")) for entry in _past(view, found, after, last)
    ]
    for number, naming in enumerate(namings):
        (alias,) = view.by_id([naming.alias])
        end = last if naming.unlinked is None else min(naming.unlinked, last)
        places += [
            (entry.number, 0, partial(Line, entry, alias.ref.alias))
            for entry in _past(view, alias, max(naming.linked, after), end)
        ]
        if after <= naming.linked <= last:
            linked = partial(_linked, view, alias, naming, rehear)
            places.append((naming.linked, 2 * number + 1, linked))
        if naming.unlinked is not None and after <= naming.unlinked <= last:
            without = [other for other in namings if other.alias != naming.alias]
            unlinked = partial(_unlinked, view, found, alias, naming, rehear, without)
            places.append((naming.unlinked, 2 * number + 2, unlinked))
    for _, _, happened in sorted(places, key=lambda place: place[:2]):
        yield happened()


def _linked(view: View, alias: Found, naming: Naming, rehear: Rehear) -> Linked:
    said = heard_again(view, alias, naming.linked, rehear)
    return Linked(alias.ref.alias, said, naming.since, msgspec.json.decode(naming.marks))


def _unlinked(
    view: View,
    found: Found,
    alias: Found,
    naming: Naming,
    rehear: Rehear,
    without: Sequence[Naming],
) -> Unlinked:
    last, known = naming.unlinked or 0, naming.until or 0
    dossier = heard_again(view, found, last, rehear, namings=without)
    return Unlinked(alias.ref.alias, dossier, known)


def _past(view: View, found: Found, after: int, last: int) -> Iterator[Entry]:
    kinds = {KINDS[kind] for kind in (HEARD, OPENED, SETTLED)}
    for entry in view.past(found, start=view.start_before(found, last), after=after):
        if entry.number <= last and entry.kind in kinds:
            yield entry


def entry_at(view: View, known: int) -> int:
    """The number of the last entry known at a moment, found by halving the number line."""
    rows = view.connection.rows("entry_at", 2**62)
    if not rows or rows[0][1] <= known:
        return rows[0][0] if rows else 0
    low, high = 0, rows[0][0]
    while low < high:
        middle = (low + high + 1) // 2
        if view.connection.rows("entry_at", middle)[0][1] <= known:
            low = middle
        else:
            high = middle - 1
    return low


def _copy_at(view: View, found: Found, last: int) -> tuple[int, Dossier]:
    if found.ref.alias_of:
        return 0, new_dossier()  # while it is linked, its dossier is empty, and so are copies of it
    rows = view.connection.rows("waypoint", found.id, last)
    return (rows[0][0], read_dossier(rows[0][1])) if rows else (0, new_dossier())
