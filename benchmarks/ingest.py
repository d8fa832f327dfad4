"""How fast messages are heard: decoded, read, judged, chained and on disk, per CPU-second of one core.

Three rows of the promises: batches of 1,000 messages of 5 facts of which 90 % repeat; the same with
none repeating; one message alone. Beside each, in the same run, the least that any durable program
must do: insert the bytes of the same messages into a table of SQLite with the same settings.

    python3 do bench ingest [--subjects 100000] [--batches 40] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict

import msgspec

import onestory
from onestory import (
    Claims,
    Company,
    Entity,
    Fact,
    Key,
    Money,
    Office,
    System,
    reads,
    to_the_cent,
)
from onestory.intake import batch as events

FACTS = 5
acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("web shop", of=acme)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    renewed_until: Fact[date] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="30 s")
    )
    monthly_price: Fact[Money] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="30 s"), same=to_the_cent
    )
    plan: Fact[str] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="30 s")
    )
    seats: Fact[int] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="30 s")
    )
    paused: Fact[bool] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="30 s")
    )


class State(TypedDict):
    """What each system sends of a contract."""

    contract: str
    until: date
    price: Decimal
    plan: str
    seats: int
    paused: bool


def state(sent: State) -> Claims:
    """One claim for each fact."""
    key = sent["contract"]
    yield Contract.renewed_until.claim(key, sent["until"])
    yield Contract.monthly_price.claim(key, Money(sent["price"], "EUR"))
    yield Contract.plan.claim(key, sent["plan"])
    yield Contract.seats.claim(key, sent["seats"])
    yield Contract.paused.claim(key, sent["paused"])


SYSTEMS = (contracts, billing, shop)
for system in SYSTEMS:
    reads(system, "contract.state")(state)


class Sender:
    """Makes the messages that three systems send, each with ids and times of its own."""

    def __init__(self, subjects: int, seed: int = 1) -> None:
        self.random, self.subjects, self.sent = random.Random(seed), subjects, 0

    def message(self, subject: int, system: System, *, repeat: float) -> dict[str, Any]:
        """One CloudEvent; each of its facts is repeated with the probability given."""
        self.sent += 1
        draw = self.random.random

        def change() -> int:
            return 0 if draw() < repeat else self.random.randrange(1, 1000)

        changes = [change() for _ in range(FACTS)]
        return {
            "specversion": "1.0",
            "id": f"{system.name}-{self.sent:012}",
            "source": system.name,
            "type": "contract.state",
            "time": "2027-01-05T09:00:00Z",
            "data": {
                "contract": f"C-{subject:07}",
                "until": (date(2027, 3, 31) + timedelta(days=changes[0])).isoformat(),
                "price": f"{49 + changes[1]}.90",
                "plan": f"plan {changes[2]}",
                "seats": changes[3],
                "paused": bool(changes[4] % 2),
            },
        }

    def first(self) -> list[bytes]:
        """Batches with which every system speaks of every contract once."""
        spoken = [(n, system) for system in SYSTEMS for n in range(self.subjects)]
        return [
            msgspec.json.encode([self.message(n, s, repeat=1.0) for n, s in spoken[i : i + 1000]])
            for i in range(0, len(spoken), 1000)
        ]

    def batches(self, count: int, size: int, *, repeat: float) -> list[bytes]:
        """Batches about contracts drawn at random."""
        return [
            msgspec.json.encode(
                [
                    self.message(
                        self.random.randrange(self.subjects),
                        self.random.choice(SYSTEMS),
                        repeat=repeat,
                    )
                    for _ in range(size)
                ]
            )
            for _ in range(count)
        ]


class Measured(msgspec.Struct):
    """What a run took: CPU seconds of the whole process, wall seconds, seconds of each batch."""

    cpu: float
    wall: float
    each: list[float]

    def percentile(self, part: float) -> float:
        """The time in milliseconds within which this part of the batches was done."""
        ordered = sorted(self.each)
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)] * 1000


def measure(batches: list[bytes], do: Callable[[bytes], object]) -> Measured:
    """Do something with each batch, and measure it."""
    each = []
    cpu, wall = time.process_time(), time.perf_counter()
    for body in batches:
        began = time.perf_counter()
        do(body)
        each.append(time.perf_counter() - began)
    return Measured(time.process_time() - cpu, time.perf_counter() - wall, each)


def bare(path: Path) -> Callable[[bytes], object]:
    """Insert the bytes of each message into a table, durably, and no more."""
    database = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = wal", "synchronous = full", "cache_size = -131072"):
        database.execute(f"pragma {setting}")
    database.execute("create table message (number integer primary key, body blob)")

    def insert(body: bytes) -> None:
        rows = [(bytes(event),) for event in msgspec.json.decode(body, type=list[msgspec.Raw])]
        database.execute("begin")
        database.executemany("insert into message (body) values (?)", rows)
        database.execute("commit")

    return insert


def compare(
    name: str, batches: list[bytes], size: int, office: Office, folder: Path, limit: str
) -> None:
    """Print one row: claims per CPU-second of ours and of the bare insert, and their ratio."""
    peer = measure(batches, bare(folder / f"{name.replace(' ', '-')}.db"))
    ours = measure(batches, lambda body: office.hear(*events(body)))
    claims = len(batches) * size * FACTS
    speed = (
        f"{claims / ours.cpu:>9,.0f} claims/CPU-s  ({limit})   wall {claims / ours.wall:>9,.0f}/s"
    )
    times = f"p50 {ours.percentile(0.5):.2f} p99 {ours.percentile(0.99):.2f} ms"
    peers = f"bare insert {claims / peer.cpu:>9,.0f}/CPU-s   ratio 1 : {ours.cpu / peer.cpu:.1f}"
    print(f"{name:24} {speed}   {times}   {peers}")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--subjects", type=int, default=100_000)
    options.add_argument("--batches", type=int, default=40)
    options.add_argument("--profile", action="store_true", help="where the time goes, 90 % repeats")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        sender = Sender(chosen.subjects)
        with onestory.open(acme, f"sqlite:///{folder / 'acme.db'}") as office:
            first = measure(sender.first(), lambda body: office.hear(*events(body)))
            print(f"{chosen.subjects:,} contracts, said by 3 systems, in {first.wall:.0f} s")
            if chosen.profile:
                profile = cProfile.Profile()
                batches = sender.batches(chosen.batches, 1000, repeat=0.9)
                profile.runcall(measure, batches, lambda body: office.hear(*events(body)))
                pstats.Stats(profile).sort_stats("tottime").print_stats(25)
                return
            for name, repeat, limit in (
                ("90 % repeat", 0.9, "at least 150,000"),
                ("none repeats", 0.0, "at least 80,000"),
            ):
                batches = sender.batches(chosen.batches, 1000, repeat=repeat)
                compare(name, batches, 1000, office, folder, limit)
            alone = sender.batches(1000, 1, repeat=0.5)
            compare("one message alone", alone, 1, office, folder, "p99 at most 15 ms")


if __name__ == "__main__":
    main()
