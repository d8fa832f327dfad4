"""What is told, as documents: a story, a timeline, whether a message is ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from ...model import DeclaredEntity, Entity, Fact, Followed, Standing, Telling
from ...story import Event
from ..repaired import Confirmed


class Follower(Struct, frozen=True, kw_only=True):
    """How one party, or one person, follows a fact.

    Args:
        party: Its name.
        person: The key of the person, where people follow.
        says: What it says; absent if it never spoke.
        standing: How it stands to who decides.
        as_of: When it last spoke of this fact.
        since: Since when it differs, if it does.
        due: Until when it has time, if it differs.
    """

    party: str
    person: str | None
    says: Any = UNSET
    standing: Standing
    as_of: datetime | None
    since: datetime | None
    due: datetime | None


class Told(Struct, frozen=True, kw_only=True):
    """One fact as it is told.

    Args:
        value: The decided value; absent if none may be told.
        standing: The worst of the systems that follow, or disputed for the person who disputes.
        decided_by: The party that decides it.
        since: Since when that party says so.
        as_of: When that party last said so.
        sentence: What to say beside the value, or instead of it; empty when all agree.
        next_word: When the next word is due, if the fact is not settled.
        followers: How each follower stands; absent where a channel tells the story.
        unlisted: How many more people follow it than are listed; absent if none.
    """

    value: Any = UNSET
    standing: Standing
    decided_by: str
    since: datetime | None
    as_of: datetime | None
    sentence: str
    next_word: datetime | None
    followers: Sequence[Follower] | UnsetType = UNSET
    unlisted: int | UnsetType = UNSET


class Story(Struct, frozen=True, kw_only=True):
    """All that is told of one subject at one moment.

    Args:
        entity: The subject's entity.
        key: Its key.
        channel: The channel that tells it; null where what every party says is told.
        at: The moment.
        facts: Each fact, as it is told.
    """

    entity: str
    key: str
    channel: str | None
    at: datetime
    facts: Mapping[str, Told]


class Timeline(Struct, frozen=True, kw_only=True):
    """What became known of a subject and all around it, newest first.

    Args:
        subject: The subject, as a person reads it.
        events: What became known.
        before: The number that the next page begins before; null on the last.
        next: Where the next page is, by HTTP; absent on the last.
    """

    subject: str
    events: Sequence[Event]
    before: int | None
    next: str | UnsetType = UNSET


class Ours(Struct, frozen=True, kw_only=True):
    """Whether a message is ours.

    Args:
        reference: The reference that was asked for, or, if it is ours, as it was sent.
        ours: Whether it is.
        at: When it went.
        channel: By what.
        person: To whom: the person's key.
        entity: What it was about: the entity.
        key: And the key.
        told: What it said, by fact.
        rests: The claim each rests on, by fact: who decided, and its sequence.
        arrived: Whether nothing is known of its not arriving.
    """

    reference: str
    ours: bool
    at: datetime | UnsetType = UNSET
    channel: str | UnsetType = UNSET
    person: str | UnsetType = UNSET
    entity: str | UnsetType = UNSET
    key: str | UnsetType = UNSET
    told: Mapping[str, str]
    rests: Mapping[str, tuple[str, int]] | UnsetType = UNSET
    arrived: bool | UnsetType = UNSET


def story(
    entity: DeclaredEntity, told: Entity, facts: Sequence[Fact[Any]], channel: str | None
) -> Story:
    """A subject's story: as one channel tells it, or with what every party says."""
    it: Any = told.__story__
    parties = channel is None
    return Story(
        entity=entity.name,
        key=it.key,
        channel=channel,
        at=it.at,
        facts={fact.name: _told(told[fact], parties=parties) for fact in facts},
    )


def timeline(subject: str, events: Sequence[Event], before: int | None) -> Timeline:
    """What became known of a subject and all around it."""
    return Timeline(subject=subject, events=events, before=before)


def ours(reference: str, found: Confirmed | None) -> Ours:
    """Whether a message is ours."""
    if found is None:
        return Ours(reference=reference, ours=False, told={})
    told = {name: str(value) for name, value in found.told.items()}
    return Ours(ours=True, **found._asdict() | {"told": told})


def _told(telling: Telling[Any], *, parties: bool) -> Told:
    write = telling.fact.form.write
    return Told(
        value=write(telling.said[0]) if telling.said else UNSET,
        standing=telling.standing,
        decided_by=telling.decided_by,
        since=telling.since,
        as_of=telling.as_of,
        sentence=telling.sentence,
        next_word=telling.next_word,
        followers=[_follower(telling.fact, one) for one in telling.followers] if parties else UNSET,
        unlisted=telling.unlisted if parties and telling.unlisted else UNSET,
    )


def _follower(fact: Fact[Any], followed: Followed) -> Follower:
    return Follower(
        party=followed.party,
        person=followed.person or None,
        says=UNSET if followed.as_of is None else fact.form.write(followed.said),
        standing=followed.standing,
        as_of=followed.as_of,
        since=followed.since,
        due=followed.due,
    )
