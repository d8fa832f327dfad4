"""What 10,000 live streams cost one process, and how soon a change is on the page, also under load.

Beside it, in the same run, the least that any program must do: a bare Starlette application that
holds as many streams and sends the same bytes to them. A reader here is a socket that waits.

    python3 do bench live [--streams 10000] [--seconds 10] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median, quantiles

import onestory
from onestory import Claims, Company, Entity, Fact, Key, System, reads
from onestory.office.auth import Auth

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks._streams import EACH, opened, pushed

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    plan: Fact[str] = contracts.decides(billing.follows(within="5 min"))
    seats: Fact[int] = contracts.decides(billing.follows(within="5 min"))


def state(sent: dict[str, str]) -> Claims:
    """The plan and the seats of one contract."""
    yield Contract.plan.claim(sent["contract"], sent["plan"])
    yield Contract.seats.claim(sent["contract"], int(sent["plan"].rpartition(" ")[2]) % 100)


for system in (contracts, billing):
    reads(system, "contract.state")(state)


VIEWED, FEW = "C-viewed", "C-few"
"""Contracts that a thousand viewers watch, and ten."""

Poke = Callable[[str], object]
_ids = count()


# The servers


@contextmanager
def served(*command: str, folder: str) -> Iterator[tuple[int, int]]:
    """A server in a process of its own: its process and its port."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=_here(),
    )
    assert process.stdout
    try:
        said = process.stdout.readline()
        yield process.pid, int(re.findall(r":(\d+)", said)[-1])
    finally:
        process.terminate()
        process.wait()


OFFICE = ("-m", "onestory", "run", "live:acme", "--port", "0")
"""The command that serves the office of this file."""


def bare() -> None:
    """Serve streams that hold nothing, and send the same bytes to all whenever anybody posts."""
    import socket  # noqa: PLC0415 - only this one process needs them

    import uvicorn  # noqa: PLC0415
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.requests import Request  # noqa: PLC0415
    from starlette.responses import Response, StreamingResponse  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    waiting: dict[str, set[asyncio.Event]] = {}
    body = b"id: 1\nevent: subject\ndata: " + b"x" * 900 + b"\n\n"

    async def stream(request: Request) -> Response:
        name = str(request.url).rpartition("/")[2]

        async def events() -> AsyncIterator[bytes]:
            mine = asyncio.Event()
            waiting.setdefault(name, set()).add(mine)
            try:
                while True:
                    yield body
                    await mine.wait()
                    mine.clear()
            finally:
                waiting[name].discard(mine)

        return StreamingResponse(events(), media_type="text/event-stream")

    async def poke(request: Request) -> Response:
        for each in waiting[request.url.query]:
            each.set()
        return Response()

    _raise_limit()
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    sys.stdout.write(f"127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    app = Starlette(routes=[Route("/live", stream), Route("/poke", poke, methods=["POST"])])
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
    uvicorn.Server(config).run([listening])


# What is measured


def megabytes(pid: int) -> float:
    """The memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def processor(pid: int) -> float:
    """Seconds of processors that a process used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def post(
    port: int,
    path: str,
    body: bytes = b"",
    kind: str = "application/cloudevents+json",
    key: str = "",
) -> None:
    """Post something, and wait for the answer."""
    headers = {"content-type": kind, "authorization": f"Bearer {key}"}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers, method="POST")
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        answer.read()


def said(contract: str, plan: str) -> dict[str, object]:
    """One message about a contract."""
    return {
        "specversion": "1.0",
        "id": f"{os.getpid()}-{next(_ids)}",
        "source": "contracts" if next(_ids) % 2 else "billing",
        "type": "contract.state",
        "data": {"contract": contract, "plan": plan},
    }


def keys_in(db: str, streams: int) -> list[str]:
    """Keys made in a ledger, one for each hundred streams."""
    with onestory.open(acme, db) as office:
        keys = Auth(office).keys
        return [keys.add(by="benchmark", roles=["engineer"]) for _ in range(0, streams, EACH)]


def change(port: int, key: str, contract: str) -> None:
    """Let a contract have another plan."""
    post(port, "/events", json.dumps(said(contract, f"plan {next(_ids)}")).encode(), key=key)


def load(port: int, key: str) -> None:
    """Post batches of a hundred messages without a pause, until stopped."""
    for n in count():
        batch = [said(f"C-{(n * 100 + i) % 20_000}", f"plan {n}") for i in range(100)]
        body = json.dumps(batch).encode()
        post(port, "/events", body, "application/cloudevents-batch+json", key)
        if n % 10 == 0:
            sys.stdout.write(f"{(n + 1) * 100}\n")
            sys.stdout.flush()


def show(what: str, took: list[float]) -> None:
    """Print the median of some milliseconds, and what 95 in 100 are below."""
    print(f"  {what:52} p50 {median(took):7.1f} ms   p95 {quantiles(took, n=20)[-1]:7.1f} ms")


def watched_by(n: int, streams: int) -> str:
    """Which contract the stream of this number is about."""
    return FEW if n < 10 else VIEWED if n % max(streams // 1000, 1) == 0 else f"C-{n}"


async def held(
    pid: int, port: int, keys: Sequence[str], streams: int, seconds: float, poke: Poke
) -> float:
    """Hold streams, about one topic with a thousand viewers and many with one; kB for each."""
    before = megabytes(pid)
    began, used = time.perf_counter(), processor(pid)
    names = [watched_by(n, streams) for n in range(streams)]
    readers = await opened(
        port, lambda n: f"/live?topic=subject/Contract/{names[n]}", streams, keys
    )
    took, used = time.perf_counter() - began, processor(pid) - used
    gc.freeze()  # what the readers' own Python does with its memory is no matter of the server's
    after = megabytes(pid)
    each = (after - before) * 1024 / streams
    print(
        f"  {streams:,} streams: {before:.0f} MB before, {after:.0f} with them, {each:.1f} kB each;"
    )
    print(f"  opened in {took:.1f} s, {used / streams * 1000:.2f} ms of processor each")
    used = processor(pid)
    await asyncio.sleep(seconds)
    print(f"  idle: {(processor(pid) - used) / seconds * 100:.1f} % of one processor")
    for contract in (FEW, VIEWED):
        some = [r for r, name in zip(readers, names, strict=True) if name == contract]
        each_time = [await pushed(some, partial(poke, contract)) for _ in range(20)]
        took_ms = [ms for time_ in each_time for ms in time_]
        show(f"a change, until its {len(some):,} viewers have it", took_ms)
    for reader in readers:
        reader.transport.abort()
    await asyncio.sleep(1)
    return each


async def under_load(port: int, key: str, seconds: float) -> None:
    """How soon a change is with ten viewers while messages pour in."""
    viewers = await opened(port, lambda _: f"/live?topic=subject/Contract/{VIEWED}", 10, [key])
    command = [sys.executable, __file__, "--load", str(port), key]
    pouring = subprocess.Popen(command, stdout=subprocess.PIPE, env=_here())  # noqa: ASYNC220
    assert pouring.stdout
    pouring.stdout.readline()
    began, took = time.perf_counter(), list[float]()
    while time.perf_counter() - began < seconds:
        took += await pushed(viewers, lambda: change(port, key, VIEWED))
        await asyncio.sleep(0.1)
    lasted = time.perf_counter() - began
    pouring.terminate()
    messages = int(pouring.stdout.read().split()[-1])
    show(f"the same at {messages / lasted:,.0f} messages a second, 10 viewers", took)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--streams", type=int, default=10_000)
    options.add_argument("--seconds", type=float, default=10)
    options.add_argument("--quick", action="store_true", help="few streams, to try it")
    options.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--load", nargs=2, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.bare:
        return bare()
    if chosen.load:
        return load(int(chosen.load[0]), chosen.load[1])
    _raise_limit()
    with tempfile.TemporaryDirectory() as folder:
        streams, seconds = (500, 3.0) if chosen.quick else (chosen.streams, chosen.seconds)
        db = f"sqlite:///{Path(folder) / 'acme.db'}"
        keys = keys_in(db, streams)
        print("onestory:")
        with served(*OFFICE, "--db", db, folder=str(Path(__file__).parent)) as (pid, port):
            ours = asyncio.run(
                held(pid, port, keys, streams, seconds, partial(change, port, keys[0]))
            )
            asyncio.run(under_load(port, keys[0], seconds))
        print("bare Starlette:")
        with served(__file__, "--bare", folder=folder) as (pid, port):
            least = asyncio.run(
                held(pid, port, keys, streams, seconds, lambda name: post(port, f"/poke?{name}"))
            )
    print(f"a stream takes {ours / least:.2f} times the memory of a bare one")
    return None


def _here() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _raise_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
