"""The only place that asks what time it is, and the only one that writes times as numbers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Protocol

from .errors import ImpossibleTime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware."""
        ...


class WallClock:
    """The time outside."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


class HandClock:
    """A clock that moves only when it is told to, and only forward."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._now = aware(start)

    def now(self) -> datetime:
        """The moment the clock was last moved to."""
        return self._now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        with self._lock:
            self._now += by

    def move_to(self, moment: datetime) -> None:
        """Let time pass until ``moment``; an earlier moment leaves the clock where it is."""
        with self._lock:
            self._now = max(self._now, aware(moment))


def aware(moment: datetime, *, where: str = "") -> datetime:
    """``moment``, which must carry its zone.

    Args:
        moment: The moment.
        where: Where it is declared, if it is.

    Raises:
        ImpossibleTime: The datetime is naive, so nobody can say which moment it means.
    """
    if moment.tzinfo is None:
        raise ImpossibleTime(
            f"{moment.isoformat()} has no time zone.",
            where=where,
            fix="Write an aware datetime, like datetime(2027, 1, 5, 9, tzinfo=UTC).",
        )
    return moment


def stopwatch() -> float:
    """Seconds on a clock that only runs forward, of no day: to measure how long something takes."""
    return monotonic()


def micros(moment: datetime) -> int:
    """An aware datetime as whole microseconds since 1970-01-01T00:00Z."""
    return (moment - EPOCH) // MICROSECOND


def moment(micros: int) -> datetime:
    """Microseconds since 1970-01-01T00:00Z as an aware datetime in UTC."""
    return EPOCH + timedelta(microseconds=micros)
