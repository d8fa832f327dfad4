"""An office that is run, as a process: it answers at once, and stops when it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from onestory.clock import stopwatch

from ..keys import bearers

ROOT = Path(__file__).resolve().parents[3]
BILLED = {
    "specversion": "1.0",
    "id": "b-1",
    "source": "billing",
    "type": "contract.billed",
    "data": {"contract": "C-1", "until": "2027-03-31", "price": "49.90 EUR"},
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], HTTPConnection, str]]:
    """The telecom, run on a port that is free; and a connection to it that is kept, with a key."""
    from telecom.company import acme  # noqa: PLC0415 - its declarations are made when it is needed

    (bearer,) = bearers(acme, f"sqlite:///{tmp_path / 'a.db'}")
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT / "examples")))
    words = ["run", "telecom.company:acme", "--db", str(tmp_path / "a.db"), "--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "onestory", *words],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("Acme Telecom is open at "), said
        http = HTTPConnection("127.0.0.1", int(said.rpartition(":")[2]), timeout=10)
        yield process, http, bearer
        http.close()
        process.kill()


def test_an_office_answers_at_once_and_stops_when_told_to(
    served: tuple[subprocess.Popen[str], HTTPConnection, str],
) -> None:
    """What is heard is told; no answer waits for a packet to fill (40 ms); SIGTERM ends it cleanly."""
    process, http, bearer = served
    headers = {"Content-Type": "application/cloudevents+json", "Authorization": bearer}
    http.request("POST", "/events", json.dumps(BILLED), headers)
    assert json.loads(http.getresponse().read())["results"][0]["fate"] == "heard"

    took = []
    for _ in range(60):
        begun = stopwatch()
        http.request("GET", "/stories/Contract/C-1", headers={"Authorization": bearer})
        answer = http.getresponse()
        story = json.loads(answer.read())
        took.append(stopwatch() - begun)
        assert (answer.status, story["key"]) == (200, "C-1")
    assert min(took) < 0.03

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert process.stdout is not None
    assert process.stdout.read() == "stopped\n"
