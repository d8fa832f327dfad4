"""Requests for benchmarks: sent over some connections, one after the other on each, and timed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import NamedTuple

HOST = "127.0.0.1"


class Took(NamedTuple):
    """What a load took: CPU seconds of ours and of the database's, wall seconds, seconds of each request."""

    ours: float = 0.0
    servers: float = 0.0
    wall: float = 0.0
    each: tuple[float, ...] = ()

    @property
    def cpu(self) -> float:
        """All CPU seconds."""
        return self.ours + self.servers

    def and_(self, other: Took) -> Took:
        """Both."""
        return Took(
            self.ours + other.ours,
            self.servers + other.servers,
            self.wall + other.wall,
            self.each + other.each,
        )

    def percentile(self, part: float) -> float:
        """The milliseconds within which this part of the requests was answered."""
        return percentile(self.each, part) * 1000


def percentile(each: Iterable[float], part: float) -> float:
    """What this part of some figures is within."""
    ordered = sorted(each) or [0.0]
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


class Asker:
    """Who asks a server by HTTP.

    Args:
        port: Where it answers.
        shows: The header that lets the asker in: ``Authorization: Bearer ...``.
    """

    def __init__(self, port: int, shows: str = "") -> None:
        self.port = port
        self._shows = f"Host: {HOST}\r\n{shows}\r\n" if shows else f"Host: {HOST}\r\n"

    def posts(self, body: bytes, kind: str = "application/cloudevents-batch+json") -> bytes:
        """A request that brings messages."""
        head = f"POST /events HTTP/1.1\r\n{self._shows}Content-Type: {kind}\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def gets(self, path: str) -> bytes:
        """A request for something."""
        return f"GET {path} HTTP/1.1\r\n{self._shows}\r\n".encode()

    async def asked(self, requests: Iterable[bytes], connections: int) -> list[float]:
        """Send requests, each connection one after the other; the seconds that each took."""
        left, each = iter(requests), list[float]()

        async def ask() -> None:
            reader, writer = await asyncio.open_connection(HOST, self.port)
            for request in left:
                began = time.perf_counter()
                await answered(reader, writer, request)
                each.append(time.perf_counter() - began)
            writer.close()

        await asyncio.gather(*(ask() for _ in range(connections)))
        return each

    def ask(self, request: bytes) -> bytes:
        """The body of the answer to one request."""

        async def ask() -> bytes:
            reader, writer = await asyncio.open_connection(HOST, self.port)
            body = await answered(reader, writer, request)
            writer.close()
            return body

        return asyncio.run(ask())


async def answered(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> bytes:
    """The body of an answer; any but 200 ends the benchmark with what it says."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    body = await reader.readexactly(int(length))
    if b" 200 " not in head[:16]:
        raise SystemExit((head + body).decode())
    return body
