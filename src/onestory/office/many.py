"""Several processes that serve one office side by side: started, started again, and stopped together."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..clock import stopwatch

STOPPED_WITHIN = 5
"""Seconds that a process is given to stop before it is killed: it needs at most three."""

AGAIN_AFTER = 0.5
"""Seconds until a process that died is started again: within five all is served as before."""

AGAIN_AT_MOST_AFTER = 30
"""The longest such wait, which doubles while a process dies young: what must be mended by a person is
not tried in a hurry."""

GREW_UP = 10
"""Seconds after which a process that dies has not died of how it was started."""

LOOKED_EVERY = 0.1
"""Seconds between two looks at the processes."""


@dataclass(slots=True)
class _Place:
    """One of the places for a process, and the process in it."""

    process: subprocess.Popen[bytes]
    begun: float
    wait: float = AGAIN_AFTER
    due: float | None = None


class Processes:
    """Some processes with one command, each of them started again when it dies.

    They end when this process does, however it ends: each watches a pipe that only this one holds.

    Args:
        command: The command of each.
        environment: The environment of each.
        count: How many.
        died: Called with the exit code of one that died and the seconds until the next.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        count: int,
        died: Callable[[int, float], None],
    ) -> None:
        self._command, self._environment = list(command), dict(environment)
        self._count, self._died = count, died
        self._places: list[_Place] = []

    def run(self, stop: threading.Event) -> int:
        """Keep them running until told to stop; the exit code of one that could not start, else 0.

        Args:
            stop: Set it to stop all.
        """
        try:
            self._places = [_Place(self._start(), stopwatch()) for _ in range(self._count)]
            while not stop.wait(LOOKED_EVERY):
                for place in self._places:
                    code = self._look_at(place)
                    if code is not None:
                        return code
            return 0
        finally:
            self._stop()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the command is our own
            self._command, stdin=subprocess.PIPE, env=self._environment
        )

    def _look_at(self, place: _Place) -> int | None:
        """Start a process again that died, in time; the exit code of one that said why it cannot start."""
        now = stopwatch()
        if place.due is not None:
            if now >= place.due:
                place.process, place.begun, place.due = self._start(), now, None
            return None
        code = place.process.poll()
        if code is None:
            return None
        young = now - place.begun < GREW_UP
        if young and code > 0:
            return code  # it told its error: another would tell the same
        place.wait = min(place.wait * 2, AGAIN_AT_MOST_AFTER) if young else AGAIN_AFTER
        place.due = now + place.wait
        self._died(code, place.wait)
        return None

    def _stop(self) -> None:
        for place in self._places:
            if place.process.poll() is None:
                place.process.send_signal(signal.SIGTERM)
        end = stopwatch() + STOPPED_WITHIN
        for place in self._places:
            try:
                place.process.wait(max(end - stopwatch(), 0))
            except subprocess.TimeoutExpired:
                place.process.kill()
                place.process.wait()
            if place.process.stdin is not None:
                place.process.stdin.close()
