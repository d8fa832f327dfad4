"""How far each pull has come: a row that is written in the transaction that hears its page."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .database import Connection, Row


class PullRow(msgspec.Struct, array_like=True, gc=False):
    """How far one pull has come, as its row keeps it. Moments are microseconds.

    Args:
        name: The pull's name.
        cursor: Where the next poll goes on; None before the first.
        reading: The number of the last reading begun.
        sweep: The number of the sweep under way.
        swept_to: Where that goes on, if it can.
        sweep_at: When it goes on, after it broke.
        swept_rows: How many rows of everything there is were read so far.
        swept: When everything was read last.
        last_rows: How many rows that was.
        rows_before: How many the time before.
        moment: When it is read next.
        tried: When it was asked last.
        answered: When it was last read to its end.
        took: How long that took.
        failing: Since when it has not been read.
        failures: How often in a row.
        error: Why, as JSON: code, what, where, what to write instead.
        columns: The columns it had last, as JSON.
        changed: When they changed last.
        changes: How, in words; until everything was read and nothing set aside.
        rows: How many rows were ever read.
        heard: How many of them said something new.
        repeated: How many said again what was known.
        known: How many were heard before.
        aside: How many were set aside.
        aside_since: How many, since everything was read last or its columns changed.
        holder: The process that reads it.
        held: Until when.
    """

    name: str
    cursor: str | None = None
    reading: int = 0
    sweep: int | None = None
    swept_to: str | None = None
    sweep_at: int | None = None
    swept_rows: int = 0
    swept: int | None = None
    last_rows: int | None = None
    rows_before: int | None = None
    moment: int = 0
    tried: int | None = None
    answered: int | None = None
    took: int | None = None
    failing: int | None = None
    failures: int = 0
    error: str = ""
    columns: str = ""
    changed: int | None = None
    changes: str = ""
    rows: int = 0
    heard: int = 0
    repeated: int = 0
    known: int = 0
    aside: int = 0
    aside_since: int = 0
    holder: str | None = None
    held: int | None = None


def all_pulled(connection: Connection) -> dict[str, PullRow]:
    """How far every pull has come that was ever read, by name."""
    return {row.name: row for row in _read(connection.rows("pulled"))}


def pulled(connection: Connection, name: str) -> PullRow:
    """How far one pull has come; a new row, which is in the table then, if it was never read."""
    for row in _read(connection.rows("pulled_by_name", name)):
        return row
    begun = PullRow(name)
    connection.run("insert_pulled", *msgspec.structs.astuple(begun))
    return begun


def save_pulled(connection: Connection, row: PullRow) -> None:
    """Keep how far a pull has come."""
    name, *rest = msgspec.structs.astuple(row)
    connection.run("save_pulled", *rest, name)


def _read(rows: Iterable[Row]) -> Iterable[PullRow]:
    return (PullRow(*row) for row in rows)
