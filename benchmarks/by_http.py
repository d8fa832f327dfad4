"""What answering by HTTP costs, beside the kernel alone and a bare Starlette that does nothing else.

On SQLite and on PostgreSQL, with 1, 2 and 4 processes at one port: messages heard (of 5 facts, of which
90 % repeat), stories told by a key and by a session, and how soon a contradiction is on a page while
messages pour in. CPU seconds are those of the processes that answer and of the database's server, all of
it; the load comes from this process, which is not counted. Those compared take turns at the same requests.

    python3 do bench by_http [--quick] [--db sqlite|postgresql] [--part hear|tell|detect]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks._load import Asker, Took, percentile
from benchmarks._measured import Load, Measured, offices
from benchmarks._streams import opened, pushed
from benchmarks.ingest import FACTS, Sender
from tests.ledger.postgres_server import durable, missing

PROCESSES = (1, 2, 4)
SIZES = (200, 20, 1)
TARGET, APART = 0.6, 0.15
SETTINGS = "shared_buffers = 512MB\n"
VIEWERS = 10


class Size(NamedTuple):
    """How much is done: contracts, rounds, messages and stories of a round, bodies that pour in."""

    subjects: int = 6_000
    rounds: int = 4
    messages: int = 3_000
    stories: int = 250
    pouring: int = 600


QUICK = Size(1_000, 2, 1_000, 100, 150)


class Place(NamedTuple):
    """Where ledgers are: addresses by name, what the database's server has used, and which processes."""

    name: str
    address: Callable[[str], str]
    spent: Callable[[], float]
    processes: tuple[int, ...]


class Bench:
    """One database, with a ledger of the kernel's own and one that is asked by HTTP, both of the same.

    Args:
        place: The database.
        size: How much is done.
        folder: For files.
    """

    def __init__(self, place: Place, size: Size, folder: Path) -> None:
        self.place, self.size, self.folder = place, size, folder
        self.sender = Sender(size.subjects)
        self.alone, self.ours = place.address("alone"), place.address("ours")
        first: Load = {"first": [self.sender.first()]}
        with closing_all([self.kernel(where, first) for where in (self.alone, self.ours)]) as both:
            for one in both:
                one.tell("first 0")
        self.key, self.session = self.let_in(self.ours)

    def kernel(self, address: str, load: Load) -> Measured:
        """The kernel alone, with what it is to do."""
        file = self.folder / "load"
        file.write_bytes(msgspec.msgpack.encode(load))
        return Measured("kernel", address, str(file))

    def let_in(self, address: str) -> tuple[str, str]:
        """The headers that let in whoever shows them: a key, a session."""
        with closing_all([Measured("let_in", address)]) as (one,):
            key, session = msgspec.json.decode(one.said, type=tuple[str, str])
            return key, session

    def turn(self, places: list[Measured], do: Callable[[], list[float]]) -> Took:
        """Do something, and measure places meanwhile."""
        spent = self.place.spent
        before, servers, began = sum(place.tell() for place in places), spent(), time.perf_counter()
        each = do()
        wall = time.perf_counter() - began
        return Took(
            sum(place.tell() for place in places) - before, spent() - servers, wall, tuple(each)
        )

    def alone_does(self, alone: Measured, words: str) -> Took:
        """Let the kernel do a round."""

        def do() -> list[float]:
            alone.tell(words)
            return []

        return self.turn([alone], do)

    def asked(
        self, places: list[Measured], asker: Asker, requests: Iterable[bytes], lines: int
    ) -> Took:
        """Let places be asked, over some connections."""
        ready = list(requests)
        return self.turn(places, lambda: asyncio.run(asker.asked(ready, lines)))

    # Hearing

    def hear(self) -> None:
        """Messages, in batches of some sizes, heard by some numbers of processes."""
        speeds: dict[int, list[tuple[float, float]]] = {}
        for count in self.place.processes:
            sizes = SIZES if count == 1 else SIZES[:1]
            load: Load = {str(size): [*self._rounds(size, count)] for size in sizes}
            answers = offices(self.ours, count)
            bare = self._bare(b"{}")
            with closing_all([self.kernel(self.alone, load), bare, *answers]) as (alone, *_):
                for size in sizes:
                    took = self._heard(str(size), load, alone, answers, bare)
                    claims = sum(map(len, load[str(size)][1:])) * size * FACTS
                    head(f"{self.place.name}, {size * FACTS:,} claims a request")
                    row("the kernel alone", claims, took[0], took[0])
                    many = f"through HTTP, {count} process{'es' * (count > 1)}"
                    row(many, claims, took[1], took[0])
                    if count == 1:
                        row("bare Starlette drops", claims, took[2], took[0])
                    speeds.setdefault(size, []).append(
                        (claims / took[1].cpu, took[0].cpu / took[1].cpu)
                    )
        self._judge(speeds)

    def _rounds(self, size: int, processes: int) -> Iterator[list[bytes]]:
        messages = self.size.messages // 10 if size == 1 else self.size.messages
        count = max(messages // size, 1) * (1 if processes == 1 else 2)  # each is to warm up
        for _ in range(self.size.rounds + 1):
            yield self.sender.batches(count, size, repeat=0.9)

    def _bare(self, same: bytes) -> Measured:
        file = self.folder / "same"
        file.write_bytes(same)
        return Measured("bare", str(file))

    def _heard(
        self, name: str, load: Load, alone: Measured, answers: list[Measured], bare: Measured
    ) -> tuple[Took, Took, Took]:
        kernel = ours = least = Took()
        asker, dropped = Asker(int(answers[0].said), self.key), Asker(int(bare.said))
        lines = 4 * len(answers)
        for number, bodies in enumerate(load[name]):
            here = self.alone_does(alone, f"{name} {number}")
            there = self.asked(answers, asker, map(asker.posts, bodies), lines)
            nowhere = self.asked([bare], dropped, map(dropped.posts, bodies), lines)
            if number:  # the first is to warm up
                kernel, ours, least = kernel.and_(here), ours.and_(there), least.and_(nowhere)
        return kernel, ours, least

    def _judge(self, speeds: dict[int, list[tuple[float, float]]]) -> None:
        for first, *more in speeds.values():
            if more:
                rate = max(abs(one[0] / first[0] - 1) for one in more)
                share = max(abs(one[1] / first[1] - 1) for one in more)
                print(
                    f"  from 1 to {self.place.processes[-1]} processes: {rate:.0%} apart at most;"
                )
                print(f"  beside the kernel alone at the same moments, {share:.0%}")

    # Telling

    def tell(self) -> None:
        """Stories, asked for by a key and by a session."""
        draw, size = self.sender.random.randrange, self.size
        load: Load = {
            "stories": [
                [f"C-{draw(size.subjects):07}".encode() for _ in range(size.stories)]
                for _ in range(size.rounds + 1)
            ]
        }
        answers = offices(self.ours, 1)
        port = int(answers[0].said)
        by_key = Asker(port, self.key)
        same = by_key.ask(by_key.gets("/stories/Contract/C-0000001"))
        bare = self._bare(same)
        with closing_all([self.kernel(self.ours, load), bare, *answers]) as (alone, *_):
            askers = {
                "by a key": (by_key, answers),
                "by a session": (Asker(port, self.session), answers),
                "bare Starlette, same bytes": (Asker(int(bare.said)), [bare]),
            }
            took = {"the kernel alone": Took(), **dict.fromkeys(askers, Took())}
            for number, keys in enumerate(load["stories"]):
                here = {"the kernel alone": self.alone_does(alone, f"stories {number}")}
                paths = [f"/stories/Contract/{key.decode()}" for key in keys]
                for name, (asker, places) in askers.items():
                    here[name] = self.asked(places, asker, map(asker.gets, paths), 4)
                if number:  # as above
                    took = {name: took[name].and_(here[name]) for name in took}
        stories = size.stories * size.rounds
        head(f"{self.place.name}, a story of {len(same):,} bytes")
        for name, each in took.items():
            row(name, stories, each, took["the kernel alone"])

    # Detecting

    def detect(self) -> None:
        """How soon a contradiction, and any change, is with ten viewers while messages pour in."""
        where = self.place.address("detect")
        sender = Sender(2_000, seed=2)
        bodies = sender.batches(self.size.pouring, 100, repeat=0.9)
        with closing_all([self.kernel(where, {"first": [sender.first()]})]) as (kernel,):
            kernel.tell("first 0")
        key, _ = self.let_in(where)
        for count in {1, self.place.processes[-1]}:
            share = bodies[count > 1 :: 2]  # what was heard before would be known
            with closing_all(offices(where, count, going=True)) as answers:
                port = int(answers[0].said)
                for name, load in (("nothing else", []), ("messages pour in", share)):
                    seen, acknowledged, late, speed = asyncio.run(_detected(port, key, load))
                    many = f"{count} process{'es' * (count > 1)}"
                    about = f"{self.place.name}, {many}, {name}"
                    print(about + (f" ({speed:,.0f} claims/s)" if load else ""))
                    times("a claim, until acknowledged", acknowledged)
                    times("until its contradiction is on 10 pages", seen)
                    times("another change, until on 10 pages", late)


async def _detected(
    port: int, key: str, bodies: list[bytes]
) -> tuple[list[float], list[float], list[float], float]:
    """Milliseconds of contradictions, acknowledgements and changes; claims a second that poured in."""
    asker, acknowledged, seen, late = Asker(port, key), list[float](), list[float](), list[float]()
    viewers = await opened(port, lambda _: "/live?topic=subject/Slot/S-1", VIEWERS, [key[22:]])
    pouring = asyncio.ensure_future(asker.asked(map(asker.posts, bodies), 4))
    began = time.perf_counter()
    number = 0
    while number < 40 or (bodies and not pouring.done()):
        number += 1
        state = f"{os.getpid()}.{time.monotonic_ns()}"
        late += await pushed(viewers, _says(asker, "contracts", state, []), b'"late"')
        says = _says(asker, "billing", f"not {state}", acknowledged)
        seen += await pushed(viewers, says, b'"contradicts"')
        if bodies and pouring.done():
            break
    heard = len(await pouring) * 100 * FACTS
    speed = heard / (time.perf_counter() - began)
    for viewer in viewers:
        viewer.transport.abort()
    return seen, acknowledged, late, speed


def _says(asker: Asker, system: str, state: str, took: list[float]) -> Callable[[], None]:
    """Let a system say the state of the slot; notes the milliseconds until that is acknowledged."""
    event = {
        "specversion": "1.0",
        "id": f"{system}-{state}",
        "source": system,
        "type": "slot.state",
        "data": {"slot": "S-1", "state": state},
    }
    request = asker.posts(json.dumps(event).encode(), "application/cloudevents+json")

    def say() -> None:
        began = time.perf_counter()
        asker.ask(request)
        took.append((time.perf_counter() - began) * 1000)

    return say


# What is printed


def head(about: str) -> None:
    """Print what the rows below are about, and the names of their columns."""
    columns = f"{'a CPU-s':>12}{'of kernel':>11}{'ms CPU':>9}{'ours s':>9}{'its s':>8}{'a s':>12}"
    print(f"{about:40}{columns}{'p50 ms':>9}{'p95 ms':>9}")


def row(name: str, count: int, took: Took, kernel: Took) -> None:
    """Print one row: how many a CPU-second, beside the kernel alone, and where the time went."""
    speed = f"{count / took.cpu:12,.0f}{kernel.cpu / took.cpu:11.0%}{took.cpu / count * 1000:9.3f}"
    parts = f"{took.ours:9.2f}{took.servers:8.2f}{count / took.wall:12,.0f}"
    waits = f"{took.percentile(0.5):9.1f}{took.percentile(0.95):9.1f}" if took.each else ""
    print(f"  {name:38}{speed}{parts}{waits}", flush=True)


def times(name: str, took: list[float]) -> None:
    """Print one row of waits."""
    waits = f"p50 {percentile(took, 0.5):7.1f} ms   p95 {percentile(took, 0.95):7.1f} ms"
    print(f"  {name:40}{waits}", flush=True)


@contextmanager
def closing_all(places: list[Measured]) -> Iterator[list[Measured]]:
    """Some processes, ended after."""
    try:
        yield places
    finally:
        for place in places:
            place.end()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="small loads, to try it")
    options.add_argument("--db", choices=("sqlite", "postgresql"), help="both, if left out")
    options.add_argument("--part", choices=("hear", "tell", "detect"), help="all, if left out")
    chosen = options.parse_args()
    size = QUICK if chosen.quick else Size()
    parts = (Bench.hear, Bench.tell, Bench.detect)
    load = "the machine's load " + ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{size.subjects:,} contracts; {os.cpu_count()} processors, {load} before this")
    print(f"targets: {TARGET:.0%} of the kernel by one process, {APART:.0%} apart from 1 to 4")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        places = [Place("SQLite", lambda name: f"sqlite:///{folder / name}.db", float, (1,))]
        why = missing()
        if why is not None:
            print(f"PostgreSQL is left out: {why}.")
        elif chosen.db != "sqlite":
            server = stack.enter_context(durable(SETTINGS))
            spent = server.processor_seconds
            places.append(Place("PostgreSQL", server.address, spent, PROCESSES))
        for place in places:
            if chosen.db in (None, place.name.lower()):
                bench = Bench(place, size, folder)
                for part in parts:
                    if chosen.part in (None, part.__name__):
                        part(bench)


if __name__ == "__main__":
    main()
