"""Numbers of names: what a transaction gave that was undone is nobody's number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from onestory.clock import HandClock
from onestory.ledger import Ledger, open_database
from onestory.ledger.database import Connection, Database
from onestory.ledger.wakes import Wakes
from onestory.testing import NINE

from .acme import address


class Undone(Exception):
    """What a transaction ends with that is undone."""


class LetsOthersIn:
    """A database that lets another thread write as soon as a transaction was undone.

    Args:
        database: What keeps the rows.
    """

    def __init__(self, database: Database) -> None:
        self._database, self.read_only = database, database.read_only
        self.undone, self.written = threading.Event(), threading.Event()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction; undone, it gives another the time to be quicker."""
        try:
            with self._database.writing() as connection:
                yield connection
        except Undone:
            self.undone.set()
            self.written.wait(0.5)
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view."""
        with self._database.reading() as connection:
            yield connection

    def wakes(self, heard: Callable[[], None]) -> Wakes:
        """Those of the database."""
        return self._database.wakes(heard)

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def test_a_number_that_was_undone_is_not_used_by_who_writes_next(tmp_path: Path) -> None:
    """A message of billing is undone; before its thread goes on, another keeps one of billing."""
    database = LetsOthersIn(open_database(address(tmp_path / "acme.db")))
    ledger = Ledger(database, "Acme", HandClock(NINE))

    def write() -> None:
        database.undone.wait(10)
        with ledger.batch() as batch:
            batch.receive("billing", "two", sequence=None, raw=b"{}", says=[])
        database.written.set()

    other = threading.Thread(target=write)
    other.start()
    with suppress(Undone), ledger.batch() as batch:
        batch.receive("billing", "one", sequence=None, raw=b"{}", says=[])
        raise Undone
    other.join()
    with database.reading() as connection:
        parties = [name for _, name in connection.rows("parties")]
    ledger.close()

    assert database.written.is_set()
    assert "billing" in parties
