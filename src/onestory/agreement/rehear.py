"""Hearing lines of the ledger again: dossiers as they were, and dossiers rebuilt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..ledger.dossier import Dossier, Excuse, new_dossier
from ..ledger.entry import HEARD, KINDS
from ..ledger.history import Happened, Line, Linked, Rehear, Unlinked
from .agreement import EntityAgreements
from .hear import hear
from .naming import link_name, unlink_name
from .order import lift
from .speech import Speech

V = TypeVar("V")


def rehearing(agreed: EntityAgreements, key: str) -> Rehear:
    """A function that hears a line of one subject again, by the agreements on its entity.

    Facts that the company no longer declares are passed over, and old names of facts are read as
    the present ones.
    """
    renamed = {a.declared.was: name for name, a in agreed.facts.items() if a.declared.was}

    def rehear(dossier: Dossier, happened: Happened) -> None:
        if not isinstance(happened, Line):
            _name(dossier, happened, agreed, key, renamed)
            return
        line = happened
        speech = speech_of(line, renamed) if line.entry.kind == KINDS[HEARD] else None
        now = max(line.entry.known, dossier.at)
        if speech is not None and "behind" in line.entry.body:
            hear(dossier, None, agreed, now, key=key)
            behind = line.entry.body["behind"]
            lift(dossier.speaker(speech.speaker), _named(behind, renamed))
        hear(dossier, speech, agreed, now, key=key)

    return rehear


def _name(
    dossier: Dossier,
    happened: Linked | Unlinked,
    agreed: EntityAgreements,
    key: str,
    renamed: dict[str, str],
) -> None:
    """Link a name to the subject again, or unlink it."""
    name, now = happened.name, max(happened.known, dossier.at)
    if isinstance(happened, Linked):
        marks = {own: _named(sequences, renamed) for own, sequences in happened.marks.items()}
        link_name(dossier, happened.said, name, agreed, now, key=key, marks=marks)
    else:
        gone = new_dossier()
        unlink_name(dossier, gone, name, agreed, now, without=happened.without, key=key)


def speech_of(line: Line, renamed: Mapping[str, str]) -> Speech:
    """What a heard line says."""
    body = line.entry.body
    times = {
        fact: (when[0], when[1])
        for fact, when in _named(body.get("times", {}), renamed).items()
        if isinstance(when, (list, tuple))
    }
    return Speech(
        line.entry.party,
        _named(body.get("says", {}), renamed),
        line.order,
        line.number,
        times,
        line.alias,
        [
            Excuse(**{**excuse, "fact": renamed.get(excuse["fact"], excuse["fact"])})
            for excuse in body.get("declares", ())
        ],
        {fact: bool(passed) for fact, passed in _named(body.get("passes", {}), renamed).items()},
        [renamed.get(fact, fact) for fact in body.get("ends", ())],
    )


def _named(part: dict[str, V], renamed: Mapping[str, str]) -> dict[str, V]:
    """A part of a line with its facts called as they are now."""
    return {renamed.get(fact, fact): value for fact, value in part.items()}
