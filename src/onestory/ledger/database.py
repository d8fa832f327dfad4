"""What the ledger needs of a database, so that each kind passes the same tests."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from .dialect import Table
from .wakes import Wakes

if TYPE_CHECKING:
    from .shows import Shows

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


class Source(Connection, Protocol):
    """Reads whole tables besides, so that a ledger can be copied."""

    def all_of(self, table: Table) -> Generator[Row, None, None]:
        """All rows of a table, one by one."""
        ...


class Place(Protocol):
    """An empty place that is being filled with a ledger."""

    @property
    def where(self) -> str:
        """What pages call it."""
        ...

    def fill(self, source: Source, shows: Shows) -> None:
        """Carry every table over."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """A view of what was carried."""
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


class Stored(Database, Protocol):
    """A database that a ledger can be copied from."""

    def reading(self) -> AbstractContextManager[Source]:
        """One consistent view of what is committed."""
        ...
