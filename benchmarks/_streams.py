"""Readers of live streams for benchmarks: sockets that wait, and note when an event came."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

EACH = 100
"""Streams of one key, and of one address of this host: no caller may have many more."""


class Reader(asyncio.Protocol):
    """One reader; it notes when an event arrived, what came last, and how many have."""

    def __init__(self, path: str, key: str) -> None:
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        self._ask = f"{head}Authorization: Bearer {key}\r\n\r\n".encode()
        self.events, self.at, self.last = 0, 0.0, b""
        self.ended: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._ask)

    def data_received(self, data: bytes) -> None:
        """Count the events in what came."""
        events = data.count(b"\nevent: ") + data.startswith(b"event: ")
        if events:
            self.events += events
            self.at, self.last = time.perf_counter(), data

    def connection_lost(self, exc: Exception | None) -> None:
        """Note when the stream ended."""
        del exc
        if not self.ended.done():
            self.ended.set_result(time.perf_counter())


async def opened(
    port: int, path: Callable[[int], str], streams: int, keys: Sequence[str]
) -> list[Reader]:
    """Readers of streams, each sent the first event; a hundred from each address, by each key."""
    loop, readers = asyncio.get_running_loop(), list[Reader]()
    for group, start in enumerate(range(0, streams, EACH)):
        here = f"127.0.{1 + group // 200}.{1 + group % 200}"
        some = [
            loop.create_connection(
                partial(Reader, path(n), keys[group]), "127.0.0.1", port, local_addr=(here, 0)
            )
            for n in range(start, min(start + EACH, streams))
        ]
        readers += [reader for _, reader in await asyncio.gather(*some)]
    await until(lambda: all(reader.events for reader in readers))
    return readers


async def until(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(60_000):
        if so():
            return
        await asyncio.sleep(0.002)
    message = "the readers waited in vain"
    raise TimeoutError(message)


async def pushed(
    readers: list[Reader], change: Callable[[], object], word: bytes = b""
) -> list[float]:
    """Milliseconds from when a change was sent until each reader had an event with a word in it."""
    before = [reader.events for reader in readers]
    began = time.perf_counter()
    await asyncio.to_thread(change)
    await until(
        lambda: all(r.events > b and word in r.last for r, b in zip(readers, before, strict=True))
    )
    return [(reader.at - began) * 1000 for reader in readers]
