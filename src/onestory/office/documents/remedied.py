"""What is remedied, as documents: repairs, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from ..repaired import Repaired


class Step(Struct, frozen=True, kw_only=True):
    """One thing that a repair did, or tried to do.

    Args:
        name: What is done.
        system: The system that is asked; empty for a step of the company's own.
        asked: What it was given.
        answered: What it answered; null if nothing yet.
        state: Attempted, done, not done, refused or void.
        tries: How often it was called since it was last surely not done.
        at: When it was last called.
        reason: Why it was not done.
    """

    name: str
    system: str
    asked: Any
    answered: Any
    state: str
    tries: int
    at: datetime | None
    reason: str


class Repair(Struct, frozen=True, kw_only=True):
    """One run of a remedy.

    Args:
        number: Its number.
        remedy: The remedy's name.
        about: What the remedy does.
        entity: The subject's entity.
        key: The parts of the subject's key.
        contradiction: The number of the contradiction it is for; 0 if for none.
        armed: Whether the remedy is armed; if not, nothing is done.
        state: Live, done, settled, superseded or handed over.
        next: When it is entered next, while it is under way.
        reason: Why it ended, or waits.
        team: The team of the system it is about.
        begun: When it was begun.
        ended: When it ended.
        steps: What it did, in order.
        would: What it would do next; absent on a list.
    """

    number: int
    remedy: str
    about: str
    entity: str
    key: Sequence[str]
    contradiction: int
    armed: bool
    state: str
    next: datetime | None
    reason: str
    team: str
    begun: datetime
    ended: datetime | None
    steps: Sequence[Step]
    would: str | UnsetType = UNSET


class Repairs(Struct, frozen=True, kw_only=True):
    """A page of repairs, in the order they were begun.

    Args:
        counts: How many are in which state; those under way that are not armed count apart.
        repairs: Those of this page.
        after: The number that the next page begins after; null on the last.
        next: Where the next page is, by HTTP; absent on the last.
    """

    counts: Mapping[str, int]
    repairs: Sequence[Repair]
    after: int | None
    next: str | UnsetType = UNSET


def repairs(counts: Mapping[str, int], rows: Sequence[Repaired], after: int | None) -> Repairs:
    """A page of repairs, each with what it is for and how it stands."""
    return Repairs(counts=counts, repairs=[repair(one) for one in rows], after=after)


def repair(one: Repaired, would: str | UnsetType = UNSET) -> Repair:
    """One repair: what it did, step by step, and what it would do next."""
    steps = [Step(**step._asdict()) for step in one.steps]
    return Repair(**one._asdict() | {"state": one.state.value, "steps": steps}, would=would)
