"""Offices that serve side by side: one is killed under load, their server is, and the first of them is."""

from __future__ import annotations

import http
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import onestory
from onestory.clock import stopwatch

from ..ledger.postgres_server import Server, durable, fresh
from ..office.keys import bearers
from .acme_load import acme
from .process import ROOT

MANY = pytest.mark.parametrize(
    "rounds", [1, pytest.param(20, marks=pytest.mark.long)], ids=["once", "many times"]
)
SERVED_AGAIN = 5
"""Seconds after which all is served again, whatever was killed."""
RUN = [sys.executable, "-m", "onestory", "run", "tests.faults.acme_load:acme"]
AT_ONCE = 20
"""Messages in one request."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that keeps what it says it keeps."""
    with durable() as server:
        yield server


class Offices:
    """Some processes on one port, started by the command that the guide names."""

    def __init__(self, address: str, count: int) -> None:
        (self.bearer,) = bearers(acme, address)
        self.process = subprocess.Popen(
            [*RUN, "--db", address, "--port", "0", "--processes", str(count)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(Path(onestory.__file__).parents[1])},
        )
        assert self.process.stdout
        said = [self.process.stdout.readline() for _ in range(count)]
        assert all(" is open at " in line for line in said)
        self.port = int(said[0].rpartition(":")[2])

    @property
    def pids(self) -> list[int]:
        """The processes that serve."""
        lists = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for one in lists for pid in one.read_text().split()]

    def end(self) -> None:
        """Stop all."""
        self.process.terminate()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


@contextmanager
def offices(address: str, count: int = 3) -> Iterator[Offices]:
    """Some processes that serve; ended with the test."""
    running = Offices(address, count)
    try:
        yield running
    finally:
        running.end()


class Sender(threading.Thread):
    """A system that sends its messages until each was acknowledged, whoever answers."""

    def __init__(self, offices: Offices, first: int, last: int) -> None:
        super().__init__()
        self.port, self.bearer, self.numbers = offices.port, offices.bearer, range(first, last)
        self.acknowledged: dict[int, str] = {}
        self.longest = 0.0
        self.failed = 0

    def run(self) -> None:
        """Send all."""
        since = stopwatch()
        for start in range(self.numbers.start, self.numbers.stop, AT_ONCE):
            batch = range(start, min(start + AT_ONCE, self.numbers.stop))
            while not self._sent(batch):
                self.failed += 1
                threading.Event().wait(0.02)
            self.longest = max(self.longest, stopwatch() - since)
            since = stopwatch()

    def _sent(self, batch: range) -> bool:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.request(
                "POST",
                "/events",
                json.dumps([event_of(number) for number in batch]),
                {
                    "Content-Type": "application/cloudevents-batch+json",
                    "Authorization": self.bearer,
                },
            )
            answer = link.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()
        if answer.status != http.HTTPStatus.OK:
            assert answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE, said
            return False
        for number, result in zip(batch, json.loads(said)["results"], strict=True):
            self.acknowledged[number] = result["fate"]
        return True


def event_of(number: int) -> dict[str, object]:
    """A numbered message, as it is sent: contracts and billing speak in turn, and differ at times."""
    return {
        "specversion": "1.0",
        "id": f"event {number}",
        "source": "billing" if number % 2 else "contracts",
        "type": "plan",
        "data": {"contract": f"C-{number // 6}", "plan": f"plan {number % 3}"},
    }


def sent(offices: Offices, count: int, each: int = 1_000) -> list[Sender]:
    """Systems that send at once, each its own messages."""
    senders = [Sender(offices, n * each, (n + 1) * each) for n in range(count)]
    for sender in senders:
        sender.start()
    return senders


def wait_for(senders: list[Sender], count: int) -> None:
    """Wait until so many messages were acknowledged."""
    while sum(len(sender.acknowledged) for sender in senders) < count:
        assert any(sender.is_alive() for sender in senders)
        senders[0].join(0.005)


def whole(address: str, senders: list[Sender]) -> None:
    """Each message is there once, as all that was acknowledged is, and the ledger holds."""
    with onestory.open(acme, address) as office:
        with office.ledger.view() as view:
            rows = view.connection.rows("messages_between", 0, 2**62)
        ids = [int(row[2].removeprefix("event ")) for row in rows if row[2]]
        assert sorted(ids) == [number for sender in senders for number in sender.numbers]
        assert all(set(sender.numbers) == set(sender.acknowledged) for sender in senders)
        assert office.verify(dossiers=True) == []


@MANY
def test_s81_one_of_three_offices_is_killed_under_load(rounds: int, server: Server) -> None:
    """Kill -9: nothing acknowledged is lost, nothing is heard twice, and within 5 s all is served."""
    draw = random.Random(rounds)
    for _ in range(rounds):
        address = server.address(fresh())
        with offices(address) as running:
            senders = sent(running, 3)
            wait_for(senders, draw.randrange(100, 1_500))
            killed = draw.choice(running.pids)
            os.kill(killed, signal.SIGKILL)
            for sender in senders:
                sender.join()

            assert max(sender.longest for sender in senders) < SERVED_AGAIN
            deadline = stopwatch() + SERVED_AGAIN
            while len(running.pids) < 3 or killed in running.pids:
                assert stopwatch() < deadline
                threading.Event().wait(0.05)
        whole(address, senders)


@MANY
def test_s81_the_server_of_three_offices_is_killed_under_load(rounds: int) -> None:
    """PostgreSQL itself: requests are refused meanwhile, none is acknowledged that is not kept."""
    draw = random.Random(rounds)
    for _ in range(rounds):
        with durable() as server:
            address = server.address("acme")
            with offices(address) as running:
                senders = sent(running, 3)
                wait_for(senders, draw.randrange(100, 1_500))
                server.kill()
                server.start()
                back = stopwatch()
                for sender in senders:
                    sender.join()

                assert max(sender.longest for sender in senders) < SERVED_AGAIN
                assert stopwatch() - back < 60
            whole(address, senders)


def test_offices_end_with_the_process_that_started_them(server: Server) -> None:
    """Kill -9 of the first of them: the others do not stay behind, and their port is free again."""
    running = Offices(server.address(fresh()), 2)
    pids = running.pids
    running.process.kill()
    running.end()

    deadline = stopwatch() + SERVED_AGAIN
    while any(Path(f"/proc/{pid}/cmdline").exists() for pid in pids):
        assert stopwatch() < deadline
        threading.Event().wait(0.05)
    with socket.socket() as free:
        free.bind(("127.0.0.1", running.port))
