"""An open ledger with its company: what all parts of an office work with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

from ..agreement import Agreements
from ..errors import LedgerBusy, LedgerError, LedgerFull, LedgerUnreachable, NoSuchName
from ..ledger import Batch, Found, Ledger, Ref, Task, View
from ..model import Alias, Company, Entity, key_text
from .hearing import Hearing
from .tasks import TASKS_PER_COMMIT, Worker

Person: TypeAlias = tuple[type[Entity], str | tuple[str, ...]]
"""A person by entity and key: ``(Customer, "K-7")``."""

PASSES = (LedgerBusy, LedgerFull, LedgerUnreachable)
"""What a ledger may refuse with and be there again by itself, or once somebody made room."""


class Opened:
    """A company with its ledger open.

    Args:
        company: The company.
        ledger: Its ledger.
        agreements: Its agreements, ready to judge by.
    """

    def __init__(self, company: Company, ledger: Ledger, agreements: Agreements) -> None:
        self.company, self.ledger = company, ledger
        self._agreements = agreements
        self.hearing = Hearing(company, agreements)
        self.worker = Worker(self.hearing)
        self._writer = threading.Lock()

    @contextmanager
    def writing(self, known: int | None = None) -> Iterator[Batch]:
        """One transaction of the ledger, then the work that it queued.

        Args:
            known: When what happens in it becomes known, for a replay only.
        """
        with self._writer:
            with self.ledger.batch(known=known) as batch:
                yield batch
            if batch.queued:
                self._work_off_if_possible()

    def _work_off(self) -> None:
        """Do what is queued. A task that fails is put off, and what others wait for is done."""
        more, limit = True, TASKS_PER_COMMIT
        while more:
            try:
                with self.ledger.batch() as batch:
                    more = self.worker.work(batch, limit)
                limit = TASKS_PER_COMMIT
            except LedgerError:
                raise  # it concerns all tasks, and each is queued still
            except Exception as error:
                # A task calls the company's own code: whatever that raises concerns this task only.
                failed = self.worker.doing
                if failed is None:
                    raise
                limit = self.worker.done  # what was done before it is done again, and kept
                if not limit:
                    limit = TASKS_PER_COMMIT
                    self._put_off(failed, error)

    def _put_off(self, failed: Task, error: Exception) -> None:
        """Put a task off; of one that concerns many subjects, only what fails."""
        try:
            with self.ledger.batch() as batch:
                if self.worker.split(batch, failed):
                    return
        except LedgerError:
            raise
        except Exception:  # noqa: BLE001, S110
            pass  # it fails before its subjects are come to: the whole of it is put off
        with self.ledger.batch() as batch:
            self.worker.put_off(batch, failed, error)

    def _work_off_if_possible(self) -> None:
        """After a commit that was acknowledged, do what it queued; what cannot be done stays queued.

        The next commit or tick does it, and a tick says what is in the way if it still cannot.
        """
        with suppress(LedgerError):
            self._work_off()

    def _find(self, view: View, entity: type[Entity], key: str | tuple[str, ...] | Alias) -> Found:
        name = entity.__name__
        if isinstance(key, Alias):
            ref = Ref(name, key.system.name, key.name)
        else:
            ref = Ref(name, "", key_text(entity, key))
        found = view.find(ref)
        if found is not None and ref.alias_of:
            means = view.meaning_of(found.id)
            found = found if means is None else view.by_id([means])[0]
        if found is None:
            near = _near(view, name, ref.key)
            raise NoSuchName(
                f"Nobody ever spoke of {name} {ref.key!r}.",
                fix=f"Did you mean {', '.join(near)}?"
                if near
                else "Check the key, or hear of it first.",
            )
        return found


def _near(view: View, entity: str, key: str) -> list[str]:
    """Keys that begin as this one does, as far as any does, from half of it on."""
    for length in range(len(key) - 1, len(key) // 2, -1):
        near = view.keys_like(entity, key[:length], 3)
        if near:
            return near
    return []
