"""Naming: what a system calls a subject begins to count for it, or counts no longer. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..ledger.dossier import Dossier
from ..ledger.identity import take_in, take_out
from .agreement import EntityAgreements
from .hear import decided_values, rejudge
from .order import lift_marks
from .speech import Outcome


def link_name(
    dossier: Dossier,
    alias: Dossier,
    name: str,
    agreed: EntityAgreements,
    now: int,
    *,
    key: str,
    links: Mapping[str, int] | None = None,
    marks: Mapping[str, Mapping[str, tuple[int, int]]] | None = None,
) -> Outcome:
    """Let what was said under a name count for the subject it means.

    Args:
        dossier: The subject's dossier. It is taken over and changed.
        alias: The dossier of the name; it is emptied.
        name: The name, as ``alias_name`` writes it.
        agreed: The agreements on the subject's entity.
        now: The moment, in microseconds.
        key: The subject's key.
        links: When each system was last heard of anything.
        marks: The sequences of what was said and when it was heard, by speaker and fact, where repeats
            are not known.
    """
    before = decided_values(dossier, agreed, now)
    take_in(dossier, alias, name)
    for own, said in (marks or {}).items():
        lift_marks(dossier.speaker(own), said)
    return rejudge(dossier, agreed, now, key=key, links=links, before=before)


def unlink_name(
    dossier: Dossier,
    alias: Dossier,
    name: str,
    agreed: EntityAgreements,
    now: int,
    *,
    without: Dossier,
    key: str,
    links: Mapping[str, int] | None = None,
) -> Outcome:
    """Give what was said under a name back to it, as if it had never counted for the subject.

    Args:
        dossier: The subject's dossier. It is taken over and changed.
        alias: The dossier of the name; what was said under it is put there.
        name: The name, as ``alias_name`` writes it.
        agreed: The agreements on the subject's entity.
        now: The moment, in microseconds.
        without: What the subject's dossier would be, had the name never been linked to it.
        key: The subject's key.
        links: When each system was last heard of anything.
    """
    before, gaps = decided_values(dossier, agreed, now), without.gaps
    take_out(dossier, alias, name)
    return rejudge(dossier, agreed, now, key=key, links=links, before=before, instead=gaps)
