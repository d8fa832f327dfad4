"""The door: messages wait here for the one thread that hears; so many at most, and of so many bytes."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import Context, copy_context
from typing import NamedTuple, TypeAlias

from ...errors import OnestoryError, TooBusy, TooSlow
from ...intake import Arrived
from ..hearing import Receipt
from ..hears import TOGETHER
from ..office import Office

BODY_WITHIN = 30.0
"""Seconds within which a body must have come, from its first byte to its last: 64 MiB at 18 Mbit/s. Who
is slower sends smaller batches; a connection is held that long, and no thread."""

MAX_WAITING = 1_000
"""Requests that wait to be heard: at 0.1 ms for a message alone, the last waits a tenth of a second."""

MAX_HELD = 268_435_456
"""Bytes of bodies in one process, those that are being read and those that wait: four of the largest."""

LINGERS = 1.0
"""Seconds for which the hearing thread waits for more before it ends: to start one anew costs less than
any commit, and none stands about in a process that nobody speaks to."""

Read: TypeAlias = Callable[[], Sequence[Arrived]]
Heard: TypeAlias = tuple[Sequence[Arrived], list[Receipt]]


class _Waiting(NamedTuple):
    """A request that waits."""

    read: Read
    heard: asyncio.Future[Heard]
    loop: asyncio.AbstractEventLoop
    context: Context


class Door:
    """Takes what requests bring to the office, all by one thread.

    One thread spares each request a handing over to a thread of its own, and what waits while a
    commit is made shares the next one (docs/decisions/0025-hearing-by-http.md).

    Args:
        office: The office that hears.
        within: Seconds within which a body must have come.
        waiting: Requests that may wait.
        holding: Bytes of bodies that may be held.
    """

    def __init__(
        self,
        office: Office,
        *,
        within: float = BODY_WITHIN,
        waiting: int = MAX_WAITING,
        holding: int = MAX_HELD,
    ) -> None:
        self._office = office
        self.within, self._waits_at_most, self._holds_at_most = within, waiting, holding
        self._waiting: deque[_Waiting] = deque()
        self._more = threading.Condition()
        self._runs = False
        self._reading: dict[asyncio.Timeout, asyncio.AbstractEventLoop] = {}
        self.closed = False
        self.held = 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """A body is read meanwhile: in its time, and no longer than the door is open.

        Raises:
            TooSlow: Its time is over.
            TooBusy: The door was closed.
        """
        try:
            if self.closed:
                raise _stopping()
            async with asyncio.timeout(self.within) as time:
                self._reading[time] = asyncio.get_running_loop()
                try:
                    yield
                finally:
                    del self._reading[time]
        except TimeoutError as error:
            if self.closed:
                raise _stopping() from error
            raise TooSlow(
                f"The body was not there after {self.within:g} seconds.",
                fix="Send less at once, or faster. Nothing of it was kept.",
            ) from error

    def close(self) -> None:
        """Read no more: whoever is about to send is told to send it again, elsewhere or later."""
        self.closed = True
        for time, loop in list(self._reading.items()):
            loop.call_soon_threadsafe(self._end, time)

    def _end(self, time: asyncio.Timeout) -> None:
        if time in self._reading:
            time.reschedule(0)

    def hold(self, count: int) -> None:
        """Count bytes of a body that has come in so far.

        Raises:
            TooBusy: There are too many already.
        """
        if self.held + count > self._holds_at_most:
            raise _too_busy()
        self.held += count

    def let_go(self, count: int) -> None:
        """Count bytes no more."""
        self.held -= count

    async def hear(self, read: Read) -> Heard:
        """Wait until what a request brings is on disk: its messages, and what became of each.

        Args:
            read: Reads the messages, in the hearing thread.

        Raises:
            TooBusy: Too many requests wait.
            LedgerError: The ledger refused; nothing was kept.
            MessageError: It cannot be told which messages there are.
        """
        if len(self._waiting) >= self._waits_at_most:
            raise _too_busy()
        loop = asyncio.get_running_loop()
        heard: asyncio.Future[Heard] = loop.create_future()
        with self._more:
            self._waiting.append(_Waiting(read, heard, loop, copy_context()))
            if self._runs:
                self._more.notify()
            else:
                self._runs = True
                threading.Thread(target=self._hear, name="door", daemon=True).start()
        return await heard

    def _hear(self) -> None:
        """Hear what waits, until nothing has come for a while."""
        try:
            while True:
                with self._more:
                    if not self._more.wait_for(lambda: self._waiting, LINGERS):
                        self._runs = False
                        return
                self._hear_some()
        except BaseException:
            with self._more:
                self._runs = False  # the next request starts another thread
            raise

    def _hear_some(self) -> None:
        """Hear as many requests together as one commit holds."""
        some: list[tuple[_Waiting, Sequence[Arrived]]] = []
        size = 0
        while self._waiting and size < TOGETHER:
            one = self._waiting.popleft()
            try:
                arrived = one.read()
            except Exception as error:  # noqa: BLE001 - whatever it is, the request is answered with it
                _answer([(one, error)])
            else:
                some.append((one, arrived))
                size += len(arrived)
        if not some:
            return
        # A trace goes on in the commit: of those that share one, the trace of the first.
        within = some[0][0].context
        try:
            told = within.run(self._office.hear_each, [arrived for _, arrived in some])
        except Exception as error:  # noqa: BLE001 - as above
            _answer([(one, error) for one, _ in some])
        else:
            _answer(
                [
                    (one, said if isinstance(said, BaseException) else (arrived, said))
                    for (one, arrived), said in zip(some, told, strict=True)
                ]
            )


def _answer(answers: Sequence[tuple[_Waiting, Heard | BaseException]]) -> None:
    """Let requests go on that have waited, each in the loop that it came from."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, Heard | BaseException]]] = {}
    for answer in answers:
        by_loop.setdefault(answer[0].loop, []).append(answer)
    for loop, some in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, some)


def _settle(answers: Sequence[tuple[_Waiting, Heard | BaseException]]) -> None:
    for one, said in answers:
        if one.heard.done():
            continue  # the sender went away; what it sent is heard all the same
        if isinstance(said, BaseException):
            one.heard.set_exception(said)
        else:
            one.heard.set_result(said)


def _too_busy() -> OnestoryError:
    return TooBusy(
        "More requests wait to be heard than may.",
        fix="Send the same again after the seconds of Retry-After; nothing of it was kept.",
    )


def _stopping() -> OnestoryError:
    return TooBusy(
        "The office is about to stop.", fix="Send the same again; nothing of it was kept."
    )
