"""Many processes: a ledger in one schema of a PostgreSQL server, written by one transaction at a time.

A writer holds one advisory lock of the ledger for its transaction, so that numbers, chain and judging
are what they are on SQLite, however many processes there are
(docs/decisions/0020-one-writer-at-a-time-on-postgresql.md).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg

from ..errors import LedgerError, LedgerReadOnly, NoSuchDuration, NotALedger, NotEmpty
from ..model.durations import duration, spelled
from .outcome import outcome
from .postgres_wakes import PostgresWakes
from .readers import Readers
from .refusals import not_known_whether_kept, refusal
from .session import READING, Session, Settings
from .sqlite import PATIENCE
from .statements import postgresql_migrations
from .unusable import all_lent, refuse_newer, was_closed

SCHEMA = "onestory"
"""The schema of a ledger whose address names none."""

MARK = "ONES"
"""The comment on the table ``migration`` of a ledger: tells it from any other table of that name."""

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")

_MAKE_SCHEMA = """
do $$ begin
    execute format('create schema if not exists %I', current_setting('search_path'));
end $$
"""

_STATE = """
select current_setting('server_encoding'),
    (select count(*) from pg_class where relnamespace = to_regnamespace(current_schema)),
    obj_description(to_regclass('migration'), 'pg_class')
"""


class PostgresDatabase:
    """A ledger in one schema of a PostgreSQL server.

    Args:
        address: ``postgresql://user@host/database``; ``?schema=acme`` names the ledger's schema,
            ``mode=ro`` reads only, ``wait=2s`` is how long a writer waits for another; all else is
            the server's own (``sslmode=require``).
        empty: Whether there must be nothing in the schema, so that a ledger can be copied into it.

    Raises:
        NotEmpty: There is something, and there must not be.
        LedgerReadOnly: This user may not read the ledger, or not write it.
        NotALedger: The address or the schema is no ledger's.
        LedgerNewer: A later version of onestory has written to it.
        LedgerError: The server cannot be reached.
    """

    def __init__(self, address: str, *, empty: bool = False) -> None:
        parts = _parts(address)
        self.read_only, self.patience, self.where = parts.read_only, parts.patience, parts.where
        settings = parts.settings
        self._lock = threading.RLock()
        self._closed, self._settings = False, settings
        self._readers = Readers(
            lambda: Session(settings),
            wait=self.patience / timedelta(seconds=1),
            busy=lambda: all_lent(self.where, self.patience),
            closed=lambda: was_closed(self.where),
        )
        self._writer = Session(settings)
        try:
            with self._translated(self._writer):
                self._writer.connect()
                if empty:
                    self._refuse_what_is_there()
                elif self._version() < postgresql_migrations()[-1][0] and not self.read_only:
                    self._migrate()
        except BaseException:
            self._writer.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that may write; its commit is on the server's disk when this ends.

        Raises:
            LedgerBusy: Another process has been writing for too long.
            LedgerError: The server refused; nothing of the transaction was kept, or it is said that
                this is not known.
        """
        with self._lock, self._translated(self._writer):
            if self._closed:
                raise was_closed(self.where)
            if self.read_only:
                raise LedgerReadOnly(
                    "The ledger was opened to be read, and not written.",
                    where=self.where,
                    fix="Open it without mode=ro.",
                )
            self._writer.begin_writing()
            try:
                yield self._writer
                self._commit()
            except BaseException:
                self._writer.roll_back()
                raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view of what is committed; writers go on meanwhile.

        Raises:
            LedgerBusy: Too many threads have been reading for too long.
            LedgerError: The server refused, or the ledger is closed.
        """
        with self._readers.lend() as (reader, nested), self._translated(reader):
            if nested:
                yield reader
                return
            reader.begin(READING)
            try:
                yield reader
            finally:
                reader.roll_back()

    def wakes(self, heard: Callable[[], None]) -> PostgresWakes:
        """What wakes the other processes of this ledger, and calls ``heard`` when they wake this one."""
        return PostgresWakes(self._settings, heard)

    def close(self) -> None:
        """Let go of all connections. What is being read is read to its end."""
        self._readers.close()
        with self._lock:
            if not self._closed:
                self._closed = True
                self._writer.close()

    def _commit(self) -> None:
        try:
            kept: bool | None = self._writer.commit()
        except psycopg.OperationalError as error:
            sent = self._writer.sent
            if sent is None or not self._writer.is_lost:
                raise
            kept = outcome(self._writer, sent)
            if kept is None:
                raise not_known_whether_kept(error, self.where) from error
            if not kept:
                raise
        if not kept:
            raise LedgerError(
                "A statement of this batch failed, so that nothing of it was kept.",
                where=self.where,
                fix="Report this as our mistake: what failed was not told.",
            )

    def _version(self) -> int:
        """The last migration there is; what is no ledger, or a later one, is left alone."""
        encoding, relations, mark = self._writer.ask(_STATE)
        if encoding != "UTF8":
            raise NotALedger(
                f"The database keeps texts as {encoding}, which loses some.",
                where=self.where,
                fix="Name a database that was created with the encoding UTF8.",
            )
        if mark != MARK:
            if relations or self.read_only:
                raise NotALedger(
                    "There is no ledger in this schema"
                    + (", but tables of others." if relations else " yet."),
                    where=self.where,
                    fix="Name a ledger's schema, or one that does not exist yet: ?schema=acme.",
                )
            return 0
        (version,) = self._writer.ask("select coalesce(max(number), 0) from migration")
        refuse_newer(version, postgresql_migrations()[-1][0], self.where)
        return int(version)

    def _migrate(self) -> None:
        """Bring the schema to the newest migration, each in one transaction with its record."""
        for number, name, script in postgresql_migrations():
            with self.writing() as session:
                # Another process may have been quicker, before this one held the lock.
                version = self._version()
                if not version:
                    self._make_schema()
                if number > version:
                    session.script(script)
                    session.run("insert_migration", number, name)

    @contextmanager
    def becoming(self, newest: int) -> Iterator[Session]:
        """One transaction in which the ledger is made, and filled; until its end nobody sees any of it.

        Args:
            newest: The last migration that is applied.

        Raises:
            NotEmpty: Another process has made something there meanwhile.
            LedgerError: The server refused; nothing was kept.
        """
        with self.writing() as session:
            session.script("set local idle_in_transaction_session_timeout = 0")
            self._refuse_what_is_there()
            self._make_schema()
            for number, name, script in postgresql_migrations():
                if number <= newest:
                    session.script(script)
                    session.run("insert_migration", number, name)
            yield session

    def _refuse_what_is_there(self) -> None:
        if self._version():
            raise NotEmpty(
                "There is a ledger in this schema already.",
                where=self.where,
                fix="Name one that holds none, behind the address: ?schema=another.",
            )

    def _make_schema(self) -> None:
        (there,) = self._writer.ask("select current_schema() is not null")
        self._writer.script("" if there else _MAKE_SCHEMA)

    def _translated(self, session: Session) -> AbstractContextManager[None]:
        return _translated(session, self.where, self.patience)


def missing_schema(address: str) -> str | None:
    """The schema of an address, as errors name it, if nothing is there yet.

    Raises:
        NotALedger: The address is no ledger's.
        LedgerError: The server cannot be reached.
    """
    parts = _parts(address)
    session = Session(parts.settings)
    try:
        with _translated(session, parts.where, parts.patience):
            session.connect()
            _, relations, _ = session.ask(_STATE)
    finally:
        session.close()
    return None if relations else parts.where


@contextmanager
def _translated(session: Session, where: str, patience: timedelta) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate is None and not isinstance(error, psycopg.OperationalError):
            raise  # our own mistake, not the server's
        raise refusal(error, where, spelled(patience), reached=session.was_reached) from error


class _Parts(NamedTuple):
    """What an address says: the server, what may be shown of it, and how the ledger is used."""

    server: str
    where: str
    schema: str
    patience: timedelta
    read_only: bool

    @property
    def settings(self) -> Settings:
        """How a session reaches the ledger."""
        lock = _key_of_lock(self.schema)
        return Settings(self.server, self.schema, lock, self.patience, read_only=self.read_only)


def _parts(address: str) -> _Parts:
    split = urlsplit(address)
    options = dict(parse_qsl(split.query, keep_blank_values=True))
    schema, mode = options.pop("schema", SCHEMA), options.pop("mode", "")
    try:
        patience = duration(options.pop("wait", PATIENCE))
    except NoSuchDuration:
        patience = None
    server = urlunsplit(split._replace(query=urlencode(options)))
    try:
        psycopg.conninfo.conninfo_to_dict(server)
        known = bool(_NAME.fullmatch(schema)) and mode in ("", "ro")
    except psycopg.ProgrammingError:
        known = False
    shown = split.netloc.rpartition("@")[2] or options.get("host", "this host")
    if not known or patience is None:
        raise NotALedger(
            f"postgresql://{shown}{split.path} with these options is not the address of a ledger.",
            fix='Write "postgresql://user@host/database?schema=acme", the schema in small letters; after '
            'it "&mode=ro" to read only, or "&wait=2s" to wait so long for another writer.',
        )
    where = f"postgresql://{shown}{split.path}?schema={schema}"
    return _Parts(server, where, schema, patience, mode == "ro")


def _key_of_lock(schema: str) -> int:
    """The number of the advisory lock of a ledger: another for each schema of a database."""
    digest = sha256(b"onestory ledger in " + schema.encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
