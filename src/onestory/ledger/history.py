"""History: what was so on day v, as known on day k, with where it comes from.

A dossier as it was known at a moment is the nearest copy before it (``waypoint``) and the entries
since, heard again by the same pure function. What was so at an earlier moment *v*, as known at *k*,
is the dossier known at *v* and, of what became known between the two, the claims that say from when
they hold. A repeat lends its sequence to the claim it repeats.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .dossier import UNNUMBERED, Dossier, Timed, new_dossier, read_dossier
from .entry import HEARD, OPENED, SETTLED
from .view import View

_body = msgspec.json.Decoder(dict[str, Any])


class Line(msgspec.Struct, frozen=True, gc=False):
    """One entry of a subject's past.

    Args:
        number: The entry's number.
        kind: One of the five kinds.
        party: Who spoke.
        alias: The name it was spoken of by, if that is an alias.
        message: The message it came with.
        known: When it became known.
        body: What it holds.
    """

    number: int
    kind: int
    party: str
    alias: str
    message: int
    known: int
    body: dict[str, Any]

    @property
    def order(self) -> int:
        """The sequence that its claims are ordered by."""
        sequence: int | None = self.body.get("sequence")
        return self.message - UNNUMBERED if sequence is None else sequence


Rehear = Callable[[Dossier, Line], None]
"""Hears one line again into a dossier; ``agreement`` gives it, since the ledger judges nothing."""


def dossier_at(view: View, subject: int, known: int, rehear: Rehear) -> Dossier:
    """What all parties said of a subject, as it was known at a moment.

    Args:
        view: The ledger.
        subject: The subject's number.
        known: The moment, in microseconds.
        rehear: How a line is heard again.
    """
    number, dossier = _copy_at(view, subject, known)
    for line in lines(view, subject, after=number, known=known):
        rehear(dossier, line)
    return dossier


def lines(view: View, subject: int, *, after: int, known: int) -> list[Line]:
    """The lines of a subject and of its aliases after one entry and up to a moment, in order."""
    last = entry_at(view, known)
    found = []
    names = dict.fromkeys((subject,), "")
    aliases = view.aliases_of(subject)
    names |= {alias.id: alias.ref.key for alias in view.by_id(aliases)} if aliases else {}
    for number, alias in names.items():
        start = after if not alias else 0
        for entry, kind, party, message, at, body in view.connection.rows(
            "entries_of_subject", number, start, last
        ):
            if kind in (HEARD, OPENED, SETTLED):
                found.append(Line(entry, kind, party, alias, message, at, _body.decode(body)))
    return sorted(found, key=lambda line: line.number)


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


def later_claims(
    found: list[Line], fact: str, party: str, *, after: int, valid: int
) -> list[Timed]:
    """The claims of a party, known after a moment, that say from when they hold and held at ``valid``."""
    claims = []
    for line in found:
        times = line.body.get("times", {}).get(fact)
        if line.party == party and line.known > after and times and times[0] is not None:
            claim = Timed(line.body["says"][fact], line.order, times[0], times[1], line.known)
            if claim.holds(valid):
                claims.append(claim)
    return claims


def _copy_at(view: View, subject: int, known: int) -> tuple[int, Dossier]:
    if view.aliases_of(subject):
        return 0, new_dossier()
    rows = view.connection.rows("waypoint", subject, entry_at(view, known))
    return (rows[0][0], read_dossier(rows[0][1])) if rows else (0, new_dossier())
