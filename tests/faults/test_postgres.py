"""Processes on one ledger are killed, the server is, connections are cut: nothing is lost or done twice."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest

import onestory
from onestory import Office

from ..ledger.postgres_server import Server, durable, fresh
from . import remedies_at
from .acme_load import acme
from .process import started

MANY = pytest.mark.parametrize(
    "rounds", [1, pytest.param(20, marks=pytest.mark.long)], ids=["once", "many times"]
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that keeps what it says it keeps."""
    with durable() as server:
        yield server


SERVED_WITHIN = 5
"""Seconds after which all is served again, once a server that was killed answers."""


class Hearer:
    """A process that hears, and what it said so far."""

    def __init__(self, address: str, first: int, last: int, seed: float) -> None:
        self.process: Popen[str] = started("hears_at", address, first, last, seed)
        self.heard: dict[int, str] = {}
        self.refused: list[str] = []
        self.again = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        self._more = threading.Condition()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            number, _, fate = line.strip().partition(" ")
            if number.isdecimal():
                self.heard[int(number)] = fate
                self.again.set()
            elif number == "refused":
                self.refused.append(fate)

    def wait_for(self, count: int) -> None:
        """Wait until so many were acknowledged."""
        while len(self.heard) < count and self.process.poll() is None:
            self._thread.join(timeout=0.005)

    def end(self, *, killed: bool = False) -> None:
        """Wait for its end; what it said last is taken in, too."""
        if killed:
            self.process.send_signal(signal.SIGKILL)
        code = self.process.wait()
        self._thread.join()
        assert self.process.stdout
        self.process.stdout.close()
        assert code == (-signal.SIGKILL if killed else 0)


def opened(address: str) -> Office:
    return onestory.open(acme, address)


def whole(address: str, hearers: list[Hearer], numbers: range) -> None:
    """Every message is there once, as all that was acknowledged is, and the ledger holds."""
    with opened(address) as office:
        with office.ledger.view() as view:
            rows = view.connection.rows("messages_between", 0, 2**62)
        ids = [int(row[2].removeprefix("event ")) for row in rows if row[2]]
        assert sorted(ids) == list(numbers)
        assert {number for hearer in hearers for number in hearer.heard} <= set(ids)
        assert office.verify(dossiers=True) == []


@MANY
def test_processes_that_hear_the_same_messages_at_once_hear_each_once(
    rounds: int, server: Server
) -> None:
    """Four of them, each in an order of its own: of each message one is told that it was heard."""
    for round_ in range(rounds):
        address, numbers = server.address(fresh()), range(1_500)
        hearers = [Hearer(address, 0, len(numbers), seed + round_ / 100) for seed in range(4)]
        for hearer in hearers:
            hearer.end()

        fates = Counter((n, fate) for hearer in hearers for n, fate in hearer.heard.items())
        assert [fates[n, "known"] for n in numbers] == [3] * len(numbers)
        assert [fates[n, "heard"] + fates[n, "repeated"] for n in numbers] == [1] * len(numbers)
        whole(address, hearers, numbers)


@MANY
def test_of_three_processes_one_is_killed_and_the_others_go_on(rounds: int, server: Server) -> None:
    """Kill -9 in the middle of its work: all it told is kept; it is started again and does the rest."""
    draw, each = random.Random(rounds), 1_200
    for _ in range(rounds):
        address = server.address(fresh())
        hearers = [Hearer(address, n * each, (n + 1) * each, draw.random()) for n in range(3)]
        hearers[0].wait_for(draw.randrange(1, each // 2))
        hearers[0].end(killed=True)
        again = Hearer(address, 0, each, draw.random())
        for hearer in (*hearers[1:], again):
            hearer.end()
            assert hearer.refused == []

        assert {again.heard[number] for number in hearers[0].heard} == {"known"}
        whole(address, [*hearers, again], range(3 * each))


@MANY
def test_the_server_is_killed_under_load_and_started_again(rounds: int) -> None:
    """Kill -9 of it and of all its processes: what was acknowledged is there, and all is heard on.

    Five seconds after it is there again, everybody has been acknowledged something.
    """
    draw, each = random.Random(rounds), 1_500
    for _ in range(rounds):
        with durable() as server:
            address = server.address("acme")
            hearers = [Hearer(address, n * each, (n + 1) * each, draw.random()) for n in range(2)]
            hearers[0].wait_for(draw.randrange(1, each // 2))
            server.kill()
            told = {number for hearer in hearers for number in list(hearer.heard)}
            server.start()
            for hearer in hearers:
                hearer.again.clear()
            assert all(h.again.wait(SERVED_WITHIN) or len(h.heard) == each for h in hearers)
            with opened(address) as office, office.ledger.view() as view:
                rows = view.connection.rows("messages_between", 0, 2**62)
            assert told <= {int(row[2].removeprefix("event ")) for row in rows}
            for hearer in hearers:
                hearer.end()

            assert any(hearer.refused for hearer in hearers)
            whole(address, hearers, range(2 * each))


@MANY
def test_connections_are_cut_under_load(rounds: int, server: Server) -> None:
    """Again and again, wherever they are: a batch is refused or kept, and heard once in the end."""
    draw, each = random.Random(rounds), 1_500
    for _ in range(rounds):
        address = server.address(fresh())
        hearers = [Hearer(address, n * each, (n + 1) * each, draw.random()) for n in range(2)]
        for cut in range(8):
            hearers[cut % 2].wait_for((cut + 1) * each // 12)
            server.ask(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'onestory'"
            )
        for hearer in hearers:
            hearer.end()

        whole(address, hearers, range(2 * each))


@pytest.mark.parametrize(
    ("races", "processes"),
    [(200, 3), pytest.param(10_000, 4, marks=pytest.mark.long)],
    ids=["some", "many"],
)
def test_processes_that_remedy_at_once_do_each_thing_once(
    races: int, processes: int, server: Server, tmp_path: Path
) -> None:
    """All see the same repairs due at the same moment; each of them is worked on by one."""
    world = tmp_path / "world"
    for start in range(0, races, 1_000):
        address = server.address(fresh())
        remedies_at.contradict(address, min(races - start, 1_000))
        world.unlink(missing_ok=True)
        workers = [started("remedies_at", address, world, spoken_to=True) for _ in range(processes)]
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        calls = [int(worker.communicate("go\n")[0]) for worker in workers]

        done = [line.split()[0] for line in world.read_text("utf-8").splitlines()]
        assert sum(calls) == len(done) == min(races - start, 1_000)
        assert Counter(done) == Counter(f"C-{n}" for n in range(min(races - start, 1_000)))
