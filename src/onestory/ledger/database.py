"""What the ledger needs of a database, so that each kind passes the same tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from .wakes import Wakes

Row = tuple[Any, ...]


class Connection(Protocol):
    """Runs named statements."""

    def run(self, name: str, *values: Any) -> int:
        """Run a statement; how many rows it changed."""
        ...

    def many(self, name: str, rows: Sequence[Row]) -> None:
        """Run a statement once for each row."""
        ...

    def rows(self, name: str, *values: Any) -> list[Row]:
        """Run a query; all its rows."""
        ...

    def each(self, name: str, *values: Any) -> Iterable[Row]:
        """Run a query; its rows one by one, for results that may not fit in memory."""
        ...


class Database(Protocol):
    """A database that holds one ledger."""

    @property
    def read_only(self) -> bool:
        """Whether nothing may be written."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction that may write; committed when it ends, undone when it raises."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """One consistent view of what is committed."""
        ...

    def wakes(self, heard: Callable[[], None]) -> Wakes:
        """What wakes the other processes of this ledger, and calls ``heard`` when they wake this one."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
