"""How fast repairs are worked off, each of three steps, per CPU-second; and DBOS at the same work.

Billing misses the change of many contracts. Each repair asks it for three things, each marked before
it is asked and kept after it; then billing says the decided value, and the repair ends. Counted is what
an office does for it: opening the contradictions with their repairs, the steps, ending them. Hearing
what billing says is shown apart: it is measured by ``ingest``, and DBOS has nothing to hear. DBOS runs
workflows of three steps as small, also on SQLite.

    python3 do bench repairs [--repairs 10000] [--workflows 300] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import importlib
import pstats
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import onestory
from onestory import (
    Ability,
    Claims,
    Company,
    Entity,
    Fact,
    HandClock,
    Key,
    Repair,
    RepairState,
    System,
    does,
    message,
    reads,
    remedies,
)

SPRING, SUMMER = date(2027, 3, 31), date(2027, 6, 30)
NINE = datetime(2027, 1, 5, 9, tzinfo=UTC)
STEPS = 3
acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    renewed_until: Fact[date] = contracts.decides(billing.follows(within="5 min"))


def state(sent: dict[str, str]) -> Claims:
    """One claim: until when a contract runs."""
    yield Contract.renewed_until.claim(sent["contract"], date.fromisoformat(sent["until"]))


for system in (contracts, billing):
    reads(system, "contract.state")(state)


class HoldBills(Ability[None], frozen=True):
    """Send no bill of a contract for now."""

    contract: str


class SetEndDate(Ability[None], frozen=True):
    """Write the last day of a contract's term."""

    contract: str
    until: date


class SendBills(Ability[None], frozen=True):
    """Send the bills of a contract again."""

    contract: str


done: dict[str, object] = {}
"""What the billing system was asked for, by key: it lives in this process, and costs next to nothing."""


@does(billing, HoldBills)
def hold_bills(request: HoldBills, key: str) -> None:
    """Hold bills, once for each key."""
    done[key] = request


@does(billing, SetEndDate)
def set_end_date(request: SetEndDate, key: str) -> None:
    """Write a date, once for each key."""
    done[key] = request


@does(billing, SendBills)
def send_bills(request: SendBills, key: str) -> None:
    """Send bills, once for each key."""
    done[key] = request


@remedies(billing, Contract.renewed_until)
def write_the_term(repair: Repair[date]) -> None:
    """Write the term into billing while no bill leaves it."""
    repair.do(billing, HoldBills(contract=repair.key))
    repair.do(billing, SetEndDate(contract=repair.key, until=repair.decided))
    repair.do(billing, SendBills(contract=repair.key))
    repair.until_agreed(within="10 min")


class Took(NamedTuple):
    """What something took: CPU seconds of the whole process, and seconds."""

    cpu: float
    wall: float


def measure(do: Callable[[], object]) -> Took:
    """Do something, and measure it."""
    cpu, wall = time.process_time(), time.perf_counter()
    do()
    return Took(time.process_time() - cpu, time.perf_counter() - wall)


class Ours:
    """An office on a ledger in a file, where billing has missed the change of every contract."""

    def __init__(self, folder: Path, repairs: int) -> None:
        self.repairs, self.clock = repairs, HandClock(NINE)
        self.office = onestory.open(acme, f"sqlite:///{folder / 'acme.db'}", clock=self.clock)
        self.office.arm("billing/Contract.renewed_until", by="the benchmark")
        for party, until in ((contracts, SPRING), (billing, SPRING), (contracts, SUMMER)):
            self.says(party, until)
            self.clock.move(timedelta(minutes=1))
        self.clock.move(timedelta(minutes=5))
        # A system that is silent as a whole would be asked first whether it is there.
        another = {"contract": "another", "until": SPRING.isoformat()}
        self.office.hear(message("billing", "contract.state", another, id="another"))

    def says(self, party: System, until: date) -> None:
        """Let a system say of every contract until when it runs."""
        for start in range(0, self.repairs, 1000):
            numbers = range(start, min(start + 1000, self.repairs))
            said = [{"contract": f"C-{n:07}", "until": until.isoformat()} for n in numbers]
            ids = [f"{party.name}-{until}-{n}" for n in numbers]
            sent = [
                message(party.name, "contract.state", data, id=one)
                for data, one in zip(said, ids, strict=True)
            ]
            self.office.hear(*sent)

    def begin(self) -> None:
        """Open every contradiction, and begin its repair."""
        self.office.tick()

    def take_steps(self) -> None:
        """Work off the three steps of every repair."""
        self.office.remedy()

    def hear(self) -> None:
        """Hear from billing, of every contract, what is decided."""
        self.says(billing, SUMMER)

    def end(self) -> None:
        """End every repair."""
        self.office.remedy()

    def work(self) -> None:
        """Do all of it."""
        self.begin()
        self.take_steps()
        self.hear()
        self.end()

    def check(self) -> None:
        """Every repair went through three steps, and every step was asked for once."""
        ended = self.office.repairs(states=tuple(RepairState), limit=self.repairs + 1)
        assert len(ended) == self.repairs
        assert all(r.state is RepairState.DONE and len(r.steps) == STEPS for r in ended)
        assert len(done) == STEPS * self.repairs


class Peer:
    """DBOS with one workflow of three steps, on SQLite.

    Its file is put into WAL mode, which it does not do by itself and which spares it some time.
    """

    def __init__(self, library: Any, folder: Path) -> None:
        self.dbos = library.DBOS
        file = folder / "dbos.db"
        with closing(sqlite3.connect(file)) as database:
            database.execute("pragma journal_mode = wal")
            database.execute("create table keeps_the_mode (number integer)")
        config = {"name": "peer", "system_database_url": f"sqlite:///{file}"}
        self.dbos(config={**config, "log_level": "ERROR", "run_admin_server": False})
        self.held: list[str] = []

        def hold(contract: str) -> None:
            self.held.append(contract)

        def write(contract: str, until: str) -> None:
            self.held.append(contract + until)

        def send(contract: str) -> None:
            self.held.append(contract)

        first, second, third = (self.dbos.step()(step) for step in (hold, write, send))

        def flow(contract: str, until: str) -> None:
            first(contract)
            second(contract, until)
            third(contract)

        self.flow = self.dbos.workflow()(flow)
        self.dbos.launch()
        self.one_by_one(5)  # what it does only once is not counted

    def one_by_one(self, count: int) -> None:
        """Call workflows, each after the one before."""
        for n in range(count):
            self.flow(f"C-{n:07}", SUMMER.isoformat())

    def together(self, count: int) -> None:
        """Start workflows at once, and wait for all."""
        started = [
            self.dbos.start_workflow(self.flow, f"C-{n:07}", SUMMER.isoformat())
            for n in range(count)
        ]
        for handle in started:
            handle.get_result()


def compare(ours: float, folder: Path, workflows: int) -> None:
    """Print what DBOS does, each of its two ways, and how ours compares with the better one."""
    try:
        library = importlib.import_module("dbos")
    except ImportError as error:
        print(f"DBOS is left out, for it is not installed here ({error}); no ratio is given.")
        print("`python3 do bench repairs` installs it, where a package index can be reached.")
        return
    peer = Peer(library, folder)
    speeds = []
    for how, way in (("one by one", peer.one_by_one), ("together", peer.together)):
        took = measure(partial(way, workflows))
        name = f"DBOS {version('dbos')}, {how}"
        speeds.append(workflows / took.cpu)
        wall = f"wall {workflows / took.wall:>6,.0f}/s"
        print(f"{name:24} {speeds[-1]:>7,.0f} workflows/CPU-s   {wall}")
    peer.dbos.destroy()
    assert len(peer.held) == STEPS * (2 * workflows + 5)
    print(f"{'ratio to its better way':24} {ours / max(speeds):>7.1f} : 1  (at least 10 : 1)")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--repairs", type=int, default=10_000)
    options.add_argument("--workflows", type=int, default=300)
    options.add_argument("--profile", action="store_true", help="where the time of ours goes")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, repairs = Path(temporary), chosen.repairs
        ours = Ours(folder, repairs)
        if chosen.profile:
            profile = cProfile.Profile()
            profile.runcall(ours.work)
            pstats.Stats(profile).sort_stats("tottime").print_stats(40)
            return
        begin, steps = measure(ours.begin), measure(ours.take_steps)
        hear, end = measure(ours.hear), measure(ours.end)
        ours.check()
        ours.office.close()
        parts = begin, steps, end
        cpu, wall = sum(p.cpu for p in parts), sum(p.wall for p in parts)
        speed = f"{repairs / cpu:>7,.0f} repairs/CPU-s     wall {repairs / wall:>6,.0f}/s"
        each = [part.cpu / repairs * 1_000_000 for part in (*parts, hear)]
        name, where = f"{repairs:,} repairs", "begin {:.0f}, three steps {:.0f}, end {:.0f} us"
        print(f"{name:24} {speed}   {where.format(*each)}; to hear billing took {each[-1]:.0f}")
        compare(repairs / cpu, folder, chosen.workflows)


if __name__ == "__main__":
    main()
