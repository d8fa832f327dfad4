"""A file session: one connection to a ledger's SQLite file, that runs statements by their names."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from .database import Row
from .dialect import Table, rows_of
from .statements import statement


class FileSession:
    """One connection.

    Args:
        database: The connection itself.
        translated: Says in a ledger's words what SQLite raises while rows are fetched.
    """

    def __init__(
        self, database: sqlite3.Connection, translated: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self.database, self._translated = database, translated

    def close(self) -> None:
        """Let go of the connection."""
        self.database.close()

    def run(self, name: str, *values: Any) -> int:
        """Run a statement; how many rows it changed."""
        return self.database.execute(statement(name), values).rowcount

    def many(self, name: str, rows: Sequence[Row]) -> None:
        """Run a statement once for each row."""
        if rows:
            self.database.executemany(statement(name), rows)

    def rows(self, name: str, *values: Any) -> list[Row]:
        """Run a query; all its rows."""
        return self.database.execute(statement(name), values).fetchall()

    def each(self, name: str, *values: Any) -> Iterator[Row]:
        """Run a query; its rows one by one, for results that may not fit in memory."""
        with self._translated():
            yield from self.database.execute(statement(name), values)

    def all_of(self, table: Table) -> Generator[Row, None, None]:
        """All rows of a table, one by one."""
        with self._translated():
            yield from self.database.execute(rows_of(table))
