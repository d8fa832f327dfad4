"""An office served on loopback within a test, and readers of its live streams."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Any, NamedTuple
from urllib.parse import urlencode

import uvicorn

from onestory import Office
from onestory.office.http import Serving
from onestory.office.serve import config_of

PATIENCE = 20
"""Seconds that a test waits for what must come; it fails after."""


class Event(NamedTuple):
    """One event of a stream."""

    id: int
    kind: str
    data: Any


class Reader:
    """Reads one stream."""

    def __init__(
        self, port: int, *topics: str, here: str = "127.0.0.1", bearer: str = "", **more: str
    ) -> None:
        self._link = HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(here, 0))
        query = urlencode([*(("topic", topic) for topic in topics), *more.items()])
        headers = {"Authorization": bearer} if bearer else {}
        self._link.request("GET", f"/live?{query}", headers=headers)
        self.answer: HTTPResponse = self._link.getresponse()
        self.comments = 0

    def block(self) -> list[str]:
        """The lines up to the next empty one; none at the end of the stream."""
        lines: list[str] = []
        while line := self.answer.readline().decode():
            if line == "\n":
                return lines
            lines.append(line.rstrip("\n"))
        return lines

    def next(self) -> Event:
        """The next event; comments and settings are passed over."""
        while lines := self.block():
            if lines[0].startswith(":"):
                self.comments += 1
                continue
            fields = dict(line.split(": ", 1) for line in lines)
            if "event" in fields:
                data = "\n".join(line[6:] for line in lines if line.startswith("data: "))
                return Event(int(fields.get("id", -1)), fields["event"], json.loads(data))
        raise EOFError

    def until(self, kind: str, so: Any) -> Event:
        """The first event of a kind that something is so of."""
        while True:
            event = self.next()
            if event.kind == kind and so(event.data):
                return event

    def heartbeats(self, number: int) -> None:
        """Wait for signs of life."""
        while self.comments < number:
            if (lines := self.block()) and lines[0].startswith(":"):
                self.comments += 1

    def close(self) -> None:
        """Leave."""
        self.answer.close()
        self._link.close()


@dataclass
class Served:
    """An office that is served."""

    port: int
    serving: Serving
    readers: list[Reader] = field(default_factory=list)

    def read(self, *topics: str, **more: str) -> Reader:
        """A reader of a stream about some topics."""
        self.readers.append(Reader(self.port, *topics, **more))
        return self.readers[-1]

    def get(self, path: str, method: str = "GET", **more: Any) -> tuple[HTTPResponse, bytes]:
        """The answer to one request."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        link.request(method, path, **more)
        answer = link.getresponse()
        body = answer.read()
        link.close()
        return answer, body


@contextmanager
def served(office: Office, **more: Any) -> Iterator[Served]:
    """Serve an office on any free port, until the test is done with it."""
    serving = Serving(office, **more)
    with serve(serving) as here:
        yield here


@contextmanager
def serve(serving: Serving) -> Iterator[Served]:
    """Serve what is given."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = uvicorn.Server(config_of(serving))
    running = threading.Thread(target=server.run, args=([listening],))
    running.start()
    here = Served(listening.getsockname()[1], serving)
    try:
        yield here
    finally:
        for reader in here.readers:
            reader.close()
        serving.live.end_soon()
        server.should_exit = True
        running.join()
