"""One turn of a pull: what a source gives is heard page by page, each in one commit with its cursor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ..clock import MICROSECOND, moment, stopwatch
from ..errors import LedgerError, NotPulled, OnestoryError
from ..intake import Arrived
from ..ledger import Batch
from ..ledger.pulls import PullRow, pulled, save_pulled
from ..model import Asked, Page, Pull
from ..remedy import is_gone
from .hearing import Fate, Receipt

PULL_LEASE = timedelta(minutes=5)
"""How long one process has a pull to itself after each page: far above what a page takes. Another goes
on after it, or at once where it can see that the process is there no more."""

LONGEST_WAIT = timedelta(minutes=15)
"""The longest time until a system that is down is asked again, unless it is asked less often anyway: it
is seen to be back within that."""

KEPT_OF_CAUSE = 300
"""Characters kept of what a driver says: its sentence, not its data."""


class Doing(NamedTuple):
    """What a turn does it with.

    Args:
        writing: Opens one transaction of the ledger.
        hear: Hears messages in one.
        now: Tells the time, in microseconds.
        holder: The name of this process.
        stop: Set when no further page is to be read.
    """

    writing: Callable[[], AbstractContextManager[Batch]]
    hear: Callable[[Batch, Sequence[Arrived]], list[Receipt]]
    now: Callable[[], int]
    holder: str
    stop: threading.Event


class _TakenOver(Exception):
    """Another process has taken the pull over meanwhile: what this one has read is dropped."""


class Turn:
    """One turn of one pull: it is polled, and swept if that is due.

    Args:
        pull: The pull.
        doing: What it is done with.
    """

    def __init__(self, pull: Pull, doing: Doing) -> None:
        self.pull, self.doing = pull, doing
        self._row = PullRow(pull.name)
        self._sweep_now = self._sweeps = False

    def run(self, *, at_once: bool = False, sweep: bool = False) -> bool:
        """Take the turn, if it is due and nobody else has it; whether it was taken.

        Args:
            at_once: Take it though it is not due.
            sweep: Sweep it, too, whether or not that is due.

        Raises:
            LedgerError: The ledger refused; what was acknowledged before is kept.
        """
        if not self._take(at_once=at_once or sweep):
            return False
        self._sweep_now = sweep
        begun = stopwatch()
        try:
            whole = self._read_all()
            self._end(round((stopwatch() - begun) * 1_000_000), whole=whole)
        except _TakenOver:
            return True
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001
            # A source calls drivers and the company's own code: whatever that raises concerns this
            # pull only. Its cursor stays where the last commit left it.
            self._fail(error)
        return True

    # Reading

    def _read_all(self) -> bool:
        """Poll, then sweep if that is due, and poll in between; whether all that was read."""
        polls = True
        while not self.doing.stop.is_set():
            first = self._row.swept is None and not self.pull.source.whole
            if polls and not self._read(sweep=False):
                return False
            if first:
                continue  # the first reading may have taken long: what is new since comes at once
            if not self._sweep_due() or self._read(sweep=True):
                return True
            polls = self._poll_due() <= self.doing.now()
        return False

    def _read(self, *, sweep: bool) -> bool:
        """Read what is new, or everything; whether to the end, and not until something else is due."""
        self._sweeps = sweep
        asked = self._asked(sweep=sweep)
        for page in self.pull.source.pages(asked):
            self._hear(page, asked)
            if self.doing.stop.is_set():
                return False
            if sweep and page.cursor is not None and self._poll_due() <= self.doing.now():
                return False
        with self._writing() as (batch, row):
            if self._is_whole(row, sweep=sweep):
                self._swept(row, batch.known)
            row.answered = batch.known
            if row.sweep is None:  # else it is the sweep that broke, and has not ended yet
                row.failing, row.failures, row.error = None, 0, ""
            batch.answered(self.pull.system.name)
        return True

    def _asked(self, *, sweep: bool) -> Asked:
        """What is asked for now: by a number of its own, or by that of the sweep that goes on."""
        with self._writing() as (_, row):
            resumed = sweep and row.sweep is not None and row.swept_to is not None
            if not resumed:
                row.reading += 1
                if sweep:
                    row.sweep, row.swept_to, row.swept_rows = row.reading, None, 0
                    row.aside_since = 0
                elif row.cursor is None or self.pull.source.whole:
                    row.swept_rows = row.aside_since = 0
            if not sweep:
                row.tried = self.doing.now()
        reading = row.sweep if sweep and row.sweep is not None else row.reading
        cursor = row.swept_to if sweep else row.cursor
        now = moment(self.doing.now())
        pull, polled = self.pull, row.cursor if sweep else None
        return Asked(pull.name, pull.system.name, pull.type, cursor, sweep, reading, now, polled)

    def _hear(self, page: Page, asked: Asked) -> None:
        """Hear a page and keep its cursor, in one transaction."""
        with self._writing() as (batch, row):
            fates = [receipt.fate for receipt in self.doing.hear(batch, page.messages)]
            row.rows += len(fates)
            row.heard += fates.count(Fate.HEARD)
            row.repeated += fates.count(Fate.REPEATED)
            row.known += fates.count(Fate.KNOWN)
            row.aside += fates.count(Fate.ASIDE)
            row.aside_since += fates.count(Fate.ASIDE)
            if asked.sweep:
                row.swept_to = page.cursor
            else:
                row.cursor = page.cursor
            if self._is_whole(row, sweep=asked.sweep):
                row.swept_rows += len(fates)
            if page.columns:
                _compare(row, page.columns, batch.known, fates.count(Fate.ASIDE))

    def _is_whole(self, row: PullRow, *, sweep: bool) -> bool:
        """Whether a reading is of everything: a sweep, the first of all, and any of some sources."""
        return sweep or row.swept is None or self.pull.source.whole

    def _swept(self, row: PullRow, now: int) -> None:
        row.sweep = row.swept_to = row.sweep_at = None
        row.swept = now
        row.rows_before, row.last_rows = row.last_rows, row.swept_rows
        if not row.aside_since:
            row.changes, row.changed = "", None
        self._sweep_now = False

    # When

    def _poll_due(self) -> int:
        return (self._row.tried or 0) + self.pull.every // MICROSECOND

    def _sweep_due(self) -> bool:
        row = self._row
        since = row.swept if row.swept is not None else self.doing.now()
        due = since + self.pull.sweep_every // MICROSECOND
        if row.sweep is not None:
            due = row.sweep_at or 0
        return self._sweep_now or due <= self.doing.now()

    # What is kept

    def _take(self, *, at_once: bool) -> bool:
        now, doing = self.doing.now(), self.doing
        with doing.writing() as batch:
            row = pulled(batch.connection, self.pull.name)
            free = row.holder is None or row.holder == doing.holder or (row.held or 0) <= now
            if not (free or is_gone(row.holder or "")) or (row.moment > now and not at_once):
                return False
            row.holder, row.held, row.tried = doing.holder, now + PULL_LEASE // MICROSECOND, now
            save_pulled(batch.connection, row)
        self._row = row
        return True

    @contextmanager
    def _writing(self) -> Iterator[tuple[Batch, PullRow]]:
        """One transaction for a pull that this process still has; what is changed in its row is kept."""
        with self.doing.writing() as batch:
            row = pulled(batch.connection, self.pull.name)
            if row.holder != self.doing.holder:
                raise _TakenOver
            row.held = self.doing.now() + PULL_LEASE // MICROSECOND
            yield batch, row
            save_pulled(batch.connection, row)
        self._row = row

    def _end(self, took: int, *, whole: bool) -> None:
        with self._writing() as (batch, row):
            every = self.pull.every // MICROSECOND
            due = (row.tried or 0) + every
            row.moment = due if due > batch.known else batch.known + every
            if whole:
                row.took = took
            else:
                row.moment = batch.known
            row.holder = row.held = None

    def _fail(self, error: Exception) -> None:
        known = told(error, self.pull)
        try:
            with self._writing() as (_, row):
                now = self.doing.now()
                row.failing = now if row.failing is None else row.failing
                row.failures += 1
                row.error = msgspec.json.encode(
                    [known.code, known.what, known.where, known.fix]
                ).decode()
                again = now + self._wait(known, row.failures) // MICROSECOND
                row.moment = again
                if row.sweep is not None and self._sweeps:
                    row.sweep_at, row.moment = again, max(self._poll_due(), now)
                row.holder = row.held = None
        except _TakenOver:
            return  # what it is told is the other's affair

    def _wait(self, error: OnestoryError, failures: int) -> timedelta:
        """How long a system that cannot be read is left alone: longer each time, never all at once."""
        every = self.pull.every
        longest = max(every, LONGEST_WAIT)
        wait = min(every * 2 ** min(failures - 1, 30), longest) if failures else every
        digest = sha256(f"{self.doing.holder} {self.pull.name} {failures}".encode()).digest()
        chance = int.from_bytes(digest[:4]) / 2**32
        wait = wait * (1 + chance) / 2
        asked = error.again_after if isinstance(error, NotPulled) else None
        return wait if asked is None else max(wait, asked)


def told(error: Exception, pull: Pull) -> OnestoryError:
    """Why a pull could not be read, with its three parts, whatever was raised."""
    if isinstance(error, NotPulled):
        error.where = error.where or f"{pull.source.name}, declared at {pull.where}"
        return error
    if isinstance(error, OnestoryError):
        return error
    says = " ".join(str(error).split())
    return NotPulled(
        f"{pull.system.name} cannot be read: {type(error).__name__}: {says:.{KEPT_OF_CAUSE}}",
        where=f"{pull.source.name}, declared at {pull.where}",
        fix="Nothing is lost: it is asked again by itself. If it stays so, see whether it is up, and "
        "whether the source is declared as it is now.",
    )


def _compare(row: PullRow, columns: tuple[str, ...], now: int, aside: int) -> None:
    """Note how the columns of a source differ from those it had."""
    before = msgspec.json.decode(row.columns, type=tuple[str, ...]) if row.columns else columns
    if set(before) != set(columns):
        gone = ", ".join(name for name in before if name not in columns)
        new = ", ".join(name for name in columns if name not in before)
        words = [f"without {gone}"] * bool(gone) + [f"with {new}"] * bool(new)
        row.changes, row.changed, row.aside_since = " and ".join(words), now, aside
    row.columns = msgspec.json.encode(columns).decode()
