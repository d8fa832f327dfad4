"""A process that runs: it says whether it is well, holds many streams, and stops when it is told to."""

from __future__ import annotations

import json
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

import onestory
from onestory import Office
from onestory.clock import stopwatch
from onestory.office.http import Serving

from ..keys import bearers
from ..live.halcyon import departs, halcyon
from ..live.served import PATIENCE, Reader, Served, serve, served

SOURCES = Path(__file__).resolve().parents[3]
FLIGHT = "subject/Flight/HA-1"
STOPPED_WITHIN = 3  # seconds, as promised


@pytest.fixture
def office() -> Iterator[Office]:
    with onestory.open(halcyon, "sqlite://") as office:
        yield office


# Health


def ready(here: Served) -> tuple[int, dict[str, object]]:
    """What a load balancer is told."""
    answer, body = here.get("/readyz")
    said: dict[str, object] = json.loads(body)
    return answer.status, said


def test_a_process_that_is_well_is_alive_and_ready(office: Office) -> None:
    """Both are asked every few seconds, and need no rights."""
    with served(office) as here:
        alive, body = here.get("/healthz")

        assert (alive.status, json.loads(body)) == (200, {"alive": True})
        assert ready(here) == (200, {"ready": True})


def test_a_process_that_stops_is_not_ready(office: Office) -> None:
    """Requests under way are answered still; new ones belong elsewhere."""
    with served(office) as here:
        here.serving.stopping.set()

        assert ready(here) == (503, {"ready": False, "why": "it is stopping"})


def test_a_process_of_which_a_worker_died_is_not_ready(office: Office) -> None:
    """It hears and answers still, but judges nothing that becomes due."""
    serving = Serving(office)
    work = threading.Thread(target=lambda: None, name="work")
    work.start()
    work.join()
    serving.workers.append(work)
    with serve(serving) as here:
        assert ready(here) == (503, {"ready": False, "why": "the thread work has died"})


def test_a_process_that_cannot_read_the_ledger_is_alive_and_not_ready(office: Office) -> None:
    """To start it anew would not help, so that it is alive; to ask it would not either."""
    with served(office) as here:
        office.ledger.close()
        status, said = ready(here)

        assert (status, said["code"]) == (503, "ledger-error")
        assert here.get("/healthz")[0].status == 200


# Real processes


class Running:
    """A process that runs an office."""

    def __init__(self, process: subprocess.Popen[str], port: int, bearers: list[str]) -> None:
        self.process, self.port, self.bearers = process, port, bearers

    def bearer(self, stream: int) -> str:
        """Whose stream one is: a hundred are of each."""
        return self.bearers[stream // 100]

    def post(self, body: str, *, batch: bool = False) -> int:
        """Post one message, or a batch; the status of the answer."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        kind = f"application/cloudevents{'-batch' if batch else ''}+json"
        sent = {"content-type": kind, "authorization": self.bearers[0]}
        link.request("POST", "/events", body, sent)
        answer = link.getresponse()
        answer.read()
        link.close()
        return answer.status


@contextmanager
def running(folder: Path, streams: int = 100) -> Iterator[Running]:
    """``onestory run`` on a ledger in a folder."""
    keys = bearers(halcyon, f"sqlite:///{folder / 'acme.db'}", -(-streams // 100))
    command = [sys.executable, "-m", "onestory", "run", "tests.office.live.halcyon:halcyon"]
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, "--db", str(folder / "acme.db"), "--port", "0", "--log", "json"],
            cwd=SOURCES,
            env={"PYTHONPATH": f"{SOURCES / 'src'}", "PATH": ""},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout
    try:
        said = process.stdout.readline()
        yield Running(process, int(re.findall(r":(\d+)", said)[-1]), keys)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def message(number: int) -> str:
    """One message of operations."""
    about = {"specversion": "1.0", "id": str(number), "source": "operations", "type": "flight"}
    return json.dumps(about | {"data": {"flight": "HA-1", "departs": str(number)}})


def address(number: int) -> str:
    """An address of this host: a hundred streams from each."""
    return f"127.0.{1 + number // 20_000}.{1 + number // 100 % 200}"


def test_a_process_stops_within_three_seconds_with_a_thousand_streams(tmp_path: Path) -> None:
    """Told to stop, it ends each stream with a word when to come again, and leaves with code 0."""
    with running(tmp_path, 1_000) as process, ExitStack() as all_:
        readers = [Reader(process.port, FLIGHT, bearer=process.bearer(n)) for n in range(1_000)]
        for reader in readers:
            all_.callback(reader.close)
            assert reader.next().data["story"] is None
        began = stopwatch()
        process.process.send_signal(signal.SIGTERM)
        first = readers[0].block()
        ended = stopwatch() - began
        last = [reader.block() for reader in readers[1:]]
        code = process.process.wait(PATIENCE)
        took = stopwatch() - began

    assert [first, *last] == [["retry: 500"]] * 1_000
    assert code == 0
    assert took < STOPPED_WITHIN, f"{took:.1f} s, its first stream after {ended * 1000:.0f} ms"
    log = (tmp_path / "log").read_text("utf-8")
    assert '"level":"error"' not in log


def test_a_process_stops_though_a_reader_takes_nothing(tmp_path: Path) -> None:
    """What a slow reader was not sent is lost; it asks again, and is sent all there is."""
    flights = [f"HA-{number}" for number in range(50)]
    topics = [f"subject/Flight/{flight}" for flight in flights]
    with running(tmp_path) as process, ExitStack() as all_:
        process.post(large(flights, "first"), batch=True)
        slow = socket.socket()
        all_.callback(slow.close)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", process.port))
        asked = "&".join(f"topic={topic}" for topic in topics)
        slow.sendall(request(asked, process.bearers[0]))
        for words in ("second", "third"):
            process.post(large(flights, words), batch=True)
            quick = Reader(process.port, *topics, bearer=process.bearers[0])
            all_.callback(quick.close)
            assert {told(quick.next().data) for _ in topics} == {words}
        began = stopwatch()
        process.process.send_signal(signal.SIGTERM)
        code = process.process.wait(PATIENCE)
        took = stopwatch() - began

    assert code == 0
    assert took < STOPPED_WITHIN


def large(flights: list[str], words: str) -> str:
    """A batch of messages that say a lot of many flights."""
    about = {"specversion": "1.0", "source": "operations", "type": "flight"}
    return json.dumps(
        [
            about | {"id": f"{f} {words}", "data": {"flight": f, "departs": words.ljust(65_000)}}
            for f in flights
        ]
    )


def told(data: dict[str, Any]) -> str:
    """When a flight departs, by what was sent; empty while nobody spoke of it."""
    return data["story"]["facts"]["departs"]["value"].strip() if data["story"] else ""


def megabytes(pid: int) -> float:
    """The memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def request(asked: str, bearer: str) -> bytes:
    """What asks for a stream."""
    head = f"GET /live?{asked} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {bearer}\r\n\r\n"
    return head.encode()


def opened(process: Running, streams: int) -> list[socket.socket]:
    """Streams that were sent their first event; nobody reads them further."""
    links = []
    for number in range(streams):
        link = socket.create_connection(
            ("127.0.0.1", process.port), PATIENCE, source_address=(address(number), 0)
        )
        link.sendall(request(f"topic={FLIGHT}", process.bearer(number)))
        links.append(link)
    for link in links:
        got = b""
        while b"event: " not in got:
            got += link.recv(65_536)
    return links


def allow_connections(number: int) -> None:
    """Let this process have so many connections; skip the test where it may not."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < number + 500:
        pytest.skip(f"a process may have {hard} connections here, and {number} are not all")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.mark.parametrize(
    "streams", [500, pytest.param(10_000, marks=pytest.mark.long)], ids=["few", "many"]
)
def test_live_streams_take_little_memory_and_stop_nobody(tmp_path: Path, streams: int) -> None:
    """10,000 streams fit in 500 MB with all else; who posts is answered, and each is sent the change."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the memory of a process is read from /proc")
    allow_connections(streams)
    with running(tmp_path, streams) as process:
        process.post(message(0))
        before = megabytes(process.process.pid)
        links = opened(process, streams)
        after = megabytes(process.process.pid)
        answered = [process.post(message(number)) for number in range(1, 21)]
        changed = 0
        for link in links:
            got = b""
            while b'"value":"20"' not in got:
                got += link.recv(65_536)
            changed += 1
            link.close()

    assert answered == [200] * 20
    assert changed == streams
    assert before + (after - before) / streams * 10_000 < 500


@pytest.mark.parametrize(
    "idle", [500, pytest.param(10_000, marks=pytest.mark.long)], ids=["few", "many"]
)
def test_connections_that_do_nothing_stop_nobody(tmp_path: Path, idle: int) -> None:
    """A connection on which nothing was asked takes no thread, and no stream's place."""
    allow_connections(idle)
    with running(tmp_path) as process, ExitStack() as all_:
        for number in range(idle):
            link = socket.create_connection(
                ("127.0.0.1", process.port), source_address=(address(number), 0)
            )
            all_.callback(link.close)

        assert process.post(message(1)) == 200


def test_a_change_is_noted_once_an_office_is_served(office: Office) -> None:
    """What is heard in the process itself, by no request, is pushed as well."""
    with served(office) as here:
        reader = here.read(FLIGHT)
        reader.next()
        office.hear(departs("HA-1", "14:00"))

        assert reader.next().data["story"]["facts"]["departs"]["value"] == "14:00"
