"""Working until told to stop, by a signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")

SEEN_AFTER = 0.1
"""Seconds after which it is seen that a signal came: nobody who stops a process notices them."""


def until_told(work: Callable[[threading.Event], T]) -> T:
    """Work until Ctrl-C or SIGTERM; what the work gives.

    A signal only leaves a note, which takes no lock: an event that was set in its handler could wait
    for ever for what the handler had interrupted, or for the signal before.

    Args:
        work: What is done, in a thread of its own, until its event is set.
    """
    notes: list[int] = []
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _: notes.append(number))
    with ThreadPoolExecutor(1, "work") as pool:
        working = pool.submit(work, stop)
        while not notes and not working.done():
            wait([working], SEEN_AFTER)
        stop.set()
        return working.result()
