"""How fast messages are heard by 1, 2 and 4 processes on one ledger, on PostgreSQL and on SQLite.

Claims per CPU-second, of our processes and all of the server's together: batches of 1,000 messages of
5 facts of which 90 % repeat. Beside it, in the same run, the same load on SQLite, and the least that
a durable program on this server must do: copy the bytes of the same messages into one table.

    python3 do bench postgres [--subjects 20000] [--batches 24] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import psycopg

import onestory
from onestory.intake import batch as events

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.ingest import FACTS, Sender, acme, measure
from tests.ledger.postgres_server import Server, durable, missing

SIZE = 1_000
PROCESSES = (1, 2, 4)
SETTINGS = "shared_buffers = 512MB\n"


class Figures(NamedTuple):
    """What a load took: claims, CPU seconds of ours and of the server, wall seconds, ms of a batch."""

    claims: int
    ours: float
    servers: float
    wall: float
    p50: float
    p99: float

    @property
    def cpu(self) -> float:
        """All CPU seconds."""
        return self.ours + self.servers


def hear(address: str, file: Path) -> None:
    """In a process of its own: open the ledger, wait for a word, hear the file, say what it took."""
    batches = msgspec.msgpack.decode(file.read_bytes(), type=list[bytes])
    with onestory.open(acme, address) as office:
        print("ready", flush=True)
        sys.stdin.readline()
        took = measure(batches, lambda body: office.hear(*events(body)))
        print(took.cpu, took.percentile(0.5), took.percentile(0.99), flush=True)
        sys.stdin.readline()


def together(
    address: str, shares: Sequence[list[bytes]], folder: Path, spent: Callable[[], float]
) -> Figures:
    """Let as many processes as there are shares hear them at once."""
    workers: list[Any] = []
    for number, share in enumerate(shares):
        file = folder / f"share-{number}"
        file.write_bytes(msgspec.msgpack.encode(share))
        command = [sys.executable, __file__, "--hear", address, str(file)]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        workers.append(subprocess.Popen(command, **pipes))
    for worker in workers:
        worker.stdout.readline()
    before, began = spent(), time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [list(map(float, worker.stdout.readline().split())) for worker in workers]
    wall, after = time.perf_counter() - began, spent()
    for worker in workers:
        worker.communicate("end\n")
    claims = sum(map(len, shares)) * SIZE * FACTS
    ours, p50, p99 = zip(*said, strict=True)
    return Figures(claims, sum(ours), after - before, wall, max(p50), max(p99))


def copied(server: Server, batches: list[bytes]) -> Figures:
    """The same bytes, copied into one table, a commit for each batch."""
    with server.link() as link:
        link.execute("create table message (number bigint primary key, body bytea)")
        number = 0

        def copy(body: bytes) -> None:
            nonlocal number
            with (
                link.transaction(),
                link.cursor().copy("copy message from stdin (format binary)") as out,
            ):
                out.set_types(["int8", "bytea"])
                for event in msgspec.json.decode(body, type=list[msgspec.Raw]):
                    number += 1
                    out.write_row((number, bytes(event)))

        before = server.processor_seconds()
        took = measure(batches, copy)
        servers = server.processor_seconds() - before
    claims = len(batches) * SIZE * FACTS
    return Figures(
        claims, took.cpu, servers, took.wall, took.percentile(0.5), took.percentile(0.99)
    )


def row(name: str, took: Figures, least: Figures) -> None:
    """Print one row, with the ratio to the bare copy."""
    speed = f"{took.claims / took.cpu:>9,.0f} claims/CPU-s"
    parts = f"ours {took.ours:5.2f} s, server's {took.servers:5.2f} s"
    times = f"wall {took.claims / took.wall:>9,.0f}/s   p50 {took.p50:6.1f} p99 {took.p99:6.1f} ms"
    ratio = (took.cpu / took.claims) / (least.cpu / least.claims)
    print(f"{name:28} {speed}   {parts}   {times}   1 : {ratio:.1f}", flush=True)


def nothing() -> float:
    """SQLite has no server."""
    return 0.0


def shares_of(batches: list[bytes], processes: int) -> list[list[bytes]]:
    """Batches dealt out to processes."""
    return [batches[n::processes] for n in range(processes)]


def profiled(address: str, batches: list[bytes]) -> None:
    """Where the time of ours goes."""
    with onestory.open(acme, address) as office:
        profile = cProfile.Profile()
        profile.runcall(measure, batches, lambda body: office.hear(*events(body)))
    pstats.Stats(profile).sort_stats("tottime").print_stats(28)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--hear", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--subjects", type=int, default=20_000)
    options.add_argument("--batches", type=int, default=24)
    options.add_argument("--profile", action="store_true", help="where the time of ours goes")
    chosen = options.parse_args()
    if chosen.hear:
        hear(chosen.hear[0], Path(chosen.hear[1]))
        return
    why = missing()
    if why is not None:
        print(f"This needs a PostgreSQL server: {why}.")
        return
    with tempfile.TemporaryDirectory() as temporary, durable(SETTINGS) as server:
        folder, sender = Path(temporary), Sender(chosen.subjects)
        first = sender.first()
        places = {
            "PostgreSQL": (server.address("acme"), server.processor_seconds),
            "SQLite": (f"sqlite:///{folder / 'acme.db'}", nothing),
        }
        (version,) = server.ask("show server_version")[0]
        print(f"PostgreSQL {version}, psycopg {psycopg.__version__}; {chosen.subjects:,} contracts")
        loads = [sender.batches(chosen.batches, SIZE, repeat=0.9) for _ in PROCESSES]
        least = copied(server, loads[0])
        row("bare copy, 1 process", least, least)
        for name, (address, spent) in places.items():
            row(f"{name}, first words", together(address, [first], folder, spent), least)
            if chosen.profile:
                profiled(address, loads[0])
                continue
            for processes, batches in zip(PROCESSES, loads, strict=True):
                took = together(address, shares_of(batches, processes), folder, spent)
                row(f"{name}, {processes} process{'es' * (processes > 1)}", took, least)
            alone = sender.batches(400, 1, repeat=0.5)
            took = together(address, [alone], folder, spent)
            took = took._replace(claims=took.claims // SIZE)
            row(f"{name}, a message alone", took, least)


if __name__ == "__main__":
    main()
