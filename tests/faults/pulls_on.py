"""Pulls a table into a ledger, once, in a process of its own.

    python -m tests.faults.pulls_on LEDGER TABLE [sweep]

prints the number of each page before it is heard, then ``done``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import onestory
from onestory import Asked, Page, PullState, Source

from ..office.pulled_acme import Acme, Billing, acme_of


class Aloud:
    """A source that says which page it gives."""

    whole = False

    def __init__(self, source: Source) -> None:
        self._source, self.name = source, source.name

    def pages(self, asked: Asked) -> Iterator[Page]:
        """Give the pages of the source."""
        for number, page in enumerate(self._source.pages(asked)):
            print(number, flush=True)  # noqa: T201 - the test reads it
            yield page


def company(table: Path) -> Acme:
    """The company that pulls the table."""
    return acme_of(Aloud(Billing(table).source()))


def main(ledger: str, table: str, *how: str) -> None:
    """Pull once."""
    acme = company(Path(table))
    with onestory.open(acme.company, f"sqlite:///{ledger}") as office:
        (shown,) = office.pull_due(at_once=True, sweep="sweep" in how)
        assert shown.state is PullState.UP_TO_DATE, shown
    print("done", flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main(*sys.argv[1:])
