"""Opening the database of a ledger: which kind it is, its address says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from ..errors import NotALedger, NotInstalled
from .database import Place, Source, Stored
from .file_session import FileSession
from .new_file import new_file
from .sqlite import SqliteDatabase


def _postgresql(address: str) -> Stored:
    _need_psycopg()
    from .postgres import PostgresDatabase  # noqa: PLC0415 - only who keeps a ledger there needs it

    return PostgresDatabase(address)


def _need_psycopg() -> None:
    try:
        import psycopg  # noqa: F401, PLC0415 - as above
    except ImportError as error:
        raise NotInstalled(
            "A ledger on PostgreSQL needs psycopg, which is not installed.",
            where=sys.executable,
            fix="Install it with its extra:  pip install 'onestory[postgres]'",
        ) from error


KINDS: dict[str, Callable[[str], Stored]] = {
    "sqlite": SqliteDatabase,
    "postgresql": _postgresql,
}
"""What opens the database of an address, by what stands before its colon."""


def open_database(address: str) -> Stored:
    """The database at an address.

    Raises:
        NotALedger: The address names no kind of database that onestory knows.
        NotInstalled: It is on PostgreSQL, and psycopg is not installed.
    """
    kind = KINDS.get(address.partition(":")[0])
    if kind is None:
        raise NotALedger(
            f"{address!r} is not the address of a ledger.",
            fix='Write "sqlite:///acme.db" for a file here, or "postgresql://user@host/database" '
            'for a server; after either, "?mode=ro" to read only.',
        )
    return kind(address)


def empty_place(address: str, newest: int, source: Source) -> AbstractContextManager[Place]:
    """A place that a ledger is copied into; it is a ledger once this ends, and nothing if this raises.

    Args:
        address: Where there is nothing yet.
        newest: The last migration of the ledger that is copied.
        source: The ledger that is copied.

    Raises:
        NotEmpty: There is something already.
        NotALedger: The address names no kind of database that onestory knows, or one in memory.
        LedgerError: The database refused.
    """
    kind = KINDS.get(address.partition(":")[0])
    if kind is _postgresql:
        _need_psycopg()
        from .new_schema import new_schema  # noqa: PLC0415 - as above

        return new_schema(address, newest)
    return new_file(address, newest, pages=isinstance(source, FileSession))


def missing(address: str) -> str | None:
    """Where a ledger is looked for in vain on a server, as errors name it; None if something is there.

    A file is looked for by whoever names it.
    """
    if KINDS.get(address.partition(":")[0]) is not _postgresql:
        return None
    _need_psycopg()
    from .postgres import missing_schema  # noqa: PLC0415 - as above

    return missing_schema(address)
