"""The office: a company, opened. It hears, records, judges and tells."""

from __future__ import annotations

from typing import Self

from .hooks import Hooks
from .remedying import Remedies
from .tells import Tells


class Office(Remedies, Tells, Hooks):
    """A running company. Made by ``onestory.open``.

    Every method may be called from any thread. Messages that wait at the same time share one
    commit; each is acknowledged only after it.
    """

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
