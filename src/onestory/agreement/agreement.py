"""Agreements: a company's terms, made ready to judge by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import eq
from typing import Any

from ..clock import MICROSECOND, micros
from ..errors import DeclarationError
from ..ledger.dossier import Dossier, Excuse
from ..model import (
    COMPANY,
    Channel,
    Company,
    ContactPolicy,
    DeclaredEntity,
    Derivation,
    Difference,
    Fact,
    Json,
    LatestOf,
    People,
    Remedy,
    Terms,
    equal,
    in_order,
)

ALWAYS = -(2**63)
"""The moment before all others."""


@dataclass(frozen=True, slots=True)
class Follows:
    """One follower of a fact, and its time in microseconds."""

    party: str
    within: int
    people: bool


@dataclass(slots=True)
class Agreement:
    """What is agreed on one fact of one entity.

    Args:
        fact: The fact's name.
        declared: The declaration it was made from.
        agree: Whether two JSON forms say the same.
        deciders: Who decides, from when on, earliest first.
        followers: The systems that follow.
        people: The groups of people that follow.
        members: The systems of which the latest decides, if it is so declared.
        then: Who decides once authority has passed on, if it can.
        differences: The differences that the company declares.
        following: The names of the followers.
        judged: By party, the followers to judge when it has spoken, where that is not all of them.
    """

    fact: str
    declared: Fact[Any]
    agree: Callable[[Json, Json], bool]
    deciders: tuple[tuple[int, str], ...]
    followers: tuple[Follows, ...]
    people: tuple[Follows, ...]
    members: tuple[str, ...] = ()
    then: str = ""
    differences: tuple[Difference, ...] = ()
    following: frozenset[str] = frozenset()
    judged: dict[str, tuple[Follows, ...]] = field(default_factory=dict)

    def authority(self, dossier: Dossier, at: int) -> str:
        """Who decides at a moment."""
        if self.then and self.fact in dossier.passed:
            return self.then
        if len(self.deciders) == 1:
            return self.deciders[0][1]
        return next(name for since, name in reversed(self.deciders) if since <= at)

    def declared_excuse(self, follower: str, key: str, now: int) -> Excuse | None:
        """The company's own declared difference that covers a follower now."""
        for difference in self.differences:
            until = micros(difference.until)
            if now <= until and difference.covers(self.fact, follower, key):
                return Excuse(self.fact, follower, difference.because, until, COMPANY)
        return None


@dataclass(slots=True)
class EntityAgreements:
    """The agreements on one entity, with what follows from them.

    Args:
        entity: The entity's name.
        facts: The agreement on each fact.
        deciding: The parties that decide some fact, at some time; their former words are kept.
        watched: The facts that people, links, derivations, other authorities or remedies depend on.
        used: Those of them that facts of other subjects derive from, or pass authority by.
        moves: When an authority moves to another party.
        passes: The facts whose authority ends with a fact of the same entity, by that fact.
    """

    entity: str
    declared: DeclaredEntity
    facts: dict[str, Agreement]
    deciding: frozenset[str]
    watched: frozenset[str]
    used: frozenset[str]
    moves: tuple[int, ...] = ()
    passes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    derivations: tuple[Derivation, ...] = ()

    def decided_before(self, dossier: Dossier, fact: str, at: int) -> tuple[Json] | None:
        """The decided value of a fact that something depends on, before it changes."""
        return self.decided(dossier, fact, at) if fact in self.watched else None

    def is_so(self, dossier: Dossier, fact: str, at: int) -> bool:
        """Whether a fact that ends an authority is so: it is decided, and neither None nor False."""
        decided = self.decided(dossier, fact, at)
        return decided is not None and decided[0] is not None and decided[0] is not False

    def decided(self, dossier: Dossier, fact: str, at: int) -> tuple[Json] | None:
        """The decided value of a fact, in a tuple; None while its authority has not spoken."""
        said = dossier.word(self.facts[fact].authority(dossier, at), fact)
        return None if said is None else (said.values[fact],)


class Agreements:
    """All agreements of a company.

    Args:
        company: The company.
        before: Terms that held earlier, oldest first, each with the moment it was known; they
            tell who decided before an authority moved.
    """

    def __init__(self, company: Company, before: Iterable[tuple[int, Terms]] = ()) -> None:
        history = list(before)
        derivations = in_order(company)
        self._entities = {
            entity.name: _entity(company, entity, history, derivations)
            for entity in company.declared(DeclaredEntity)
        }

    def of(self, entity: str) -> EntityAgreements:
        """The agreements on one entity, which must be declared."""
        return self._entities[entity]

    def __contains__(self, entity: str) -> bool:
        return entity in self._entities

    def __iter__(self) -> Iterator[EntityAgreements]:
        return iter(self._entities.values())


def _entity(
    company: Company,
    entity: DeclaredEntity,
    history: list[tuple[int, Terms]],
    derivations: tuple[Derivation, ...],
) -> EntityAgreements:
    differences = company.declared(Difference)
    facts = {
        name: _agreement(fact, history, [d for d in differences if d.fact is fact])
        for name, fact in entity.facts.items()
    }
    deciding = {name for a in facts.values() for _, name in a.deciders}
    deciding |= {a.then for a in facts.values() if a.then}
    passes: dict[str, list[str]] = {}
    for agreement in facts.values():
        passing = agreement.declared.passing
        if passing is not None and passing.fact.entity is entity.kind:
            passes.setdefault(passing.fact.name, []).append(agreement.fact)
    own = tuple(d for d in derivations if d.fact.entity is entity.kind)
    used = {f.path for d in derivations for f in d.inputs}
    used |= {
        f.passing.fact.path
        for other in company.declared(DeclaredEntity)
        for f in other.facts.values()
        if f.passing is not None
    }
    remedied = {r.fact.path for r in company.declared(Remedy) if r.fact is not None} | _contacting(
        company
    )
    watched = {
        name
        for name, agreement in facts.items()
        if agreement.people
        or agreement.declared.links_to is not None
        or agreement.declared.path in used
        or agreement.declared.path in remedied
    }
    return EntityAgreements(
        entity.name,
        entity,
        facts,
        frozenset(deciding),
        frozenset(watched),
        frozenset(name for name, a in facts.items() if a.declared.path in used),
        tuple(
            sorted({since for a in facts.values() for since, _ in a.deciders if since != ALWAYS})
        ),
        {name: tuple(ended) for name, ended in passes.items()},
        own,
    )


def _contacting(company: Company) -> set[str]:
    """The facts that decide whether and where people are written to."""
    addresses = [channel.address for channel in company.declared(Channel)]
    policies = company.declared(ContactPolicy)
    rules = [fact for policy in policies for fact in (policy.zone, *policy.consent.values())]
    return {fact.path for fact in (*addresses, *rules) if fact is not None}


def _agreement(
    fact: Fact[Any], history: list[tuple[int, Terms]], differences: list[Difference]
) -> Agreement:
    authority = fact.authority
    follows = [
        Follows(f.party.name, f.within // MICROSECOND, isinstance(f.party, People))
        for f in fact.followers
    ]
    deciders = _deciders(fact, history)
    members = tuple(m.name for m in authority.members) if isinstance(authority, LatestOf) else ()
    then = fact.passing.then.name if fact.passing is not None else ""
    deciding = {*members, then, *(name for _, name in deciders)}
    return Agreement(
        fact.name,
        fact,
        _sameness(fact),
        deciders,
        tuple(f for f in follows if not f.people),
        tuple(f for f in follows if f.people),
        members,
        then,
        tuple(differences),
        frozenset(f.party for f in follows if not f.people),
        {f.party: (f,) for f in follows if not f.people and f.party not in deciding},
    )


def _sameness(fact: Fact[Any]) -> Callable[[Json, Json], bool]:
    """Whether two JSON forms of a fact say the same; a company's own sameness may fail, and says where."""
    if fact.same is equal:
        return eq

    def agree(one: Json, other: Json) -> bool:
        try:
            return fact.agree(one, other)
        except Exception as error:
            raise DeclarationError(
                f"The sameness of {fact} failed on {one!r:.60} and {other!r:.60}: {error}",
                where=fact.where,
                fix="Let it take any two values of the fact's type, None too where that is allowed.",
            ) from error

    return agree


def _deciders(fact: Fact[Any], history: list[tuple[int, Terms]]) -> tuple[tuple[int, str], ...]:
    """Who decided from when on, by the terms the ledger kept and by the present declaration."""
    deciders: list[tuple[int, str]] = []
    for _, terms in history:
        known = terms.facts.get(fact.path)
        if known is None and fact.was:
            known = terms.facts.get(f"{fact.path.partition('.')[0]}.{fact.was}")
        if known is not None and (not deciders or deciders[-1][1] != known.authority):
            deciders.append((ALWAYS if not deciders else known.since or ALWAYS, known.authority))
    if not deciders or deciders[-1][1] != fact.authority.name:
        moved = ALWAYS if not deciders or fact.since is None else micros(fact.since)
        deciders.append((moved, fact.authority.name))
    return tuple(sorted(deciders, key=lambda d: d[0]))
