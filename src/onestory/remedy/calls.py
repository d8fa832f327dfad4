"""Calls: what repairs ask of the world outside, several at once, and what came of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from ..clock import stopwatch
from ..errors import NotDone

WIDTH = 8
"""Calls made at once: systems answer in some 50 ms, so eight keep 160 a second going without
being more than a small system can take."""


CALL_PATIENCE = 60.0
"""Seconds without any answer after which calls under way are left to themselves: far above what a
system that works may take, and far below the lease of the repairs that wait for it."""


KEPT_OF_WORDS = 500
"""Signs of an error that are kept: enough to see what it is about; the rest is in the system's log."""


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


_TOO_LATE = Answer(error=NotDone("Other calls took too long."))


class SideBySide:
    """Makes up to ``WIDTH`` calls at once, each in a thread.

    Args:
        patience: Seconds to wait for the next answer; ``CALL_PATIENCE``, if left out. A call that
            has none by then goes on by itself, and its outcome is unknown. None is begun later than
            this after the first: by then another process may have taken its repair over.
    """

    def __init__(self, patience: float = CALL_PATIENCE) -> None:
        self.patience = patience

    def __call__(self, calls: Sequence[Callable[[], Any]]) -> list[Answer]:
        """Make every call; what came of each, in the same order."""
        answers: dict[int, Answer] = {}
        left, answered = deque(range(len(calls))), threading.Semaphore(0)
        end = stopwatch() + self.patience

        def work() -> None:
            with suppress(IndexError):
                while True:
                    place = left.popleft()
                    late = stopwatch() >= end
                    answers[place] = _TOO_LATE if late else _made(calls[place])
                    answered.release()

        for _ in range(min(WIDTH, len(calls))):
            threading.Thread(target=work, name="onestory-call", daemon=True).start()
        for _ in calls:
            if not answered.acquire(timeout=self.patience):
                break
        while left:
            with suppress(IndexError):  # a thread may take it in this moment
                answers[left.popleft()] = _TOO_LATE
        unknown = Answer(error=TimeoutError(f"no answer in {self.patience:g} seconds"))
        return [answers.get(place, unknown) for place in range(len(calls))]


def words_of(error: Exception, *, named: bool = False) -> str:
    """What an error says, as it can be kept: in its first ``KEPT_OF_WORDS`` signs, all of them text.

    Args:
        error: The error; others wrote it, and it may hold anything.
        named: Whether its type stands before it.
    """
    said = f"{type(error).__name__}: {error}" if named else str(error)
    return said[:KEPT_OF_WORDS].encode("utf-8", "replace").decode()


def _made(call: Callable[[], Any]) -> Answer:
    try:
        return Answer(call())
    except Exception as error:  # noqa: BLE001
        # Whatever a system's client raises is the outcome of the step: known, or unknown.
        return Answer(error=error)
