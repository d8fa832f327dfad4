"""Calls: what repairs ask of the world outside, several at once, and what came of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from ..errors import NotDone

WIDTH = 8
"""Calls made at once: systems answer in some 50 ms, so eight keep 160 a second going without
being more than a small system can take."""


CALL_PATIENCE = 60.0
"""Seconds without any answer after which calls under way are left to themselves: far above what a
system that works may take, and far below the lease of the repairs that wait for it."""


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
    """Makes up to ``WIDTH`` calls at once, each in a thread.

    Args:
        patience: Seconds to wait for the next answer; ``CALL_PATIENCE``, if left out. A call that
            has none by then goes on by itself, and its outcome is unknown.
    """

    def __init__(self, patience: float = CALL_PATIENCE) -> None:
        self.patience = patience

    def __call__(self, calls: Sequence[Callable[[], Any]]) -> list[Answer]:
        """Make every call; what came of each, in the same order."""
        answers: dict[int, Answer] = {}
        left, answered = deque(range(len(calls))), threading.Semaphore(0)

        def work() -> None:
            with suppress(IndexError):
                while True:
                    place = left.popleft()
                    answers[place] = _made(calls[place])
                    answered.release()

        for _ in range(min(WIDTH, len(calls))):
            threading.Thread(target=work, name="onestory-call", daemon=True).start()
        for _ in calls:
            if not answered.acquire(timeout=self.patience):
                break
        while left:
            with suppress(IndexError):  # a thread may take it in this moment
                answers[left.popleft()] = Answer(error=NotDone("Other calls took too long."))
        unknown = Answer(error=TimeoutError(f"no answer in {self.patience:g} seconds"))
        return [answers.get(place, unknown) for place in range(len(calls))]


def _made(call: Callable[[], Any]) -> Answer:
    try:
        return Answer(call())
    except Exception as error:  # noqa: BLE001
        # Whatever a system's client raises is the outcome of the step: known, or unknown.
        return Answer(error=error)
