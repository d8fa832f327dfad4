"""One process that serves: it hears, judges, remedies and answers until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

from .http import Serving, make_app
from .http.traces import traces_from_environment
from .office import Office

STOP_WITHIN = 2
"""Seconds that requests under way are given once the process is told to stop; live streams end at once."""


CUT_OFF_AFTER = 1.0
"""Seconds after which those are cut off who do not take what was sent to them when the process stops: they
would hold it up until the end, for nothing."""

TICKS_OF_A_LOOK = 150
"""Ticks of uvicorn, ten a second, between two looks for connections that nobody reads from any more."""


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

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop to answer; who takes nothing is cut off."""
        asyncio.get_running_loop().call_later(CUT_OFF_AFTER, self._cut_off)
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Now and then, cut off those who were told that it is over, and do not even take that."""
        if counter % TICKS_OF_A_LOOK == 0:
            self._cut_off(only_closing=True)
        return await super().on_tick(counter)

    def _cut_off(self, *, only_closing: bool = False) -> None:
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if transport.get_write_buffer_size() and (transport.is_closing() or not only_closing):
                transport.abort()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: open streams end at once, so that they hold nothing up."""
        self._serving.stopping.set()
        self._serving.live.end_soon()
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
    _allow_many_connections()
    serving = Serving(office, traces=traces_from_environment())
    work = threading.Thread(target=office.work, args=(serving.stopping,), name="work")
    serving.workers.append(work)
    config = config_of(serving)
    for stop in (signal.SIGINT, signal.SIGTERM):
        # uvicorn raises the signal again once it has stopped, and whoever opened the ledger must close it.
        signal.signal(stop, lambda *_: None)
    work.start()
    try:
        running = Server(config, serving, started).serve(sockets=[listening])
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(running)
    finally:
        serving.stopping.set()
        work.join()
        if serving.traces is not None:
            serving.traces.close()


def config_of(serving: Serving) -> uvicorn.Config:
    """How a process is served. uvicorn's own line for each request is off: it holds paths, and so keys."""
    return uvicorn.Config(
        make_app(serving),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_WITHIN,
        server_header=False,
    )


def _allow_many_connections() -> None:
    """Let the process have as many connections as its system allows it: shells often ask for 1,024."""
    try:
        import resource  # noqa: PLC0415 - Windows has none, nor such a limit
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
