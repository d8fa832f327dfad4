"""Rebuilding dossiers from the ledger, exactly: from every message, repeats too, and every entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..agreement import Agreements, Speech, hear
from ..agreement.rehear import speech_of
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
from ..ledger.history import Line
from ..ledger.identity import take_in, take_out

TOGETHER = 20_000
"""Subjects rebuilt in one reading of the ledger: some 100 MB of dossiers."""


def differing(view: View, agreements: Agreements) -> Iterator[Finding]:
    """The dossiers that are not what the ledger says (invariant I3), in bounded memory.

    Args:
        view: The ledger.
        agreements: The company's agreements, as they were while the ledger was written.
    """
    after = 0
    while page := view.page(after, TOGETHER):
        kept = {found.id: found for found in page if found.ref.entity in agreements}
        rebuilt = _rebuild(view, agreements, kept)
        for number, found in kept.items():
            agreed = agreements.of(found.ref.entity)
            hear(rebuilt[number], None, agreed, found.dossier.at, key=found.ref.key)
            if _said(rebuilt[number]) != _said(found.dossier):
                yield Finding(
                    f"dossier of {found.ref.entity} {found.ref.key}", "is not what the ledger says."
                )
        after = page[-1].id


def _rebuild(view: View, agreements: Agreements, kept: dict[int, Found]) -> dict[int, Dossier]:
    dossiers = {number: new_dossier() for number in kept}
    shapes = {n: tuple(msgspec.json.decode(facts)) for n, facts in view.connection.rows("shapes")}
    parties: dict[int, str] = dict(view.connection.rows("parties"))
    names = {(f.ref.entity, f.ref.alias_of, f.ref.key): n for n, f in kept.items()}
    means: dict[int, int] = {}
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
                target = means.get(subject, subject)
                speech = _speech(
                    dossiers[target],
                    kept[subject],
                    said,
                    shapes[shape],
                    parties[party],
                    order,
                    first,
                    linked=target != subject,
                )
                _hear(agreements, kept[target], dossiers[target], speech, known)
        _follow(agreements, kept, dossiers, own, means, names)
    return dossiers


def _speech(
    dossier: Dossier,
    found: Found,
    entries: list[Entry],
    facts: tuple[str, ...],
    party: str,
    order: int,
    number: int,
    *,
    linked: bool,
) -> Speech:
    """What a message said of a subject: what its entry keeps, and else what was said already."""
    alias = found.ref.alias if linked else ""
    speech = Speech(party, {}, order, number, {}, alias)
    for entry in entries:
        if entry.party == party:
            heard = speech_of(Line(entry, alias), {})
            speech.values |= heard.values
            speech.times |= heard.times
            speech.excuses, speech.passes = heard.excuses, heard.passes
    said = dossier.speaker(f"{party}@{alias}" if alias else party)
    for fact in facts:
        if fact not in speech.values and said is not None and fact in said.values:
            speech.values[fact] = said.values[fact]
    speech.values = {fact: speech.values[fact] for fact in facts if fact in speech.values}
    return speech


def _follow(
    agreements: Agreements,
    kept: dict[int, Found],
    dossiers: dict[int, Dossier],
    own: list[tuple[int, Entry]],
    means: dict[int, int],
    names: dict[tuple[str, str, str], int],
) -> None:
    """Let time pass where the ledger judged, and link what it linked."""
    for subject, entry in own:
        if entry.kind != KINDS[HEARD]:
            _hear(agreements, kept[subject], dossiers[subject], None, entry.known)
        elif "means" in entry.body:
            old = means.pop(subject, None)
            if old is not None:
                take_out(dossiers[old], dossiers[subject], kept[subject].ref.alias)
            key = entry.body["means"]
            target = None if key is None else names.get((entry.entity, "", key))
            if target is not None:
                take_in(dossiers[target], dossiers[subject], kept[subject].ref.alias)
                means[subject] = target


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
