"""Calls: what repairs ask of the world outside, several at once, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol

WIDTH = 8
"""Calls made at once: systems answer in some 50 ms, so eight keep 160 a second going without
being more than a small system can take."""


class Answer(NamedTuple):
    """What a call gave: its value, or the error it ended with."""

    value: Any = None
    error: Exception | None = None


class Caller(Protocol):
    """Makes calls; the simulator and tests have their own."""

    def __call__(self, calls: Sequence[Callable[[], Any]]) -> list[Answer]:
        """Make every call; what came of each, in the same order."""
        ...


def one_by_one(calls: Sequence[Callable[[], Any]]) -> list[Answer]:
    """Make calls one after the other, in this thread."""
    return [_made(call) for call in calls]


class SideBySide:
    """Makes up to ``WIDTH`` calls at once, in threads that end with it."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def __call__(self, calls: Sequence[Callable[[], Any]]) -> list[Answer]:
        """Make every call; what came of each, in the same order."""
        if len(calls) < 2:  # noqa: PLR2004 - one call needs no company
            return one_by_one(calls)
        self._pool = self._pool or ThreadPoolExecutor(WIDTH, thread_name_prefix="onestory-call")
        # Each thread takes call after call: a future for every call would cost more than a quick call.
        answers = [Answer()] * len(calls)
        left: SimpleQueue[int] = SimpleQueue()
        for place in range(len(calls)):
            left.put(place)

        def work() -> None:
            with suppress(Empty):
                while True:
                    place = left.get_nowait()
                    answers[place] = _made(calls[place])

        for worker in [self._pool.submit(work) for _ in range(min(WIDTH, len(calls)))]:
            worker.result()
        return answers

    def close(self) -> None:
        """Let the threads end."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def _made(call: Callable[[], Any]) -> Answer:
    try:
        return Answer(call())
    except Exception as error:  # noqa: BLE001
        # Whatever a system's client raises is the outcome of the step: known, or unknown.
        return Answer(error=error)
