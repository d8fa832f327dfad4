"""The office: a company, opened. It hears, records, judges and tells."""

from __future__ import annotations

from typing import Self

from .by_hand import ByHand
from .pulling import Pulling
from .tells import Tells


class Office(ByHand, Tells, Pulling):
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
