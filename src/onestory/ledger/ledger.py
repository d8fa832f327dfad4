"""The ledger: everything heard, opened, settled, done and told, in one append-only number line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import msgspec

from ..clock import Clock, micros
from ..errors import NotAllowed, OtherCompany, TermsRefused
from ..model import Terms
from .batch import Batch
from .chain import genesis
from .database import Database
from .names import Names
from .sign_in import SignIn
from .view import View
from .wakes import Wakes


class Ledger:
    """One company's ledger, open.

    Args:
        database: Where it is kept.
        company: The company's name; a ledger holds one company.
        clock: The only clock that says when something became known.

    ``before_commit``, where it is set, is called at the end of every transaction, so that what
    follows from it is put in motion within it. ``after_commit``, where it is set, is called after
    each, with the number of the last entry; it must not wait.

    Raises:
        OtherCompany: The ledger holds another company.
    """

    def __init__(self, database: Database, company: str, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self.company = company
        self._genesis = genesis(company)
        self.before_commit: Callable[[Batch], None] | None = None
        self.after_commit: Callable[[int], None] | None = None
        self.opened_with: int | None = None
        self._names, self._one = Names(), threading.RLock()
        with database.reading() as connection:
            rows = connection.rows("company")
        if not rows:
            with database.writing() as connection:
                # Another process may have been quicker, before this one held the lock.
                rows = connection.rows("company")
                if not rows:
                    rows = [(company, micros(clock.now()))]
                    connection.run("insert_company", *rows[0])
        if rows[0][0] != company:
            raise OtherCompany(
                f"The ledger holds {rows[0][0]}, not {company}.",
                fix=f"Open it with the company.py of {rows[0][0]}, or name a new file.",
            )

        since = str(rows[0][1]).encode()
        self.id = sha256(self._genesis + since).hexdigest()[:8]

    @contextmanager
    def batch(self, *, known: int | None = None) -> Iterator[Batch]:
        """One transaction: what is heard in it is recorded, judged and set in motion together.

        Args:
            known: When it becomes known, for a replay of history into a fresh ledger only.

        Raises:
            LedgerError: The database refused; nothing was kept.
            TermsRefused: Another process has opened the ledger with newer terms.
        """
        # Held until the names of what was undone are forgotten: who writes next would use their numbers.
        with self._one:
            try:
                with self._database.writing() as connection:
                    now = micros(self._clock.now()) if known is None else known
                    batch = Batch(connection, self._names, self._genesis, now)
                    self._refuse_old_terms(batch)
                    yield batch
                    if self.before_commit is not None:
                        self.before_commit(batch)
                    batch.finish()
            except BaseException:
                self._names.forget()
                raise
        if self.after_commit is not None:
            self.after_commit(batch.last_entry)

    def wakes(self, heard: Callable[[], None]) -> Wakes:
        """What wakes the other processes of this ledger, and calls ``heard`` when they wake this one."""
        return self._database.wakes(heard)

    def _refuse_old_terms(self, batch: Batch) -> None:
        if self.opened_with is not None and batch.terms > self.opened_with:
            raise TermsRefused(
                "Another process has opened the ledger with newer terms; this one judges by old ones.",
                fix="Stop this process and start it with the newer company.py.",
            )

    @contextmanager
    def view(self) -> Iterator[View]:
        """One consistent view of what is committed."""
        with self._database.reading() as connection:
            yield View(connection, self._genesis)

    @property
    def clock(self) -> Clock:
        """What tells the time."""
        return self._clock

    @contextmanager
    def changing_sign_in(self) -> Iterator[SignIn]:
        """One transaction that changes who may ask, and writes no entry.

        Raises:
            LedgerError: The database refused; nothing was kept.
        """
        with self._database.writing() as connection:
            yield SignIn(connection, self.now())

    @contextmanager
    def reading_sign_in(self) -> Iterator[SignIn]:
        """One consistent view of who may ask."""
        with self._database.reading() as connection:
            yield SignIn(connection, self.now())

    def now(self) -> int:
        """The present moment, in microseconds."""
        return micros(self._clock.now())

    def terms(self) -> list[tuple[int, Terms]]:
        """Every set of terms the company was opened with, oldest first, and since when."""
        with self.view() as view:
            return view.terms()

    def keep_terms(self, batch: Batch, terms: Terms) -> None:
        """Keep the terms the company is opened with."""
        batch.connection.run("insert_terms", batch.known, msgspec.json.encode(terms).decode())

    def refuse_replay_unless_fresh(self) -> None:
        """Let history be replayed into a fresh ledger only.

        Raises:
            NotAllowed: Something was heard already.
        """
        with self.view() as view:
            if view.counts().messages:
                raise NotAllowed(
                    "A replay clock is for a fresh ledger; this one has heard something.",
                    fix="Load into a new file, or without the replay clock: it is then known from now.",
                )

    def close(self) -> None:
        """Close the database."""
        self._database.close()
