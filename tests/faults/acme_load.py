"""A company and its load, started as a process of its own, so that it can be killed.

    python acme_load.py LEDGER FILE SEED

prints the number of messages acknowledged so far: once before it opens the ledger, then after each
commit. The seed draws how many messages share a commit.
"""

from __future__ import annotations

import random
import sys
from itertools import islice
from pathlib import Path
from typing import TypedDict

import onestory
from onestory import Claims, Company, Entity, Fact, Key, RowFile, System, reads

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    plan: Fact[str] = contracts.decides(billing.follows(within="5 min"))


class Plan(TypedDict):
    """What each system sends."""

    contract: str
    plan: str


def plan(sent: Plan) -> Claims:
    """One claim."""
    yield Contract.plan.claim(sent["contract"], sent["plan"])


for system in (contracts, billing):
    reads(system, "plan")(plan)

TOGETHER = 200
"""Messages of one commit at most: few, so that a kill falls between many."""


def main(ledger: str, file: str, seed: str) -> None:
    """Load the file, telling what is acknowledged."""
    draw, acknowledged = random.Random(seed), 0
    print(acknowledged, flush=True)  # noqa: T201 - the test reads it
    with onestory.open(acme, f"sqlite:///{ledger}") as office:
        messages = RowFile(Path(file)).messages()
        while together := list(islice(messages, draw.randint(1, TOGETHER))):
            acknowledged += len(office.hear(*together))
            print(acknowledged, flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
