"""The past: a subject's dossier as it was at moment v, as known at moment k."""

from __future__ import annotations

from ..agreement import EntityAgreements, hear, rehearing, rejudge
from ..ledger import Dossier, Found, View, new_dossier
from ..ledger.dossier import Timed, new_said
from ..ledger.history import as_linked, dossier_at, entry_at, heard_again, later_claims


def dossier_as_of(
    view: View,
    found: Found | None,
    agreed: EntityAgreements,
    *,
    valid: int | None,
    known: int | None,
    now: int,
) -> tuple[Dossier, int]:
    """What all parties said of a subject as of two times, and the moment it is to be told at.

    Args:
        view: The ledger.
        found: The subject; None if nobody ever spoke of it.
        agreed: The agreements on its entity.
        valid: The moment in the world that is asked about; ``known`` if left out.
        known: What was known by when; now if left out.
        now: The present moment. All in microseconds.
    """
    at = now if valid is None and known is None else known if valid is None else valid
    at = now if at is None else at
    if found is None:
        return new_dossier(), at
    key = found.ref.key
    if known is None or known >= now:
        known, dossier = now, found.dossier
    else:
        dossier = dossier_at(view, found, known, rehearing(agreed, key))
    if at >= dossier.at:
        hear(dossier, None, agreed, at, key=key)
        return dossier, at
    if at < known:
        namings = as_linked(view, found, entry_at(view, known))
        rehear = rehearing(agreed, key)
        dossier = heard_again(view, found, entry_at(view, at), rehear, namings=namings)
        hear(dossier, None, agreed, at, key=key)
        _learn_later(view, found, dossier, agreed, at, known)
    return dossier, at


def _learn_later(
    view: View, found: Found, dossier: Dossier, agreed: EntityAgreements, at: int, known: int
) -> None:
    """Add what became known only later, and says that it was so then."""
    newest: dict[tuple[str, str], Timed] = {}
    after, last = entry_at(view, at), entry_at(view, known)
    for name, fact, claim in later_claims(view, found, after=after, last=last, valid=at):
        best = newest.get((name, fact))
        if best is None or claim.sequence > best.sequence:
            newest[name, fact] = claim
    for (name, fact), claim in newest.items():
        said = dossier.speaker(name) or new_said()
        if fact not in said.values or claim.sequence > said.mark(fact)[0]:
            dossier.put(name, said)
            said.values[fact], said.changed[fact] = claim.value, claim.since
            said.apart[fact] = (claim.sequence, claim.heard)
    if newest:
        rejudge(dossier, agreed, at, key=found.ref.key)
