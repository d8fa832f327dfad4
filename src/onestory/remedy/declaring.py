"""Declaring remedies: functions of a repair become what a company does when one has not followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..model import (
    MEMBERS,
    PATIENT,
    Fact,
    Party,
    Patience,
    System,
    declare_incident_remedy,
    declare_remedy,
)
from .repair import Repair

T = TypeVar("T")


def remedies(
    follower: Party, fact: Fact[T], *, patience: Patience = PATIENT
) -> Callable[[Callable[[Repair[T]], None]], Callable[[Repair[T]], None]]:
    """Declare the remedy of one fact in one follower: what is done when it is late or contradicts.

    It runs only while it is armed, by ``onestory arm`` or ``arm(follower, fact)``.

    Args:
        follower: The party that has not followed.
        fact: The fact.
        patience: How often a step is tried, and how long between two tries.

    Raises:
        DeclarationError: The party does not follow the fact.
        DeclaredTwice: The fact has a remedy in this follower already.
    """

    def declare(run: Callable[[Repair[T]], None]) -> Callable[[Repair[T]], None]:
        declare_remedy(follower, fact, run, patience)
        return run

    return declare


def remedies_incidents(
    system: System, *, members: int = MEMBERS, patience: Patience = PATIENT
) -> Callable[[Callable[[Repair[None]], None]], Callable[[Repair[None]], None]]:
    """Declare what is done once when many contradictions of one link have one cause.

    While its repair is under way, those of the single contradictions wait; what is still open after
    it is remedied one by one. It is armed by the system's name.

    Args:
        system: The system that does not follow.
        members: How many contradictions within minutes are an incident.
        patience: How often a step is tried, and how long between two tries.

    Raises:
        DeclarationError: Fewer than two members.
        DeclaredTwice: The system has one already.
    """

    def declare(run: Callable[[Repair[None]], None]) -> Callable[[Repair[None]], None]:
        declare_incident_remedy(system, run, patience, members)
        return run

    return declare
