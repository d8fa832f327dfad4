"""The command that runs an office: it hears, judges, remedies and answers by HTTP."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from typing import Annotated

import typer

from ..errors import NotAllowed
from .cli_names import address_of, company_of
from .cli_options import LEDGER, CompanyName, Db
from .logs import LogForm, start_log
from .many import Processes
from .opening import open as open_office
from .told import until_told

PORT = 8140
"""Where an office listens if no port is named."""

BACKLOG = 2_048
"""Connections that may wait to be taken: a burst of reconnecting pages, and no more."""

Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")]
Port = Annotated[int, typer.Option("--port", metavar="N", min=0, max=65_535, help="0 for any.")]
Log = Annotated[
    LogForm | None,
    typer.Option(
        "--log",
        help="How lines are written to standard error: text at a terminal and json elsewhere, if left out.",
        show_default=False,
    ),
]


Many = Annotated[
    int, typer.Option("--processes", metavar="N", min=1, help="Serve with so many; on PostgreSQL.")
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure-cookies", help="To try sign-in without https; never where others can listen."
    ),
]
Beside = Annotated[bool, typer.Option("--beside-others", hidden=True)]


def run(
    company: CompanyName,
    *,
    db: Db = LEDGER,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    processes: Many = 1,
    log: Log = None,
    insecure_cookies: Insecure = False,
    beside_others: Beside = False,
) -> None:
    """Hear, judge, remedy and answer by HTTP, until stopped (Ctrl-C)."""
    here, address = company_of(company), address_of(db)
    if processes > 1:
        more = ["--insecure-cookies"] * insecure_cookies + ([f"--log={log.value}"] if log else [])
        _run_many(company, address, host, port, processes, more)
        return
    from .auth.settings import settings_of  # noqa: PLC0415 - as below
    from .serve import serve  # noqa: PLC0415 - no other command waits for a web server to load

    start_log(log)
    settings = settings_of(os.environ, insecure_cookies=insecure_cookies)
    if beside_others:
        threading.Thread(target=_end_with_the_first, daemon=True).start()
    with _listening(host, port, shared=beside_others) as listening, open_office(here, address) as o:
        where = "http://{}:{}".format(*listening.getsockname()[:2])
        serve(o, listening, settings, started=lambda: typer.echo(f"{here.name} is open at {where}"))
    if not beside_others:
        typer.echo("stopped")


def _run_many(
    company: str, address: str, host: str, port: int, count: int, more: list[str]
) -> None:
    """Run several processes on one port; the system gives each a share of the connections."""
    if address.startswith("sqlite:"):
        raise NotAllowed(
            f"{count} processes cannot serve from one file.",
            where=address,
            fix="Keep the ledger on PostgreSQL: --db postgresql://user@host/database; "
            "`onestory copy` carries it over.",
        )
    # This socket answers nobody: it keeps the port for the processes while none of them has it.
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as kept:
        _share(kept)
        _bind(kept, host, port)
        port = kept.getsockname()[1]
        command = [sys.executable, "-m", "onestory", "run", company, "--beside-others"]
        command += ["--host", host, "--port", str(port), *more]
        environment = {**os.environ, "ONESTORY_DB": address}  # others may read command lines
        code = until_told(Processes(command, environment, count, _say_it_died).run)
    if code:
        raise typer.Exit(code)
    typer.echo("stopped")


def _say_it_died(code: int, wait: float) -> None:
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    typer.echo(f"a process ended {how}; another starts in {wait:g} s", err=True)


def _end_with_the_first(parent: int = 0) -> None:
    """Stop once the process that started this one is gone: it alone holds the other end of a pipe."""
    while os.read(parent, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _listening(host: str, port: int, *, shared: bool) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if shared:
        _share(listening)
    _bind(listening, host, port)
    listening.listen(BACKLOG)
    return listening


def _share(listening: socket.socket) -> None:
    if not hasattr(socket, "SO_REUSEPORT"):
        raise NotAllowed(
            "Several processes cannot share a port on this system.",
            fix="Start each with a --port of its own, behind a proxy.",
        )
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def _bind(listening: socket.socket, host: str, port: int) -> None:
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise NotAllowed(
            f"Nobody can listen at {host}:{port}: {error.strerror}.",
            fix="Name another with --host and --port; --port 0 takes any that is free.",
        ) from error
