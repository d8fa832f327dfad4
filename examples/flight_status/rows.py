"""What one row of a flight website says of each of its four facts.

A row is one site's answer on one flight: a cell for each fact. Each cell is read alone, so that
one that is set aside takes no other with it.

**The day of a bare clock time.** 6,739 of the 7,102 times in `told.csv` name no day. They belong to
1 December 2011, unless the scheduled departure in the same row shows that they belong to the day
after:

* an arrival is not before the scheduled departure: no flight lands before it was to leave;
* an actual departure is not more than twelve hours before the scheduled one: the earliest flight
  left 13 minutes early.

Both compare moments, not clocks, so that a flight may land at an earlier hour than it left, as from
Shanghai to San Francisco. The rule looks at nothing but the row, so every site is read alike and a
reader stays a pure function of its message. It moves 78 times, on the six flights that land after
midnight. Without it `6:55 a.m.` and `12/02/2011 6:55 a.m.` would differ by a day: 2,113
contradictions and not 2,070, the 43 being that day and nothing else, 16 of them because `CO`, which
decides CO-1694, writes a bare `12:21 a.m.`

A row that shows no scheduled departure gives nothing to go by, and 1 December stands. Among the
contradictions it matters once: `den` says that AA-3823 is due at a bare `12:15 a.m.`
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from flight_status.airports import zones_of
from flight_status.cells import UnreadableCell, read_cell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["COLUMNS", "FactName", "read_fact"]

FactName: TypeAlias = Literal[
    "scheduled_departure", "actual_departure", "scheduled_arrival", "actual_arrival"
]

COLUMNS: Final[dict[FactName, str]] = {
    "scheduled_departure": "sched_dep_time",
    "actual_departure": "act_dep_time",
    "scheduled_arrival": "sched_arr_time",
    "actual_arrival": "act_arr_time",
}
"""Each fact and the column in which a row answers it."""


def read_fact(row: Mapping[str, str], fact: FactName) -> datetime | None:
    """Read the moment that a row says for one fact, in UTC, or None where it makes no claim.

    Args:
        row: A row of `told.csv` or `truth.csv`, by the names of its columns.
        fact: One of `COLUMNS`.

    Raises:
        UnreadableCell: The cell says something that is not a time, or contradicts itself.
        UnreadableFlight: The flight's key does not name an origin and a destination.
        UnknownAirport: The zone of one of them is not known.
    """
    origin, destination = zones_of(row["flight"])
    column = COLUMNS[fact]
    return read_cell(
        row[column],
        destination if fact.endswith("arrival") else origin,
        not_before=_not_before(row, fact),
        where=f"row {row['tuple_id']}, site {row['src']}, column {column}",
    )


def _not_before(row: Mapping[str, str], fact: FactName) -> datetime | None:
    if fact == "scheduled_departure":
        return None
    try:
        leaves = read_fact(row, "scheduled_departure")
    except UnreadableCell:  # it is set aside as its own cell; this one has nothing to go by
        return None
    if leaves is not None and fact == "actual_departure":
        return leaves - timedelta(hours=12)
    return leaves
