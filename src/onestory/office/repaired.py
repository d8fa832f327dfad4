"""Repairs and messages that went, as people look at them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from ..clock import moment
from ..ledger import journal as rows
from ..ledger.journal import StepRow


class RepairState(Enum):
    """How a repair stands."""

    LIVE = rows.LIVE
    """It is under way, or waits; an unarmed one waits to be armed."""
    DONE = rows.DONE
    """It came to its end, and the follower agrees."""
    SETTLED = rows.SETTLED
    """It was not needed: the contradiction was settled before anything was done."""
    SUPERSEDED = rows.SUPERSEDED
    """Another value was decided meanwhile; another repair goes by that."""
    HANDED_OVER = rows.HANDED_OVER
    """A person must look at it: the reason says why."""


class DoneStep(NamedTuple):
    """One thing that a repair did, or tried to do."""

    name: str
    system: str
    asked: Any
    answered: Any
    state: str
    tries: int
    at: datetime | None
    reason: str


class Repaired(NamedTuple):
    """One repair, to be looked at.

    Args:
        number: Its number.
        remedy: The remedy's name: ``billing/Contract.renewed_until``.
        about: What the remedy does.
        entity: The subject's entity.
        key: The parts of the subject's key.
        contradiction: The number of the contradiction it is for.
        armed: Whether the remedy is armed; if not, nothing is done.
        state: How it stands.
        next: When it is entered next, while it is under way.
        reason: Why it ended as it did.
        team: Who it is with, once it is handed over.
        begun: When it was begun.
        ended: When it ended.
        steps: What it did, in order.
    """

    number: int
    remedy: str
    about: str
    entity: str
    key: tuple[str, ...]
    contradiction: int
    armed: bool
    state: RepairState
    next: datetime | None
    reason: str
    team: str
    begun: datetime
    ended: datetime | None
    steps: tuple[DoneStep, ...]


class Confirmed(NamedTuple):
    """A message that is ours.

    Args:
        reference: Its reference.
        at: When it went.
        channel: By what.
        person: To whom: the person's key.
        entity: What it was about: the entity.
        key: And the key.
        told: What it said, by fact.
        rests: The claim each rests on, by fact: who decided, and its sequence; or the number of its
            receipt, if it had none.
        arrived: Whether nothing is known of its not arriving.
    """

    reference: str
    at: datetime
    channel: str
    person: str
    entity: str
    key: str
    told: dict[str, Any]
    rests: dict[str, tuple[str, int]]
    arrived: bool


def done_step(step: StepRow) -> DoneStep:
    """A step of a repair, of its row."""
    return DoneStep(
        step.name,
        step.system,
        msgspec.json.decode(step.params),
        None if step.result is None else msgspec.json.decode(step.result),
        step.state,
        step.tries,
        None if step.attempted is None else moment(step.attempted),
        step.reason,
    )


def spelled_state(one: Repaired) -> str:
    """How a repair stands, in words, with the reason."""
    waits = one.state is RepairState.LIVE and not one.armed
    state = (
        "not armed" if waits else "under way" if one.state is RepairState.LIVE else one.state.value
    )
    team = f" to {one.team}" if one.state is RepairState.HANDED_OVER and one.team else ""
    return f"{state}{team}{f': {one.reason}' if one.reason else ''}"
