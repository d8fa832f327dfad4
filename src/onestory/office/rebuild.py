"""Rebuilding what follows from the ledger, exactly: from every message, repeats too, and entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ..agreement import (
    Agreements,
    Speech,
    hear,
    link_name,
    rehearing,
    rejudge,
    speech_of,
    unlink_name,
)
from ..ledger import (
    HEARD,
    KINDS,
    UNNUMBERED,
    Dossier,
    Entry,
    Finding,
    Found,
    View,
    new_dossier,
    plain,
)
from ..ledger.history import LAST, Line, heard_again
from ..ledger.view import Naming
from .tables import Followed, Renames, differing_contradictions, renames_of

TOGETHER = 20_000
"""Subjects rebuilt in one reading of the ledger: some 100 MB of dossiers."""


def differing(view: View, agreements: Agreements) -> Iterator[Finding]:
    """The dossiers, and the rows that follow from them, that are not what the ledger says.

    In bounded memory: some thousand subjects at once, and the contradictions that are open.

    Args:
        view: The ledger.
        agreements: The company's agreements, as they were while the ledger was written.
    """
    renames = renames_of(view.terms())
    yield from differing_contradictions(view, renames)
    after = 0
    while page := view.page(after, TOGETHER):
        kept = {found.id: found for found in page if found.ref.entity in agreements}
        last = page[-1].id
        rows = list(Followed(agreements, renames, kept).differing(view, after, last))
        yield from rows
        after = last
        if any(row.where.startswith("alias") for row in rows):
            continue  # by names that mean something else, no dossier can be rebuilt
        rebuilt = _rebuild(view, agreements, kept, renames)
        for number, found in kept.items():
            agreed = agreements.of(found.ref.entity)
            hear(rebuilt[number], None, agreed, found.dossier.at, key=found.ref.key)
            if _said(rebuilt[number]) != _said(found.dossier):
                yield Finding(
                    f"dossier of {found.ref.entity} {found.ref.key}", "is not what the ledger says."
                )


def _rebuild(
    view: View, agreements: Agreements, kept: dict[int, Found], renames: Renames
) -> dict[int, Dossier]:
    dossiers = {number: new_dossier() for number in kept}
    shapes = {n: tuple(msgspec.json.decode(facts)) for n, facts in view.connection.rows("shapes")}
    parties: dict[int, str] = dict(view.connection.rows("parties"))
    names = {(f.ref.entity, f.ref.alias_of, f.ref.key): n for n, f in kept.items()}
    namings = _Namings(view, agreements, kept, dossiers)
    entries = _by_message(view, names)
    upcoming = next(entries, None)
    for row in view.connection.each("messages_between", 0, 2**62):
        number, party, _, sequence, known, _, says, replays = row
        own: list[tuple[int, Entry]] = []
        while upcoming is not None and upcoming[1].message <= number:
            own.append(upcoming)
            upcoming = next(entries, None)
        touched = msgspec.json.decode(says)
        first = replays or number
        order = first - UNNUMBERED if sequence is None else sequence
        for subject, shape in zip(touched[::2], touched[1::2], strict=True):
            if subject in kept:
                said = [e for n, e in own if n == subject and e.kind == KINDS[HEARD]]
                target = namings.means.get(subject, subject)
                speech = _speech(
                    dossiers[target],
                    kept[subject],
                    said,
                    shapes[shape],
                    renames.get(kept[subject].ref.entity, {}),
                    parties[party],
                    order,
                    first,
                    linked=target != subject,
                )
                _hear(agreements, kept[target], dossiers[target], speech, known)
        for subject, entry in own:
            if entry.kind != KINDS[HEARD]:
                namings.follow(entry.number - 1)
                _hear(agreements, kept[subject], dossiers[subject], None, entry.known)
        if own:
            namings.follow(own[-1][1].number)
    namings.follow(LAST)
    return dossiers


def _speech(
    dossier: Dossier,
    found: Found,
    entries: list[Entry],
    facts: tuple[str, ...],
    renamed: Mapping[str, str],
    party: str,
    order: int,
    number: int,
    *,
    linked: bool,
) -> Speech:
    """What a message said of a subject: what its entry keeps, and else what was said already."""
    alias = found.ref.alias if linked else ""
    facts = tuple(renamed.get(fact, fact) for fact in facts)
    speech = Speech(party, {}, order, number, {}, alias)
    for entry in entries:
        if entry.party == party:
            heard = speech_of(Line(entry, alias), renamed)
            speech.values |= heard.values
            speech.times |= heard.times
            speech.excuses, speech.passes, speech.ends = heard.excuses, heard.passes, heard.ends
    said = dossier.speaker(f"{party}@{alias}" if alias else party)
    for fact in facts:
        if fact in speech.values or said is None:
            continue
        again = next((c for c in said.timed.get(fact, ()) if c.sequence == order), None)
        if again is not None:
            # A claim that waits for its time was said again: with its times, or it would be another.
            speech.values[fact], speech.times[fact] = again.value, (again.since, again.until)
        elif fact in said.values:
            speech.values[fact] = said.values[fact]
    speech.values = {fact: speech.values[fact] for fact in facts if fact in speech.values}
    return speech


class _Namings:
    """Links names to subjects and unlinks them, where the ledger did."""

    def __init__(
        self,
        view: View,
        agreements: Agreements,
        kept: dict[int, Found],
        dossiers: dict[int, Dossier],
    ) -> None:
        self._view, self._agreements, self._kept, self._dossiers = view, agreements, kept, dossiers
        self.means: dict[int, int] = {}
        self._places: list[tuple[int, int, int, Naming]] = []
        for number, (target, *parts) in enumerate(view.connection.rows("all_namings")):
            naming = Naming(*parts)
            if target in kept and naming.alias in kept:
                self._places.append((naming.linked, 2 * number + 1, target, naming))
                if naming.unlinked is not None:
                    self._places.append((naming.unlinked, 2 * number + 2, target, naming))
        self._places.sort(key=lambda place: place[:2])

    def follow(self, last: int) -> None:
        """Do what was done up to an entry."""
        while self._places and self._places[0][0] <= last:
            _, _, target, naming = self._places.pop(0)
            subject, alias = self._kept[target], self._kept[naming.alias]
            agreed, key = self._agreements.of(subject.ref.entity), subject.ref.key
            dossiers = self._dossiers[target], self._dossiers[naming.alias]
            if self.means.get(naming.alias) != target:
                self.means[naming.alias] = target
                now = max(naming.since, dossiers[0].at)
                link_name(*dossiers, alias.ref.alias, agreed, now, key=key)
                continue
            del self.means[naming.alias]
            now, end = max(naming.until or 0, dossiers[0].at), naming.unlinked or 0
            without = self._without(subject, naming, end)
            unlink_name(*dossiers, alias.ref.alias, agreed, now, without=without, key=key)
            alone = self._without(alias, naming, end)
            dossiers[1].passed = alone.passed
            rejudge(dossiers[1], agreed, now, key=alias.ref.key, instead=alone.gaps)

    def _without(self, subject: Found, naming: Naming, last: int) -> Dossier:
        rehear = rehearing(self._agreements.of(subject.ref.entity), subject.ref.key)
        others = [n for n in self._view.namings(subject.id) if n.alias != naming.alias]
        return heard_again(self._view, subject, last, rehear, namings=others)


def _hear(
    agreements: Agreements, found: Found, dossier: Dossier, speech: Speech | None, known: int
) -> None:
    agreed = agreements.of(found.ref.entity)
    hear(dossier, speech, agreed, max(known, dossier.at), key=found.ref.key)


def _by_message(view: View, names: dict[tuple[str, str, str], int]) -> Iterator[tuple[int, Entry]]:
    for row in view.connection.each("entries_between", 0, 2**62):
        number, kind, entity, alias_of, key, party, message, known, body, _, digest = row
        subject = names.get((entity, alias_of, key))
        if subject is not None:
            decoded = msgspec.json.decode(body)
            yield (
                subject,
                Entry(
                    number,
                    KINDS[kind],
                    entity,
                    key,
                    alias_of,
                    party,
                    message,
                    decoded,
                    known,
                    digest,
                ),
            )


def _said(dossier: Dossier) -> Any:
    """What a dossier says, without the order in which it is written."""
    shown = plain(dossier)
    gaps = {
        (fact, follower): (gap.since, gap.due, bool(gap.opened))
        for fact, followers in dossier.gaps.items()
        for follower, gap in followers.items()
    }
    said = {name: part for name, part in shown[3].items() if part[0] or part[6]}
    return said, gaps, sorted(map(repr, shown[5])), shown[6]
