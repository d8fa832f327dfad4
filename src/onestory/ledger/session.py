"""A session: one connection to a PostgreSQL server, that runs statements by their names."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8BinaryDumper

from .database import Row
from .dialect import Changes, Table, copy_in, copy_out, update_all
from .outcome import SERVER, Sent
from .statements import insert_of, mentioned, postgresql_statement, update_of

READING = "begin transaction isolation level repeatable read read only"
"""Begins a view of one moment, that waits for nobody."""

COPIED_FROM = 32
"""Rows from which on they are written together: copied, or set by one statement. Copying costs a fifth of
what statements do, and nothing was gained or lost between 4 and 32; for fewer, a statement is simpler."""

FETCHED = 2_000
"""Rows that are fetched at once of a result that may not fit in memory."""

CONNECTED_WITHIN = 10
"""Seconds to reach a server; longer is a wrong address, or a server that is gone."""

HUNG_AFTER = "1 min"
"""How long a writer may do nothing in the middle of a transaction: another host that hung there, or
was cut off, holds the others up for so long at most."""

_SETTINGS = """
select set_config('search_path', $1, false),
    set_config('lock_timeout', $2, false),
    set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on'
        else current_setting('synchronous_commit') end, false),
    set_config('default_transaction_read_only', $3, false),
    set_config('plan_cache_mode', 'force_generic_plan', false),
    set_config('enable_seqscan', 'off', false),
    set_config('enable_bitmapscan', 'off', false),
    set_config('enable_hashjoin', 'off', false),
    set_config('enable_mergejoin', 'off', false),
    set_config('jit', 'off', false)
"""
"""What each session asks of its server. The planner is held to what SQLite does, whatever it knows of
the tables: a ledger grows from nothing, and a plan made for an empty table would be kept for a full one."""

_TYPES = """
select array_agg(format_type(atttypid, null) order by place)
from unnest($2::text[]) with ordinality as asked (name, place)
join pg_attribute on attrelid = to_regclass($1) and attname = asked.name
"""


class Settings(NamedTuple):
    """How a session reaches its ledger.

    Args:
        server: The address of the server, without what is ours.
        schema: The ledger's schema.
        lock: The number of the ledger's lock.
        patience: How long a writer waits for another.
        read_only: Whether nothing may be written.
    """

    server: str
    schema: str
    lock: int
    patience: timedelta
    read_only: bool


class Session:
    """One connection; made anew where it was lost, between transactions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._link: psycopg.Connection[Any] | None = None
        self._names = count(1)
        self._types: dict[Changes | Table, list[str]] = {}
        self._waiting: dict[str, tuple[str, list[Row]]] = {}
        self.was_reached = False
        self.sent: Sent | None = None
        self.server: Row | None = None
        self._transaction = ""
        self._seal: Row | None = None

    # Connecting

    @property
    def is_lost(self) -> bool:
        """Whether the connection broke, or was never there."""
        return self._link is None or self._link.closed

    def connect(self) -> None:
        """Reach the server."""
        self.close()
        self.was_reached = False
        settings = self._settings
        link = psycopg.Connection[Any].connect(
            settings.server,
            autocommit=True,
            prepare_threshold=0,
            cursor_factory=psycopg.RawCursor,
            **unless_said(settings.server),
        )
        link.prepared_max = None  # our statements are few, and named
        link.server_cursor_factory = psycopg.RawServerCursor
        link.adapters.register_dumper(int, Int8BinaryDumper)
        link.adapters.register_dumper(bool, Int8BinaryDumper)
        self.was_reached = True
        plain, cursor = link.cursor(), link.cursor(binary=True)
        wait = str(settings.patience // timedelta(milliseconds=1))
        read_only = "on" if settings.read_only else "off"
        try:
            cursor.execute(_SETTINGS, (settings.schema, wait, read_only))
        except BaseException:
            link.close()  # without its settings it would look for the ledger elsewhere
            raise
        self._link, self._plain, self._cursor = link, plain, cursor
        self.server = None if settings.read_only else self._server_there()

    def close(self) -> None:
        """Let go of the connection."""
        if self._link is not None:
            self._link.close()
            self._link = None

    # Transactions

    def begin(self, words: str) -> None:
        """Begin a transaction; by a new connection, where the old one turns out to be lost."""
        if self.is_lost:
            self.connect()
        try:
            self._simply(words)
        except psycopg.OperationalError:
            if not self.is_lost:
                raise
            self.connect()
            self._simply(words)

    def begin_writing(self) -> None:
        """Begin a transaction that holds the ledger's lock until its end."""
        self.sent, self._seal = None, None
        try:
            self.begin(
                f"begin; set local idle_in_transaction_session_timeout = '{HUNG_AFTER}'; "
                f"select pg_advisory_xact_lock({self._settings.lock}); select pg_current_xact_id()"
            )
            while self._plain.nextset():
                pass
            (self._transaction,) = self._plain.fetchone() or ("",)
        except BaseException:
            self.roll_back()
            raise

    def commit(self) -> bool:
        """Write what waits, and commit; whether the server did."""
        self._write_what(list(self._waiting))
        self.sent = Sent(self.server, self._transaction, self._seal)
        return self._simply("commit") == "COMMIT"

    def roll_back(self) -> None:
        """End a transaction and undo it, if one is under way; a connection that cannot, is let go of."""
        self._waiting.clear()
        if self._at_rest():
            return
        with suppress(psycopg.Error):
            self._simply("rollback")
        if not self._at_rest():
            self.close()

    def _at_rest(self) -> bool:
        link = self._link
        return link is None or link.info.transaction_status is TransactionStatus.IDLE

    # Statements

    def run(self, name: str, *values: Any) -> int:
        """Run a statement; how many rows it changed."""
        if name == "insert_seal":
            self._seal = values[0], values[-1]
        return self._execute(name, values).rowcount

    def rows(self, name: str, *values: Any) -> list[Row]:
        """Run a query; all its rows."""
        return self._execute(name, values).fetchall()

    def many(self, name: str, rows: Sequence[Row]) -> None:
        """Run a statement once for each row; rows that are only added, before somebody asks for them."""
        if not rows:
            return
        inserted = insert_of(name)
        if inserted is not None:
            self._waiting.setdefault(inserted.table, (name, []))[1].extend(rows)
            return
        self._write_what(mentioned(name))
        if len(rows) == 1:
            self.run(name, *rows[0])
        elif len(rows) < COPIED_FROM or not self._set(name, rows):
            self._cursor.executemany(postgresql_statement(name), [_clean(row) for row in rows])

    def each(self, name: str, *values: Any) -> Iterator[Row]:
        """Run a query; its rows page by page, for results that may not fit in memory."""
        assert self._link is not None
        self._write_what(mentioned(name))
        with self._link.cursor(f"each_{next(self._names)}") as cursor:
            cursor.itersize = FETCHED
            cursor.execute(postgresql_statement(name), values, binary=True)
            yield from cursor

    def all_of(self, table: Table) -> Generator[Row, None, None]:
        """All rows of a table, as they stream in."""
        types = self._types_of(table)
        with self._cursor.copy(copy_out(table)) as copy:
            copy.set_types(types)
            yield from copy.rows()

    def add(self, table: Table, rows: Iterable[Row]) -> int:
        """Add rows to a table, as they stream in; how many."""
        count, types = 0, self._types_of(table)
        texts = [place for place, kind in enumerate(types) if kind not in ("bigint", "bytea")]
        with self._cursor.copy(copy_in(table)) as copy:
            copy.set_types(types)
            for count, row in enumerate(rows, 1):  # noqa: B007 - it is the answer
                lost = any("\0" in row[n] for n in texts if type(row[n]) is str)
                copy.write_row(_clean(row) if lost else row)
        return count

    def add_from(self, other: Session, table: Table) -> int:
        """Add the rows that another server's table of the same shape holds, as they are; how many."""
        with (
            other._cursor.copy(copy_out(table)) as out,
            self._cursor.copy(copy_in(table)) as into,
        ):
            for some in out:
                into.write(some)
        return self._cursor.rowcount

    def ask(self, sql: str, *values: Any) -> Row:
        """The one row of a question about the database itself."""
        (row,) = self._cursor.execute(sql, values, prepare=False).fetchall()
        return tuple(row)

    def script(self, sql: str) -> None:
        """Run statements without values."""
        if sql:
            self._simply(sql)

    def _server_there(self) -> Row | None:
        try:
            return self.ask(SERVER)
        except psycopg.OperationalError:
            raise
        except psycopg.Error:
            return None  # it tells this user nothing of the kind

    def _simply(self, words: str) -> str | None:
        return self._plain.execute(words, prepare=False).statusmessage

    def _execute(self, name: str, values: Row) -> psycopg.Cursor[Any]:
        if self._waiting:
            self._write_what(mentioned(name))
        sql = postgresql_statement(name)
        try:
            return self._cursor.execute(sql, values)
        except psycopg.DataError as error:
            if error.sqlstate is not None:
                raise
            return self._cursor.execute(sql, _clean(values))

    def _write_what(self, tables: Iterable[str]) -> None:
        """Write the rows that wait for these tables."""
        for table in [table for table in self._waiting if table in tables]:
            name, rows = self._waiting.pop(table)
            inserted = insert_of(name)
            if len(rows) == 1:
                self._cursor.execute(postgresql_statement(name), rows[0])
            elif len(rows) < COPIED_FROM or inserted is None:
                self._cursor.executemany(postgresql_statement(name), rows)
            else:
                types = self._types_of(inserted)
                with self._cursor.copy(inserted.copied) as copy:
                    copy.set_types(types)
                    for row in rows:
                        copy.write_row(row)

    def _set(self, name: str, rows: Sequence[Row]) -> bool:
        """Set the values of many rows at once, if that is all there is to do; of two for a row, the last."""
        update = update_of(name)
        if update is None:
            return False
        last = {row[-1]: row for row in rows}
        arrays = [list(column) for column in zip(*last.values(), strict=True)]
        self._cursor.execute(update_all(update, self._types_of(update)), arrays)
        return True

    def _types_of(self, asked: Changes | Table) -> list[str]:
        if asked not in self._types:
            (self._types[asked],) = self.ask(_TYPES, asked[0], list(asked.columns))
        return self._types[asked]


def _clean(row: Row) -> Row:
    """A row without the one character that PostgreSQL cannot keep. No key and no id holds it."""
    return tuple(v.replace("\0", "\N{SYMBOL FOR NULL}") if type(v) is str else v for v in row)


def unless_said(server: str) -> dict[str, Any]:
    """What is asked of libpq, where the address does not say otherwise."""
    said = psycopg.conninfo.conninfo_to_dict(server)
    wanted: dict[str, Any] = {
        "connect_timeout": CONNECTED_WITHIN,
        "application_name": "onestory",
        "client_encoding": "utf8",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }
    return {name: value for name, value in wanted.items() if name not in said}
