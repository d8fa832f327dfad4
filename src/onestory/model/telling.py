"""Tellings: facts as told, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from ..errors import NotHeard
from .fact import Fact

T = TypeVar("T")


class Standing(Enum):
    """How a follower stands to the authority on one fact, from best to worst."""

    UNKNOWN = "unknown"
    """The authority has never spoken."""
    AGREES = "agrees"
    """Both say the same."""
    DECLARED = "declared"
    """They differ, and a declared difference covers it."""
    FOLLOWING = "following"
    """They differ, and the follower still has time."""
    LATE = "late"
    """Time is over, and the follower has said nothing since the authority's last change."""
    CONTRADICTS = "contradicts"
    """Time is over; the follower has spoken since and still differs."""
    DISPUTED = "disputed"
    """A person challenges the decided value; it concerns that person's story only."""

    @property
    def settled(self) -> bool:
        """Whether the decided value may be told without a cautious word."""
        return self in (Standing.AGREES, Standing.DECLARED, Standing.FOLLOWING)


@dataclass(frozen=True, slots=True)
class Followed:
    """How one party follows a fact, at the moment of telling.

    Args:
        party: Its name.
        standing: How it stands.
        said: What it says, if it ever spoke.
        as_of: When it last spoke of this fact.
        since: Since when it differs from the authority, if it does.
        due: Until when it has time, if it differs.
        person: The key of the person it is about, for a follower that is people.
    """

    party: str
    standing: Standing
    said: Any
    as_of: datetime | None
    since: datetime | None
    due: datetime | None
    person: str = ""


@dataclass(frozen=True, slots=True)
class Telling(Generic[T]):
    """One fact as told to one channel: the value, and why it can be believed.

    Args:
        fact: The fact.
        said: The decided value in a tuple of one, or an empty tuple if nobody may tell one.
        standing: The worst of the systems that follow, or disputed for the person who disputes.
        decided_by: The party that decides it.
        since: Since when that party says so.
        as_of: When that party last said so.
        followers: How each follower stands.
        sentence: What to say beside the value, or instead of it; empty when all agree.
        next_word: When the next word is due, if the fact is not settled.
        unlisted: How many more people follow it than are listed among the followers.
    """

    fact: Fact[T]
    said: tuple[T] | tuple[()]
    standing: Standing
    decided_by: str
    since: datetime | None
    as_of: datetime | None
    followers: tuple[Followed, ...] = ()
    sentence: str = ""
    next_word: datetime | None = None
    unlisted: int = 0

    @property
    def value(self) -> T:
        """The decided value.

        Raises:
            NotHeard: The authority has not spoken, or the person disputes it.
        """
        if not self.said:
            raise self._untold()
        return self.said[0]

    def _untold(self) -> NotHeard:
        if self.standing is not Standing.UNKNOWN:
            return NotHeard(
                f"{self.fact} is {self.standing.value}: no value may be told.",
                where=self.fact.where,
                fix=f"Tell its sentence instead: {self.sentence!r}",
            )
        return NotHeard(
            f"{self.decided_by} has not said anything about {self.fact} yet.",
            where=self.fact.where,
            fix=f"Tell its sentence instead: {self.sentence!r} If {self.decided_by} did say it, "
            f"check that a reader of {self.decided_by!r} claims it.",
        )
