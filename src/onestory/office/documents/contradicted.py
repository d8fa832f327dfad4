"""What is contradicted, as documents: pages of contradictions, incidents, explanations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from ... import ledger
from ... import story as stories
from ...agreement import Fault
from ...model import Standing
from ...story import Source
from ..contradicted import Contradicted, Page
from ..repaired import Repaired
from .remedied import Repair, repair


class ByFact(Struct, frozen=True, kw_only=True):
    """How many contradictions of one fact in one follower are open.

    Args:
        entity: The entity.
        fact: The fact, without its entity.
        follower: The party that does not follow.
        open: How many.
    """

    entity: str
    fact: str
    follower: str
    open: int


class Incident(Struct, frozen=True, kw_only=True):
    """Open contradictions of one cause: one link, at one time.

    Args:
        incident: Its number.
        authority: Who decides what is not followed.
        follower: The system that does not follow.
        silent: Whether that system is silent as a whole.
        silent_since: When it was last heard of then; null if never, or if it was not silent.
        open: How many of its contradictions are open.
        since: Since when the first of them differs.
        opened: When the first of them was opened.
        first: The number of the first of them.
    """

    incident: int
    authority: str
    follower: str
    silent: bool
    silent_since: datetime | None
    open: int
    since: datetime
    opened: datetime
    first: int


class Incidents(Struct, frozen=True, kw_only=True):
    """A page of incidents, in the order of their numbers.

    Args:
        incidents: They.
        after: The number that the next page begins after; null on the last.
        next: Where the next page is; absent on the last.
    """

    incidents: Sequence[Incident]
    after: int | None
    next: str | UnsetType = UNSET


class Contradiction(Struct, frozen=True, kw_only=True):
    """A follower that was late or contradicted, as it stands now.

    Args:
        number: That of the entry that opened it.
        subject: The subject, as a person reads it.
        entity: The subject's entity.
        key: The subject's key.
        fact: The fact, without its entity.
        follower: The party that does not follow.
        person: The key of the person who was not told, where people follow.
        decided: What is decided; absent if it is settled, or no value may be told.
        said: What the follower says; absent if it is settled, or the follower never spoke.
        standing: How the follower stands; null if it is settled.
        since: Since when they differ.
        due: Until when the follower had time.
        opened: When it was opened.
        silent_since: When the whole system was last heard, if it was silent.
        settled: When it was settled, if it was.
        how: How it was settled.
    """

    number: int
    subject: str
    entity: str
    key: str
    fact: str
    follower: str
    person: str | None
    decided: Any = UNSET
    said: Any = UNSET
    standing: Standing | None
    since: datetime
    due: datetime
    opened: datetime
    silent_since: datetime | None
    settled: datetime | None
    how: str | None


class Contradictions(Struct, frozen=True, kw_only=True):
    """A page of contradictions, under what is open in all.

    Args:
        open: How many are open in all.
        by_fact: How many, by fact and follower.
        incidents: Those of one cause, the largest first.
        contradictions: Those of this page, in the order of opening; absent if only counts are asked for.
        after: The number that the next page begins after; null on the last.
        next: Where the next page is, by HTTP; absent on the last.
    """

    open: int
    by_fact: Sequence[ByFact]
    incidents: Sequence[Incident]
    contradictions: Sequence[Contradiction] | UnsetType = UNSET
    after: int | UnsetType | None = UNSET
    next: str | UnsetType = UNSET


class Explanation(Struct, frozen=True, kw_only=True):
    """Why a contradiction is or was open.

    Args:
        number: The number of the entry that opened it.
        subject: The subject, as a person reads it.
        fact: The fact, with its entity.
        about: What the fact means.
        sentence: The whole in one sentence.
        standing: How the follower stands now.
        authority: Who decides.
        follower: Who does not follow.
        fault: How the link failed.
        silent_since: Since when the whole system is silent, if it is.
        decided: What the authority says, and where that comes from.
        followed: What the follower says, and where that comes from.
        since: Since when they differ.
        due: Until when the follower had time.
        opened: When it was opened.
        settled: When it was settled, if it was.
        how: How it was settled.
        others: How many more of the same fact and follower are open.
        heard_by: Who was told which value, newest first.
        repairs: What is done about it, each generation.
    """

    number: int
    subject: str
    fact: str
    about: str
    sentence: str
    standing: Standing
    authority: str
    follower: str
    fault: Fault
    silent_since: datetime | None
    decided: Source
    followed: Source
    since: datetime
    due: datetime
    opened: datetime
    settled: datetime | None
    how: str
    others: int
    heard_by: Sequence[str]
    repairs: Sequence[Repair]


def contradictions(page: Page, *, rows: bool) -> Contradictions:
    """Contradictions: what is open in all, incidents, then one by one."""
    return Contradictions(
        open=page.open,
        by_fact=[
            ByFact(entity=entity, fact=fact, follower=follower, open=count)
            for entity, fact, follower, count in page.counts
        ],
        incidents=[_incident(one) for one in page.incidents],
        contradictions=[_contradiction(one) for one in page.rows] if rows else UNSET,
        after=page.after if rows else UNSET,
    )


def incidents(found: Sequence[ledger.Incident], after: int | None) -> Incidents:
    """A page of incidents."""
    return Incidents(incidents=[_incident(one) for one in found], after=after)


def explanation(e: stories.Explanation, repairs: Sequence[Repaired]) -> Explanation:
    """Why a contradiction is or was open, and what is done about it."""
    return Explanation(
        number=e.number,
        subject=e.subject,
        fact=e.fact,
        about=e.about,
        sentence=e.sentence,
        standing=e.standing,
        authority=e.cause.authority,
        follower=e.cause.follower,
        fault=e.cause.fault,
        silent_since=e.cause.silent_since,
        decided=e.decided,
        followed=e.followed,
        since=e.since,
        due=e.due,
        opened=e.opened,
        settled=e.settled,
        how=e.how,
        others=e.others,
        heard_by=e.heard_by,
        repairs=[repair(one) for one in repairs],
    )


def _incident(one: ledger.Incident) -> Incident:
    return Incident(
        incident=one.number,
        authority=one.authority,
        follower=one.follower,
        silent=one.silent,
        silent_since=one.silent_since,
        open=one.members,
        since=one.since,
        opened=one.opened,
        first=one.first,
    )


def _contradiction(one: Contradicted) -> Contradiction:
    row = one.row
    decided: Any = UNSET
    said: Any = UNSET
    if row.settled is None and one.telling is not None and one.fact is not None:
        write = one.fact.form.write
        if one.telling.said:
            decided = write(one.telling.said[0])
        if one.followed is not None and one.followed.as_of is not None:
            said = write(one.followed.said)
    return Contradiction(
        number=row.number,
        subject=one.subject,
        entity=row.entity,
        key=row.key,
        fact=row.fact,
        follower=row.follower,
        person=row.person or None,
        decided=decided,
        said=said,
        standing=one.standing,
        since=row.since,
        due=row.due,
        opened=row.opened,
        silent_since=row.silent_since,
        settled=row.settled,
        how=row.how,
    )
