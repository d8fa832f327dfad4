"""Commands that remedy: what is under way, what it did, whether a message is ours, the books."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from .cli_names import company_of, zone_named
from .cli_options import LEDGER, After, AsJson, CompanyName, Db, Limit, Zone, opened, shown
from .cli_pull import pulling
from .repaired import RepairState
from .told import until_told
from .words import many

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The repair's number.")]


def work(
    company: CompanyName,
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end.")] = False,
    db: Db = LEDGER,
) -> None:
    """Pull and judge what becomes due, remedy what is armed, until stopped (Ctrl-C)."""
    here = company_of(company)
    with opened(here, db) as office:
        if once:
            office.pull_due()
            judged, made = office.tick(), office.remedy()
            typer.echo(_turn(judged, made))
            if waiting := office.repair_counts().get("not armed"):
                typer.echo(f"{many(waiting, 'repair')} not armed; `onestory repairs` lists them")
            return
        armed = office.armed()
        typer.echo(
            f"working for {here.name}; armed: {', '.join(armed) or 'nothing, only watching'}"
        )

        def work_and_pull(stop: threading.Event) -> None:
            with pulling(office, stop):
                office.work(
                    stop,
                    progress=lambda judged, made: typer.echo(_turn(judged, made)),
                    refused=lambda error: typer.echo(error, err=True),
                )

        until_told(work_and_pull)
        typer.echo("stopped")


def _turn(judged: int, made: int) -> str:
    """What was done at one go."""
    return f"{many(judged, 'subject')} judged, {many(made, 'call')} made"


def repairs(
    company: CompanyName,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that ended, too.")] = False,
    after: After = 0,
    limit: Limit = 20,
    db: Db = LEDGER,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """List repairs: under way, not armed, handed over to a person."""
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone_named(zone, here.zone))
    states = tuple(RepairState) if everything else (RepairState.LIVE, RepairState.HANDED_OVER)
    with opened(here, db) as office:
        found = office.repairs(states=states, after=after, limit=limit + 1)
        more = found[limit - 1].number if len(found) > limit else None
        show.repairs(office.repair_counts(), found[:limit], more)


def repair(
    company: CompanyName,
    number: Number,
    *,
    retry: Annotated[
        str | None,
        typer.Option(
            "--retry",
            metavar="WHO",
            help="Let one that was handed over go on; who says so is kept.",
            show_default=False,
        ),
    ] = None,
    done: Annotated[
        str | None,
        typer.Option(
            "--done",
            metavar="WHO",
            help="Say that an attempt nobody knows the outcome of was done; who says so is kept.",
            show_default=False,
        ),
    ] = None,
    not_done: Annotated[
        str | None,
        typer.Option("--not-done", metavar="WHO", help="Say that it was not.", show_default=False),
    ] = None,
    answer: Annotated[
        str | None,
        typer.Option(
            "--answer", metavar="TEXT", help="With --done: what was answered.", show_default=False
        ),
    ] = None,
    db: Db = LEDGER,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Show one repair: what it did, and what it would do next."""
    if sum(word is not None for word in (retry, done, not_done)) > 1:
        raise typer.BadParameter("Say one of --retry, --done and --not-done.", param_hint="--done")
    if answer is not None and done is None:
        raise typer.BadParameter("It is kept with --done WHO only.", param_hint="--answer")
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone_named(zone, here.zone))
    with opened(here, db) as office:
        if done or not_done:
            office.resolve(number, done=bool(done), by=done or not_done or "", answer=answer)
        if retry:
            office.retry(number, by=retry)
        one = office.repair(number)
        show.repair(one, office.would_do(number) if one.state is RepairState.LIVE else "")


def confirm(
    company: CompanyName,
    reference: Annotated[
        str, typer.Argument(metavar="REFERENCE", help="The reference in a message.")
    ],
    *,
    db: Db = LEDGER,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a message is ours. Exit code 1 if it is not."""
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone_named(zone, here.zone))
    with opened(here, db) as office:
        found = office.confirm(reference)
        show.confirmed(reference, found)
    if found is None:
        raise typer.Exit(1)


def books(
    company: CompanyName,
    *,
    record: Annotated[
        str,
        typer.Option("--record", metavar="KEY", help="Only one person's.", show_default=False),
    ] = "",
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Show the books: the balance of every account; debits are above nought."""
    here = company_of(company)
    with opened(here, db) as office:
        shown(as_json=as_json).books(office.balances(record))
