"""The command line: a company's office from a terminal, for people and for programs."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Annotated

import typer

import onestory

from ..clock import WallClock
from ..intake import RowFile
from ..ledger import Ledger, open_database, verify as verified
from ..model import Channel, known_remedy, plan as plan_of, remedy_names, terms_of
from .cli_files import checked_file, checked_system, checked_type, on_disk, stream
from .cli_names import address_of, company_of, entity_of, existing, is_there, key_of, moment_of, zone_of
from .cli_options import (
    LEDGER,
    After,
    AsJson,
    CompanyName,
    Db,
    Door,
    Limit,
    Zone,
    opened,
    shown,
)
from .contradicted import everything, page_of
from .loading import load
from .office import planned
from .progress import progress

ASK, HEAR, KEEP = "Ask", "Hear", "Look after"

app = typer.Typer(
    cls=Door,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="""An example, for a company that company.py in this folder calls acme:

  onestory plan company:acme
  onestory hear company:acme renewals.csv --from contracts
  onestory contradictions company:acme
  onestory explain company:acme 4711
  onestory story company:acme Contract C-1042 --zone Europe/Berlin

The ledger is onestory.db here, unless --db or ONESTORY_DB names another.""",
)
aside = typer.Typer(no_args_is_help=True, help="Messages that could not be heard: list, replay.")
app.add_typer(aside, name="aside", rich_help_panel=HEAR)


@app.callback()
def onestory_() -> None:
    """Link a company's systems, and see where they tell two stories.

    Somebody decides a fact. Others follow, within a time.
    One that does not is contradicted, and everybody here can see it.
    """


@app.command(rich_help_panel=HEAR)
def hear(
    company: CompanyName,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            allow_dash=True,
            help="Files of messages: .csv with a header, or .jsonl with a row or a CloudEvent "
            "in each line; - for lines from standard input.",
            show_default=False,
        ),
    ],
    sender: Annotated[
        str | None,
        typer.Option("--from", metavar="SYSTEM", help="Whose rows they are.", show_default=False),
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="The type of message that each row is; the one there is a reader for.",
            show_default=False,
        ),
    ] = None,
    id_: Annotated[
        str,
        typer.Option(
            "--id",
            metavar="COLUMN",
            help="The column that names a message; the file and the line name it, if left out.",
        ),
    ] = "",
    sequence: Annotated[
        str,
        typer.Option("--sequence", metavar="COLUMN", help="The column that numbers versions."),
    ] = "",
    time: Annotated[
        str,
        typer.Option("--time", metavar="COLUMN", help="The column that says when it happened."),
    ] = "",
    replay: Annotated[  # noqa: FBT002 - an option of the command line, always given by name
        bool,
        typer.Option("--replay", help="Hear each message as if at its own time: a fresh ledger only."),
    ] = False,
    db: Db = LEDGER,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Hear files of messages, and judge what they say.

    What cannot be heard is set aside with its reason; the rest goes on.
    A file may be heard again: what is known already changes nothing.
    """
    here = company_of(company)
    show = shown(as_json=as_json)
    system = checked_system(here, sender)
    for file in files:
        checked_file(file, system=system, replay=replay, time=time)
    kind = checked_type(here, system, type_) if system else type_ or ""
    with on_disk(files) as kept, opened(here, db, fresh=True) as office:
        rows = [
            RowFile(file, system=system, type=kind, id=id_, sequence=sequence, time=time)
            for file in kept
        ]
        with progress("hearing", sum(file.stat().st_size for file in kept)) as done:
            loaded = load(office, stream(rows, by_time=replay, progress=done), replay=replay)
        show.loaded(loaded, office.counts().contradictions)


@app.command(rich_help_panel=ASK)
def story(
    company: CompanyName,
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="Its kind, like Contract.")],
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="Its key; the parts of one with / between them.")
    ],
    channel: Annotated[
        str | None,
        typer.Option(
            "--channel",
            metavar="NAME",
            help="Tell it as this channel does, not with what every party says.",
            show_default=False,
        ),
    ] = None,
    valid: Annotated[
        str | None,
        typer.Option(
            "--valid", metavar="TIME", help="As it was so in the world then.", show_default=False
        ),
    ] = None,
    known: Annotated[
        str | None,
        typer.Option("--known", metavar="TIME", help="As it was known then.", show_default=False),
    ] = None,
    timeline: Annotated[  # noqa: FBT002
        bool, typer.Option("--timeline", help="What became known of it, newest first.")
    ] = False,
    before: Annotated[
        int,
        typer.Option(
            "--before", metavar="N", help="With --timeline: only before this.", show_default=False
        ),
    ] = 2**62,
    limit: Limit = 20,
    db: Db = LEDGER,
    zone: Zone = "UTC",
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Tell one subject's story: what is so, and who says otherwise.

    Times are ISO 8601: 2027-01-05 or 2027-01-05T09:00, in the zone of --zone;
    or with an offset of their own, 2027-01-05T09:00+01:00.
    """
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone)
    kind = entity_of(here, entity)
    parts = key_of(kind, key)
    as_valid = moment_of("--valid", valid, zone_of(zone))
    as_known = moment_of("--known", known, zone_of(zone))
    to = everything(here) if channel is None else here.find(Channel, channel)
    with opened(here, db) as office:
        if timeline:
            events = office.timeline(kind.kind, parts, before=before, known=as_known, limit=limit)
            show.timeline(f"{kind.name} {' '.join(parts)}", events, limit)
            return
        told = office.tell(kind.kind, parts, to=to, valid=as_valid, known=as_known)
        facts = [f for f in kind.facts.values() if to.shows is None or f.path in to.shows]
        show.story(kind, told, facts, channel)


@app.command(rich_help_panel=ASK)
def contradictions(
    company: CompanyName,
    everything_: Annotated[  # noqa: FBT002
        bool, typer.Option("--all", help="Those that are settled, too.")
    ] = False,
    after: After = 0,
    limit: Limit = 10,
    by_fact: Annotated[  # noqa: FBT002
        bool, typer.Option("--by-fact", help="Only how many are open, by fact and follower.")
    ] = False,
    db: Db = LEDGER,
    zone: Zone = "UTC",
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List what is contradicted: in all, by incident, one by one."""
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone)
    with opened(here, db) as office:
        rows = 0 if by_fact else limit
        show.contradictions(
            page_of(office, after=after, limit=rows, settled=everything_), rows=not by_fact
        )


@app.command(rich_help_panel=ASK)
def explain(
    company: CompanyName,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The contradiction's number.")],
    db: Db = LEDGER,
    zone: Zone = "UTC",
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Explain one contradiction, on a page to show a customer."""
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone)
    with opened(here, db) as office:
        show.explanation(office.explain(number))


@aside.command("list")
def list_asides(
    company: CompanyName,
    after: After = 0,
    limit: Limit = 10,
    db: Db = LEDGER,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List the messages that are set aside, each with its reason and what to do."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with opened(here, db) as office, office.ledger.view() as view:
        found = view.asides(after=after, limit=limit + 1)
        rows = found[:limit]
        more = rows[-1].message if len(found) > limit else None
        show.asides(view.aside_counts(), rows, more)


@aside.command("replay")
def replay_asides(
    company: CompanyName,
    db: Db = LEDGER,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Read every message again that is set aside, once its reader is mended."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with opened(here, db) as office:
        show.replayed(office.replay())


@app.command(rich_help_panel=KEEP)
def plan(company: CompanyName, db: Db = LEDGER, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show what a changed company.py would change in its ledger.

    Exit code 1 if a change is refused. Nothing is written.
    """
    here = company_of(company)
    show = shown(as_json=as_json)
    fresh = not is_there(address_of(db))
    changes = plan_of(None, terms_of(here)) if fresh else planned(here, address_of(db))
    show.plan(here.name, changes, fresh=fresh)
    if not all(change.safe for change in changes):
        raise typer.Exit(1)


@app.command(rich_help_panel=KEEP)
def arm(
    company: CompanyName,
    remedy: Annotated[
        str | None,
        typer.Argument(
            metavar="REMEDY",
            help="Its name, like billing/Contract.renewed_until. All are listed, if left out.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="WHO", help="Who says so; it is kept.", show_default=False),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Let it run no longer.")] = False,  # noqa: FBT002
    db: Db = LEDGER,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Let a remedy run; unarmed, the office only watches."""
    here = company_of(company)
    show = shown(as_json=as_json)
    if remedy is not None:
        known_remedy(here, remedy)
        if not by:
            raise typer.BadParameter("Say who arms it: --by WHO.", param_hint="--by")
    with opened(here, db) as office:
        if remedy is not None and by:
            (office.disarm if off else office.arm)(remedy, by=by)
        armed = set(office.armed())
        show.remedies({name: name in armed for name in remedy_names(here)})


@app.command(rich_help_panel=KEEP)
def verify(company: CompanyName, db: Db = LEDGER, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Check the whole ledger: its numbers, its chain, its seals.

    Exit code 1 if anything does not hold. Nothing is written.
    """
    here = company_of(company)
    show = shown(as_json=as_json)
    database = open_database(existing(db))
    try:
        with Ledger(database, here.name, WallClock()).view() as view:
            messages, entries, last, _, _, seal, _ = view.connection.rows("head")[0]
            head = {
                "entries": entries or 0,
                "messages": messages or 0,
                "last hash": (last or view.genesis).hex(),
                "last seal": (seal or view.genesis).hex(),
            }
            with progress("verifying", head["entries"] + head["messages"]) as done:
                findings = list(verified(view, done))
    finally:
        database.close()
    show.verified(here.name, head, findings)
    if findings:
        raise typer.Exit(1)


@app.command(rich_help_panel=KEEP)
def version(as_json: AsJson = False) -> None:  # noqa: FBT002
    """Say which version this is."""
    versions = {"onestory": onestory.__version__, "python": platform.python_version()}
    shown(as_json=as_json).version(versions)


def main() -> None:
    """Run the command line; its exit code is 0, 1 for an error and 2 for a word not understood."""
    for stream_ in (sys.stdout, sys.stderr):
        stream_.reconfigure(errors="replace")  # a sign that a terminal cannot show ends nothing
    app(prog_name="onestory")
