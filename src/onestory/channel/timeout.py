"""How long a system outside is waited for."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from ..errors import DeclarationError
from ..model import duration, here

LONGEST = "30 s"
"""The longest time to wait for one answer of a system outside. A conversation by SMTP has nine of
them at most, and must be over before another process may take the repair for left behind."""


def seconds(timeout: str | timedelta) -> float:
    """A time to wait for one answer, in seconds.

    Raises:
        DeclarationError: It is nought, or longer than ``LONGEST``.
    """
    wait = duration(timeout)
    if not timedelta(0) < wait <= duration(LONGEST):
        raise DeclarationError(
            f"A system cannot be waited for {timeout}.",
            where=here(),
            fix=f'Write timeout="10 s"; {LONGEST} at most.',
        )
    return wait.total_seconds()


@contextmanager
def ended_after(wait: float, connection: socket.socket | None) -> Iterator[None]:
    """End a conversation that goes on for too long, though each answer comes in its time.

    Args:
        wait: Seconds for all of it.
        connection: The connection.

    Raises:
        TimeoutError: It was ended; what was read is cut off where that was.
    """
    ended = threading.Event()

    def end() -> None:
        ended.set()
        if connection is not None:
            with suppress(OSError):  # it ended by itself
                # Not that of TLS, which would first wait for the other side to agree.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(wait, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if ended.is_set():
        raise TimeoutError(f"the answer was not over after {wait:g} s")
