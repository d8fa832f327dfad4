"""What is pulled, as documents: how each pull fares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from .. import pulled


class Refused(Struct, frozen=True, kw_only=True):
    """Why a system cannot be read.

    Args:
        code: The error's code.
        what: What happened.
        where: What it is about.
        fix: What to do.
    """

    code: str
    what: str
    where: str
    fix: str


class Pull(Struct, frozen=True, kw_only=True):
    """How one pull fares; durations in seconds.

    Args:
        name: The pull's name.
        system: The system.
        type: The type of message that each row is.
        source: What is read.
        state: How it fares.
        words: The same in a sentence, with times in UTC.
        every: How often it is polled.
        sweep_every: How often it is swept.
        tried: When it was asked last.
        answered: When it was last read to its end.
        lag: How long ago that was.
        took: How long that took.
        next: When it is asked next.
        swept: When everything was read last.
        swept_rows: How many rows that was.
        fewer: How many rows that was fewer than the time before.
        sweeping: Whether a sweep is under way.
        failing: Since when it cannot be read.
        failures: How often in a row.
        error: Why.
        changes: How its columns changed.
        rows: How many rows were read in all.
        heard: How many of them said something new.
        repeated: How many said again what was known.
        known: How many were heard before.
        aside: How many were set aside.
        aside_since: How many of them since the columns changed, or the last sweep began.
    """

    name: str
    system: str
    type: str
    source: str
    state: str
    words: str
    every: float
    sweep_every: float
    tried: datetime | None
    answered: datetime | None
    lag: float | None
    took: float | None
    next: datetime
    swept: datetime | None
    swept_rows: int
    fewer: int
    sweeping: bool
    failing: datetime | None
    failures: int
    error: Refused | None
    changes: str
    rows: int
    heard: int
    repeated: int
    known: int
    aside: int
    aside_since: int


class Pulls(Struct, frozen=True, kw_only=True):
    """Every pull."""

    pulls: Sequence[Pull]


_AS_THEY_ARE = (
    *("name", "system", "type", "source", "words", "tried", "answered", "next", "swept"),
    *("swept_rows", "fewer", "sweeping", "failing", "failures", "changes", "rows", "heard"),
    *("repeated", "known", "aside", "aside_since"),
)


def pulls(found: Sequence[pulled.Pulled]) -> Pulls:
    """Every pull, and how it fares."""
    return Pulls(pulls=[_pull(one) for one in found])


def _pull(one: pulled.Pulled) -> Pull:
    error = None
    if one.error is not None:
        code, what, where, fix = one.error
        error = Refused(code=code, what=what, where=where, fix=fix)
    return Pull(
        **{name: getattr(one, name) for name in _AS_THEY_ARE},
        state=one.state.value,
        every=one.every.total_seconds(),
        sweep_every=one.sweep_every.total_seconds(),
        lag=_seconds(one.lag),
        took=_seconds(one.took),
        error=error,
    )


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds()
