"""What one cell of a flight website says: a moment, nothing, or something that is no time.

The 38 websites write times in some twenty ways (`7:10 a.m.`, `6:59aDec 1`, `Thu  20:00`,
`12:00noon`, `5:50 a.m.  Fri 02-Dec-2011`, `11:29 p.m. (Estimated runway)`). All are read by one
rule, whichever site wrote them:

* **The clock** is in the airport's own zone. Without a.m. or p.m. it has twenty-four hours, as on
  `mco` and `iad`.
* **The day** is the one that the cell names, as it names it: `ord` showed flights of 11/30, and
  that is what its readers were told. A cell that names no day means 1 December 2011, or the day
  after where `not_before` shows that 1 December cannot be meant (`rows.py` says how that is known).
* **Nothing** is said by a blank cell and by `Not Available` or `Contact Airline`: the site says
  that it does not know, and who does not know makes no claim.
* **A remark** beside the clock does not change the time that a customer reads there. Of the 7,102
  times in `told.csv`, 95 carry one:
  73 estimates, often of the runway and not the gate, of which 10 differ from the airline's word,
  and 6 `(runway)`, which all differ: to drop them would hide 16 contradictions;
  2 stars, both where the airline is silent;
  6 `Delayed` or `On Time`, all on the deciding site `ua`: to drop them would leave six facts
  without a decision;
  8 offsets, `(+8:00)` and `(-00:00)`, which must be those of the airport's zone, and are.
  A remark that is not known may take the time back, as `Cancelled` would; such a cell is set
  aside, not guessed at.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["DAY", "LONGEST", "UnreadableCell", "read_cell"]

DAY: Final = date(2011, 12, 1)
"""The day of all hundred flights, a Thursday. A cell that names no other day means this one."""

LONGEST: Final = 80
"""The most characters of a cell. The 38 sites need 29; an error shows no more than these."""


def read_cell(
    text: str, zone: ZoneInfo, *, not_before: datetime | None = None, where: str = ""
) -> datetime | None:
    """Read the moment that one cell says, in UTC, or None where it makes no claim.

    Args:
        text: The cell as the website wrote it.
        zone: The zone of the airport that the time is about.
        not_before: A cell that names no day means 2 December where 1 December would put it
            before this moment.
        where: The place of the cell, for the error: its row, site and column.

    Raises:
        UnreadableCell: The cell says something that is not a time, or contradicts itself.
    """
    if len(text) > LONGEST:
        raise UnreadableCell(
            text, f"it has {len(text)} characters, and a time at most {LONGEST}", where
        )
    try:
        return _read(" ".join(text.replace("&nbsp", " ").split()), zone, not_before)
    except (ValueError, OverflowError) as error:  # a year 9999 can overflow
        raise UnreadableCell(text, str(error), where) from None


class UnreadableCell(ValueError):
    """A cell that is not blank and cannot be read as a time; it is set aside with this reason.

    Args:
        text: The cell as the website wrote it.
        reason: Why it cannot be read, as the end of a sentence.
        where: Its row, site and column, where they are known.
    """

    def __init__(self, text: str, reason: str, where: str = "") -> None:
        self.text, self.reason, self.where = text, reason, where
        super().__init__(text, reason, where)

    def __str__(self) -> str:
        return (
            f"The cell {self.text[:LONGEST]!r} is no time: {self.reason}.\n"
            f"  heard in {self.where or 'a row that was not named'}\n"
            "  Write a time, with its day if it is not 1 December: 7:10 a.m., 12/02/2011 6:55 a.m."
        )


_NOTHING: Final = re.compile(r"(?P<day>.*?) ?(?:not available|contact airline)", re.IGNORECASE)

_TIME: Final = re.compile(
    r"""
    (?P<before>[^:]*?)\ ?
    (?P<hour>\d{1,2}):(?P<minute>\d{2})\ ?(?:(?P<half>[ap])(?:\.m\.)?|(?P<noon>noon))?\ ?
    (?P<after>[^:]*?)\ ?
    (?:\*|delayed|on\ time|\((?:(?:estimated\ )?runway|estimated|(?P<offset>[+-]\d\d?:\d\d))\))?
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)

# The month stands before the day wherever both are numbers: all 38 sites are American.
_DAYS: Final = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        # 11/30, 12/2/11, 12/02/2011
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?",
        # 12-01-11
        r"(?P<month>\d{1,2})-(?P<day>\d{1,2})-(?P<year>\d{4}|\d{2})",
        # Dec 02, Fri Dec 2
        r"(?:(?P<weekday>[a-z]{3}) )?(?P<month>[a-z]{3}) (?P<day>\d{1,2})",
        # 02-Dec-2011, Fri 02-Dec-2011
        r"(?:(?P<weekday>[a-z]{3}) )?(?P<day>\d{1,2})-(?P<month>[a-z]{3})-(?P<year>\d{4})",
        # Thu
        r"(?P<weekday>[a-z]{3})",
    )
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NOON: Final = 12


def _read(text: str, zone: ZoneInfo, not_before: datetime | None) -> datetime | None:
    if not text:
        return None
    if (silent := _NOTHING.fullmatch(text)) is not None:
        _day(silent["day"])
        return None
    said = _TIME.fullmatch(text)
    if said is None:
        raise ValueError("there is not one clock time in it")

    clock = _clock(said)
    day = _day(f"{said['before']} {said['after']}".strip())
    moment = datetime.combine(day or DAY, clock, zone)
    if day is None and not_before is not None and moment < not_before:
        moment = datetime.combine(DAY + timedelta(days=1), clock, zone)
    if said["offset"] and _offset(said["offset"]) != moment.utcoffset():
        raise ValueError(f"{said['offset']} is not the offset of {zone.key}")
    return moment.astimezone(UTC)


def _clock(said: re.Match[str]) -> time:
    hour, minute = int(said["hour"]), int(said["minute"])
    if said["noon"] and (hour, minute) != (_NOON, 0):
        raise ValueError("noon is at 12:00")
    if said["half"]:
        if not 1 <= hour <= _NOON:
            raise ValueError(f"no half of a day has an hour {hour}")
        hour = hour % _NOON + (_NOON if said["half"] in "pP" else 0)
    return time(hour, minute)


def _day(text: str) -> date | None:
    """Read the day that stands beside a clock; None if nothing stands there."""
    if not text:
        return None
    for form in _DAYS:
        if (said := form.fullmatch(text)) is not None:
            return _date(**said.groupdict())
    raise ValueError(f"{text!r} is neither a day nor a known remark")


def _date(
    weekday: str | None = None,
    month: str | None = None,
    day: str | None = None,
    year: str | None = None,
) -> date:
    if month is None or day is None:
        # A weekday alone is the one nearest to 1 December, at most three days before or after it.
        days = _position(weekday or "", _WEEKDAYS) - DAY.weekday()
        return DAY + timedelta(days=(days + 3) % 7 - 3)
    number = int(month) if month.isdecimal() else _position(month, _MONTHS) + 1
    full_year = int(year or DAY.year)
    named = date(full_year + 2000 if full_year < 100 else full_year, number, int(day))
    if weekday is not None and named.weekday() != _position(weekday, _WEEKDAYS):
        raise ValueError(f"{named:%d %B %Y} is not a {weekday}")
    return named


def _position(name: str, names: tuple[str, ...]) -> int:
    if name.lower() not in names:
        raise ValueError(f"{name!r} is not in the calendar")
    return names.index(name.lower())


def _offset(text: str) -> timedelta:
    hours, minutes = text[1:].split(":")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return -offset if text.startswith("-") else offset
