"""The story of a subject: its facts as told to one channel at one moment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Any, TypeVar

from ..agreement import Agreement, EntityAgreements, excused, standing
from ..clock import moment
from ..errors import NotShown
from ..ledger import Dossier
from ..model import Channel, DeclaredEntity, Fact, Followed, Standing, Telling, key_parts, said

T = TypeVar("T")

NEXT_WORD_EVERY = timedelta(minutes=30)
"""How often a customer hears again of what is not settled: as often as 14 CFR 259.8 asks of
airlines that know of a delay; less often is silence, more often is noise."""

_WORST = (
    Standing.AGREES,
    Standing.DECLARED,
    Standing.FOLLOWING,
    Standing.LATE,
    Standing.CONTRADICTS,
)


class SubjectStory:
    """All that is told of one subject to one channel at one moment.

    Args:
        entity: The subject's entity.
        key: Its key.
        tellings: What is told, by fact.
        hidden: The facts that the channel does not show.
        channel: The channel.
        at: The moment.
    """

    def __init__(
        self,
        entity: DeclaredEntity,
        key: str,
        tellings: Mapping[str, Telling[Any]],
        channel: Channel,
        at: datetime,
    ) -> None:
        self.entity, self.key, self.tellings = entity, key, tellings
        self.channel, self.at = channel, at
        self.key_parts = key_parts(key, parts=len(entity.key_parts))

    def telling(self, fact: Fact[T], /) -> Telling[T]:
        """The telling of one fact.

        Raises:
            NotShown: The channel does not show it.
        """
        found = self.tellings.get(fact.name)
        if found is None or fact.entity is not self.entity.kind:
            raise NotShown(
                f"{self.channel.name} does not show {fact} of {self.entity.name} {self.key}.",
                where=self.channel.where,
                fix="Add it to shows=[...] of that channel, or ask one that shows it.",
            )
        return found


def story_of(
    dossier: Dossier,
    agreed: EntityAgreements,
    key: str,
    *,
    to: Channel,
    at: int,
    disputes: Mapping[str, int],
    people: Mapping[str, list[Followed]],
    unlisted: Mapping[str, int] | None = None,
) -> SubjectStory:
    """Tell a subject's story.

    Args:
        dossier: What all parties say of it, at that moment.
        agreed: The agreements on its entity.
        key: Its key.
        to: The channel.
        at: The moment, in microseconds.
        disputes: The facts that the person it is told to challenges, and since when.
        people: How the person it is told to, or all people, follow each fact.
        unlisted: How many more people follow each fact.
    """
    more = unlisted or {}
    tellings = {
        fact: _telling(
            dossier,
            agreement,
            key,
            to,
            at,
            disputes.get(fact),
            people.get(fact, []),
            more.get(fact, 0),
        )
        for fact, agreement in agreed.facts.items()
        if to.shows is None or agreement.declared.path in to.shows
    }
    return SubjectStory(agreed.declared, key, tellings, to, moment(at))


def followed(dossier: Dossier, agreement: Agreement, key: str, at: int) -> list[Followed]:
    """How each system that follows a fact stands, in the order of declaration."""
    authority = agreement.authority(dossier, at)
    found = []
    for follows in agreement.followers:
        if follows.party == authority:
            continue
        said = dossier.word(follows.party, agreement.fact)
        gap = dossier.gaps.get(agreement.fact, {}).get(follows.party)
        found.append(
            Followed(
                follows.party,
                standing(dossier, agreement, follows.party, key, at),
                None if said is None else _read(agreement, said.values[agreement.fact]),
                None if said is None else moment(said.mark(agreement.fact)[1]),
                None if gap is None else moment(gap.since),
                None if gap is None else moment(gap.due),
            )
        )
    return found


def _telling(
    dossier: Dossier,
    agreement: Agreement,
    key: str,
    channel: Channel,
    at: int,
    disputed: int | None,
    people: list[Followed],
    unlisted: int,
) -> Telling[Any]:
    fact, company = agreement.fact, channel.company
    authority = agreement.authority(dossier, at)
    word = dossier.word(authority, fact)
    systems = followed(dossier, agreement, key, at)
    stands = Standing.UNKNOWN
    if word is not None:
        stands = max((f.standing for f in systems), key=_WORST.index, default=Standing.AGREES)
    if disputed is not None:
        stands = Standing.DISPUTED
    say = partial(said, zone=channel.zone, at=moment(at))
    sentence, next_word = "", None
    if stands is Standing.FOLLOWING:
        due = max((f.due for f in systems if f.due is not None), default=moment(at))
        sentence, next_word = say(channel.unsettled, due=due), due
    elif stands is Standing.UNKNOWN:
        sentence = say(company.unknown)
    elif stands is Standing.DECLARED:
        sentence = _because(dossier, agreement, key, at, channel.zone)
    elif not stands.settled:
        next_word = _next_word(dossier, agreement, at, disputed)
        sentence = say(company.cautious, next=next_word)
    told = word is not None and stands is not Standing.DISPUTED
    return Telling(
        agreement.declared,
        (_read(agreement, word.values[fact]),) if told and word is not None else (),
        stands,
        authority,
        None if word is None else moment(word.changed[fact]),
        None if word is None else moment(word.mark(fact)[1]),
        (*systems, *people),
        sentence,
        next_word,
        unlisted,
    )


def _because(dossier: Dossier, agreement: Agreement, key: str, at: int, zone: tzinfo) -> str:
    """The reasons of the declared differences, as they may be told."""
    reasons = [
        f"{excuse.follower}: {excuse.because} (until {moment(excuse.until).astimezone(zone):%Y-%m-%d})"
        for follows in agreement.followers
        if standing(dossier, agreement, follows.party, key, at) is Standing.DECLARED
        and (excuse := excused(dossier, agreement, follows.party, key, at)) is not None
    ]
    return "; ".join(reasons)


def _next_word(dossier: Dossier, agreement: Agreement, at: int, disputed: int | None) -> datetime:
    """When the next word is due: every half hour from when it was first not settled."""
    opened = [gap.opened or gap.due for gap in dossier.gaps.get(agreement.fact, {}).values()]
    began = moment(
        disputed if disputed is not None else min([o for o in opened if o <= at], default=at)
    )
    return began + NEXT_WORD_EVERY * ((moment(at) - began) // NEXT_WORD_EVERY + 1)


def _read(agreement: Agreement, form: Any) -> Any:
    return agreement.declared.form.read(form)
