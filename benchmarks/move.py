"""How long it takes to carry a ledger over: copies, backups and restores, each verified, and their memory.

Each is a process of its own. Beside it, in the same run, the least that must be done: on files, to copy the
file and flush it; on a server, to copy each table into one without an index, as the server sends it.

    python3 do bench move [--claims 1000000] [--subjects 50000]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import onestory
from onestory.intake import batch as events
from onestory.ledger import copy

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.ingest import FACTS, Sender, acme
from tests.ledger.postgres_server import Server, durable, missing

SIZE = 1_000
PROMISED = 10_000_000
"""Claims of the ledger that is to be restored within five minutes."""


class Took(NamedTuple):
    """What it took: wall seconds, CPU seconds of ours and the server's, seconds of it to verify, MiB."""

    wall: float
    cpu: float
    verifying: float
    memory: float


def carry(source: str, target: str) -> None:
    """In a process of its own: copy a ledger, and say what it took."""
    verifying = [0.0]

    @contextmanager
    def shows(what: str, _total: int) -> Iterator[Callable[[int], None]]:
        began = time.perf_counter()
        yield lambda _: None
        verifying[0] = time.perf_counter() - began if what == "verifying" else 0.0

    began, spent = time.perf_counter(), time.process_time()
    copy(source, target, shows=shows)
    cpu, wall = time.process_time() - spent, time.perf_counter() - began
    print(wall, cpu, verifying[0], most_held())


def most_held() -> float:
    """The most memory that this process held, in MiB; 0 where there is no /proc to tell.

    The figure of ``getrusage`` would begin with that of the process that started this one.
    """
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def carried(source: str, target: str, server: Server | None) -> Took:
    """Let a process carry a ledger over."""
    before = server.processor_seconds() if server else 0.0
    command = [sys.executable, __file__, "--carry", source, target]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    wall, cpu, verifying, memory = map(float, done.stdout.split())
    after = server.processor_seconds() if server else 0.0
    return Took(wall, cpu + after - before, verifying, memory)


def file_copied(source: Path, target: Path) -> Took:
    """Copy the file, and flush it."""
    began, spent = time.perf_counter(), time.process_time()
    shutil.copyfile(source, target)
    place = os.open(target, os.O_RDONLY)
    os.fsync(place)
    os.close(place)
    return Took(time.perf_counter() - began, time.process_time() - spent, 0.0, 0.0)


def tables_copied(server: Server, schema: str) -> Took:
    """Copy each table into one without an index, from one connection to another, in one transaction."""
    named = "select table_name from information_schema.tables where table_schema = %s"
    tables = [table for (table,) in server.ask(named, schema)]
    before, began, spent = server.processor_seconds(), time.perf_counter(), time.process_time()
    with server.link() as out, server.link() as into, into.transaction():
        into.execute("create schema plain")
        for table in tables:
            into.execute(f"create table plain.{table} (like {schema}.{table})")
            words = f"copy {schema}.{table} to stdout (format binary)"
            with (
                out.cursor().copy(words) as rows,
                into.cursor().copy(f"copy plain.{table} from stdin (format binary)") as written,
            ):
                for some in rows:
                    written.write(some)
    cpu = time.process_time() - spent + server.processor_seconds() - before
    return Took(time.perf_counter() - began, cpu, 0.0, 0.0)


def row(name: str, took: Took, least: Took, claims: int) -> None:
    """Print one row, with the ratio to the least, and what it would be for the promised ledger."""
    times = f"{took.wall:7.1f} s (verifying {took.verifying:6.1f})   CPU {took.cpu:7.1f} s"
    ratio = f"wall 1 : {took.wall / least.wall:5.1f}   CPU 1 : {took.cpu / least.cpu:5.1f}"
    whole = f"{took.wall * PROMISED / claims:6.0f} s for {PROMISED:,} claims"
    print(f"{name:24} {times}   {took.memory:5.0f} MiB   {ratio}   {whole}", flush=True)


def fill(address: str, claims: int, subjects: int) -> int:
    """Hear so many claims; how many there are."""
    sender = Sender(subjects)
    with onestory.open(acme, address) as office:
        batches: list[Any] = sender.first()
        rest = max(0, claims // FACTS // SIZE - len(batches))
        for body in batches:
            office.hear(*events(body))
        for _ in range(rest):
            (body,) = sender.batches(1, SIZE, repeat=0.9)
            office.hear(*events(body))
        return office.counts().messages * FACTS


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--carry", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--claims", type=int, default=1_000_000)
    options.add_argument("--subjects", type=int, default=50_000)
    chosen = options.parse_args()
    if chosen.carry:
        carry(*chosen.carry)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        first, backup = folder / "acme.db", folder / "backup.db"
        claims = fill(f"sqlite:///{first}", chosen.claims, chosen.subjects)
        size = first.stat().st_size / 1_048_576
        print(f"{claims:,} claims of {chosen.subjects:,} contracts, a file of {size:,.0f} MiB")
        least = file_copied(first, folder / "plain")
        row("copy of the file", least, least, claims)
        row("backup", carried(f"sqlite:///{first}", f"sqlite:///{backup}", None), least, claims)
        restored = f"sqlite:///{folder / 'restored.db'}"
        row("restore", carried(f"sqlite:///{backup}", restored, None), least, claims)
        why = missing()
        if why is not None:
            print(f"The rest needs a PostgreSQL server: {why}.")
            return
        with durable("shared_buffers = 512MB\n") as server:
            there, next_ = server.address("acme"), server.address("next")
            to_server = carried(f"sqlite:///{backup}", there, server)
            least = tables_copied(server, "acme")
            row("copy of the tables", least, least, claims)
            row("restore to a server", to_server, least, claims)
            row("copy, server to server", carried(there, next_, server), least, claims)
            saved = f"sqlite:///{folder / 'saved.db'}"
            row("backup of a server", carried(there, saved, server), least, claims)


if __name__ == "__main__":
    main()
