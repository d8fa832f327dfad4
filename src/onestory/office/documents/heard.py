"""What was heard, as documents: what became of messages, and those that are set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from ... import ledger
from ..hearing import Fate, Receipt


class Heard(Struct, frozen=True, kw_only=True):
    """What became of messages.

    Args:
        messages: How many there were.
        heard: How many said something new.
        repeated: How many said again what was known.
        known: How many were known before, by id.
        set_aside: How many could not be heard.
    """

    messages: int
    heard: int
    repeated: int
    known: int
    set_aside: int


class Aside(Struct, frozen=True, kw_only=True):
    """A message that is set aside.

    Args:
        number: Its number.
        source: The system that sent it.
        id: Its id.
        type: Its type.
        code: The code of the reason.
        what: The reason.
        where: Where it lies.
        fix: What to do.
        known: When it arrived.
    """

    number: int
    source: str
    id: str
    type: str
    code: str
    what: str
    where: str
    fix: str
    known: datetime


class Asides(Struct, frozen=True, kw_only=True):
    """A page of messages that are set aside, oldest first.

    Args:
        counts: How many, by the code of their reason.
        asides: Those of this page.
        after: The number that the next page begins after; null on the last.
        next: Where the next page is, by HTTP; absent on the last.
    """

    counts: Mapping[str, int]
    asides: Sequence[Aside]
    after: int | None
    next: str | UnsetType = UNSET


def heard(fates: Mapping[Fate, int]) -> Heard:
    """What became of messages."""
    return Heard(
        messages=sum(fates.values()),
        heard=fates[Fate.HEARD],
        repeated=fates[Fate.REPEATED],
        known=fates[Fate.KNOWN],
        set_aside=fates[Fate.ASIDE],
    )


def replayed(receipts: Sequence[Receipt]) -> Heard:
    """What became of messages that were read again."""
    return heard({fate: sum(r.fate is fate for r in receipts) for fate in Fate})


def asides(counts: Mapping[str, int], rows: Sequence[ledger.Aside], after: int | None) -> Asides:
    """A page of messages that are set aside, each with its reason."""
    return Asides(counts=counts, asides=[_aside(one) for one in rows], after=after)


def _aside(one: ledger.Aside) -> Aside:
    return Aside(
        number=one.message,
        source=one.source,
        id=one.id,
        type=one.type,
        code=one.code,
        what=one.what,
        where=one.place,
        fix=one.fix,
        known=one.known,
    )
