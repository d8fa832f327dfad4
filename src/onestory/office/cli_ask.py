"""Commands that ask: for a story, for what is contradicted, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model import Channel
from .cli_names import company_of, entity_of, key_of, moment_of, zone_of
from .cli_options import LEDGER, After, AsJson, CompanyName, Db, Limit, Zone, opened, shown
from .contradicted import everything, page_of


def story(
    company: CompanyName,
    entity: Annotated[str, typer.Argument(metavar="ENTITY", help="Its kind, like Contract.")],
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="Its key; the parts of one with / between them.")
    ],
    *,
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
    timeline: Annotated[
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
    as_json: AsJson = False,
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


def contradictions(
    company: CompanyName,
    *,
    everything_: Annotated[
        bool, typer.Option("--all", help="Those that are settled, too.")
    ] = False,
    after: After = 0,
    limit: Limit = 10,
    by_fact: Annotated[
        bool, typer.Option("--by-fact", help="Only how many are open, by fact and follower.")
    ] = False,
    db: Db = LEDGER,
    zone: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """List what is contradicted: in all, by incident, one by one."""
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone)
    with opened(here, db) as office:
        rows = 0 if by_fact else limit
        show.contradictions(
            page_of(office, after=after, limit=rows, settled=everything_), rows=not by_fact
        )


def explain(
    company: CompanyName,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The contradiction's number.")],
    *,
    db: Db = LEDGER,
    zone: Zone = "UTC",
    as_json: AsJson = False,
) -> None:
    """Explain one contradiction, on a page to show a customer."""
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone)
    with opened(here, db) as office:
        show.explanation(office.explain(number))
