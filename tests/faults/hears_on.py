"""Hears messages one commit at a time, and prints the number of each after it was acknowledged.

python -m tests.faults.hears_on LEDGER FIRST SYNCHRONOUS
"""

from __future__ import annotations

import sys

import onestory
from onestory import Fate, message

from .acme_load import acme

if __name__ == "__main__":
    ledger, first, synchronous = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with onestory.open(acme, f"sqlite:///{ledger}") as office:
        # The negative control: what is not asked to be on disk is not, and the test must see that.
        database = office.ledger._database._writer.database  # type: ignore[attr-defined]
        database.execute(f"pragma synchronous = {synchronous}")
        number = first
        while True:
            payload = {"contract": f"C-{number % 50}", "plan": f"plan {number}"}
            (receipt,) = office.hear(message("contracts", "plan", payload, id=f"event {number}"))
            assert receipt.fate is Fate.HEARD
            print(number, flush=True)  # noqa: T201 - the test reads it
            number += 1
