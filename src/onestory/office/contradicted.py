"""A page of contradictions, each as it stands now: with what both parties say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ledger import Contradiction, Incident
from ..model import (
    Channel,
    Company,
    DeclaredEntity,
    Fact,
    Followed,
    Party,
    Standing,
    System,
    Telling,
    key_parts,
)
from ..story import subject_text
from .office import Office


@dataclass(frozen=True, slots=True)
class Contradicted:
    """One contradiction, and how it stands now.

    Args:
        row: The contradiction as the ledger keeps it.
        subject: Its subject, as a person reads it: ``Contract C-1042``.
        fact: The fact, or None if it is no longer declared.
        telling: What is told of the fact, or None if it is no longer declared.
        followed: How the follower stands, or None if it follows no longer.
    """

    row: Contradiction
    subject: str
    fact: Fact[Any] | None
    telling: Telling[Any] | None
    followed: Followed | None

    @property
    def standing(self) -> Standing | None:
        """How the follower stands, while the contradiction is open."""
        return None if self.followed is None or self.row.settled else self.followed.standing


@dataclass(frozen=True, slots=True)
class Page:
    """A page of contradictions, under what is open in all.

    Args:
        counts: How many are open: entity, fact, follower, count.
        incidents: Those of one cause, the largest first.
        rows: The contradictions of this page.
        after: The number that the next page begins after, or None if this is the last.
    """

    counts: list[tuple[str, str, str, int]]
    incidents: list[Incident]
    rows: list[Contradicted]
    after: int | None

    @property
    def open(self) -> int:
        """How many contradictions are open."""
        return sum(count for *_, count in self.counts)


def page_of(
    office: Office,
    *,
    after: int,
    limit: int,
    settled: bool,
    fact: Fact[Any] | None = None,
    follower: Party | None = None,
) -> Page:
    """A page of contradictions.

    Args:
        office: The office.
        after: The number of the last contradiction of the page before.
        limit: How many; 0 for what is open in all, and no rows.
        settled: Whether those that are settled are on it too.
        fact: Only those of this fact, and only these are counted.
        follower: Only those in this follower; only these, and its incidents, are counted.
    """
    of: dict[str, Any] = {"fact": fact, "follower": follower}
    found = (
        office.contradictions(after=after, settled=settled, limit=limit + 1, **of) if limit else []
    )
    entities = {entity.name: entity for entity in office.company.declared(DeclaredEntity)}
    to = everything(office.company)
    rows = [_as_it_stands(office, entities.get(row.entity), row, to) for row in found[:limit]]
    counts = [
        (entity, name, party, count)
        for entity, name, party, count in office.contradiction_counts()
        if fact is None or fact.path == f"{entity}.{name}"
        if follower is None or follower.name == party
    ]
    incidents = [i for i in office.incidents() if follower is None or follower.name == i.follower]
    return Page(
        counts,
        sorted(incidents, key=lambda incident: -incident.members),
        rows,
        rows[-1].row.number if len(found) > limit else None,
    )


def everything(company: Company) -> Channel:
    """A channel that shows all facts: what an engineer asks for, and no customer.

    It belongs to a company of its own, since that of ``company.py`` may be open already and takes
    no more declarations then.
    """
    said = {"cautious": company.cautious, "unknown": company.unknown}
    return Channel("command line", of=Company(company.name, zone=company.zone, **said))


def _as_it_stands(
    office: Office, entity: DeclaredEntity | None, row: Contradiction, to: Channel
) -> Contradicted:
    with office.ledger.view() as view:
        alias_of = view.by_id([row.subject])[0].ref.alias_of
    parts = (row.key,) if entity is None else key_parts(row.key, parts=len(entity.key_parts))
    subject = subject_text(row.entity, row.key, alias_of, parts=len(parts))
    if entity is None or row.fact not in entity.facts:
        return Contradicted(row, subject, None, None, None)
    key = office.company.find(System, alias_of).calls(row.key) if alias_of else parts
    fact = entity.facts[row.fact]
    telling: Telling[Any] = office.tell(entity.kind, key, to=to)[fact]
    same = [f for f in telling.followers if (f.party, f.person) == (row.follower, row.person)]
    return Contradicted(row, subject, fact, telling, same[0] if same else None)
