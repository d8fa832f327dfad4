"""The rows of the websites, split into one message for each cell and heard at one moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from flight_status.company import CELL, FOLLOW, OWN_SITES, Cell
from flight_status.rows import COLUMNS
from onestory import Loaded, Message, Office, OnestoryError, RowFile, load, message
from onestory.errors import MessageError
from onestory.intake import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from onestory.intake import Arrived

__all__ = ["JUDGED", "NotTheFlights", "Row", "cells_of", "hear_websites", "truth_of"]

Row: TypeAlias = dict[str, str]
"""A row of `told.csv` or `truth.csv` by column: one site's answer on one flight."""

SPOKEN: Final = datetime(2011, 12, 2, 18, tzinfo=UTC)
"""When the airlines are heard. The last moment that any site names is 17:21 of that day."""

OVER: Final = SPOKEN + max(follower.within for follower in FOLLOW)
"""When all others are heard: in the last moment that they have to follow."""

JUDGED: Final = OVER + timedelta(minutes=15)
"""When the example looks at it all, so that what it prints is the same every time."""

_OWNERS: Final = {site.name for site in OWN_SITES.values()}
_NAMES: Final = ("tuple_id", "src", "flight")


def hear_websites(office: Office, told: Path) -> Loaded:
    """Hear every cell of `told.csv`, each as if at its own time; a second time, all are known.

    Raises:
        NotTheFlights: The file is not there, or has other columns.
    """
    return load(office, cells_of(told), replay=office.counts().messages == 0)


def cells_of(told: Path) -> Iterator[Arrived]:
    """Split a file into one message for each cell: the airlines' own first, then all others.

    A row that is no row comes last and whole, so that it is set aside with its reason.

    Raises:
        NotTheFlights: The file is not there, or has other columns.
    """
    rows: list[Row] = []
    unreadable: list[Unreadable] = []
    for row in _rows(told):
        if isinstance(row, Unreadable):
            unreadable.append(row)
        else:
            rows.append(row)
    for row in sorted(rows, key=_time):
        yield from _cells(row)
    yield from unreadable


def truth_of(path: Path) -> dict[str, Row]:
    """Read `truth.csv`: for each flight, the row that stands for its airline's own.

    Raises:
        NotTheFlights: The file is not there, or has other columns.
    """
    return {
        row["flight"]: row
        for row in _rows(path)
        if not isinstance(row, Unreadable) and row["src"] in _OWNERS
    }


class NotTheFlights(OnestoryError):
    """The data of the example is not there, or is not what it should be."""


def _rows(path: Path) -> Iterator[Row | Unreadable]:
    if not path.is_file():
        raise NotTheFlights(
            f"There is no {path.name} here.",
            where=str(path.parent),
            fix="Name the folder that holds told.csv and truth.csv, as the first word.",
        )
    for arrived in RowFile(path, system=path.stem, type="row", id="tuple_id").messages():
        if isinstance(arrived, Message):
            row = msgspec.json.decode(arrived.data, type=Row)
            missing = [name for name in (*_NAMES, *COLUMNS.values()) if name not in row]
            if missing:
                raise NotTheFlights(
                    f"{path.name} has no column {' and no '.join(missing)}.",
                    where=str(path),
                    fix=f"Give it these columns: {', '.join((*_NAMES, *COLUMNS.values()))}.",
                )
            yield row
        else:
            yield arrived


def _cells(row: Row) -> Iterator[Arrived]:
    for fact, column in COLUMNS.items():
        # The scheduled departure goes along: it says which day a bare clock means (rows.py).
        part = {name: row[name] for name in (*_NAMES, "sched_dep_time", column)}
        cell: Cell = {"fact": fact, "row": part}
        name = f"{row['tuple_id']}:{column}"
        try:
            yield message(row["src"], CELL, cell, id=name, time=_time(row))
        except MessageError as reason:
            yield Unreadable(msgspec.json.encode(cell), reason, row["src"], name)


def _time(row: Row) -> datetime:
    return SPOKEN if row["src"] in _OWNERS else OVER
