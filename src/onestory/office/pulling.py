"""What an office pulls: systems that are asked when that is due, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ..clock import stopwatch
from ..errors import LedgerError
from ..ledger.pulls import PullRow, all_pulled
from ..model import Pull, no_such
from ..remedy import holder_name, is_gone
from .hears import Hears
from .opened import PASSES
from .pulled import Pulled, shown_pull
from .turn import Doing, Turn

LOOK_EVERY = 0.5
"""Seconds after which it is looked again which pulls are due: another process may have read them, or left
them behind."""

PULL_PATIENCE = 60.0
"""Seconds that a single round of pulls waits for those that do not end; they go on by themselves."""

PULLS_STOP_WITHIN = 2.0
"""Seconds that are waited, on stopping, for pulls to end after their page; one that hangs is left, and
loses nothing: its cursor is where its last commit left it."""


class _Run(NamedTuple):
    """How pulls are read in threads: until when, and whom the ledger's refusal is told."""

    stop: threading.Event
    refused: Callable[[LedgerError], None]
    at_once: bool = False
    sweep: bool = False


class Pulling(Hears):
    """The part of an office that pulls."""

    def __init__(self, *opened: Any) -> None:
        super().__init__(*opened)
        self._puller = holder_name()
        self._threads: dict[str, threading.Thread] = {}
        self._starting = threading.Lock()

    def pulls(self) -> list[Pulled]:
        """Every pull that the company declares, and how it fares."""
        now = self.ledger.now()
        with self.ledger.view() as view:
            rows = all_pulled(view.connection)
        return [
            shown_pull(pull, rows.get(pull.name, PullRow(pull.name)), now)
            for pull in self.company.declared(Pull)
        ]

    def pull_due(
        self, *names: str, at_once: bool = False, sweep: bool = False, patience: float | None = None
    ) -> list[Pulled]:
        """Read, side by side, the pulls that are due; how each of them fares then.

        Args:
            names: The pulls, or the systems, that are meant; all, if left out.
            at_once: Read them though they are not due.
            sweep: Read them now, and all that they have.
            patience: Seconds to wait; ``PULL_PATIENCE``, if left out. One that has not ended by then
                goes on by itself.

        Raises:
            NoSuchName: No pull and no system that is pulled is called so.
            LedgerError: The ledger refused; what was acknowledged before is kept.
        """
        found = self._named(names)
        troubles: list[LedgerError] = []
        stop = threading.Event()
        due = found if at_once or sweep else self._due(found)
        threads = [
            self._start(pull, _Run(stop, troubles.append, at_once=at_once, sweep=sweep))
            for pull in due
        ]
        _wait_for(threads, PULL_PATIENCE if patience is None else patience)
        if troubles:
            raise troubles[0]
        wanted = {pull.name for pull in found}
        return [shown for shown in self.pulls() if shown.name in wanted]

    def pull(
        self,
        stop: threading.Event,
        *names: str,
        refused: Callable[[LedgerError], None] | None = None,
    ) -> None:
        """Read whatever becomes due, until told to stop; a system that hangs holds up no other.

        Any number of processes may do so: one at a time reads each pull.

        Args:
            stop: Set it to stop; the page under way is heard to its end.
            names: The pulls, or the systems, that are meant; all, if left out.
            refused: Called when the disk is full or others write, once until that is over.

        Raises:
            NoSuchName: No pull and no system that is pulled is called so.
            LedgerError: The ledger refuses for good.
        """
        found = self._named(names)
        told, troubles = "", list[LedgerError]()
        run = _Run(stop, troubles.append)
        while not stop.is_set():
            try:
                for pull in self._due(found):
                    self._start(pull, run)
            except LedgerError as error:
                troubles.append(error)
            grave = [e for e in troubles if not isinstance(e, PASSES)]
            if grave:
                raise grave[0]
            if troubles and troubles[0].code != told and refused is not None:
                refused(troubles[0])
            told = troubles[0].code if troubles else ""
            troubles.clear()
            stop.wait(LOOK_EVERY)
        _wait_for(self._running(), PULLS_STOP_WITHIN)

    def next_pull(self) -> datetime | None:
        """When something is to be pulled next."""
        return min((shown.next for shown in self.pulls()), default=None)

    def _named(self, names: Sequence[str]) -> list[Pull]:
        pulls = self.company.declared(Pull)
        for name in names:
            if not any(name in (pull.name, pull.system.name) for pull in pulls):
                known = [pull.name for pull in pulls]
                raise no_such("pull", name, known, self.company.name)
        return [p for p in pulls if not names or p.name in names or p.system.name in names]

    def _due(self, pulls: Sequence[Pull]) -> list[Pull]:
        """Those whose moment has come, and that nobody reads."""
        with self.ledger.view() as view:
            rows = all_pulled(view.connection)
        now, running = self.ledger.now(), {thread.name for thread in self._running()}
        return [
            pull
            for pull in pulls
            if pull.name not in running and _is_due(rows.get(pull.name), now, self._puller)
        ]

    def _running(self) -> list[threading.Thread]:
        return [thread for thread in list(self._threads.values()) if thread.is_alive()]

    def _start(self, pull: Pull, run: _Run) -> threading.Thread:
        """Read a pull in a thread of its own, unless this office reads it already."""
        with self._starting:
            thread = self._threads.get(pull.name)
            if thread is None or not thread.is_alive():
                thread = threading.Thread(
                    target=self._turn, args=(pull, run), name=pull.name, daemon=True
                )
                self._threads[pull.name] = thread
                thread.start()
            return thread

    def _turn(self, pull: Pull, run: _Run) -> None:
        doing = Doing(self.writing, self.hearing.hear, self.ledger.now, self._puller, run.stop)
        try:
            Turn(pull, doing).run(at_once=run.at_once, sweep=run.sweep)
        except LedgerError as error:
            run.refused(error)


def _is_due(row: PullRow | None, now: int, holder: str) -> bool:
    if row is None:
        return True
    free = row.holder in (None, holder) or (row.held or 0) <= now or is_gone(row.holder or "")
    return free and row.moment <= now


def _wait_for(threads: Sequence[threading.Thread], seconds: float) -> None:
    begun = stopwatch()
    for thread in threads:
        thread.join(max(seconds - (stopwatch() - begun), 0.0))
