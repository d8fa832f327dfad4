"""A process of its own that hears many claims, and says how much memory it held meanwhile.

    python acme_flat.py LEDGER CLAIMS

prints one JSON object: the memory held at each quarter of the claims and after verifying, in KiB.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from typing import TypedDict

from hears_file import held  # type: ignore[import-not-found]

import onestory
from onestory import Claims, Company, Entity, Fact, Key, System, load, message, reads
from onestory.intake import Arrived

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
FACTS = ("plan", "until", "seats", "price", "paused")
SUBJECTS = 100_000


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    plan: Fact[str] = contracts.decides(billing.follows(within="5 min"))
    until: Fact[str] = contracts.decides(billing.follows(within="5 min"))
    seats: Fact[int] = contracts.decides(billing.follows(within="5 min"))
    price: Fact[int] = contracts.decides(billing.follows(within="5 min"))
    paused: Fact[bool] = contracts.decides(billing.follows(within="5 min"))


class State(TypedDict):
    """What each system sends of a contract."""

    contract: str
    plan: str
    until: str
    seats: int
    price: int
    paused: bool


def state(sent: State) -> Claims:
    """One claim for each fact."""
    key = sent["contract"]
    yield Contract.plan.claim(key, sent["plan"])
    yield Contract.until.claim(key, sent["until"])
    yield Contract.seats.claim(key, sent["seats"])
    yield Contract.price.claim(key, sent["price"])
    yield Contract.paused.claim(key, sent["paused"])


for system in (contracts, billing):
    reads(system, "state")(state)


def sent(begin: int, end: int) -> Iterator[Arrived]:
    """Messages about contracts drawn at random; one in five says something new."""
    draw = random.Random(begin)
    for number in range(begin, end):
        age = number // SUBJECTS if draw.random() < 0.2 else 0
        data = State(
            contract=f"C-{draw.randrange(SUBJECTS)}",
            plan=f"plan {age}",
            until="spring",
            seats=age,
            price=49,
            paused=False,
        )
        source = contracts if number % 2 else billing
        yield message(source.name, "state", data, id=f"{number}")


def main(ledger: str, claims: str) -> None:
    """Hear them in four quarters."""
    messages = int(claims) // len(FACTS)
    with onestory.open(acme, f"sqlite:///{ledger}") as office:
        quarters = []
        for quarter in range(4):
            load(office, sent(messages * quarter // 4, messages * (quarter + 1) // 4))
            quarters.append(held())
        findings = office.verify()
        verified = held()
        claimed = office.counts().messages * len(FACTS) if not findings else 0
    print(json.dumps({"quarters": quarters, "verified": verified, "claims": claimed}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
