"""One open stream: which topics it is about, what its reader has of them, and when it must end."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .shown import Shown

HEARTBEAT = b":\n\n"
"""A comment, which readers pass over and which proxies take for a sign of life."""

GONE = b"event: gone\ndata: {}\n\n"
"""What a reader is told who may see the stream no longer."""

CLOSED = b"retry: 500\n\n"
"""What a reader is told when the process stops: come again at once, another serves you."""

WAITS = -1
"""The version of a topic that a reader waits for who must not be sent what is shown still."""

STUCK_BEATS = 4
"""Beats without a byte taken, after which a reader is let go of: a minute, at 15 seconds each."""


class Stream:
    """A stream of events to one reader. Level-triggered: of each topic, only what is so now is sent.

    A slow reader is sent less often, never more at once, so that one stream takes the memory of one
    event and what the socket holds, however slow its reader.

    Args:
        caller: Whose stream it is.
    """

    __slots__ = (
        "__weakref__",
        "_future",
        "_task",
        "_unread",
        "caller",
        "ending",
        "has_beat",
        "sent",
    )

    def __init__(self, caller: Hashable) -> None:
        self.sent: dict[Shown, int] = {}
        self.caller = caller
        self.ending: bytes | None = None
        self.has_beat = False
        self._unread = 0
        self._future: asyncio.Future[None] | None = None
        self._task: asyncio.Task[object] | None = None

    def take(self) -> bytes | None:
        """The next bytes to send; None while there are none."""
        if self.ending is not None:
            return self.ending
        for shown, version in self.sent.items():
            if shown.version != version != WAITS:
                self.sent[shown] = shown.version
                self.has_beat = False
                return shown.frame
        if self.has_beat:
            self.has_beat = False
            return HEARTBEAT
        return None

    async def wait(self) -> None:
        """Wait until there may be something to send."""
        self._future = asyncio.get_running_loop().create_future()
        try:
            await self._future
        finally:
            self._future = None

    def wake(self) -> None:
        """Let it look whether there is something to send."""
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def sending(self, task: asyncio.Task[object] | None) -> None:
        """Say by which task bytes are handed to the reader now; None once they were taken."""
        self._task, self._unread = task, 0

    def beat(self) -> None:
        """Send a sign of life; let go of a reader that took nothing for too long."""
        if self._task is not None:
            self._unread += 1
            if self._unread >= STUCK_BEATS:
                self.ending = b""
                self._task.cancel()
            return
        self.has_beat = True
        self.wake()

    def end(self, word: bytes) -> None:
        """End it with a last word."""
        if self.ending is None:
            self.ending = word
            self.wake()
