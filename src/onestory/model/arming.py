"""Arming: which remedies a company lets run. An office opens watching; nothing is armed unsaid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import DeclarationError
from .company import Company, here, no_such
from .entity import DeclaredEntity
from .fact import Fact
from .party import Party
from .remedy import Remedy


@dataclass(frozen=True, slots=True)
class Armed:
    """One remedy that a company.py lets run: for one fact in one follower, or for its incidents."""

    follower: Party
    fact: Fact[Any] | None
    where: str

    @property
    def name(self) -> str:
        """The remedy's name, as ``onestory arm`` takes it: ``billing/Contract.renewed_until``."""
        return self.follower.name if self.fact is None else f"{self.follower.name}/{self.fact}"


def arm(follower: Party, fact: Fact[Any] | None = None) -> Armed:
    """Let the remedy of one fact in one follower run as soon as the company is opened.

    Args:
        follower: The follower.
        fact: The fact; the remedy for the system's incidents, if left out.

    Raises:
        DeclarationError: The party does not follow the fact, so there is nothing to remedy.
    """
    if fact is None and not any(
        r.follower is follower and r.fact is None for r in follower.company.declared(Remedy)
    ):
        raise DeclarationError(
            f"{follower.name} has no remedy for incidents, so nothing can be armed.",
            where=here(),
            fix="Name a fact too, or declare one with @remedies_incidents before it is armed.",
        )
    if fact is not None and follower not in [f.party for f in fact.followers]:
        raise DeclarationError(
            f"{follower.name} does not follow {fact}, so nothing can be armed.",
            where=here(),
            fix=f"Name one of its followers: {fact.follower_names}.",
        )
    armed = Armed(follower, fact, here())
    follower.company.add(armed)
    return armed


def remedy_names(company: Company) -> list[str]:
    """The name of every remedy that could be armed: each follower of each fact, and for incidents."""
    return [remedy.name for remedy in company.declared(Remedy) if remedy.fact is None] + [
        f"{follower.party.name}/{fact}"
        for entity in company.declared(DeclaredEntity)
        for fact in entity.facts.values()
        for follower in fact.followers
    ]


def known_remedy(company: Company, name: str) -> str:
    """``name``, which must be the name of a remedy that could be armed.

    Raises:
        NoSuchName: No follower of a fact is called so.
    """
    names = remedy_names(company)
    if name not in names:
        raise no_such("remedy", name, names, company.name)
    return name
