"""The tail: follows the number line of the ledger, and says what has changed since it last looked.

The number line is the feed of changes (docs/decisions/0026-the-number-line-is-the-change-feed.md). The
tail is woken by this process's own commits, by those of others where the database says so, and looks
by itself every ``LOOKED_AFTER``: whatever wake is lost, nothing that changed is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import NamedTuple, Protocol

from ...errors import LedgerError
from ...ledger import Ledger, Ref, View, feed
from ..reach import Reach, Seen

LOOKED_AFTER = 1.0
"""Seconds after which it is looked for news, though nobody said there is any: what another process
wrote to the same file is seen by this alone, and a page is promised within one second."""

AT_MOST_EVERY = 0.05
"""Seconds between two looks: a twentieth of what is promised, and twenty looks a second cost a
loaded process a hundredth of its time."""

PAGE = 20_000
"""Entries that are read in one look; who is further behind is told that all may have changed, since to
send anew what is watched costs less than to read what is not."""

TRACED = 500
"""Changed subjects of one look that are traced to people, some 50 µs each; the others wait for the next."""

UNTRACED = 20_000
"""Changed subjects that may wait to be traced; of more, each may concern anybody."""

BEGUN_NAMED = 2_000
"""New subjects of one look that are matched by name; of more, all that is waited for is looked at."""

_log = logging.getLogger("onestory.live")


class Moved(NamedTuple):
    """What may have changed.

    Args:
        number: The last entry that was looked at.
        now: The ledger's time, in microseconds.
        subjects: The subjects, by number; None if it may be any.
        people: The people, by number, whom a change of another subject concerns; None for anybody.
        begun: The names of new subjects; None if it may be any.
    """

    number: int
    now: int
    subjects: set[int] | None
    people: set[int] | None
    begun: list[Ref] | None


class Interest(Protocol):
    """What somebody watches, as far as the tail must know it."""

    @property
    def people(self) -> bool:
        """Whether changes are to be traced to people."""
        ...

    @property
    def missing(self) -> bool:
        """Whether anybody waits for a subject that nobody spoke of yet."""
        ...


class Tail:
    """Follows one ledger.

    Args:
        ledger: The ledger.
        reach: What follows links to people.
        interest: What is watched now; read from this thread, changed by another.
        watched: Whether anything is watched at all; while not, nothing is read.
        say: Called with what may have changed.
    """

    def __init__(
        self,
        ledger: Ledger,
        reach: Reach,
        interest: Interest,
        *,
        watched: Callable[[], bool],
        say: Callable[[Moved], None],
    ) -> None:
        self._ledger, self._reach, self._interest = ledger, reach, interest
        self._watched, self._say = watched, say
        self._woken, self._ended = threading.Event(), threading.Event()
        self._last: feed.Ends | None = None
        self._unfinished: set[int] = set()
        self._untraced: set[int] = set()

    def wake(self) -> None:
        """Let it look soon."""
        self._woken.set()

    def end(self) -> None:
        """Let ``run`` return."""
        self._ended.set()
        self._woken.set()

    def run(self) -> None:
        """Look whenever woken, and now and then, until ended."""
        refused = False
        while not self._ended.is_set():
            self._woken.wait(LOOKED_AFTER if self._watched() else None)
            self._woken.clear()
            try:
                self.look()
                refused = False
            except LedgerError as error:
                if not refused:
                    _log.warning("the ledger cannot be followed: %s", error.code)
                refused = True
                self._ended.wait(LOOKED_AFTER)
            self._ended.wait(AT_MOST_EVERY)

    def look(self) -> None:
        """Look once, and say what may have changed.

        Raises:
            LedgerError: The ledger cannot be read; the next look begins where this one did.
        """
        if not self._watched():
            self._last = None
            self._untraced.clear()
            return
        people, missing = self._interest.people, self._interest.missing
        with self._ledger.view() as view:
            moved, ends, unfinished = self._read(view, people=people, missing=missing)
        self._last, self._unfinished = ends, unfinished
        self._say(moved)

    def _read(
        self, view: View, *, people: bool, missing: bool
    ) -> tuple[Moved, feed.Ends, set[int]]:
        """What the ledger holds more than at the last look. Who was not looked for may be anybody."""
        ends, now, last = feed.ends(view.connection), self._ledger.now(), self._last
        if last is None or ends.entry - last.entry > PAGE:
            return Moved(ends.entry, now, None, None, None), ends, set()
        subjects = set(self._unfinished)
        if ends.entry > last.entry:
            subjects |= feed.moved(view.connection, last.entry, ends.entry)
        unfinished: set[int] = set()
        if subjects:
            subjects |= feed.meant(view.connection, subjects)
            unfinished = feed.unfinished(view.connection, subjects, now)
            unfinished |= feed.meant(view.connection, unfinished)
        concerned = self._people_of(view, subjects) if people else None
        begun: list[Ref] | None = []
        if ends.subject - last.subject > BEGUN_NAMED or not missing:
            begun = None
        elif ends.subject > last.subject:
            begun = feed.begun(view.connection, last.subject, ends.subject)
        return Moved(ends.entry, now, subjects, concerned, begun), ends, unfinished

    def _people_of(self, view: View, subjects: set[int]) -> set[int] | None:
        """The people whom changed subjects concern by their own links; None if they may be anybody.

        Whom they concern by links of others, the topics themselves rest on.
        """
        self._untraced |= subjects
        if len(self._untraced) > UNTRACED:
            self._untraced.clear()
            return None
        some = [self._untraced.pop() for _ in range(min(TRACED, len(self._untraced)))]
        found: set[int] = set()
        for one in view.by_id(some):
            found.update(self._reach.people_of(Seen(view), one.id, one.ref.entity))
        if self._untraced:
            self._woken.set()
        return found
