"""Commands that look after a company: its terms, its remedies, its ledger."""

from __future__ import annotations

import platform
from typing import Annotated

import typer

import onestory

from ..agreement import Agreements
from ..clock import WallClock
from ..ledger import Ledger, open_database
from ..ledger import verify as findings_of
from ..model import known_remedy, remedy_names, terms_of
from ..model import plan as changes_of
from .cli_names import address_of, company_of, existing, is_there
from .cli_options import LEDGER, AsJson, CompanyName, Db, opened, shown
from .opening import check, planned
from .progress import progress
from .rebuild import differing


def plan(company: CompanyName, *, db: Db = LEDGER, as_json: AsJson = False) -> None:
    """Show what a changed company.py would change in its ledger.

    Exit code 1 if a change is refused. Nothing is written.
    """
    here = company_of(company)
    check(here)
    show = shown(as_json=as_json)
    fresh = not is_there(address_of(db))
    changes = changes_of(None, terms_of(here)) if fresh else planned(here, address_of(db))
    show.plan(here.name, changes, fresh=fresh)
    if not all(change.safe for change in changes):
        raise typer.Exit(1)


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
    *,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="WHO", help="Who says so; it is kept.", show_default=False),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Let it run no longer.")] = False,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Let a remedy run; unarmed, the office only watches."""
    here = company_of(company)
    show = shown(as_json=as_json)
    if remedy is not None:
        known_remedy(here, remedy)
        if not by:
            does = "disarms" if off else "arms"
            raise typer.BadParameter(f"Say who {does} it: --by WHO.", param_hint="--by")
    elif by or off:
        raise typer.BadParameter(
            "Say which remedy: its name stands in the list that `onestory arm COMPANY` shows.",
            param_hint="REMEDY",
        )
    with opened(here, db) as office:
        if remedy is not None and by:
            (office.disarm if off else office.arm)(remedy, by=by)
        armed = set(office.armed())
        about = {name: one.about for name, one in office.repairing.remedies.items()}
        show.remedies({name: name in armed for name in remedy_names(here)}, about)


def verify(
    company: CompanyName,
    *,
    dossiers: Annotated[
        bool,
        typer.Option(
            "--dossiers", help="Work out anew what follows from the ledger, too, and compare."
        ),
    ] = False,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Check the whole ledger: its numbers, its chain, its seals.

    Exit code 1 if anything does not hold. Nothing is written.
    """
    here = company_of(company)
    show = shown(as_json=as_json)
    database = open_database(existing(db))
    try:
        ledger = Ledger(database, here.name, WallClock())
        with ledger.view() as view:
            counts, ends = view.counts(), view.connection.rows("head")[0]
            with progress("verifying", counts.entries + counts.messages) as done:
                findings = list(findings_of(view, done))
            if dossiers and not findings:
                findings = list(differing(view, Agreements(here, view.terms())))
    finally:
        database.close()
    head: dict[str, int | str] = {"entries": counts.entries, "messages": counts.messages}
    for name, digest in (("last hash", ends[2]), ("last seal", ends[5])):
        head[name] = digest.hex() if digest else ""
    show.verified(here.name, head, findings)
    if findings:
        raise typer.Exit(1)


def version(*, as_json: AsJson = False) -> None:
    """Say which version this is."""
    versions = {"onestory": onestory.__version__, "python": platform.python_version()}
    shown(as_json=as_json).version(versions)
