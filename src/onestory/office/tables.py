"""The tables that follow from the ledger, worked out anew and compared with what is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

from ..agreement import Agreements
from ..ledger import OPENED, Finding, Found, View
from ..ledger.tables import (
    Judged,
    KeptContradiction,
    KeptName,
    Worded,
    contradictions,
    disputes,
    judged,
    links,
    names,
    waiting,
    worded,
)
from ..model import Terms

Renames: TypeAlias = Mapping[str, Mapping[str, str]]
"""The present name of each fact that was called otherwise, by entity and former name."""


def renames_of(history: list[tuple[int, Terms]]) -> Renames:
    """The present names of facts, by all the terms that a ledger knows, oldest first."""
    renames: dict[str, dict[str, str]] = defaultdict(dict)
    for (_, old), (_, new) in pairwise(history):
        for path, terms in new.facts.items():
            entity, _, name = path.partition(".")
            if terms.was and path not in old.facts and f"{entity}.{terms.was}" in old.facts:
                known = renames[entity]
                known |= {was: name for was, now in known.items() if now == terms.was}
                known[terms.was] = name
    return renames


def differing_contradictions(view: View, renames: Renames) -> Iterator[Finding]:
    """The contradictions that are not what was opened and settled; only the open ones in memory."""
    rows = contradictions(view)
    row = next(rows, None)
    still_open: dict[tuple[Any, ...], list[KeptContradiction]] = {}
    for entry in judged(view):
        body = entry.body
        fact = renames.get(entry.entity, {}).get(body["fact"], body["fact"])
        pair = entry.subject, fact, body["follower"], body.get("person", "")
        if entry.kind != OPENED:
            for one in still_open.pop(pair, ()):
                if (one.settled, one.how) != (entry.known, body["how"]):
                    yield _not_so(one.number, f"was settled by entry {entry.number}")
            continue
        while row is not None and row.number < entry.number:
            yield _not_so(row.number, "was opened by no entry")
            row = next(rows, None)
        if row is None or row.number > entry.number:
            yield _not_so(entry.number, "was opened, and is missing")
            continue
        if row[1:9] != (*pair, *_moments(entry)):
            yield _not_so(row.number, "is not what its entry opened")
        still_open.setdefault(pair, []).append(row)
        row = next(rows, None)
    while row is not None:
        yield _not_so(row.number, "was opened by no entry")
        row = next(rows, None)
    for kept in still_open.values():
        for one in kept:
            if (one.settled, one.how) != (None, None):
                yield _not_so(one.number, "was settled by no entry")


class Followed:
    """What the entries of some subjects say of links, names and disputes, to compare.

    Args:
        agreements: The company's agreements.
        renames: The present names of facts.
        kept: The subjects, by number.
    """

    def __init__(self, agreements: Agreements, renames: Renames, kept: dict[int, Found]) -> None:
        self._agreements, self._renames, self._kept = agreements, renames, kept
        self._means: dict[int, list[tuple[int, str | None]]] = {}
        self._disputes: dict[tuple[int, str, str], tuple[int, int]] = {}

    def differing(self, view: View, after: int, last: int) -> Iterator[Finding]:
        """The rows of the subjects between two numbers that are not what was said."""
        for entry in worded(view, after, last):
            self._hear(entry)
        behind = waiting(view)
        yield from self._differing_names(view, after, last, behind)
        yield from self._differing_disputes(view, after, last)
        yield from self._differing_links(view, after, last, behind)

    def _hear(self, entry: Worded) -> None:
        """Note what an entry says."""
        body = entry.body
        if "means" in body:
            meant = self._means.setdefault(entry.subject, [])
            if (meant[-1][1] if meant else None) != body["means"]:
                meant.append((entry.number, body["means"]))
        for verb in ("disputes", "disputes no longer"):
            if verb in body:
                fact = self._renames.get(entry.entity, {}).get(body[verb], body[verb])
                pair = entry.subject, fact, body["person"]
                if verb == "disputes":
                    self._disputes.setdefault(pair, (entry.message, entry.known))
                else:
                    self._disputes.pop(pair, None)

    def _differing_names(
        self, view: View, after: int, last: int, behind: set[int]
    ) -> Iterator[Finding]:
        rows: dict[int, list[KeptName]] = {}
        for row in names(view, after, last):
            rows.setdefault(row.alias, []).append(row)
        for alias in sorted({*rows, *self._means} - behind):
            said, kept = self._means.get(alias, []), rows.get(alias, [])
            if alias not in self._kept:
                yield Finding(f"alias {alias}", "is of no subject.")
            elif not _meant(said, kept, view.last_entry()):
                yield Finding(f"alias {self._spelled(alias)}", "does not mean what was said.")

    def _differing_disputes(self, view: View, after: int, last: int) -> Iterator[Finding]:
        rows = {
            (d.subject, d.fact, d.person): (d.message, d.since) for d in disputes(view, after, last)
        }
        for pair in sorted({*rows, *self._disputes}, key=repr):
            subject, fact, person = pair
            if subject in self._kept and rows.get(pair) != self._disputes.get(pair):  # type: ignore[arg-type]
                where = f"dispute of {person} on {fact} of {self._spelled(subject)}"
                yield Finding(where, "is not what was said.")

    def _differing_links(
        self, view: View, after: int, last: int, behind: set[int]
    ) -> Iterator[Finding]:
        rows: dict[int, dict[str, tuple[str | None, str | None]]] = {}
        for row in links(view, after, last):
            rows.setdefault(row.subject, {})[row.fact] = (row.entity, row.key)
        for number, found in self._kept.items():
            if number in behind:
                continue
            linked, decided = rows.get(number, {}), self._decided_links(found)
            for fact in decided:
                if linked.get(fact) != decided[fact]:
                    where = f"link {fact} of {self._spelled(number)}"
                    yield Finding(where, "does not lead where it was decided to.")
            for fact in linked.keys() - decided.keys():
                if fact in self._agreements.of(found.ref.entity).facts:
                    where = f"link {fact} of {self._spelled(number)}"
                    yield Finding(where, "is of a fact that is no link.")

    def _decided_links(self, found: Found) -> dict[str, tuple[str, str] | None]:
        """Where each link of a subject leads; a system's own name for one leads nowhere."""
        agreed = self._agreements.of(found.ref.entity)
        leads: dict[str, tuple[str, str] | None] = {}
        for fact, agreement in agreed.facts.items():
            target = agreement.declared.links_to
            if target is not None:
                decided = agreed.decided(found.dossier, fact, found.dossier.at)
                to = None if found.ref.alias_of or decided is None else decided[0]
                leads[fact] = None if to is None else (target.__name__, str(to))
        return leads

    def _spelled(self, number: int) -> str:
        ref = self._kept[number].ref
        return f"{ref.entity} {f'called {ref.key} by {ref.alias_of}' if ref.alias_of else ref.key}"


def _meant(said: list[tuple[int, str | None]], kept: list[KeptName], last: int) -> bool:
    """Whether a name was linked and unlinked as was said, each not before it was said.

    Between what is said and what is done others may speak: the exact place is what a dossier rebuilt
    by it shows to be so.
    """
    done: list[tuple[str | None, int]] = []
    for row in kept:
        done.append((row.means or "", row.linked))
        done += [] if row.unlinked is None else [(None, row.unlinked)]
    due: list[tuple[str | None, int]] = []
    for number, key in said:
        if key is not None and due and due[-1][0] is not None:
            due.append((None, number))
        due.append((key, number))
    places = [place for _, place in done]
    return (
        [key for key, _ in done] == [key for key, _ in due]
        and all(place >= number for place, (_, number) in zip(places, due, strict=True))
        and places == sorted(places)
        and max(places, default=0) <= last
    )


def _moments(opened: Judged) -> tuple[int, int, int, int | None]:
    body = opened.body
    return body["since"], body["due"], opened.known, body.get("silent_since")


def _not_so(number: int, what: str) -> Finding:
    return Finding(f"contradiction {number}", f"{what}.")
