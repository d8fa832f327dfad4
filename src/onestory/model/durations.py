"""Durations as a company writes them: ``"5 min"``."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache

from ..errors import NoSuchDuration
from .company import here

_UNITS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
_WRITTEN = re.compile(r"(\d{1,9}) ?(ms|s|min|h|d)")


def duration(written: str | timedelta) -> timedelta:
    """Read ``"5 min"`` as a timedelta. Units: ms, s, min, h, d (of 24 hours).

    Raises:
        NoSuchDuration: It is not a whole number and a unit, or it is negative.
    """
    if isinstance(written, timedelta):
        if written < timedelta(0):
            raise NoSuchDuration(
                f"{written} is negative.", where=here(), fix="Write how long, from zero on."
            )
        return written
    length = _length(str(written))
    if length is None:
        raise NoSuchDuration(
            f"{written!r} is not a duration.",
            where=here(),
            fix='Write a whole number and one of ms, s, min, h, d, like "5 min".',
        )
    return length


def spelled(length: timedelta) -> str:
    """A duration in the largest unit that writes it whole, as ``duration`` reads it."""
    milliseconds = length // timedelta(milliseconds=1)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if milliseconds % size == 0 and milliseconds >= size:
            return f"{milliseconds // size} {unit}"
    return f"{milliseconds} ms" if milliseconds else "0 s"


@lru_cache(maxsize=256)
def _length(written: str) -> timedelta | None:
    match = _WRITTEN.fullmatch(written)
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]]) if match else None
