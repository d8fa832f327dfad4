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

    def stop(self) -> None:
        """Stop, as a signal would; from any thread."""
        self._serving.stopping.set()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop: open streams end at once, so that they hold nothing up."""
        self._serving.stopping.set()
        self._serving.live.end_soon()
        super().handle_exit(sig, frame)


class Workers:
    """The threads that work beside the requests; where one of them fails, the process ends.

    Args:
        serving: Whom the threads belong to; its ``stopping`` ends them.
        failed: Called once one has failed.
    """

    def __init__(self, serving: Serving, failed: Callable[[], None]) -> None:
        self._serving, self._failed = serving, failed
        self.error: Exception | None = None

    def start(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Start one."""
        thread = threading.Thread(target=self._run, args=(work,), name=name)
        self._serving.workers.append(thread)
        thread.start()

    def end(self) -> None:
        """Let all end, and raise what one of them failed with."""
        self._serving.stopping.set()
        for thread in self._serving.workers:
            thread.join()
        if self.error is not None:
            raise self.error

    def _run(self, work: Callable[[threading.Event], None]) -> None:
        try:
            work(self._serving.stopping)
        except Exception as error:  # noqa: BLE001 - it is raised where the process ends
            self.error = error
            self._failed()


def serve(
    office: Office, listening: socket.socket, *, started: Callable[[], None] = lambda: None
) -> None:
    """Serve an office until SIGTERM or SIGINT.

    Args:
        office: The open office; it is closed by whoever opened it.
        listening: The bound socket.
        started: Called once requests are answered.

    Raises:
        LedgerError: The ledger can be worked with no longer.
    """
    _allow_many_connections()
    serving = Serving(office, traces=traces_from_environment())
    config = uvicorn.Config(
        make_app(serving),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_WITHIN,
        server_header=False,
    )
    server = Server(config, serving, started)
    workers = Workers(serving, server.stop)
    for stop in (signal.SIGINT, signal.SIGTERM):
        # uvicorn raises the signal again once it has stopped, and whoever opened the ledger must close it.
        signal.signal(stop, lambda *_: None)
    # An answer is written in two parts, of which the second must not wait for word of the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    workers.start("work", office.work)
    workers.start("pull", office.pull)
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(server.serve(sockets=[listening]))
    finally:
        workers.end()
        if serving.traces is not None:
            serving.traces.close()


def _allow_many_connections() -> None:
    """Let the process have as many connections as its system allows it: shells often ask for 1,024."""
    try:
        import resource  # noqa: PLC0415 - Windows has none, nor such a limit
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
