"""A later version brings a ledger up to date, then hears a message for each line that it is told.

    python -m tests.faults.goes_on_later ADDRESS

answers each line with the fate of its message, and the end of input with what does not hold.
"""

from __future__ import annotations

import sys

import onestory
from onestory.ledger.statements import migrations

from ..ledger.acme import acme, state


def say(words: object) -> None:
    """Tell the test at once."""
    print(words, flush=True)  # noqa: T201 - the test reads it


def main(address: str) -> None:
    """Hear what comes."""
    with onestory.open(acme, address) as office:
        say(f"version {migrations()[-1][0]}")
        for number, line in enumerate(sys.stdin):
            key = f"C-{number % 7}"
            (receipt,) = office.hear(state(key, line.strip(), id=f"later {number}"))
            say(receipt.fate.value)
        say([*office.verify(dossiers=True)])


if __name__ == "__main__":
    main(*sys.argv[1:])
