"""An open ledger with its company: what all parts of an office work with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from ..agreement import Agreements
from ..errors import NoSuchName
from ..ledger import Batch, Found, Ledger, Ref, View
from ..model import Alias, Company, Entity, key_text
from .hearing import Hearing
from .tasks import Worker

Person: TypeAlias = tuple[type[Entity], str]
"""A person by entity and key: ``(Customer, "K-7")``."""


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
                self._work_off()

    def _work_off(self) -> None:
        more = True
        while more:
            with self.ledger.batch() as batch:
                more = self.worker.work(batch)

    def _find(self, view: View, entity: type[Entity], key: str | tuple[str, ...] | Alias) -> Found:
        name = entity.__name__
        if isinstance(key, Alias):
            ref = Ref(name, key.system.name, key.name)
        else:
            ref = Ref(name, "", key_text(entity, key))
        found = view.find(ref)
        if found is not None and ref.alias_of:
            meanings = view.connection.rows("alias_meanings", f"[{found.id}]")
            found = view.by_id([meanings[0][1]])[0] if meanings else found
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
