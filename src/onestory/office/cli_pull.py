"""Commands that pull: ask systems for what is new in them, and show how that fares."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ..errors import LedgerError
from ..model import Pull
from .cli_names import company_of, zone_named
from .cli_options import LEDGER, AsJson, CompanyName, Db, Zone, opened, shown
from .office import Office
from .pulled import PullState
from .told import until_told


def pull(
    company: CompanyName,
    *,
    once: Annotated[bool, typer.Option("--once", help="Ask each once, now, then end.")] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Ask each once, for all it has, then end.")
    ] = False,
    system: Annotated[
        str | None,
        typer.Option(
            "--system", metavar="NAME", help="Only this system or pull.", show_default=False
        ),
    ] = None,
    db: Db = LEDGER,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Ask the systems that are pulled, whenever that is due, until stopped (Ctrl-C).

    With --once or --sweep the exit code is 1 if one of them could not be read.
    """
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone_named(zone, here.zone))
    names = () if system is None else (system,)
    with opened(here, db, fresh=True) as office:
        if once or sweep:
            found = office.pull_due(*names, at_once=True, sweep=sweep)
            show.pulls(found)
            if any(one.state in (PullState.DOWN, PullState.SLOW) for one in found):
                raise typer.Exit(1)
            return
        pulls = here.declared(Pull)
        typer.echo(f"pulling for {here.name}: {', '.join(p.name for p in pulls) or 'nothing'}")
        until_told(
            lambda stop: office.pull(
                stop, *names, refused=lambda error: typer.echo(error, err=True)
            )
        )
        typer.echo("stopped")


def pulls(
    company: CompanyName,
    *,
    db: Db = LEDGER,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """List what is pulled: up to date, slow, down and since when, columns changed."""
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone_named(zone, here.zone))
    with opened(here, db) as office:
        show.pulls(office.pulls())


@contextmanager
def pulling(office: Office, stop: threading.Event) -> Iterator[None]:
    """Pull what becomes due, in a thread beside what is done meanwhile."""
    refusals: list[LedgerError] = []

    def pull_until_stopped() -> None:
        try:
            office.pull(stop)
        except LedgerError as error:
            refusals.append(error)
            stop.set()

    thread = threading.Thread(target=pull_until_stopped, name="pulls")
    if office.company.declared(Pull):
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if thread.ident is not None:
            thread.join()
    if refusals:
        raise refusals[0]
