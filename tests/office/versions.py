"""Versions of a company.py, one after another on one ledger."""

from __future__ import annotations

import types
from datetime import timedelta
from pathlib import Path
from typing import Any

from onestory import Channel, Company, Entity, Fact, Key, Link, People, Standing, System
from onestory.testing import NINE, Timeline

F, L, X, A, U, D = (
    Standing.FOLLOWING,
    Standing.LATE,
    Standing.CONTRADICTS,
    Standing.AGREES,
    Standing.UNKNOWN,
    Standing.DECLARED,
)
KEY = "C-1042"
LATER = NINE + timedelta(days=30)


class Acme:
    """One version of a company.py: always the same parties, other entities."""

    def __init__(self, name: str = "Acme Telecom") -> None:
        self.company = Company(name)
        self.contracts = System("contracts", of=self.company)
        self.billing = System("billing", of=self.company)
        self.shop = System("shop", of=self.company)
        self.customers = People("customers", of=self.company)
        self.desk = Channel("agent desk", of=self.company)
        self.customer: Any = self.entity("Customer", one_of=self.customers)

    def entity(
        self,
        entity: str,
        /,
        *,
        one_of: People | None = None,
        key: tuple[str, ...] = ("no",),
        **facts: Any,
    ) -> Any:
        """Declare an entity with facts, each a type and what ``decides()`` gave."""
        hints: dict[str, Any] = dict.fromkeys(key, Key[str])
        for name, (holds, _) in facts.items():
            linked = isinstance(holds, type) and issubclass(holds, Entity)
            hints[name] = Link[holds] if linked else Fact[holds]  # type: ignore[valid-type]
        members = {name: decided for name, (_, decided) in facts.items()}
        members |= {"__annotations__": hints, "__doc__": "A thing."}
        options = {"of": self.company, "one_of": one_of}
        return types.new_class(entity, (Entity,), options, lambda space: space.update(members))

    def term(self, within: str = "5 min", **more: Any) -> tuple[type, Any]:
        """A text that contracts decide and billing follows."""
        return str, self.contracts.decides(self.billing.follows(within=within), **more)


class Versions:
    """A ledger that is opened with one version of the company after another."""

    def __init__(self, path: Path) -> None:
        self.address = f"sqlite:///{path}/acme.db"
        self.now = NINE

    def open(self, acme: Acme) -> Timeline:
        """Open the company a minute after it was closed."""
        self.now += timedelta(minutes=1)
        return Timeline(acme.company, start=self.now, address=self.address)

    def close(self, timeline: Timeline) -> None:
        """Close it."""
        self.now = timeline.clock.now()
        timeline.close()


def said(timeline: Timeline, acme: Acme, fact: Fact[Any], *, behind: bool = True) -> None:
    """Both said x; contracts say y now, and billing is behind or not."""
    timeline.says(acme.contracts, fact, KEY, "x")
    timeline.says(acme.billing, fact, KEY, "x")
    timeline.wait("1 min")
    timeline.says(acme.contracts, fact, KEY, "y")
    if not behind:
        timeline.says(acme.billing, fact, KEY, "y")


def before(versions: Versions, *, wait: str = "0 s", **how: Any) -> None:
    """A first version with a term that billing follows, and what was said in it."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    timeline = versions.open(acme)
    said(timeline, acme, contract.term, **how)
    timeline.wait(wait)
    versions.close(timeline)


def held(acme: Acme, *, told: bool) -> Any:
    """Contracts whose holder is told of the term, or is not."""
    followers = [acme.customers.follows(within="1 h")] if told else []
    return acme.entity(
        "Contract",
        holder=(acme.customer, acme.contracts.decides()),
        term=(str, acme.contracts.decides(*followers)),
    )


def renamed(timeline: Timeline, versions: Versions) -> tuple[Timeline, Acme, Any]:
    """The same ledger, opened by a company whose term has another name."""
    versions.close(timeline)
    acme = Acme()
    contract = acme.entity("Contract", ends=acme.term(was="term"))
    return versions.open(acme), acme, contract
