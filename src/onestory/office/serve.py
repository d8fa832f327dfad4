"""One process that serves: it hears, judges, remedies and answers until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from types import FrameType

import uvicorn

from ..errors import NotAllowed, NotSigned
from ..intake import Webhooks
from .auth import Auth, AuthSettings
from .http import Serving, make_app
from .http.connection import Connection
from .http.traces import traces_from_environment
from .http.webhooks import secrets_of
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
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        self._loop = asyncio.get_running_loop()
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

    def stop(self) -> None:
        """Stop, from any thread; open streams end at once, so that they hold nothing up."""
        self._serving.stopping.set()
        self._serving.live.end_soon()
        self._serving.door.close()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, by a signal; not within it, for a second one may interrupt the first at any lock."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.stop)
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
    office: Office,
    listening: socket.socket,
    settings: AuthSettings,
    *,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serve an office until SIGTERM or SIGINT.

    Args:
        office: The open office; it is closed by whoever opened it.
        listening: The bound socket.
        settings: What the company sets of its door.
        started: Called once requests are answered.

    Raises:
        NotSigned: What a system's webhooks are signed with was not given.
        NotAllowed: Others than this machine could ask, and there is no account yet.
        LedgerError: The ledger can be worked with no longer.
    """
    for declared in office.company.declared(Webhooks):
        try:
            secrets_of(declared)
        except NotSigned as error:  # only who starts the office learns the variable's name
            raise NotSigned(error.what, where=declared.secrets, fix=error.fix) from error
    auth = Auth(office, settings)
    _refuse_an_open_door(auth, listening)
    _allow_many_connections()
    office.private_hooks = os.environ.get("ONESTORY_PRIVATE_HOOKS") == "1"
    serving = Serving(office, traces=traces_from_environment(), auth=auth)
    config = config_of(serving)
    server = Server(config, serving, started)
    workers = Workers(serving, server.stop)
    for stop in (signal.SIGINT, signal.SIGTERM):
        # uvicorn raises the signal again once it has stopped, and whoever opened the ledger must close it.
        signal.signal(stop, lambda *_: None)
    # An answer is written in two parts, of which the second must not wait for word of the first.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    workers.start("work", office.work)
    workers.start("pull", office.pull)
    workers.start("deliver", office.deliver)
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(server.serve(sockets=[listening]))
    finally:
        workers.end()
        if serving.traces is not None:
            serving.traces.close()


def config_of(serving: Serving) -> uvicorn.Config:
    """How a process is served. uvicorn's own line for each request is off: it holds paths, and so keys."""
    return uvicorn.Config(
        make_app(serving),
        http=Connection,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_WITHIN,
        server_header=False,
    )


def _refuse_an_open_door(auth: Auth, listening: socket.socket) -> None:
    host = listening.getsockname()[0]
    if not ip_address(host).is_loopback and not auth.accounts.any():
        raise NotAllowed(
            "Nobody has an account yet, and others than this machine could ask.",
            where=host,
            fix="Make the first one: `onestory account add COMPANY LOGIN --role engineer`.",
        )


def _allow_many_connections() -> None:
    """Let the process have as many connections as its system allows it: shells often ask for 1,024."""
    try:
        import resource  # noqa: PLC0415 - Windows has none, nor such a limit
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
