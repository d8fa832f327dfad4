"""Wakes on PostgreSQL: LISTEN and NOTIFY, each on a connection of its own, outside all transactions.

A NOTIFY takes a lock of the whole server at commit, so that one in each hearing transaction would let
all of them wait for one another: it is sent after the commit, and at most every ``WAKES_TOGETHER``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg

from .session import Settings, unless_said
from .wakes import WAKES_TOGETHER

FIRST_RECONNECT = 0.2
"""Seconds before a lost connection is made anew; twice as long after each attempt, so that a server that
starts again is not met by all at once."""

LONGEST_RECONNECT = 10.0
"""Seconds before a lost connection is made anew at most: no longer than somebody would wait."""

LISTENED_FOR = 0.2
"""Seconds after which a listener looks whether it is to end: a process stops within three."""


class PostgresWakes:
    """The wakes of one ledger on a PostgreSQL server.

    Args:
        settings: How the server is reached, and which schema holds the ledger.
        heard: Called whenever another process, or this one, has committed; and once the connection is
            there again after it was lost. It is called by a thread of its own and must not wait.
    """

    def __init__(self, settings: Settings, heard: Callable[[], None]) -> None:
        self._settings, self._heard = settings, heard
        self._ended, self._due, self._listening = (threading.Event() for _ in range(3))
        self._number = 0
        self._threads = [
            threading.Thread(target=work, name=f"onestory-{name}", daemon=True)
            for name, work in (("listen", self._listen), ("wake", self._wake))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def are_heard(self) -> bool:
        """Whether this process listens."""
        return self._listening.is_set()

    def send(self, number: int) -> None:
        """Wake the others, soon."""
        self._number = number
        self._due.set()

    def close(self) -> None:
        """Send and hear no more."""
        self._ended.set()
        self._due.set()
        for thread in self._threads:
            thread.join()

    def _listen(self) -> None:
        pause = FIRST_RECONNECT
        while not self._ended.is_set():
            try:
                with self._connected() as link:
                    link.execute("listen onestory")
                    self._listening.set()
                    pause = FIRST_RECONNECT
                    self._heard()
                    self._hear(link)
            except psycopg.OperationalError:
                self._listening.clear()
                self._ended.wait(pause)
                pause = min(2 * pause, LONGEST_RECONNECT)
        self._listening.clear()

    def _hear(self, link: psycopg.Connection[Any]) -> None:
        while not self._ended.is_set():
            for notice in link.notifies(timeout=LISTENED_FOR):
                if notice.payload.partition(" ")[0] == self._settings.schema:
                    self._heard()

    def _wake(self) -> None:
        pause = FIRST_RECONNECT
        while not self._ended.is_set():
            try:
                with self._connected() as link:
                    pause = FIRST_RECONNECT
                    self._send(link)
            except psycopg.OperationalError:
                self._due.set()  # what was not sent is due still
                self._ended.wait(pause)
                pause = min(2 * pause, LONGEST_RECONNECT)

    def _send(self, link: psycopg.Connection[Any]) -> None:
        while True:
            self._due.wait()
            if self._ended.is_set():
                return
            self._due.clear()
            payload = f"{self._settings.schema} {self._number}"
            link.execute("select pg_notify('onestory', %s)", [payload])
            self._ended.wait(WAKES_TOGETHER)

    def _connected(self) -> psycopg.Connection[Any]:
        server = self._settings.server
        return psycopg.Connection[Any].connect(server, autocommit=True, **unless_said(server))
