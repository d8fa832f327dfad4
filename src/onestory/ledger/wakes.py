"""Wakes: how the processes of one ledger learn at once that one of them has committed.

A wake carries no news, only that there may be some: whoever is woken reads the number line on from
where it was. A wake that is lost costs time, never news.
"""

from __future__ import annotations

from typing import Protocol

WAKES_TOGETHER = 0.1
"""Seconds between two wakes that one process sends at least: sending takes a lock of the whole server
for a moment, and ten a second of each process are nothing to it."""


class Wakes(Protocol):
    """Wakes the other processes of a ledger, and is woken by them."""

    @property
    def are_heard(self) -> bool:
        """Whether a commit of another process is heard of at once; if not, it must be looked for."""
        ...

    def send(self, number: int) -> None:
        """Wake the others, soon. It never waits for the database.

        Args:
            number: The last entry that was committed.
        """
        ...

    def close(self) -> None:
        """Send and hear no more."""
        ...


class Alone:
    """The wakes of a file: its one process needs none. Another's commits are looked for."""

    are_heard = True

    def send(self, number: int) -> None:
        """Nobody is there to be woken."""

    def close(self) -> None:
        """There is nothing to let go of."""
