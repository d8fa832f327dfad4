"""Hearing: what a message does to one dossier. Pure: no clock, no database, no order of arrival.

``hear(dossier, speech, agreements, now)`` gives what the ledger must keep and when to judge again.
One small document goes in and out, so the same function serves every database and any stream
engine with keyed state (DESIGN.md sections 6 and 12).
"""

from __future__ import annotations

from collections.abc import Mapping

from ..ledger.dossier import Dossier, Gap
from ..model import Json
from .agreement import EntityAgreements
from .deadline import next_wake
from .sitting import Sitting, insists
from .speech import Outcome, Speech


def hear(
    dossier: Dossier,
    speech: Speech | None,
    agreed: EntityAgreements,
    now: int,
    *,
    key: str = "",
    links: Mapping[str, int] | None = None,
) -> Outcome:
    """Hear a message about one subject, or only let time pass; judge what changed.

    Args:
        dossier: What is said so far. It is taken over and changed.
        speech: What the message says, or None when only time has passed.
        agreed: The agreements on the subject's entity.
        now: The moment, in microseconds; never before ``dossier.at``.
        key: The subject's key, for declared differences that hold for some only.
        links: When each system was last heard of anything, to tell a silent link.
    """
    if speech is not None and _repeats(dossier, speech, agreed, now):
        dossier.at = now
        return _NOTHING
    sitting = Sitting(dossier, agreed, now, key, links or {})
    if dossier.wake is not None and dossier.wake <= now:
        sitting.let_time_pass()
    if speech is not None:
        sitting.listen(speech)
    dossier.at = now
    if sitting.touched:
        dossier.wake = next_wake(dossier, agreed, key)
    return sitting.outcome


def rejudge(
    dossier: Dossier,
    agreed: EntityAgreements,
    now: int,
    *,
    key: str,
    links: Mapping[str, int] | None = None,
    before: Mapping[str, tuple[Json] | None] | None = None,
    instead: Mapping[str, Mapping[str, Gap]] | None = None,
) -> Outcome:
    """Judge every fact of a subject anew: by other terms, or with other parties in its dossier.

    Args:
        dossier: What is said. It is taken over and changed.
        agreed: The agreements, as they are now.
        now: The moment, in microseconds.
        key: The subject's key.
        links: When each system was last heard of anything.
        before: What was decided before, from ``decided_values``, to note what changed.
        instead: Since when followers differ, where that is not what the dossier says.
    """
    sitting = Sitting(dossier, agreed, now, key, links or {})
    if dossier.wake is not None and dossier.wake <= now:
        sitting.let_time_pass()
    sitting.differ_since(instead or {})
    for fact in [fact for fact in dossier.gaps if fact not in agreed.facts]:
        sitting.abandon(fact)
    for fact in agreed.facts:
        if before is not None:
            sitting.note(fact, before[fact], now)
        sitting.judge(fact, now)
    dossier.at = max(dossier.at, now)
    dossier.wake = next_wake(dossier, agreed, key)
    return sitting.outcome


def decided_values(
    dossier: Dossier, agreed: EntityAgreements, now: int
) -> dict[str, tuple[Json] | None]:
    """The decided value of every fact, to compare with later."""
    return {fact: agreed.decided(dossier, fact, now) for fact in agreed.facts}


_NOTHING = Outcome([], {}, [])


def _repeats(dossier: Dossier, speech: Speech, agreed: EntityAgreements, now: int) -> bool:
    """Whether a speaker only says again all it said last. Then it is heard, and that is all."""
    if dossier.wake is not None and dossier.wake <= now:
        return False
    by_one_name = not speech.alias and speech.party not in dossier.aliases
    said = dossier.speaker(speech.party) if by_one_name else None
    if (
        said is None
        or speech.order <= said.sequence
        or speech.values != said.values
        or speech.times
        or said.timed
        or speech.excuses
        or speech.passes
        or speech.ends
    ):
        return False
    if dossier.gaps and insists(dossier, speech, agreed):
        return False
    said.sequence, said.heard = speech.order, now
    if said.apart:
        said.apart = {}
    return True
