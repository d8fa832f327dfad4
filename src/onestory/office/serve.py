"""One process that serves: it hears, judges, remedies and answers until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

from .http import Serving, make_app
from .http.connection import Connection
from .office import Office

STOP_WITHIN = 2
"""Seconds that requests under way are given once the process is told to stop; live streams end at once."""


class Server(uvicorn.Server):
    """uvicorn's server, which tells whoever waits when it is about to stop, and when it listens.

    Args:
        config: uvicorn's own.
        serving: What is told to stop.
        started: Called once requests are answered.
    """

    def __init__(
        self, config: uvicorn.Config, serving: Serving, started: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._serving, self._started = serving, started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: open streams end at once, so that they hold nothing up."""
        self._serving.stopping.set()
        self._serving.door.close()
        super().handle_exit(sig, frame)


def serve(
    office: Office, listening: socket.socket, *, started: Callable[[], None] = lambda: None
) -> None:
    """Serve an office until SIGTERM or SIGINT.

    Args:
        office: The open office; it is closed by whoever opened it.
        listening: The bound socket.
        started: Called once requests are answered.
    """
    serving = Serving(office)
    office.private_hooks = os.environ.get("ONESTORY_PRIVATE_HOOKS") == "1"
    for name, work in (("work", office.work), ("deliver", office.deliver)):
        serving.workers.append(threading.Thread(target=work, args=(serving.stopping,), name=name))
    config = uvicorn.Config(
        make_app(serving),
        http=Connection,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_WITHIN,
        server_header=False,
    )
    for stop in (signal.SIGINT, signal.SIGTERM):
        # uvicorn raises the signal again once it has stopped, and whoever opened the ledger must close it.
        signal.signal(stop, lambda *_: None)
    # An answer is written in two parts, of which the second must not wait for word of the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for worker in serving.workers:
        worker.start()
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(Server(config, serving, started).serve(sockets=[listening]))
    finally:
        serving.stopping.set()
        for worker in serving.workers:
            worker.join()
