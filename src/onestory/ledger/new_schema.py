"""A new schema of a PostgreSQL server, that a ledger is copied into: in one transaction, seen at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext

import psycopg

from ..errors import LedgerCorrupt
from .database import Connection, Source
from .dialect import Table, count_on, tables_of
from .postgres import PostgresDatabase
from .session import Session
from .shows import Shows, counted

_TABLES = """
select coalesce(array_agg(array[relname::text, attname::text] order by pg_class.oid, attnum), '{}')
from pg_class join pg_attribute on attrelid = pg_class.oid
where relnamespace = to_regnamespace(current_schema()) and relkind in ('r', 'p') and not relispartition
    and attnum > 0 and not attisdropped and attgenerated = '' and relname <> 'migration'
"""
"""The tables in the order in which they were made, so that one that refers to another comes after it."""

_COUNTED = """
select coalesce(array_agg(array[relname::text, attname::text]), '{}')
from pg_class join pg_attribute on attrelid = pg_class.oid
where relnamespace = to_regnamespace(current_schema()) and relkind in ('r', 'p') and attnum > 0
    and not attisdropped and pg_get_serial_sequence(quote_ident(relname), attname) is not null
"""


class NewSchema:
    """A schema that is being filled.

    Args:
        session: The transaction that it is made in.
        where: What pages call it.
    """

    def __init__(self, session: Session, where: str) -> None:
        self._session, self.where = session, where

    def fill(self, source: Source, shows: Shows) -> None:
        """Carry every table over: as it is from another server, else row by row."""
        rows, (columns,) = 0, self._session.ask(_TABLES)
        lines = sum(end or 0 for end in source.rows("head")[0][:2])
        with shows("copying", lines) as done:
            for table in tables_of(columns):
                rows += self._fill(table, source, done, rows)
                done(rows)
        (counted,) = self._session.ask(_COUNTED)
        for name, column in counted:
            self._session.ask(count_on(name, column))

    def reading(self) -> AbstractContextManager[Connection]:
        """What was carried, before anybody else sees it."""
        return nullcontext(self._session)

    def _fill(self, table: Table, source: Source, done: Callable[[int], None], so_far: int) -> int:
        if isinstance(source, Session):
            return self._session.add_from(source, table)
        try:
            with closing(source.all_of(table)) as rows:
                return self._session.add(table, counted(rows, done, so_far))
        except (psycopg.DataError, TypeError, ValueError) as error:
            raise LedgerCorrupt(
                f"The table {table.name} holds what it must not: {error}.",
                fix="Run `onestory verify` on the ledger that is copied; nothing was kept of the copy.",
            ) from error


@contextmanager
def new_schema(address: str, newest: int) -> Iterator[NewSchema]:
    """A place for a ledger on a server; it is there once this ends, and nothing of it if this raises.

    Args:
        address: Where.
        newest: The last migration of the ledger.

    Raises:
        NotEmpty: There is something already.
        LedgerError: The server refused.
    """
    database = PostgresDatabase(address, empty=True)
    try:
        with database.becoming(newest) as session:
            yield NewSchema(session, database.where)
    finally:
        database.close()
