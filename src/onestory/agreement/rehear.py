"""Hearing lines of the ledger again: dossiers as they were, and dossiers rebuilt."""

from __future__ import annotations

from collections.abc import Mapping

from ..ledger.dossier import Dossier, Excuse, new_dossier
from ..ledger.entry import HEARD, KINDS
from ..ledger.history import Happened, Line, Linked, Rehear, Unlinked
from .agreement import EntityAgreements
from .hear import hear
from .naming import link_name, unlink_name
from .order import lift
from .speech import Speech


def rehearing(agreed: EntityAgreements, key: str) -> Rehear:
    """A function that hears a line of one subject again, by the agreements on its entity.

    Facts that the company no longer declares are passed over, and old names of facts are read as
    the present ones.
    """
    renamed = {a.declared.was: name for name, a in agreed.facts.items() if a.declared.was}

    def rehear(dossier: Dossier, happened: Happened) -> None:
        if not isinstance(happened, Line):
            _name(dossier, happened, agreed, key)
            return
        line = happened
        speech = speech_of(line, renamed) if line.entry.kind == KINDS[HEARD] else None
        now = max(line.entry.known, dossier.at)
        if speech is not None and "behind" in line.entry.body:
            hear(dossier, None, agreed, now, key=key)
            _lift(dossier, speech, line.entry.body["behind"])
        hear(dossier, speech, agreed, now, key=key)

    return rehear


def _name(
    dossier: Dossier, happened: Linked | Unlinked, agreed: EntityAgreements, key: str
) -> None:
    """Link a name to the subject again, or unlink it."""
    name, now = happened.name, max(happened.known, dossier.at)
    if isinstance(happened, Linked):
        link_name(dossier, happened.said, name, agreed, now, key=key, marks=happened.marks)
    else:
        gone = new_dossier()
        unlink_name(dossier, gone, name, agreed, now, without=happened.without, key=key)


def _lift(dossier: Dossier, speech: Speech, behind: dict[str, int]) -> None:
    """Let what was repeated, of which there is no line, have the sequence of the repeat."""
    said = dossier.speaker(speech.speaker)
    for fact, sequence in behind.items():
        if said is not None and fact in said.values:
            lift(said, fact, sequence)


def speech_of(line: Line, renamed: Mapping[str, str]) -> Speech:
    """What a heard line says."""

    def named(part: dict[str, object]) -> dict[str, object]:
        return {renamed.get(fact, fact): value for fact, value in part.items()}

    body = line.entry.body
    times = {
        fact: (when[0], when[1])
        for fact, when in named(body.get("times", {})).items()
        if isinstance(when, (list, tuple))
    }
    return Speech(
        line.entry.party,
        named(body.get("says", {})),
        line.order,
        line.number,
        times,
        line.alias,
        [Excuse(**excuse) for excuse in body.get("declares", ())],
        {fact: bool(passed) for fact, passed in named(body.get("passes", {})).items()},
        [renamed.get(fact, fact) for fact in body.get("ends", ())],
    )
