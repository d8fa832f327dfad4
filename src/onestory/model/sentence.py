"""Sentences that a company has ready for its customers, with a blank for a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from ..clock import EPOCH
from ..errors import DeclarationError

_MINUTE = timedelta(minutes=1)


def sayable(sentence: str, blank: str = "", *, where: str) -> str:
    """``sentence``, which must have no other blank than a moment of this name, or none at all.

    Raises:
        DeclarationError: It has another, so that it could not be said when it is needed.
    """
    try:
        said(sentence, zone=UTC, at=EPOCH, **({blank: EPOCH} if blank else {}))
    except (LookupError, ValueError, AttributeError) as error:
        raise DeclarationError(
            f"Nobody can say {sentence!r}: {error!r}.",
            where=where,
            fix=f"Use no other blank than the moment: {{{blank}}}, or as {{{blank}:%H:%M}}."
            if blank
            else "Use no blank: it is said as it is written.",
        ) from error
    return sentence


def said(sentence: str, *, zone: tzinfo, at: datetime, **moments: datetime) -> str:
    """A sentence with its moments filled in, for people in one zone.

    Args:
        sentence: The sentence.
        zone: The zone of the people it is told to.
        at: When it is told: a moment of another day is told with its day.
        moments: What stands in its blanks.
    """
    today = at.astimezone(zone)
    return sentence.format(**{name: _Moment(m, today) for name, m in moments.items()})


class _Moment:
    """A moment in a blank: ``{due}`` in full, ``{due:%H:%M}`` as the company writes it.

    In full, it is the time with its zone, and with its day if that is not today's. Seconds are
    rounded up: who comes at the time that was told must not come too early.
    """

    __slots__ = ("_moment", "_today")

    def __init__(self, moment: datetime, today: datetime) -> None:
        self._moment, self._today = moment, today

    def __format__(self, form: str) -> str:
        zone = self._today.tzinfo
        if form:
            return self._moment.astimezone(zone).strftime(form)
        rest = (EPOCH - self._moment) % _MINUTE
        there = (self._moment.astimezone(UTC) + rest).astimezone(zone)
        day = "" if there.date() == self._today.date() else f"{there:%Y-%m-%d} "
        return f"{day}{there:%H:%M %Z}".rstrip()
