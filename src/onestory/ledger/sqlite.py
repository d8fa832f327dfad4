"""The embedded default: one SQLite file, in WAL mode, every commit on disk before it is told.

``synchronous=FULL`` is what makes *acknowledged* mean *kept* through a power cut; with ``NORMAL`` a
cut loses commits (docs/decisions/0007-one-file-on-sqlite.md).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ..errors import (
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerNewer,
    LedgerReadOnly,
    NotALedger,
)
from .database import Row
from .statements import migrations, statement

APPLICATION_ID = 0x4F4E4553
"""``ONES``: tells a ledger from any other SQLite file, also for file(1)."""

BUSY_SECONDS = 10.0
"""How long a writer waits for another: longer than any of our transactions, shorter than patience."""

CACHE_KIB = 131_072
"""Pages kept in memory, in KiB: dossiers are read and written at random, and 128 MiB hold those of
some 200,000 subjects; a bound, so that memory stays flat however large the file."""

CHECKPOINT_BYTES = 32 * 1_048_576
"""Size of the WAL at which the writer copies its pages into the file and begins it anew. Measured:
at 4 MiB each page is copied twice as often; far above, the file grows, and growing it costs a commit
more than the copying saves. At 32 MiB one commit in some 10,000 of one message waits 30 ms for it."""

_SETTINGS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma wal_autocheckpoint = 0",
    f"pragma cache_size = -{CACHE_KIB}",
    "pragma temp_store = memory",
    "pragma foreign_keys = off",
)

_CAUSES: dict[int, tuple[type[LedgerError], str, str]] = {
    sqlite3.SQLITE_BUSY: (
        LedgerBusy,
        f"Another process has been writing to the ledger for {BUSY_SECONDS:g} s.",
        "Let it finish, or stop it; nothing of this batch was kept.",
    ),
    sqlite3.SQLITE_READONLY: (
        LedgerReadOnly,
        "The ledger may be read, but not written.",
        "Give this user the right to write the file and its folder, or open a copy.",
    ),
    sqlite3.SQLITE_FULL: (
        LedgerFull,
        "The disk is full. What was acknowledged is kept; this batch was not.",
        "Make room and send it again; no restart is needed.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        LedgerCorrupt,
        "The ledger's file is damaged.",
        "Restore it from a backup; `onestory verify` names what does not hold.",
    ),
    sqlite3.SQLITE_NOTADB: (
        NotALedger,
        "The file is not an SQLite database.",
        "Name a ledger, or a file that does not exist yet.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        NotALedger,
        "The file cannot be opened.",
        "Create its folder first, and check the spelling.",
    ),
    sqlite3.SQLITE_IOERR: (
        LedgerError,
        "The disk failed while the ledger was read or written.",
        "Check the disk; what was acknowledged before is kept.",
    ),
}
_CAUSES[sqlite3.SQLITE_LOCKED] = _CAUSES[sqlite3.SQLITE_BUSY]


class SqliteDatabase:
    """A ledger in one SQLite file, or in memory for tests.

    Args:
        address: ``sqlite:///path/to/file``, ``sqlite://`` for one in memory; ``?mode=ro`` reads only.

    Raises:
        NotALedger: The address or the file is no ledger's.
        LedgerNewer: A later version of onestory has written to it.
    """

    def __init__(self, address: str) -> None:
        scheme, _, rest = address.partition("://")
        path, _, query = rest.partition("?")
        self.read_only = parse_qs(query).get("mode") == ["ro"]
        if scheme != "sqlite" or (path and not path.startswith("/")):
            raise NotALedger(
                f"{address!r} is not the address of a ledger.",
                fix='Write "sqlite:///acme.db" for a file here, "sqlite:////var/acme.db" for one there.',
            )
        self.path = Path(path[1:]) if path else None
        self.where = str(self.path or "memory")
        self._wal = self.path and self.path.with_name(self.path.name + "-wal")
        self._lock = threading.RLock()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        with self._translated():
            self._writer = _Statements(self._connect())
        try:
            with self._translated():
                self._prepare()
        except BaseException:
            self._writer.database.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[_Statements]:
        """One transaction that may write; its commit is on disk when this ends.

        Raises:
            LedgerError: The database refused; nothing of the transaction was kept.
        """
        with self._lock, self._translated():
            database = self._writer.database
            database.execute("begin immediate")
            try:
                yield self._writer
                database.execute("commit")
            except BaseException:
                if database.in_transaction:
                    database.execute("rollback")
                raise
            self._mind_the_wal()

    @contextmanager
    def reading(self) -> Iterator[_Statements]:
        """One consistent view of what is committed; writers go on meanwhile."""
        if self.path is None:
            with self._lock, self._translated():
                yield self._writer
            return
        with self._translated():
            reader = getattr(self._local, "reader", None)
            if reader is None:
                reader = self._local.reader = _Statements(self._connect())
                self._readers.append(reader.database)
            nested = reader.database.in_transaction
            if not nested:
                reader.database.execute("begin")
            try:
                yield reader
            finally:
                if not nested:
                    reader.database.execute("rollback")

    def close(self) -> None:
        """Copy what is in the WAL into the file, and close."""
        with self._lock:
            for reader in self._readers:
                reader.close()
            if not self.read_only and self.path is not None:
                with self._translated():
                    self._writer.database.execute("pragma wal_checkpoint(truncate)").fetchall()
            self._writer.database.close()

    def _connect(self) -> sqlite3.Connection:
        name = ":memory:" if self.path is None else self.path.absolute().as_uri()
        database = sqlite3.connect(
            name + ("?mode=ro" if self.read_only else ""),
            uri=self.path is not None,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        for setting in _SETTINGS if not self.read_only else _SETTINGS[3:]:
            database.execute(setting).fetchall()
        return database

    def _prepare(self) -> None:
        """Bring the file to the newest migration, each in one transaction with its record."""
        database = self._writer.database
        (version,) = database.execute("pragma user_version").fetchone()
        (application,) = database.execute("pragma application_id").fetchone()
        (tables,) = database.execute("select count(*) from sqlite_master").fetchone()
        newest = migrations()[-1][0]
        if (tables and application != APPLICATION_ID) or (self.read_only and not tables):
            raise NotALedger(
                "The file is a database, but not a ledger.",
                where=self.where,
                fix="Name a ledger, or a file that does not exist yet.",
            )
        if version > newest:
            raise LedgerNewer(
                f"The ledger is of version {version}; this program knows versions up to {newest}.",
                where=self.where,
                fix="Install the version of onestory that wrote it, or a later one.",
            )
        if self.read_only:
            return
        for number, name, sql in migrations():
            if number > version:
                database.executescript(_script(number, name, sql))

    def _mind_the_wal(self) -> None:
        if self._wal is not None and self._wal.stat().st_size > CHECKPOINT_BYTES:
            self._writer.database.execute("pragma wal_checkpoint(passive)").fetchall()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in _CAUSES:
                kind, what, fix = _CAUSES[code]
                raise kind(what, where=self.where, fix=fix) from error
            raise


def _script(number: int, name: str, sql: str) -> str:
    """A migration with its record, as one transaction. Pragmas take no parameters, hence the text."""
    return (
        f"begin immediate;\n{sql}\n"
        "create table if not exists migration (number integer primary key, name text not null);\n"
        f"insert into migration values ({number}, '{name}');\n"
        f"pragma application_id = {APPLICATION_ID};\npragma user_version = {number};\ncommit;"
    )


class _Statements:
    """A connection that runs statements by their names."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database

    def run(self, name: str, *values: Any) -> int:
        return self.database.execute(statement(name), values).rowcount

    def many(self, name: str, rows: Sequence[Row]) -> None:
        if rows:
            self.database.executemany(statement(name), rows)

    def rows(self, name: str, *values: Any) -> list[Row]:
        return self.database.execute(statement(name), values).fetchall()

    def each(self, name: str, *values: Any) -> Iterator[Row]:
        return iter(self.database.execute(statement(name), values))


def open_database(address: str) -> SqliteDatabase:
    """The database at an address.

    Raises:
        NotALedger: The address names no kind of database that onestory knows.
    """
    return SqliteDatabase(address)
