"""History: what was so on day v, as known on day k, with where it comes from.

A dossier as it was known at a moment is the nearest copy before it (``waypoint``) and the entries
since, heard again by the same pure function. What was so at an earlier moment *v*, as known at *k*,
is the dossier known at *v* and, of what became known between the two, the claims that say from when
they hold. A repeat lends its sequence to the claim it repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from .dossier import UNNUMBERED, Dossier, Timed, new_dossier, read_dossier
from .entry import HEARD, KINDS, OPENED, SETTLED, Entry
from .identity import speaker
from .view import Found, View


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


Rehear = Callable[[Dossier, Line], None]
"""Hears one line again into a dossier; ``agreement`` gives it, since the ledger judges nothing."""


def dossier_at(view: View, found: Found, known: int, rehear: Rehear) -> Dossier:
    """What all parties said of a subject, as it was known at a moment.

    Args:
        view: The ledger.
        found: The subject.
        known: The moment, in microseconds.
        rehear: How a line is heard again.
    """
    last = entry_at(view, known)
    number, dossier = _copy_at(view, found, last, known)
    for line in lines(view, found, after=number, last=last):
        rehear(dossier, line)
    return dossier


def lines(view: View, found: Found, *, after: int = 0, last: int = 2**62) -> list[Line]:
    """The lines of a subject, and of its aliases, between two entries, in order.

    Args:
        view: The ledger.
        found: The subject.
        after: Only entries of the subject with a greater number.
        last: Only entries with this number or a smaller one.
    """
    kept = [Line(entry, "") for entry in _past(view, found, after, last)]
    for alias in view.by_id(view.aliases_of(found.id)):
        kept += [Line(entry, alias.ref.alias) for entry in _past(view, alias, 0, last)]
    return sorted(kept, key=lambda line: line.entry.number)


def later_claims(
    view: View, found: Found, *, after: int, last: int, valid: int
) -> Iterator[tuple[str, str, Timed]]:
    """The claims between two entries that say from when they hold, and held at a moment.

    Args:
        view: The ledger.
        found: The subject.
        after: Only entries with a greater number.
        last: Only entries with this number or a smaller one.
        valid: The moment, in microseconds.

    Yields:
        The speaker, the fact and the claim.
    """
    for subject in (found, *view.by_id(view.aliases_of(found.id))):
        for entry in view.timed(subject, after=after, last=last):
            name = entry.party if subject is found else speaker(entry.party, subject.ref.alias)
            for fact, (since, until) in entry.body["times"].items():
                if since is not None:
                    order = Line(entry, "").order
                    claim = Timed(entry.body["says"][fact], order, since, until, entry.known)
                    if claim.holds(valid):
                        yield name, fact, claim


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


def _copy_at(view: View, found: Found, last: int, known: int) -> tuple[int, Dossier]:
    if view.aliases_of(found.id, known):
        return 0, new_dossier()
    rows = view.connection.rows("waypoint", found.id, last)
    return (rows[0][0], read_dossier(rows[0][1])) if rows else (0, new_dossier())
