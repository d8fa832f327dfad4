"""Commands that ask: for a story, for what is contradicted, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from ..model import Channel
from .cli_names import company_of, moment_of, zone_named
from .cli_options import LEDGER, After, AsJson, CompanyName, Db, Limit, Zone, opened, shown
from .contradicted import everything, page_of
from .naming import entity_of, key_of

_LATEST = 2**62
"""After every entry."""


def story(
    company: CompanyName,
    entity: EntityName,
    key: KeyText,
    *,
    channel: ChannelName = None,
    valid: Valid = None,
    known: Known = None,
    timeline: IsTimeline = False,
    before: Before = _LATEST,
    limit: Limit = 20,
    db: Db = LEDGER,
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Tell one subject's story: what is so, and who says otherwise.

    Times are ISO 8601: 2027-01-05 or 2027-01-05T09:00, in the zone of the page;
    or with an offset of their own, 2027-01-05T09:00+01:00.
    """
    if timeline and (valid or channel):
        raise typer.BadParameter(
            "A timeline is what became known, to nobody in particular: leave out --valid and "
            "--channel.",
            param_hint="--timeline",
        )
    if before != _LATEST and not timeline:
        raise typer.BadParameter(
            "Only a timeline has pages: add --timeline.", param_hint="--before"
        )
    here = company_of(company)
    to = everything(here) if channel is None else here.find(Channel, channel)
    there = zone_named(zone, to.zone)
    show = shown(as_json=as_json, zone=there)
    kind = entity_of(here, entity)
    parts = key_of(kind, key)
    as_valid, as_known = moment_of("--valid", valid, there), moment_of("--known", known, there)
    with opened(here, db) as office:
        if timeline:
            more = limit + 1
            events = office.timeline(kind.kind, parts, before=before, known=as_known, limit=more)
            earlier = events[limit - 1].number if len(events) > limit else None
            show.timeline(f"{kind.name} {' '.join(parts)}", events[:limit], earlier)
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
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """List what is contradicted: in all, by incident, one by one."""
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone_named(zone, here.zone))
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
    zone: Zone = None,
    as_json: AsJson = False,
) -> None:
    """Explain one contradiction, on a page to show a customer."""
    here = company_of(company)
    show = shown(as_json=as_json, zone=zone_named(zone, here.zone))
    with opened(here, db) as office:
        show.explanation(office.explain(number), office.repairs_of(number))


EntityName = Annotated[
    str, typer.Argument(metavar="ENTITY", help="Its kind, like Contract.", show_default=False)
]
KeyText = Annotated[
    str,
    typer.Argument(
        metavar="KEY", help="Its key; where it has parts, with / between them.", show_default=False
    ),
]
ChannelName = Annotated[
    str | None,
    typer.Option(
        "--channel",
        metavar="NAME",
        help="As this channel tells it; what every party says, if left out.",
        show_default=False,
    ),
]
Valid = Annotated[
    str | None,
    typer.Option(
        "--valid", metavar="TIME", help="As it was in the world then.", show_default=False
    ),
]
Known = Annotated[
    str | None,
    typer.Option("--known", metavar="TIME", help="As it was known then.", show_default=False),
]
IsTimeline = Annotated[
    bool, typer.Option("--timeline", help="What became known of it instead, newest first.")
]
Before = Annotated[
    int,
    typer.Option(
        "--before", metavar="N", help="With --timeline: begin before this.", show_default=False
    ),
]
