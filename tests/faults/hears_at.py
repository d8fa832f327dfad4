"""Hears numbered messages on a server, in an order of its own, and again where the server was gone.

    python -m tests.faults.hears_at ADDRESS FIRST LAST SEED

prints, after each commit, the number and the fate of each message that was acknowledged; ``refused``
where it was not. The seed draws how many share a commit, and which come first.
"""

from __future__ import annotations

import random
import sys
import threading

import onestory
from onestory import Message, Office, OnestoryError, Receipt, message
from onestory.errors import LedgerError

from .acme_load import acme

TOGETHER = 40
"""Messages of one commit at most: few, so that a fault falls between many."""

TRIES = 300
"""How often a refused batch is sent again, a tenth of a second later."""


def sent(number: int) -> Message:
    """One message: what a system says of one of fifty contracts."""
    payload = {"contract": f"C-{number % 50}", "plan": f"plan {number}"}
    source = "contracts" if number % 2 else "billing"
    return message(source, "plan", payload, id=f"event {number}")


def say(words: str) -> None:
    """Tell the test at once."""
    print(words, flush=True)  # noqa: T201 - the test reads it


def heard(office: Office, some: list[int]) -> list[Receipt]:
    """Hear messages, and again until they are acknowledged."""
    for _ in range(TRIES):
        try:
            return office.hear(*map(sent, some))
        except LedgerError as error:
            say(f"refused {error.code} {error.what}")
            threading.Event().wait(0.1)
    raise SystemExit("the server did not come back")


def opened(address: str) -> Office:
    """The office, once the server is there."""
    for _ in range(TRIES):
        try:
            return onestory.open(acme, address)
        except OnestoryError as error:
            say(f"refused {error.code} {error.what}")
            threading.Event().wait(0.1)
    raise SystemExit("the server did not come back")


def main(address: str, first: str, last: str, seed: str) -> None:
    """Hear every message of a range."""
    draw, numbers = random.Random(seed), list(range(int(first), int(last)))
    draw.shuffle(numbers)
    with opened(address) as office:
        say("ready")
        while numbers:
            some = [numbers.pop() for _ in range(min(len(numbers), draw.randint(1, TOGETHER)))]
            for number, receipt in zip(some, heard(office, some), strict=True):
                say(f"{number} {receipt.fate.value}")


if __name__ == "__main__":
    main(*sys.argv[1:])
