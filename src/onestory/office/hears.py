"""What an office hears: messages, that wait together for one commit; and the passing of time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeAlias

from ..errors import LedgerError
from ..intake import Arrived
from ..ledger import tasks
from .hearing import Receipt
from .opened import Opened

TOGETHER = 1_000
"""Messages that share one commit at most: a commit costs some 0.3 ms, a message 0.03."""

AGAIN_TOGETHER = 50
"""Messages that were set aside and are read again in one commit: each may hold 1 MiB, and with 50 a
commit is still less than the reading."""


Observer: TypeAlias = Callable[[], AbstractContextManager[list[Receipt]]]
"""Stands around each transaction of messages; what it gives takes what became of them."""


class _Waiting:
    """Messages that wait for a commit, and what became of them."""

    def __init__(self, arrived: Sequence[Arrived]) -> None:
        self.arrived = arrived
        self.receipts: list[Receipt] | None = None
        self.error: BaseException | None = None

    @property
    def done(self) -> bool:
        """Whether the commit was made, or refused."""
        return self.receipts is not None or self.error is not None


class Hears(Opened):
    """The part of an office that hears."""

    def __init__(self, *opened: Any) -> None:
        super().__init__(*opened)
        self._door = threading.Lock()
        self._waiting: list[_Waiting] = []
        self.around_hearing: Observer = lambda: nullcontext([])

    def hear(self, *messages: Arrived) -> list[Receipt]:
        """Hear messages; what became of each, in their order, told after it is on disk.

        More than a thousand are heard in several commits.

        Raises:
            LedgerError: The ledger refused; none of these messages was kept, of more than a
                thousand none from that commit on. What was kept is known when it is sent again.
        """
        receipts: list[Receipt] = []
        for start in range(0, len(messages), TOGETHER):
            receipts += self._wait_for(messages[start : start + TOGETHER])
        return receipts

    def hear_each(
        self, callers: Sequence[Sequence[Arrived]]
    ) -> list[list[Receipt] | BaseException]:
        """Hear what several callers brought, in few commits; the receipts of each, or what was raised.

        What one caller's messages raise concerns that caller alone.
        """
        brought = [
            [_Waiting(some[start : start + TOGETHER]) for start in range(0, len(some), TOGETHER)]
            for some in callers
        ]
        mine = [one for some in brought for one in some]
        with self._door:
            self._waiting += mine
        for one in mine:
            self._see_done(one)
        return [_told(some) for some in brought]

    def replay(self) -> list[Receipt]:
        """Read every message again that was set aside; what became of each."""
        receipts: list[Receipt] = []
        after = 0
        while True:
            with self.ledger.view() as view:
                asides = view.asides(after=after, limit=AGAIN_TOGETHER)
            if not asides:
                return receipts
            with self.writing() as batch:
                receipts += [self.hearing.replay(batch, aside) for aside in asides]
            after = asides[-1].message

    def tick(self) -> int:
        """Judge what has become due, and do what is queued; how many subjects were judged.

        Opening an office does it once; a program that keeps one open calls it now and then.
        """
        judged = 0
        with self._writer:
            while True:
                due = self._wake()
                judged += due
                if not due:
                    break
            self._work_off()
        return judged

    def try_again(self) -> int:
        """Try at once what was put off because it failed; how much that was.

        Opening an office does it: the company's own code may have been mended since.
        """
        with self._writer:
            with self.ledger.view() as view:
                if not view.counts().put_off:
                    return 0  # a ledger in which nothing failed is not written to
            with self.ledger.batch() as batch:
                tried = tasks.try_again(batch)
            self._work_off()
        return tried

    def _wake(self) -> int:
        """Judge a page of what is due, and put off what cannot be; how many subjects there were."""
        try:
            with self.ledger.batch() as batch:
                return self.worker.wake(batch)
        except LedgerError:
            raise
        except Exception as error:
            # The company's own code failed on one subject: the others are judged without it.
            failed = self.worker.waking
            if failed is None:
                raise
            with self.ledger.batch() as batch:
                self.worker.wake_later(batch, failed, error)
            return 1

    def _wait_for(self, messages: Sequence[Arrived]) -> list[Receipt]:
        """Hear as many messages as one commit holds, with what else waits."""
        mine = _Waiting(messages)
        with self._door:
            self._waiting.append(mine)
        self._see_done(mine)
        if mine.error is not None:
            raise mine.error
        return mine.receipts or []

    def _see_done(self, waiting: _Waiting) -> None:
        while not waiting.done:
            with self._writer:
                if not waiting.done:
                    self._hear_together()

    def _hear_together(self) -> None:
        """Let what waits share one commit."""
        with self._door:
            together: list[_Waiting] = []
            size = 0
            while self._waiting and (
                not together or size + len(self._waiting[0].arrived) <= TOGETHER
            ):
                together.append(self._waiting.pop(0))
                size += len(together[-1].arrived)
        self._commit(together)

    def _commit(self, together: list[_Waiting]) -> None:
        """Hear what waits in one transaction, and tell everyone who waits what became of it."""
        try:
            with self.around_hearing() as receipts, self.ledger.batch() as batch:
                arrived = [message for one in together for message in one.arrived]
                receipts.extend(self.hearing.hear(batch, arrived))
        except LedgerError as error:
            for one in together:
                one.error = error
        except Exception as error:  # noqa: BLE001
            # The company's own code failed on one caller's messages: the others are heard apart.
            if len(together) == 1:
                together[0].error = error
            for one in together if len(together) > 1 else ():
                self._commit([one])
        else:
            start = 0
            for one in together:
                one.receipts = receipts[start : start + len(one.arrived)]
                start += len(one.arrived)
            if batch.queued:
                self._work_off_if_possible()


def _told(brought: Sequence[_Waiting]) -> list[Receipt] | BaseException:
    """What became of all that one caller brought."""
    error = next((one.error for one in brought if one.error is not None), None)
    return error or [receipt for one in brought for receipt in one.receipts or ()]
