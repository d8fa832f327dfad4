"""The past: a subject's dossier as it was at moment v, as known at moment k."""

from __future__ import annotations

from ..agreement import EntityAgreements, hear, rehearing, rejudge
from ..ledger import Dossier, Found, View
from ..ledger.dossier import UNNUMBERED, Timed, new_said
from ..ledger.history import as_linked, dossier_at, entry_at, heard_again, later_claims
from ..ledger.identity import speaker


def dossier_as_of(
    view: View,
    found: Found,
    agreed: EntityAgreements,
    *,
    valid: int | None,
    known: int | None,
    now: int,
) -> tuple[Dossier, int]:
    """What all parties said of a subject as of two times, and the moment it is to be told at.

    Args:
        view: The ledger.
        found: The subject.
        agreed: The agreements on its entity.
        valid: The moment in the world that is asked about; ``known`` if left out.
        known: What was known by when; now if left out.
        now: The present moment. All in microseconds.
    """
    at = now if valid is None and known is None else known if valid is None else valid
    at = now if at is None else at
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


def disputed_as_of(
    view: View,
    found: Found,
    agreed: EntityAgreements,
    group: str,
    person: str,
    *,
    at: int,
    known: int,
) -> dict[str, int]:
    """The facts of a subject that a person challenged at one moment, as known at another.

    Args:
        view: The ledger.
        found: The subject.
        agreed: The agreements on its entity.
        group: The people that the person is one of.
        person: The person's key.
        at: The moment in the world that is asked about.
        known: What was known by when. Both in microseconds.

    Returns:
        The facts, and since when.
    """
    disputed: dict[str, int] = {}
    entries = [e for e in view.past(found) if e.known <= known and e.party == group]
    for entry in reversed(entries):
        if entry.body.get("person") == person:
            if "disputes" in entry.body and entry.known <= at:
                disputed.setdefault(entry.body["disputes"], entry.known)
            disputed.pop(entry.body.get("disputes no longer", ""), None)
    renamed = _renamed(agreed)
    return {renamed.get(fact, fact): since for fact, since in disputed.items()}


def _learn_later(
    view: View, found: Found, dossier: Dossier, agreed: EntityAgreements, at: int, known: int
) -> None:
    """Add what became known only later, and says that it was so then."""
    renamed = _renamed(agreed)
    after, last = entry_at(view, at), entry_at(view, known)
    claims = later_claims(view, found, after=after, last=last, valid=at)
    for party, alias, was, claim, number in claims:
        fact = renamed.get(was, was)
        agreement = agreed.facts.get(fact)
        if agreement is not None:
            _say(dossier, party, alias, fact, claim)
            if party in agreement.members:
                latest = Timed(claim.value, number - UNNUMBERED, claim.since, None, claim.heard)
                _say(dossier, agreement.declared.authority.name, alias, fact, latest)
    rejudge(dossier, agreed, at, key=found.ref.key)


def _renamed(agreed: EntityAgreements) -> dict[str, str]:
    """The present names of facts by those they had."""
    return {a.declared.was: name for name, a in agreed.facts.items() if a.declared.was}


def _say(dossier: Dossier, party: str, alias: str, fact: str, claim: Timed) -> None:
    """Let a party have said this, unless it says something of a greater sequence."""
    name = speaker(party, alias) if alias else party
    said = dossier.speaker(name) or new_said()
    if fact not in said.values or claim.sequence > said.mark(fact)[0]:
        dossier.put(name, said)
        said.values[fact], said.changed[fact] = claim.value, claim.since
        said.apart[fact] = (claim.sequence, claim.heard)
        if alias and name not in dossier.aliases.setdefault(party, []):
            dossier.aliases[party].append(name)
