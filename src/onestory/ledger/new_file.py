"""A new SQLite file that a ledger is copied into: under another name, until it is whole and on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import LedgerError, NotALedger, NotEmpty
from .database import Source
from .dialect import add_to, tables_of
from .file_session import FileSession
from .shows import Shows, counted
from .sqlite import UNFINISHED, SqliteDatabase, file_of

PAGES_AT_ONCE = 4_096
"""Pages that are copied before it is said how many were: some 8 MiB, a hundredth of a second."""

_TABLES = """
select tables.name, columns.name
from sqlite_master as tables, pragma_table_info(tables.name) as columns
where tables.type = 'table' and tables.name not like 'sqlite%' and tables.name <> 'migration'
order by tables.rowid, columns.cid
"""
"""The tables in the order in which they were made."""


class NewFile(SqliteDatabase):
    """A file that is being filled.

    Args:
        path: Where it is until it is whole.
        newest: The last migration that is applied to it.
    """

    def __init__(self, path: Path, newest: int) -> None:
        super().__init__(f"sqlite:///{path}", newest=newest)
        self.where = str(path).removesuffix(UNFINISHED)

    def fill(self, source: Source, shows: Shows) -> None:
        """Carry every table over; page by page from another file, else row by row."""
        if isinstance(source, FileSession):
            self._fill_with_pages(source, shows)
            return
        lines = sum(end or 0 for end in source.rows("head")[0][:2])
        with self.writing() as connection, shows("copying", lines) as done:
            database = connection.database
            before = database.total_changes
            for table in tables_of(database.execute(_TABLES)):
                with closing(source.all_of(table)) as rows:
                    counting = counted(rows, done, database.total_changes - before)
                    database.executemany(add_to(table), counting)

    def finish(self) -> None:
        """Leave one file with nothing beside it, and close.

        Raises:
            LedgerError: The disk refused, or is full.
        """
        self._readers.close()
        with self._lock, self._translated():
            self._alone()
        self.close()

    def _fill_with_pages(self, source: FileSession, shows: Shows) -> None:
        (pages,) = source.database.execute("pragma page_count").fetchone()
        with self._lock, self._translated(), shows("copying", pages) as done:
            self._alone()  # so that it takes over the size of the other's pages
            source.database.backup(
                self._writer.database,
                pages=PAGES_AT_ONCE,
                progress=lambda _, left, all_: done(all_ - left),
            )
            self._write_ahead(self._writer.database)

    def _alone(self) -> None:
        (mode,) = self._writer.database.execute("pragma journal_mode = delete").fetchone()
        if mode != "delete":
            raise LedgerError(
                "Another process has opened the file before it was whole.",
                where=self.where,
                fix="Let nobody open it, remove it, and copy again.",
            )


@contextmanager
def new_file(address: str, newest: int, *, pages: bool) -> Iterator[NewFile]:
    """A place for a ledger in a file that is not there yet; it is there once this ends.

    Args:
        address: Where.
        newest: The last migration of the ledger.
        pages: Whether all there is to be in it will be pages of another file.

    Raises:
        NotEmpty: There is a file already, or the rest of a copy that was broken off.
        NotALedger: The address names no file.
        LedgerError: The disk refused.
    """
    path = file_of(address)
    if path is None:
        raise NotALedger(
            "A ledger in memory is gone when this command ends.",
            fix="Name a file that does not exist yet: sqlite:///acme.db",
        )
    if path.exists():
        raise _not_empty(path)
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        unfinished.touch(exist_ok=False)
    except FileExistsError:
        raise NotEmpty(
            "A copy into this file was broken off, or is under way.",
            where=str(unfinished),
            fix="If no other copy is under way, remove this file and copy again.",
        ) from None
    except OSError:
        NewFile(unfinished, 0).close()  # says in a ledger's words what is in the way
        raise
    try:
        place = NewFile(unfinished, 0 if pages else newest)
        try:
            yield place
            place.finish()
        finally:
            place.close()
        _publish(unfinished, path)
    finally:
        for more in ("", "-wal", "-shm", "-journal"):
            unfinished.with_name(unfinished.name + more).unlink(missing_ok=True)


def _publish(unfinished: Path, path: Path) -> None:
    """Give the file its name, unless another has it by now; on the disk, with its name."""
    _flush(unfinished)
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise _not_empty(path) from None
    except OSError:  # a file system without a second name for a file
        if path.exists():
            raise _not_empty(path) from None
        unfinished.rename(path)
    if os.name == "posix":
        _flush(path.absolute().parent)


def _flush(path: Path) -> None:
    place = os.open(path, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _not_empty(path: Path) -> NotEmpty:
    return NotEmpty(
        "There is a file here already.",
        where=str(path),
        fix="Name a file that does not exist yet; a ledger is only copied into an empty place.",
    )
