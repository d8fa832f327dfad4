"""The doors of a real office: parsers driven at random, slow writers and slow readers, heads without end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from standardwebhooks import Webhook

import onestory
from onestory import Fate
from onestory.clock import stopwatch
from onestory.office.http.connection import Connection

from ..channel.receiver import receiving
from ..office.http import loopback
from ..office.http.loopback import renewal, served
from ..office.keys import bearers
from .process import ROOT

GROWS_KIB = 150_000
"""What a server may take for what slow readers are to be told: some answers, not all."""

STOPS_WITHIN = 10.0
"""Seconds, on a machine that does much else, for what takes two; a body that never ends takes thirty."""


@pytest.mark.parametrize("seconds", [6, pytest.param(120, marks=pytest.mark.long)])
def test_no_bytes_get_through_the_parsers_untold(seconds: int) -> None:
    """Whatever comes is taken, set aside or refused, and what is taken is what others read in it, too."""
    pytest.importorskip("atheris", reason="atheris is there for Linux only")
    done = subprocess.run(
        [sys.executable, "-m", f"{__package__}.fuzz_doors", str(seconds)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(Path(onestory.__file__).parents[1])},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    assert re.search(r"Done [0-9]{3,} runs", done.stderr)


class Asked(NamedTuple):
    """Where an office is asked, and with which key."""

    port: int
    bearer: str


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[str], Asked]]:
    """An office in a process of its own, as a user starts it, and how it is asked."""
    (bearer,) = bearers(loopback.acme, f"sqlite:///{folder / 'acme.db'}")
    command = [sys.executable, "-m", "onestory", "run", f"{loopback.__name__}:acme", "--port", "0"]
    with subprocess.Popen(
        [*command, "--db", str(folder / "acme.db")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(Path(onestory.__file__).parents[1]), **variables},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            yield process, Asked(int(said.strip().rpartition(":")[2]), bearer)
        finally:
            process.kill()


def head(length: int, bearer: str = "") -> bytes:
    """The head of a request to hear."""
    lines = ["POST /events HTTP/1.1", "Host: localhost", f"Authorization: {bearer}"]
    lines += ["Content-Type: application/cloudevents-batch+json"]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()


def heard(asked: Asked, number: int) -> bytes:
    """What is answered to one renewal."""
    body = json.dumps([renewal(number)]).encode()
    with socket.create_connection(("127.0.0.1", asked.port), 20) as line:
        line.sendall(head(len(body), asked.bearer) + body)
        return told(line, b'"fate"')


def told(line: socket.socket, until: bytes = b"\0") -> bytes:
    """What is said until some words, or until the line is closed."""
    said = b""
    while until not in said and (part := line.recv(65536)):
        said += part
    return said


def send_for_ever(line: socket.socket, request: bytes) -> None:
    """Ask until nobody reads it any more, and never read an answer."""
    while True:
        line.sendall(request)


def stopped_within(process: subprocess.Popen[str]) -> float:
    """Stop it as an operating system does; the seconds that it took."""
    began = stopwatch()
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    return stopwatch() - began


def peak(process: subprocess.Popen[str]) -> int:
    """The most memory that a process ever held, in KiB."""
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0])


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read in /proc")
def test_slow_writers_hold_nobody_up(tmp_path: Path) -> None:
    """Three hundred that are in the middle of a head or of a body: others are heard, and it stops in time."""
    with running(tmp_path) as (process, asked):
        lines = [socket.create_connection(("127.0.0.1", asked.port)) for _ in range(300)]
        for number, line in enumerate(lines):
            line.sendall(
                head(1000, asked.bearer)[: 40 if number % 2 else None] + b"[" * (1 - number % 2)
            )

        assert b'"heard"' in heard(asked, 1)
        assert stopped_within(process) < STOPS_WITHIN
        for line in lines:
            line.close()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read in /proc")
def test_slow_readers_hold_nobody_up(tmp_path: Path) -> None:
    """Who asks again and again and never reads is asked no more: memory stays flat, others are heard."""
    body = json.dumps([1] * 10_000).encode()  # each is answered by fifty times its bytes
    with running(tmp_path) as (process, asked):
        assert b'"heard"' in heard(asked, 5_000)
        before = peak(process)
        lines = []
        for _ in range(5):
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            line.connect(("127.0.0.1", asked.port))
            line.settimeout(0.5)
            lines.append(line)
            with pytest.raises(TimeoutError):
                send_for_ever(line, head(len(body), asked.bearer) + body)

        assert b'"heard"' in heard(asked, 5_001)
        assert peak(process) - before < GROWS_KIB
        assert stopped_within(process) < STOPS_WITHIN
        for line in lines:
            line.close()


class Impatient(Connection):
    """One whose heads must come at once."""

    head_within = 0.3


def test_a_head_that_never_ends_is_let_go(tmp_path: Path) -> None:
    """So is a connection that says nothing, and a second request that never comes whole."""
    with served(tmp_path, http=Impatient) as asking:
        body = json.dumps([renewal(1)]).encode()
        for before, said in ((b"", b""), (b"", b"POST /events HT"), (head(len(body)) + body, b"P")):
            with socket.create_connection(("127.0.0.1", asking.port), 20) as line:
                if before:
                    line.sendall(before)
                    assert b'"fate"' in told(line, b'"fate"')
                line.sendall(said)
                assert told(line).startswith(b"HTTP/1.1 408 ")


def test_a_running_office_tells_others_what_it_hears(tmp_path: Path) -> None:
    """S1: a program inside is told, where that is allowed; without it, it cannot even be added."""
    wanted = {"wants": ["subject.changed"]}
    with receiving() as receiver:
        with running(tmp_path) as (_, asked):
            url = f"http://127.0.0.1:{asked.port}/hooks"
            assert (
                httpx2.post(
                    url,
                    headers={"Authorization": asked.bearer},
                    json={"url": receiver.url, **wanted},
                ).status_code
                == 409
            )
        with running(tmp_path, ONESTORY_PRIVATE_HOOKS="1") as (process, asked):
            url = f"http://127.0.0.1:{asked.port}/hooks"
            added = httpx2.post(
                url, headers={"Authorization": asked.bearer}, json={"url": receiver.url, **wanted}
            )
            assert added.status_code == 201
            assert b'"heard"' in heard(asked, 1)

            assert receiver.came.acquire(timeout=20)
            Webhook(added.json()["secret"]).verify(receiver.pushed[0][1], receiver.pushed[0][0])
            assert receiver.events[0]["subject"] == "Contract/C-1"
            assert stopped_within(process) < STOPS_WITHIN


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.long)])
def test_what_was_acknowledged_survives_the_death_of_the_process(
    tmp_path: Path, rounds: int
) -> None:
    """Killed while many send: each message that was answered is in the ledger, and known if sent again."""
    acknowledged: set[str] = set()
    for number in range(rounds):
        with running(tmp_path) as (process, asked), ThreadPoolExecutor(4) as pool:
            sending = [
                pool.submit(acknowledged_until_death, asked, f"{number}-{sender}")
                for sender in range(4)
            ]
            wait(sending, timeout=0.5)
            process.kill()
            for one in sending:
                acknowledged |= one.result(20)

    assert len(acknowledged) > rounds
    with onestory.open(loopback.acme, f"sqlite:///{tmp_path / 'acme.db'}") as office:
        again = office.hear(
            *(
                onestory.message("contracts", "contract.renewed", {}, id=name)
                for name in acknowledged
            )
        )
        assert {receipt.fate for receipt in again} == {Fate.KNOWN}
        assert office.verify(dossiers=True) == []


def acknowledged_until_death(asked: Asked, sender: str) -> set[str]:
    """Send batch after batch until nobody answers; the ids of what was acknowledged."""
    kept: set[str] = set()
    with suppress(OSError), socket.create_connection(("127.0.0.1", asked.port), 20) as line:
        for number in count():
            ids = [f"R-{sender}-{number}-{n}" for n in range(20)]
            body = json.dumps([renewal(n, id=name) for n, name in enumerate(ids)]).encode()
            line.sendall(head(len(body), asked.bearer) + body)
            if b'"results"' not in (said := told(line, b"]}")):
                return kept
            assert said.count(b'"fate"') == len(ids)
            kept.update(ids)
    return kept
