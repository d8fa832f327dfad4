"""Terms: what a company declares, as plain data to keep, compare and show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..clock import MICROSECOND as _MICROSECOND
from ..clock import micros
from .arming import Armed
from .company import Company
from .derived import Derivation
from .difference import Difference
from .durations import spelled
from .entity import DeclaredEntity
from .fact import Fact
from .party import LatestOf, Party, People, System
from .sameness import spelled_sameness


class FactTerms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is agreed on one fact. Times are in microseconds."""

    holds: str
    authority: str
    followers: dict[str, int] = {}
    same: str = "equal"
    since: int | None = None
    passes: tuple[str, str] | None = None
    members: tuple[str, ...] = ()
    links_to: str = ""
    was: str = ""


class Terms(msgspec.Struct, frozen=True):
    """What a company agrees on: its parties, its keys, its facts, what is armed."""

    company: str
    parties: dict[str, str]
    keys: dict[str, tuple[str, ...]]
    facts: dict[str, FactTerms]
    armed: tuple[str, ...] = ()
    differences: dict[str, str] = {}
    derivations: tuple[str, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """One way in which new terms differ from those the ledger knows.

    ``safe`` says whether opening the company with them needs no further word.
    """

    sign: str
    about: str
    sentence: str
    safe: bool


def terms_of(company: Company) -> Terms:
    """Everything that a company agrees on, as plain data."""
    facts = {
        fact.path: _fact_terms(fact)
        for entity in company.declared(DeclaredEntity)
        for fact in entity.facts.values()
    }
    parties = {p.name: "people" for p in company.declared(People)}
    parties |= {s.name: "system" for s in company.declared(System)}
    return Terms(
        company.name,
        dict(sorted(parties.items())),
        {entity.name: entity.key_parts for entity in company.declared(DeclaredEntity)},
        facts,
        tuple(sorted(armed.name for armed in company.declared(Armed))),
        {
            f"{d.follower.name}/{d.fact}: {d.because}": d.spelled
            for d in company.declared(Difference)
        },
        tuple(sorted(derivation.name for derivation in company.declared(Derivation))),
    )


def plan(old: Terms | None, new: Terms) -> list[Change]:
    """What opening a company with new terms would change, one line each. No old terms: all is new."""
    if old is None:
        old = Terms(new.company, {}, {}, {})
    renamed = {_was(path, fact): path for path, fact in new.facts.items() if fact.was}
    return [*_changes(old, new, renamed)]


def _was(path: str, fact: FactTerms) -> str:
    return f"{path.partition('.')[0]}.{fact.was}"


def _changes(old: Terms, new: Terms, renamed: dict[str, str]) -> Iterator[Change]:
    for entity, parts in old.keys.items():
        now = new.keys.get(entity, parts)
        if now != parts:
            sentence = f"has the key {', '.join(now)}; it was {', '.join(parts)}."
            yield Change("!", entity, f"{sentence} Declare a new entity instead.", safe=False)
    for path, fact in new.facts.items():
        was = old.facts.get(path)
        if was is None and fact.was and _was(path, fact) in old.facts:
            was = old.facts[_was(path, fact)]
            yield Change("~", path, f"was called {fact.was}. Its claims keep.", safe=True)
        if was is None:
            yield Change("+", path, f"new, decided by {fact.authority}.", safe=True)
        else:
            yield from _changed_fact(path, was, fact)
    for path in old.facts:
        if path not in new.facts and path not in renamed:
            sentence = (
                "gone. Its claims stay in the ledger; no channel shows it, nobody is judged by it."
            )
            yield Change("-", path, sentence, safe=True)
    yield from _changed_names(old, new)


def _changed_names(old: Terms, new: Terms) -> Iterator[Change]:
    """New parties, and remedies that are armed or disarmed by declaration."""
    for party in [p for p in new.parties if p not in old.parties and old.parties]:
        yield Change(
            "+",
            party,
            f"a new {'system' if new.parties[party] == 'system' else 'group of people'}.",
            safe=True,
        )
    for name in sorted({*old.differences, *new.differences}):
        before, after = old.differences.get(name), new.differences.get(name)
        if before != after:
            words = "may differ no longer." if after is None else f"may differ {after}."
            yield Change("-" if after is None else "~" if before else "+", name, words, safe=True)
    for name in sorted({*old.derivations, *new.derivations}):
        if (name in old.derivations) != (name in new.derivations):
            derived = name in new.derivations
            words = "is derived from now on." if derived else "is derived no longer."
            yield Change("+" if derived else "-", name, words, safe=True)
    for name in sorted({*old.armed, *new.armed}):
        if (name in old.armed) != (name in new.armed):
            armed = (
                "armed by declaration." if name in new.armed else "no longer armed by declaration."
            )
            yield Change("~", name, armed, safe=True)


def _changed_fact(path: str, was: FactTerms, now: FactTerms) -> Iterator[Change]:
    if was.holds != now.holds:
        sentence = f"holds {now.holds}; it was {was.holds}. Declare a new fact instead."
        yield Change("!", path, sentence, safe=False)
    if was.authority != now.authority and now.since is None:
        sentence = f"is decided by {now.authority}; it was {was.authority}."
        yield Change("!", path, f"{sentence} Say from when: decides(since=...).", safe=False)
    elif was.authority != now.authority:
        sentence = (
            f"is decided by {now.authority} from the moment declared; before, by {was.authority}."
        )
        yield Change("~", path, sentence, safe=True)
    if was.same != now.same:
        sentence = f"counts as the same by {now.same}; it was {was.same}. Judged so from now on."
        yield Change("~", path, sentence, safe=True)
    if was.passes != now.passes:
        yield Change("~", path, "passes its authority on otherwise, from now on.", safe=True)
    for party in sorted({*was.followers, *now.followers}):
        before, after = was.followers.get(party), now.followers.get(party)
        if before is None and after is not None:
            yield Change(
                "+",
                path,
                f"{party} follows within {_spelled(after)}. Judged from now on.",
                safe=True,
            )
        elif after is None:
            yield Change(
                "-", path, f"{party} follows no longer. What is open of it is settled.", safe=True
            )
        elif before is not None and before != after:
            sentence = f"{party} follows within {_spelled(after)}; it was {_spelled(before)}."
            yield Change("~", path, f"{sentence} Judged so from now on.", safe=True)


def _fact_terms(fact: Fact[Any]) -> FactTerms:
    authority = fact.authority
    return FactTerms(
        holds=fact.form.spelling,
        authority=authority.name,
        followers={f.party.name: f.within // _MICROSECOND for f in fact.followers},
        same=spelled_sameness(fact.same),
        since=None if fact.since is None else micros(fact.since),
        passes=None if fact.passing is None else (fact.passing.fact.path, fact.passing.then.name),
        members=tuple(m.name for m in authority.members) if isinstance(authority, LatestOf) else (),
        links_to=fact.links_to.__name__ if fact.links_to is not None else "",
        was=fact.was,
    )


def _spelled(micros: int) -> str:
    return spelled(micros * _MICROSECOND)


def party_of(company: Company, name: str) -> Party:
    """The party of a company that has this name.

    Raises:
        NoSuchName: There is none.
    """
    for kind in (System, People):
        for party in company.declared(kind):
            if party.name == name:
                return party
    return company.find(System, name)
