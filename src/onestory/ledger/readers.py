"""The connections that read a ledger's file: a few, lent to whoever reads, and taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

READERS = 8
"""Connections that read at once: more threads than processors gain nothing by reading together, and
each connection has a cache of its own."""


class Closes(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Let go of everything."""
        ...


C = TypeVar("C", bound=Closes)


class Readers(Generic[C]):
    """Lends connections, each to one thread at a time; a thread that has one keeps to it.

    Args:
        connect: Opens one more.
        wait: How long a thread waits for another to give one back, in seconds.
        busy: What is raised after that.
        closed: What is raised once they are closed.
    """

    def __init__(
        self,
        connect: Callable[[], C],
        *,
        wait: float,
        busy: Callable[[], Exception],
        closed: Callable[[], Exception],
    ) -> None:
        self._connect, self._wait, self._busy, self._closed = connect, wait, busy, closed
        self._free = threading.BoundedSemaphore(READERS)
        self._lock = threading.Lock()
        self._idle: list[C] = []
        self._mine = threading.local()
        self._ended = False

    @contextmanager
    def lend(self) -> Iterator[tuple[C, bool]]:
        """A connection, and whether this thread reads by it already."""
        mine: C | None = getattr(self._mine, "reader", None)
        if mine is not None:
            yield mine, True
            return
        if not self._free.acquire(timeout=self._wait):
            raise self._busy()
        try:
            reader = self._mine.reader = self._take()
            try:
                yield reader, False
            finally:
                self._mine.reader = None
                self._give_back(reader)
        finally:
            self._free.release()

    def close(self) -> None:
        """Close what is idle now, and what is lent once it comes back."""
        with self._lock:
            self._ended = True
            while self._idle:
                self._idle.pop().close()

    def _take(self) -> C:
        with self._lock:
            if self._ended:
                raise self._closed()
            if self._idle:
                return self._idle.pop()  # the last one used: its cache is warm
        return self._connect()

    def _give_back(self, reader: C) -> None:
        with self._lock:
            if not self._ended:
                self._idle.append(reader)
                return
        reader.close()
