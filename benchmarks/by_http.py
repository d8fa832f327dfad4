"""How fast messages are heard through HTTP, beside the kernel alone and a server that reads and drops.

Claims per CPU-second of the processes that hear: batches of 200 and of 20 messages of 5 facts of which 90 %
repeat, and a message alone. The same bodies go, in turns within one run, to `office.hear` without HTTP and
to a bare Starlette that reads each body and drops it. The load comes from this process, which is not counted.

    python3 do bench by_http [--db ADDRESS] [--processes 1] [--connections 4] [--subjects 20000]
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import onestory
from onestory import HandClock
from onestory.intake import batch as events
from onestory.office.auth import AuthSettings
from onestory.office.serve import serve

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.ingest import FACTS, Sender, acme

STILL = HandClock(datetime(2027, 1, 5, 9, tzinfo=UTC))  # so that nothing becomes due meanwhile
ROUNDS = 6
TARGET = 0.6
SIZES = (200, 20, 1)
HEAD = (
    b"POST /events HTTP/1.1\r\nHost: bench\r\nContent-Type: application/cloudevents-batch+json\r\n"
    b"Content-Length: %d\r\n\r\n"
)

Rounds = dict[str, list[list[bytes]]]


# The processes that are measured: each does what it is told by a line, and says how much CPU it has used


def obey() -> Iterator[str]:
    """Each line that is said to this process; after each, what CPU it has used is answered."""
    for line in sys.stdin:
        yield line.strip()
        print(time.process_time(), flush=True)


def kernel(address: str, file: Path) -> None:
    """Hear what is in a file, without HTTP, round by round."""
    rounds = msgspec.msgpack.decode(file.read_bytes(), type=Rounds)
    with onestory.open(acme, address, clock=STILL) as office:
        print("ready", flush=True)
        for line in obey():
            name, _, number = line.partition(" ")
            for body in rounds[name][int(number)] if number else ():
                office.hear(*events(body))


def answering(listening: socket.socket) -> None:
    """Say where this process answers, and then how much CPU it has used, whenever asked."""

    def answer() -> None:
        for _ in obey():
            pass

    print(listening.getsockname()[1], flush=True)
    threading.Thread(target=answer, daemon=True).start()


def served(address: str) -> None:
    """An office that answers by HTTP."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    with onestory.open(acme, address, clock=STILL) as office:
        serve(office, listening, AuthSettings(), started=lambda: answering(listening))


def bare() -> None:
    """A server that reads each body, and drops it."""

    async def drop(request: Request) -> JSONResponse:
        async for _ in request.stream():
            pass
        return JSONResponse({"results": []})

    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answering(listening)
    app = Starlette(routes=[Route("/events", drop, methods=["POST"])])
    config = uvicorn.Config(app, log_config=None, access_log=False)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve([listening]))


# The load


class Measured:
    """A process that is measured."""

    def __init__(self, *command: str) -> None:
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([sys.executable, __file__, *command], **pipes)
        self.said = self._line()

    def tell(self, words: str) -> float:
        """Tell it something; the CPU seconds it has used after."""
        stdin = self.process.stdin
        assert stdin is not None
        stdin.write(f"{words}\n")
        stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        line: str = self.process.stdout.readline()
        if not line:
            raise SystemExit("A measured process ended.")
        return line.strip()

    def end(self) -> None:
        """Let it end."""
        self.process.terminate()
        self.process.communicate()


class Took(NamedTuple):
    """What a load took: CPU seconds of the measured, wall seconds, seconds of each request."""

    cpu: float = 0.0
    wall: float = 0.0
    each: tuple[float, ...] = ()

    def __add__(self, other: Any) -> Took:
        return Took(self.cpu + other.cpu, self.wall + other.wall, self.each + other.each)

    def percentile(self, part: float) -> float:
        """The milliseconds within which this part of the requests was answered."""
        ordered = sorted(self.each) or [0.0]
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)] * 1000


def asked(places: Sequence[Measured], bodies: list[bytes], connections: int) -> Took:
    """Send bodies over some connections to each of the places, and measure those."""
    ports = [int(place.said) for place in places]
    before = sum(place.tell("") for place in places)
    began = time.perf_counter()
    each = asyncio.run(sent(ports, bodies, connections))
    wall = time.perf_counter() - began
    return Took(sum(place.tell("") for place in places) - before, wall, tuple(each))


async def sent(ports: list[int], bodies: list[bytes], connections: int) -> list[float]:
    """Send bodies, each connection one after the other; the seconds that each took."""
    left, each = iter(bodies), list[float]()

    async def send(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in left:
            began = time.perf_counter()
            writer.write(HEAD % len(body) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            answer = await reader.readexactly(int(length))
            if b" 200 " not in head[:16]:
                raise SystemExit((head + answer).decode())
            each.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(send(ports[n % len(ports)]) for n in range(connections * len(ports))))
    return each


def address_of(db: str, name: str, folder: Path) -> str:
    """A ledger of its own at an address: a file, or a schema."""
    if not db:
        return f"sqlite:///{folder / f'{name}.db'}"
    return f"{db}{'&' if '?' in db else '?'}schema=bench_{name}"


def row(name: str, claims: int, took: Took, least: Took) -> None:
    """Print one row, with the ratio to the kernel alone."""
    speed = f"{claims / took.cpu:>11,.0f} claims/CPU-s   wall {claims / took.wall:>9,.0f}/s"
    times = (
        f"p50 {took.percentile(0.5):5.1f} p99 {took.percentile(0.99):5.1f} ms" if took.each else ""
    )
    ratio = f"{least.cpu / took.cpu:7.0%} of the kernel"
    print(f"  {name:22} {speed}   {times:24} {ratio}", flush=True)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--kernel", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--serve", help=argparse.SUPPRESS)
    options.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--db", default="", help="a PostgreSQL server; SQLite, if left out")
    options.add_argument("--processes", type=int, default=1, help="how many answer")
    options.add_argument("--connections", type=int, default=4, help="to each of them")
    options.add_argument("--subjects", type=int, default=20_000)
    options.add_argument("--messages", type=int, default=4_000, help="of each size and round")
    chosen = options.parse_args()
    if chosen.kernel:
        kernel(chosen.kernel[0], Path(chosen.kernel[1]))
    elif chosen.serve:
        served(chosen.serve)
    elif chosen.bare:
        bare()
    else:
        compare(chosen)


def compare(chosen: argparse.Namespace) -> None:
    """Let the three take turns at the same bodies."""
    sender = Sender(chosen.subjects)
    rounds: Rounds = {"first": [sender.first()]}
    for size in SIZES:
        count = max(chosen.messages // size // (10 if size == 1 else 1), 1)
        rounds[str(size)] = [sender.batches(count, size, repeat=0.9) for _ in range(ROUNDS)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = folder / "rounds"
        file.write_bytes(msgspec.msgpack.encode(rounds))
        alone_at, served_at = (address_of(chosen.db, n, folder) for n in ("kernel", "http"))
        alone = Measured("--kernel", alone_at, str(file))
        alone.tell("first 0")
        first = Measured("--kernel", served_at, str(file))
        first.tell("first 0")
        first.end()
        offices = [Measured("--serve", served_at) for _ in range(chosen.processes)]
        dropping = Measured("--bare")
        over = f"{chosen.connections} connections to each of {chosen.processes} process(es)"
        print(f"{chosen.subjects:,} contracts, {over}")
        try:
            for size in SIZES:
                turns(str(size), rounds[str(size)], alone, offices, dropping, chosen.connections)
        finally:
            for place in (alone, *offices, dropping):
                place.end()


def turns(
    name: str,
    rounds: list[list[bytes]],
    alone: Measured,
    offices: list[Measured],
    dropping: Measured,
    connections: int,
) -> None:
    """Measure one size of batch, and print its rows."""
    kernels = ours = least = Took()
    for number, bodies in enumerate(rounds):
        before, began = alone.tell(""), time.perf_counter()
        cpu = alone.tell(f"{name} {number}") - before
        kernels += Took(cpu, time.perf_counter() - began)
        ours += asked(offices, bodies, connections)
        least += asked([dropping], bodies, connections)
    requests = sum(map(len, rounds))
    claims = requests * int(name) * FACTS
    print(f"{int(name) * FACTS:,} claims a request, {requests:,} requests (target {TARGET:.0%})")
    row("the kernel alone", claims, kernels, kernels)
    row("through HTTP", claims, ours, kernels)
    row("bare Starlette drops", claims, least, kernels)


if __name__ == "__main__":
    main()
