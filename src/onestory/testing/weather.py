"""Weather: the faults of one storm, drawn from its seed, and the places where they strike.

Some storms have none of a kind, so that each kind is also seen alone; others have many of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import Any

from ..errors import LedgerFull
from ..ledger.database import Connection, Database, Row
from ..ledger.wakes import Wakes

SECOND = 1_000_000
MINUTE, HOUR = 60 * SECOND, 3_600 * SECOND

_RATES: dict[str, tuple[float, ...]] = {
    "crash at a write": (0, 0, 0.001, 0.003),
    "crash before a commit": (0, 0, 0.003, 0.012),
    "crash after a commit": (0, 0, 0.003, 0.012),
    "crash before a call": (0, 0, 0.03, 0.1),
    "crash after a call": (0, 0, 0.03, 0.1),
    "disk full": (0, 0, 0, 0.002, 0.01),
    "message twice": (0, 0.1, 0.4),
    "message late": (0, 0.05, 0.2),
    "message lost": (0, 0.1, 0.3),
    "acknowledgement lost": (0, 0, 0.1),
    "request lost": (0, 0.1, 0.4),
    "answer lost": (0, 0.1, 0.4),
    "slow answer": (0, 0, 0.1, 0.4),
    "not done": (0, 0, 0.2),
    "refused for good": (0, 0, 0, 0.05),
    "answered, not done": (0, 0, 0, 0.2),
    "undone at night": (0, 0, 0, 0.2),
    "decision flaps": (0, 0.2, 0.4),
    "decision during a call": (0, 0, 0.05, 0.2),
    "another office between": (0, 0.02, 0.1),
    "follower misses": (0.2, 0.5, 0.9),
}
"""What may strike, and how often in a storm that has it: for each write, message or call."""


class Crash(BaseException):
    """A process dies at this very point. No error: nothing that catches errors lives on."""

    def __init__(self, process: object, point: str) -> None:
        super().__init__(point)
        self.process = process


class Weather:
    """What strikes in one storm.

    Args:
        seed: All there is to know of it.
        strike_at: For a sweep: the point, by its number from 1 on, at which the office dies once;
            nothing strikes there otherwise. -1 only counts the points.
    """

    def __init__(self, seed: int, *, strike_at: int | None = None) -> None:
        self.draw = Random(seed)
        self.strike_at, self.points = strike_at, 0
        self.calm = False
        self.struck: Counter[str] = Counter()
        self.rates = {name: self.draw.choice(rates) for name, rates in _RATES.items()}
        self.offices = self.draw.choice((1, 1, 2))
        self.outages = self.draw.choice((0, 1, 3))
        self._clocks = Random(f"clocks {seed}")
        self.steps_back = self._clocks.choice((0, 0, 0, 0.1, 0.3))
        self.skew = self.draw.choice((0, 30, 600)) * SECOND
        self.clocks_back = self.draw.choice((0, 0, 1, 3))
        if strike_at is not None:
            self.rates |= {name: 0.0 for name in _RATES if name.startswith(("crash", "disk"))}
            self.offices = 1

    def strikes(self, fault: str) -> bool:
        """Whether a fault strikes here and now; it is counted."""
        if self.calm or self.draw.random() >= self.rates[fault]:
            return False
        self.struck[fault] += 1
        return True

    def steps_back_by(self) -> int:
        """By how much a clock is set back just when a message was heard; 0 mostly."""
        if self.calm or self._clocks.random() >= self.steps_back:
            return 0
        self.struck["clock set back"] += 1
        return self._clocks.randint(5 * SECOND, 3 * MINUTE)

    def between(self, least: int, most: int) -> int:
        """A time between two, in microseconds, more often short than long."""
        return least + int((most - least) * self.draw.random() ** 2)

    def at_point(self, process: object, point: str) -> None:
        """Pass one point at which a process may die, or its disk be full.

        Raises:
            Crash: It dies here.
            LedgerFull: The disk is full.
        """
        if self.calm:
            return
        self.points += 1
        if self.strike_at is not None:
            if self.points == self.strike_at:
                self.struck[f"crash {point}"] += 1
                raise Crash(process, point)
            return
        if self.strikes(f"crash {point}"):
            raise Crash(process, point)
        if point in {"at a write", "before a commit"} and self.strikes("disk full"):
            raise LedgerFull("The disk is full.", fix="Make room and send it again.")


class Struck:
    """A real database, with a point before each write, and before and after each commit.

    Args:
        database: The database.
        point: Called at each point; what it raises happens there.
        before: Called before each transaction: another process may write in between.
    """

    def __init__(
        self, database: Database, point: Callable[[str], None], before: Callable[[], None]
    ) -> None:
        self._database, self._point, self._before = database, point, before
        self.read_only = database.read_only

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write."""
        self._before()
        with self._database.writing() as connection:
            yield _StruckConnection(connection, self._point)
            self._point("before a commit")
        self._point("after a commit")

    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent view of what is committed."""
        return self._database.reading()

    def wakes(self, heard: Callable[[], None]) -> Wakes:
        """What wakes other processes."""
        return self._database.wakes(heard)

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()


class _StruckConnection:
    def __init__(self, connection: Connection, point: Callable[[str], None]) -> None:
        self._connection, self._point = connection, point
        self.each = connection.each

    def run(self, name: str, *values: Any) -> int:
        self._point("at a write")
        return self._connection.run(name, *values)

    def many(self, name: str, rows: Sequence[Row]) -> None:
        if rows:
            self._point("at a write")
            self._connection.many(name, rows)

    def rows(self, name: str, *values: Any) -> list[Row]:
        if name.startswith("insert"):
            self._point("at a write")
        return self._connection.rows(name, *values)
