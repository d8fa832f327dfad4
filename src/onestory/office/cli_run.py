"""The command that runs an office: it hears, judges, remedies and answers by HTTP."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from ..errors import NotAllowed
from .cli_names import address_of, company_of
from .cli_options import LEDGER, CompanyName, Db
from .logs import LogForm, start_log
from .opening import open as open_office

PORT = 8140
"""Where an office listens if no port is named."""

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


def run(
    company: CompanyName,
    *,
    db: Db = LEDGER,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    log: Log = None,
) -> None:
    """Hear, judge, remedy and answer by HTTP, until stopped (Ctrl-C)."""
    from .serve import serve  # noqa: PLC0415 - no other command waits for a web server to load

    start_log(log)

    here = company_of(company)
    with _listening(host, port) as listening, open_office(here, address_of(db)) as office:
        where = "http://{}:{}".format(*listening.getsockname()[:2])
        serve(office, listening, started=lambda: typer.echo(f"{here.name} is open at {where}"))
    typer.echo("stopped")


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048, reuse_port=False)
    except OSError as error:
        raise NotAllowed(
            f"Nobody can listen at {host}:{port}: {error.strerror}.",
            fix="Name another with --host and --port; --port 0 takes any that is free.",
        ) from error
