"""The embedded default: one SQLite file, in WAL mode, every commit on disk before it is told.

``synchronous=FULL`` is what makes *acknowledged* mean *kept* through a power cut; with ``NORMAL`` a
cut loses commits (docs/decisions/0007-one-file-on-sqlite.md).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl

from ..errors import (
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerReadOnly,
    NoSuchDuration,
    NotALedger,
)
from ..model.durations import duration, spelled
from .file_session import FileSession
from .readers import Readers
from .statements import migrations
from .unusable import all_lent, refuse_newer, was_closed
from .wakes import Alone, Wakes

APPLICATION_ID = 0x4F4E4553
"""``ONES``: tells a ledger from any other SQLite file, also for file(1)."""

PATIENCE = "10 s"
"""How long a writer waits for another: longer than any of our transactions, shorter than patience."""

CACHE_KIB = 131_072
"""Pages kept in memory, in KiB: dossiers are read and written at random, and 128 MiB hold those of
some 200,000 subjects; a bound, so that memory stays flat however large the file."""

READER_CACHE_KIB = 16_384
"""Pages kept in memory by each connection that reads, in KiB: a story reads some ten pages, which
the operating system keeps too; with all of them, as much as the writer's cache."""

PAGE_BYTES = 2048
"""Size of a page of a new file: a commit writes each page whole in which a dossier was changed, and most
dossiers have under 1,000 bytes (docs/decisions/0007-one-file-on-sqlite.md)."""

CHECKPOINT_BYTES = 32 * 1_048_576
"""Size of the WAL at which the writer copies its pages into the file and begins it anew. Measured:
at 4 MiB each page is copied twice as often; far above, the file grows, and growing it costs a commit
more than the copying saves. At 32 MiB one commit in some 10,000 of one message waits 30 ms for it."""

UNFINISHED = ".unfinished"
"""What follows a file's name while a ledger is copied into it; it is no ledger until that is gone."""

_SETTINGS = (
    f"pragma page_size = {PAGE_BYTES}",
    "pragma synchronous = full",
    "pragma wal_autocheckpoint = 0",
    f"pragma journal_size_limit = {CHECKPOINT_BYTES // 2}",
    "pragma temp_store = memory",
    "pragma foreign_keys = off",
)

_CAUSES: dict[int, tuple[type[LedgerError], str, str]] = {
    sqlite3.SQLITE_BUSY: (
        LedgerBusy,
        "Another process has been writing to the ledger for {patience}.",
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
    sqlite3.SQLITE_ERROR: (
        LedgerCorrupt,
        "The ledger's file does not hold what it must: {error}.",
        "Restore it from a backup; `onestory verify` names what does not hold.",
    ),
    sqlite3.SQLITE_IOERR: (
        LedgerError,
        "The disk failed while the ledger was read or written.",
        "Check the disk; what was acknowledged before is kept.",
    ),
}
_CAUSES[sqlite3.SQLITE_LOCKED] = _CAUSES[sqlite3.SQLITE_BUSY]
_OTHERWISE: tuple[type[LedgerError], str, str] = (
    LedgerError,
    "The database refused: {error}.",
    "Nothing of this batch was kept. Run `onestory verify`; if all holds, report this as our mistake.",
)


class SqliteDatabase:
    """A ledger in one SQLite file, or in memory for tests.

    Args:
        address: ``sqlite:///path/to/file``, ``sqlite://`` for one in memory; ``?mode=ro`` reads only,
            ``?wait=2s`` is how long a writer waits for another.
        newest: The last migration that is applied, of a ledger that is being copied; all, if left out.

    Raises:
        LedgerReadOnly: This user may not read the file, or not write it.
        NotALedger: The address or the file is no ledger's.
        LedgerNewer: A later version of onestory has written to it.
    """

    def __init__(self, address: str, *, newest: int | None = None) -> None:
        path, options = _parts(address)
        self.read_only = options.get("mode") == "ro"
        self.patience = duration(options.get("wait", PATIENCE))
        self.path = Path(path) if path else None
        self.where = str(self.path or "memory")
        self._wal = self.path and self.path.with_name(self.path.name + "-wal")
        self._lock = threading.RLock()
        self._closed = False
        self._readers = Readers(
            lambda: FileSession(self._connect(READER_CACHE_KIB), self._translated),
            wait=self.patience / timedelta(seconds=1),
            busy=lambda: all_lent(self.where, self.patience),
            closed=lambda: was_closed(self.where),
        )
        with self._translated():
            if newest is None:
                self._refuse_unfinished()
            self._writer = FileSession(self._connect(CACHE_KIB, first=True), self._translated)
            try:
                if not self.read_only:
                    self._migrate(newest)
            except BaseException:
                self._writer.close()
                raise

    @contextmanager
    def writing(self) -> Iterator[FileSession]:
        """One transaction that may write; its commit is on disk when this ends.

        Raises:
            LedgerError: The database refused; nothing of the transaction was kept.
        """
        with self._lock, self._translated():
            if self._closed:
                raise was_closed(self.where)
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
    def reading(self) -> Iterator[FileSession]:
        """One consistent view of what is committed; writers go on meanwhile.

        Raises:
            LedgerBusy: Too many threads have been reading for too long.
            LedgerError: The database refused, or is closed.
        """
        if self.path is None:
            with self._lock, self._translated():
                if self._closed:
                    raise was_closed(self.where)
                yield self._writer
            return
        with self._translated(), self._readers.lend() as (reader, nested):
            if not nested:
                reader.database.execute("begin")
            try:
                yield reader
            finally:
                if reader.database.in_transaction and not nested:
                    reader.database.execute("rollback")

    def wakes(self, heard: Callable[[], None]) -> Wakes:  # noqa: ARG002 - nobody wakes a file
        """A file wakes nobody."""
        return Alone()

    def close(self) -> None:
        """Copy what is in the WAL into the file, and close. What is being read is read to its end."""
        self._readers.close()
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if not self.read_only and self.path is not None:
                self._checkpoint()
            self._writer.close()

    def _connect(self, cache_kib: int, *, first: bool = False) -> sqlite3.Connection:
        database = sqlite3.connect(
            self._uri(),
            uri=True,
            timeout=self.patience / timedelta(seconds=1),
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            if first:  # a later version may add to the ledger meanwhile, and this one goes on
                self._refuse_others(database)
            for setting in (*_SETTINGS, f"pragma cache_size = -{cache_kib}"):
                database.execute(setting).fetchall()
            if self.path is not None and not self.read_only:
                self._write_ahead(database)
        except BaseException:
            database.close()
            raise
        return database

    def _write_ahead(self, database: sqlite3.Connection) -> None:
        (mode,) = database.execute("pragma journal_mode = wal").fetchone()
        if mode != "wal":
            raise LedgerError(
                "The file system of this folder cannot hold a ledger.",
                where=self.where,
                fix="Keep it on a local disk, where readers and the writer can share memory.",
            )

    def _uri(self) -> str:
        """The file for SQLite; one that nobody can write to any more is read without its lock files."""
        if self.path is None:
            return "file::memory:"
        mode = ""
        if self.read_only:
            kept = self._wal is not None and self._wal.exists()
            mode = "?mode=ro"
            if not kept and not os.access(self.path.absolute().parent, os.W_OK):
                mode += "&immutable=1"
        return self.path.absolute().as_uri() + mode

    def _refuse_others(self, database: sqlite3.Connection) -> None:
        """Leave a file alone that is no ledger, or a later one; not a byte of it is changed."""
        database.execute("begin")  # one look, though another process may just make the ledger
        (version,) = database.execute("pragma user_version").fetchone()
        (application,) = database.execute("pragma application_id").fetchone()
        (tables,) = database.execute("select count(*) from sqlite_master").fetchone()
        database.execute("rollback")
        (pages,) = database.execute("pragma page_count").fetchone()
        scrap = not pages and self.path is not None and self.path.stat().st_size > 0
        if (application != APPLICATION_ID) if tables else (self.read_only or scrap):
            raise NotALedger(
                "The file is a database, but not a ledger.",
                where=self.where,
                fix="Name a ledger, or a file that does not exist yet.",
            )
        refuse_newer(version, migrations()[-1][0], self.where)

    def _refuse_unfinished(self) -> None:
        """Leave a file alone that may lack the half of a ledger, however whole it looks."""
        if self.path is not None and self.path.name.endswith(UNFINISHED):
            raise NotALedger(
                "The file is what a copy that was broken off has left.",
                where=self.where,
                fix="Remove it and copy again: a copy has its own name once it was verified.",
            )

    def _migrate(self, newest: int | None) -> None:
        """Bring the file to the newest migration, each in one transaction with its record."""
        for number, name, statements in migrations():
            (version,) = self._writer.database.execute("pragma user_version").fetchone()
            if version < number and (newest is None or number <= newest):
                with self.writing() as connection:
                    # Another process may have been quicker, before this one held the lock.
                    (version,) = connection.database.execute("pragma user_version").fetchone()
                    if number > version:
                        for sql in statements:
                            connection.database.execute(sql)
                        connection.run("insert_migration", number, name)

    def _mind_the_wal(self) -> None:
        if self._wal is None or self.read_only:
            return
        if self._wal.stat().st_size > CHECKPOINT_BYTES:
            self._checkpoint()

    def _checkpoint(self) -> None:
        """Copy what is in the WAL into the file, as far as readers allow.

        What is in the WAL is kept already, so a full disk is no failure yet: a commit will say so.
        """
        with suppress(sqlite3.OperationalError):
            self._writer.database.execute("pragma wal_checkpoint(passive)").fetchall()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.InterfaceError, sqlite3.ProgrammingError):
            raise  # our own mistake, not the database's
        except (sqlite3.Error, UnicodeDecodeError) as error:
            # What SQLite says of a damaged file may hold bytes of it, which are no text.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            if code == sqlite3.SQLITE_CANTOPEN:
                raise self._cannot_open() from error
            kind, what, fix = _CAUSES.get(code, _OTHERWISE)
            what = what.format(patience=spelled(self.patience), error=error)
            raise kind(what, where=self.where, fix=fix) from error

    def _cannot_open(self) -> LedgerError:
        file = (self.path or Path()).absolute()
        if file.is_dir():
            return NotALedger("It is a folder.", where=self.where, fix="Name a file in it.")
        if not file.parent.is_dir():
            return NotALedger(
                f"There is no folder {file.parent}.",
                where=self.where,
                fix="Create it first, or check the spelling.",
            )
        return LedgerReadOnly(
            "This user may not open the ledger here.",
            where=self.where,
            fix="Give this user the right to read and write the file and its folder, or add "
            "?mode=ro to read only.",
        )


def file_of(address: str) -> Path | None:
    """The file that an address names; None for a ledger in memory.

    Raises:
        NotALedger: The address is no ledger's.
    """
    path, _ = _parts(address)
    return Path(path) if path else None


def _parts(address: str) -> tuple[str, dict[str, str]]:
    """The path of an address, empty for memory, and its options."""
    scheme, _, rest = address.partition("://")
    path, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    try:
        duration(options.get("wait", PATIENCE))
        known = options.keys() <= {"mode", "wait"} and options.get("mode", "ro") == "ro"
    except NoSuchDuration:
        known = False
    if scheme != "sqlite" or (path and not path.startswith("/")) or not known:
        raise NotALedger(
            f"{address!r} is not the address of a ledger.",
            fix='Write "sqlite:///acme.db" for a file here, "sqlite:////var/acme.db" for one there; '
            'after it "?mode=ro" to read only, or "?wait=2s" to wait so long for another writer.',
        )
    return path[1:], options
