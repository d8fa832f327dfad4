"""Courses: one repair with all that its next move depends on, and the calls that it led to."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from ..ledger.journal import RepairRow, StepRow
from ..model import Does, Remedy
from .situation import Attempt, Situation


class Calls(msgspec.Struct):
    """A step is marked as attempted, then called.

    Args:
        step: The step, with its mark.
        attempt: What is called.
        unknown: Whether an earlier call of it may have had its effect: then a system that says it did
            nothing speaks of this call only.
    """

    step: StepRow
    attempt: Attempt
    unknown: bool = False


class AsksAbout(msgspec.Struct):
    """A system is asked what became of a step."""

    step: StepRow
    attempt: Attempt


Attempted: TypeAlias = Calls | AsksAbout


class Course(msgspec.Struct):
    """One repair with all that its next move depends on.

    Args:
        row: The repair.
        remedy: The remedy, as the company declares it now.
        situation: What the remedy sees.
        open: Whether its contradiction is still open.
        how: How it was settled, if it is.
        stale: Whether something else is decided now than this repair goes by, or contradicted.
        spoken: When the follower last spoke of the fact.
        says_decided: Whether the follower says what this repair goes by.
        waits: Whether something is done first about the incident it is part of.
        silent: Whether the follower's whole link has been silent since the authority's change.
        within: The follower's time, in microseconds.
        says_again: How the follower can be asked to say again what it holds, if it can.
        ledger: What the keys of this ledger begin with.
        steps: What was done so far.
        contradiction: The contradiction that is open now: another one, if that of the repair is settled
            and they differ anew.
        heir: Whether earlier generations did something that this one must bring to an end.
        asking: The step that asks a silent system, if there is one.
        answered: Steps of which an answer came: kept, whatever is done next.
        changed: Steps that thinking made clear: kept with the move they lead to.
        made: The call by which a step was just done, if one was.
        dropped: From which place on steps that were taken over are forgotten, if some are.
    """

    row: RepairRow
    remedy: Remedy
    situation: Situation
    open: bool
    how: str
    stale: bool
    spoken: int
    says_decided: bool
    silent: bool
    within: int
    says_again: Does | None
    ledger: str
    steps: list[StepRow]
    contradiction: int
    heir: bool = False
    asking: StepRow | None = None
    answered: list[StepRow] = []
    changed: list[StepRow] = []
    made: Attempted | None = None
    waits: bool = False
    dropped: int | None = None
