"""Derived facts: what an inner system works out from what others decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from ..errors import DeclarationError, DerivedInCircles
from .company import Company, here
from .fact import Fact
from .party import System

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Derivation:
    """One inner system's way to a fact: a pure function of facts that others decide."""

    system: System
    fact: Fact[Any]
    inputs: tuple[Fact[Any], ...]
    compute: Callable[..., Any]
    where: str

    @property
    def name(self) -> str:
        """The system and the fact."""
        return f"{self.system.name}/{self.fact}"

    def links_to(self, other: type[Any]) -> tuple[Fact[Any], ...]:
        """The links from the derived fact's entity to another entity."""
        return tuple(f for f in self.fact.entity.__declared__.links if f.links_to is other)


@overload
def derives(
    system: System, fact: Fact[T], a: Fact[A], /
) -> Callable[[Callable[[A], T]], Callable[[A], T]]: ...
@overload
def derives(
    system: System, fact: Fact[T], a: Fact[A], b: Fact[B], /
) -> Callable[[Callable[[A, B], T]], Callable[[A, B], T]]: ...
@overload
def derives(
    system: System, fact: Fact[T], a: Fact[A], b: Fact[B], c: Fact[C], /
) -> Callable[[Callable[[A, B, C], T]], Callable[[A, B, C], T]]: ...
@overload
def derives(
    system: System, fact: Fact[T], a: Fact[A], b: Fact[B], c: Fact[C], d: Fact[D], /
) -> Callable[[Callable[[A, B, C, D], T]], Callable[[A, B, C, D], T]]: ...
def derives(
    system: System, fact: Fact[Any], /, *inputs: Fact[Any]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that a pure function works out a fact, as the claim of an inner system.

    The function is given the decided values of the named facts, in that order, once all of them
    are known. Facts of the same subject are computed in the transaction that changed them; facts
    of a subject that this one links to are queued and computed right after it.

    Raises:
        DeclarationError: The system neither decides nor follows the fact, or an input belongs to
            an entity that the fact's entity is not linked to by exactly one link.
    """
    where = here()

    def declare(compute: Callable[..., Any]) -> Callable[..., Any]:
        derivation = Derivation(system, fact, inputs, compute, where)
        if system is not fact.authority and system not in [f.party for f in fact.followers]:
            raise DeclarationError(
                f"{system.name} derives {fact}, but neither decides nor follows it.",
                where=where,
                fix=f"Declare {fact} with {system.name}.decides(...) or as one of its followers.",
            )
        for used in inputs:
            if used.entity is not fact.entity and len(derivation.links_to(used.entity)) != 1:
                raise DeclarationError(
                    f"{fact} cannot be derived from {used}: {fact.entity.__name__} has "
                    f"{len(derivation.links_to(used.entity))} links to {used.entity.__name__}.",
                    where=where,
                    fix=f"Declare one link, of the type Link[{used.entity.__name__}].",
                )
        system.company.add(derivation)
        return compute

    return declare


def in_order(company: Company) -> tuple[Derivation, ...]:
    """A company's derivations, each after those it uses.

    Raises:
        DerivedInCircles: A fact is derived, through others, from itself.
    """
    derivations = company.declared(Derivation)
    ordered: list[Derivation] = []
    under_way: list[Derivation] = []

    def place(derivation: Derivation) -> None:
        if derivation in ordered:
            return
        if derivation in under_way:
            circle = [*under_way[under_way.index(derivation) :], derivation]
            raise DerivedInCircles(
                f"Facts are derived in a circle: {' from '.join(d.fact.path for d in circle)}.",
                where=derivation.where,
                fix="Let one of them be decided by a system of record.",
            )
        under_way.append(derivation)
        for other in derivations:
            if other.fact in derivation.inputs and other.system in other.fact.deciders:
                place(other)
        under_way.remove(derivation)
        ordered.append(derivation)

    for derivation in derivations:
        place(derivation)
    return tuple(ordered)
