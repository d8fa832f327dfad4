"""All that is live in one process: its hub, the tail that tells it what changed, and the wakes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ...ledger.wakes import Wakes
from ..office import Office
from .documents import Counters, Persons, Stories
from .hub import BEAT, Hub, StillAllowed
from .tail import Moved, Tail
from .topic import Renderer


class Live:
    """What changes, for those who watch it.

    ``hub.renderers`` takes more kinds of topics: a page's own fragments.

    Args:
        office: The open office.
        still_allowed: Which of the topics that a caller watches it may still see; asked every 30 seconds.
        beat: Seconds between two signs of life.
    """

    def __init__(
        self,
        office: Office,
        *,
        still_allowed: StillAllowed | None = None,
        beat: float = BEAT,
    ) -> None:
        renderers: dict[str, Renderer] = {
            "subject": Stories(office),
            "person": Persons(office),
            "counters": Counters(office),
        }
        self._office = office
        self.hub = Hub(renderers, wake=self._look, still_allowed=still_allowed, beat=beat)
        self.tail = Tail(
            office.ledger,
            office.worker.audience.reach,
            self.hub.index,
            watched=lambda: self.hub.watched,
            say=self._say,
        )
        self.thread = threading.Thread(target=self.tail.run, name="onestory-tail", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakes: Wakes | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Follow the ledger, and let others follow what this process commits."""
        self._loop = asyncio.get_running_loop()
        ledger = self._office.ledger
        wakes = self._wakes = ledger.wakes(self.tail.wake)
        self.hub.are_heard = lambda: wakes.are_heard
        ledger.after_commit = self._committed
        self.thread.start()
        pulse = asyncio.create_task(self.hub.pulse())
        try:
            yield
        finally:
            ledger.after_commit = None
            self.end()
            pulse.cancel()
            self.tail.end()
            await asyncio.to_thread(self._close, wakes)

    def end(self) -> None:
        """End every stream at once: the process is about to stop. Called in the loop."""
        self.hub.close()

    def end_soon(self) -> None:
        """End every stream at once; called from outside the loop, a signal handler maybe."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and its streams with it
                self._loop.call_soon_threadsafe(self.end)

    def _close(self, wakes: Wakes) -> None:
        wakes.close()
        self.thread.join()

    def _look(self) -> None:
        self.tail.wake()

    def _committed(self, number: int) -> None:
        self.hub.committed = number
        self.tail.wake()
        if self._wakes is not None:
            self._wakes.send(number)

    def _say(self, moved: Moved) -> None:
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop has ended, and nobody watches any more
            self._loop.call_soon_threadsafe(self.hub.moved, moved)
