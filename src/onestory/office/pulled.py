"""How a pull fares, in words and figures, as an office shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

import msgspec

from ..clock import MICROSECOND, moment
from ..ledger.pulls import PullRow
from ..model import Pull
from .words import many

SLOW_AFTER = timedelta(seconds=30)
"""How long a system may take to be read before it is shown as slow, if it is asked more often than that:
what a person at a screen would call broken."""


class PullState(Enum):
    """How a pull fares."""

    NEVER = "never pulled"
    """It was not read yet."""
    UP_TO_DATE = "up to date"
    """It was read when it was last due."""
    COLUMNS_CHANGED = "columns changed"
    """It is read, but its columns are others, and some of its rows were set aside since."""
    SLOW = "slow"
    """It was asked and has not answered yet, for longer than it should take; or nobody asks it."""
    DOWN = "down"
    """It could not be read when it was last asked."""


class Pulled(msgspec.Struct, frozen=True):
    """How one pull fares.

    Args:
        name: The pull's name.
        system: The system.
        type: The type of message that each row is.
        source: What is read.
        where: Where it is declared.
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
        fewer: How many rows that was fewer than the time before; they may be gone from the system.
        sweeping: Whether a sweep is under way.
        failing: Since when it cannot be read.
        failures: How often in a row.
        error: Why: the code, what happened, where, what to write instead.
        changes: How its columns changed, until a sweep sets nothing aside.
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
    where: str
    state: PullState
    words: str
    every: timedelta
    sweep_every: timedelta
    tried: datetime | None
    answered: datetime | None
    lag: timedelta | None
    took: timedelta | None
    next: datetime
    swept: datetime | None
    swept_rows: int
    fewer: int
    sweeping: bool
    failing: datetime | None
    failures: int
    error: tuple[str, str, str, str] | None
    changes: str
    rows: int
    heard: int
    repeated: int
    known: int
    aside: int
    aside_since: int


def shown_pull(pull: Pull, row: PullRow, now: int) -> Pulled:
    """How a pull fares at a moment."""
    state = _state(pull, row, now)
    error = msgspec.json.decode(row.error, type=tuple[str, str, str, str]) if row.error else None
    return Pulled(
        pull.name,
        pull.system.name,
        pull.type,
        pull.source.name,
        pull.where,
        state,
        _words(state, row),
        pull.every,
        pull.sweep_every,
        _moment(row.tried),
        _moment(row.answered),
        None if row.answered is None else (now - row.answered) * MICROSECOND,
        None if row.took is None else row.took * MICROSECOND,
        moment(max(row.moment, now)),
        _moment(row.swept),
        row.last_rows or 0,
        max((row.rows_before or 0) - (row.last_rows or 0), 0),
        row.sweep is not None,
        _moment(row.failing),
        row.failures,
        error,
        row.changes,
        row.rows,
        row.heard,
        row.repeated,
        row.known,
        row.aside,
        row.aside_since,
    )


def _state(pull: Pull, row: PullRow, now: int) -> PullState:
    patience = max(pull.every, SLOW_AFTER) // MICROSECOND
    if row.failing is not None:
        return PullState.DOWN
    if row.tried is None:
        return PullState.NEVER
    if row.holder is not None and now - max(row.tried, row.answered or 0) > patience:
        return PullState.SLOW
    if row.holder is None and now - row.moment > patience:
        return PullState.SLOW
    if row.changes and row.aside_since:
        return PullState.COLUMNS_CHANGED
    return PullState.NEVER if row.answered is None else PullState.UP_TO_DATE


def _words(state: PullState, row: PullRow) -> str:
    if state is PullState.DOWN:
        times, since = many(row.failures, "time"), _time(row.failing)
        if row.answered is not None and row.answered >= (row.failing or 0):
            return f"its sweep broke {times} since {since}; what is new is read"
        return f"down since {since}, asked in vain {times}"
    if state is PullState.SLOW:
        asked = _time(row.tried)
        hangs = f"asked at {asked}, and not answered to the end yet"
        return f"slow: {hangs if row.holder else f'nobody has asked it since {asked}'}"
    if state is PullState.COLUMNS_CHANGED:
        return (
            f"columns changed at {_time(row.changed)}, {row.changes}: {row.aside_since:,} set aside"
        )
    if state is PullState.NEVER:
        return "never pulled" if row.tried is None else "being read for the first time"
    words = f"up to date as of {_time(row.answered)}"
    if row.sweep is not None:
        words += f", a sweep is under way: {row.swept_rows:,} rows so far"
    if row.aside_since:
        words += f"; {row.aside_since:,} set aside"
    return words


def _time(micros: int | None) -> str:
    return "" if micros is None else f"{moment(micros):%Y-%m-%d %H:%M:%S} UTC"


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else moment(micros)
