"""How values, times and standings are written for a person to read."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from typing import Any

import msgspec
from rich.text import Text

from ..model import Followed, Money, Standing, Telling, spelled

MARKS = {
    Standing.UNKNOWN: ("?", "dim"),
    Standing.AGREES: ("✓", "green"),
    Standing.DECLARED: ("≈", "cyan"),
    Standing.FOLLOWING: ("…", "yellow"),
    Standing.LATE: ("!", "red"),
    Standing.CONTRADICTS: ("✗", "bold red"),
    Standing.DISPUTED: ("⚑", "magenta"),
}
"""The sign and the colour of each standing. The word always stands beside them."""

_IN_UTC = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?) UTC")


class Words:
    """Writes times in one zone.

    Args:
        zone: The zone.
    """

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone

    def time(self, moment: datetime | None) -> str:
        """A moment without its zone, for a column; the page says which zone."""
        if moment is None:
            return ""
        here = moment.astimezone(self.zone)
        return f"{here:%Y-%m-%d %H:%M:%S}" if here.second else f"{here:%Y-%m-%d %H:%M}"

    def moment(self, moment: datetime) -> str:
        """A moment with its zone, for a sentence."""
        return f"{self.time(moment)} {moment.astimezone(self.zone):%Z}"

    def zoned(self, sentence: str) -> str:
        """A sentence whose times were written in UTC, with those times in the zone of this page."""

        def here(found: re.Match[str]) -> str:
            return self.moment(datetime.fromisoformat(f"{found[1]}+00:00"))

        return _IN_UTC.sub(here, sentence)

    def value(self, value: Any) -> str:
        """The value of a fact."""
        if value is None:
            return "(empty)"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, datetime):
            return self.time(value)
        if isinstance(value, timedelta):
            return spelled(value)
        if isinstance(value, Enum):
            return str(value.value)
        parts = _parts(value)
        return ", ".join(self.value(p) for p in parts if p is not None) if parts else str(value)

    def told(self, telling: Telling[Any]) -> str:
        """The value of a telling, or that there is none to tell."""
        return self.value(telling.said[0]) if telling.said else "(not told)"

    def says(self, followed: Followed) -> str:
        """What a follower says."""
        return "(nothing)" if followed.as_of is None else self.value(followed.said)


def mark(standing: Standing) -> Text:
    """A standing by sign, word and colour."""
    sign, style = MARKS[standing]
    return Text(f"{sign} {standing.value}", style)


def many(count: int, what: str) -> str:
    """A count with what is counted: ``1 message``, ``2,790 messages``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _parts(value: Any) -> tuple[Any, ...]:
    """The parts of a value that is made of several, like an address; an amount is one."""
    if isinstance(value, Money):
        return ()
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.astuple(value)
    if dataclasses.is_dataclass(value):
        return tuple(getattr(value, field.name) for field in dataclasses.fields(value))
    return ()
