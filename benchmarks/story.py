"""How fast a story is told: now, and as of a moment in the past of a subject with 10,000 entries.

Beside each, in the same run, the least that any program must do: read the rows it rests on from
SQLite by their keys.

    python3 do bench story [--entries 10000]
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import onestory
from onestory import Channel, Claims, Company, Entity, Fact, HandClock, Key, System, message, reads

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
START = datetime(2027, 1, 1, tzinfo=UTC)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    plan: Fact[str] = contracts.decides(billing.follows(within="5 min"))
    seats: Fact[int] = contracts.decides(billing.follows(within="5 min"))
    paused: Fact[bool] = contracts.decides(billing.follows(within="5 min"))


desk = Channel("agent desk", of=acme)


def state(sent: dict[str, int]) -> Claims:
    """The plan changes each time, the seats now and then, the pause never."""
    key = f"C-{sent['contract']}"
    yield Contract.plan.claim(key, f"plan {sent['change']}")
    yield Contract.seats.claim(key, sent["change"] // 100)
    yield Contract.paused.claim(key, value=False)


for system in (contracts, billing):
    reads(system, "contract.state")(state)


def milliseconds(
    do: Callable[[int], object], times: int, choose: Callable[[], int]
) -> tuple[float, float, float]:
    """CPU per call, and wall time of the median and of all but one in a hundred, in milliseconds."""
    each = []
    cpu = time.process_time()
    for _ in range(times):
        chosen = choose()
        began = time.perf_counter()
        do(chosen)
        each.append(time.perf_counter() - began)
    cpu = (time.process_time() - cpu) / times
    each.sort()
    return cpu * 1000, each[times // 2] * 1000, each[int(times * 0.99)] * 1000


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--entries", type=int, default=10_000)
    entries = options.parse_args().entries
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "acme.db"
        clock = HandClock(START)
        with onestory.open(acme, f"sqlite:///{path}", clock=clock) as office:
            for contract, count in (("1", entries), ("2", 100)):
                for change in range(count):
                    clock.move(timedelta(minutes=1))
                    sent = {"contract": int(contract), "change": change // 2}
                    name = "contracts" if change % 2 == 0 else "billing"
                    office.hear(message(name, "contract.state", sent, id=f"{contract}-{change}"))
            office.tick()

            def now(_: int) -> object:
                return office.tell(Contract, "C-2", to=desk).plan

            def then(minute: int) -> object:
                known = START + timedelta(minutes=minute, seconds=30)
                return office.tell(Contract, "C-1", to=desk, known=known).plan

            def both(minute: int) -> object:
                at = START + timedelta(minutes=minute, seconds=30)
                return office.tell(Contract, "C-1", to=desk, valid=at).plan

            bare = sqlite3.connect(path)

            def one_row(_: int) -> object:
                return bare.execute("select dossier from subject where id = 1").fetchone()

            def all_rows(minute: int) -> object:
                query = "select body from entry where number <= ? order by number"
                return bare.execute(query, (minute,)).fetchall()

            def any_minute() -> int:
                return rng.randrange(1, entries)

            print(f"{'':36} CPU ms     p50     p99   limit        ratio to reading the rows")
            for name, do, peer, times, limit in (
                ("story of 100 entries, now", now, one_row, 2000, "1 ms CPU"),
                (f"as known at a moment, of {entries:,}", then, all_rows, 300, "p99 10 ms"),
                ("as was so at a moment, as known now", both, all_rows, 300, "p99 10 ms"),
            ):
                bare_cpu, _, _ = milliseconds(peer, times, any_minute)
                cpu, median, most = milliseconds(do, times, any_minute)
                row = f"{name:36} {cpu:6.3f}  {median:6.3f}  {most:6.3f}   {limit:12}"
                print(f"{row} {cpu / bare_cpu:.1f} : 1")


if __name__ == "__main__":
    main()
