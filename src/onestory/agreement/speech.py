"""Speeches: what one message says of one subject, and what hearing it did."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import MessageError, NoSequence, ReaderFailed
from ..ledger.dossier import Dossier, Excuse
from ..ledger.entry import Draft
from ..ledger.identity import speaker
from .order import MAX_TIMED


class Speech(msgspec.Struct, gc=False):
    """What one message says of one subject.

    Args:
        party: Who speaks.
        values: What it says, by fact, as JSON forms.
        order: The message's own sequence, or its number of receipt less ``UNNUMBERED``.
        number: The message's number of receipt.
        times: From when and until when, for facts that say so.
        alias: The party's own name for the subject, if it used that.
        excuses: Differences that a person declares.
        ends: Facts of which the party says nothing any more: an inner system that lacks what it needs.
        passes: Facts whose authority passes on, or comes back (by a fact of another subject).
        replayed: Whether the message was set aside before; ``number`` is that of its first receipt.
    """

    party: str
    values: dict[str, Any]
    order: int
    number: int
    times: dict[str, tuple[int | None, int | None]]
    alias: str = ""
    excuses: list[Excuse] = []
    passes: dict[str, bool] = {}
    ends: list[str] = []
    replayed: bool = False

    @property
    def speaker(self) -> str:
        """The name under which a dossier keeps what this message says."""
        return speaker(self.party, self.alias) if self.alias else self.party


class Outcome(msgspec.Struct, gc=False):
    """What hearing did.

    Args:
        entries: What the ledger must append, in order.
        decided: The facts whose decided value changed, each with the new one; only those that
            people, links, derivations or other subjects depend on.
        undecided: Those whose authority no longer says anything.
    """

    entries: list[Draft]
    decided: dict[str, Any]
    undecided: list[str]


def refusal(dossier: Dossier, speech: Speech, key: str) -> MessageError | None:
    """Why a message cannot be put in order among what its party said before, if it cannot.

    Asked before ``hear``, for every subject of a message, so that a message is heard whole or not.
    """
    said = dossier.speaker(speech.speaker)
    if said is None:
        return None
    if speech.order < 0 <= said.sequence:
        return NoSequence(
            f"{speech.party} numbers what it says of {key!r}; this message has no sequence.",
            fix="Send the sequence with every message, or with none.",
        )
    if speech.times and any(len(said.timed.get(fact, ())) >= MAX_TIMED for fact in speech.times):
        return ReaderFailed(
            f"More than {MAX_TIMED:,} claims of one fact of {key!r} wait for their time.",
            fix="Claim what begins within two years, or fewer steps.",
        )
    return None
