"""Endpoints of other programs: which there are, how far each was told, and which process tells it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .batch import Batch
from .entry import KINDS, Entry, read_body
from .view import View

HELD_FOR = 120_000_000
"""Microseconds for which a process may deliver to an endpoint before it must say that it still does: longer
than any one delivery may take, so that no two processes deliver to it at once."""


class HookRow(msgspec.Struct, array_like=True):
    """One endpoint, as its row keeps it.

    Args:
        number: Its number.
        url: Where it is told.
        secrets: What it is told is signed with, each of these; the newest first.
        wants: What it is told of.
        with_values: Whether it is told the values, too.
        made: When it was added.
        made_by: Who added it.
        reached: The last entry that it was told, or that was none of what it wants.
        tries: How often the next one failed.
        moment: When it is tried next.
        failing: Since when it fails.
        reason: Why it failed last, or was disabled.
        disabled: When it was disabled.
        holder: The process that delivers to it.
        held: Until when.
    """

    number: int
    url: str
    secrets: list[str]
    wants: list[str]
    with_values: bool
    made: int
    made_by: str
    reached: int
    tries: int
    moment: int
    failing: int | None
    reason: str
    disabled: int | None
    holder: str | None
    held: int | None


def every(view: View) -> list[HookRow]:
    """All endpoints."""
    return [_read(row) for row in view.connection.rows("hooks")]


def one(view: View | Batch, number: int) -> HookRow | None:
    """One endpoint."""
    rows = view.connection.rows("hook", number)
    return _read(rows[0]) if rows else None


def add(batch: Batch, row: HookRow) -> int:
    """Add an endpoint; its number."""
    ((number,),) = batch.connection.rows("insert_hook", *_written(row)[1:])
    found: int = number
    return found


def remove(batch: Batch, number: int) -> bool:
    """Remove an endpoint; whether there was one."""
    return bool(batch.connection.run("delete_hook", number))


def hold(batch: Batch, number: int, holder: str) -> None:
    """Let one process deliver to an endpoint, for so long."""
    batch.connection.run("hold_hook", holder, batch.known + HELD_FOR, number)


def move(batch: Batch, row: HookRow, holder: str) -> bool:
    """Keep how far the delivery has come; whether this process holds the endpoint still."""
    state = (row.reached, row.tries, row.moment, row.failing, row.reason, row.disabled)
    return bool(batch.connection.run("move_hook", *state, row.holder, row.held, row.number, holder))


def mend(batch: Batch, number: int) -> None:
    """Let an endpoint be delivered to again, from where it was left."""
    batch.connection.run("mend_hook", batch.known, number)


def sign_with(batch: Batch, number: int, secrets: Sequence[str]) -> None:
    """Sign what is sent to an endpoint with these."""
    batch.connection.run("sign_hook", msgspec.json.encode(list(secrets)).decode(), number)


def entries_after(view: View, after: int, limit: int) -> list[Entry]:
    """The entries after a number, in order."""
    found = []
    for row in view.connection.rows("entries_between", after, after + limit):
        number, kind, entity, alias_of, key, party, message, known, body, _, digest = row
        named = (entity, key, alias_of, party)
        found.append(Entry(number, KINDS[kind], *named, message, read_body(body), known, digest))
    return found


def _read(row: Sequence[object]) -> HookRow:
    number, url, secrets, wants, with_values, *rest = row
    lists = (_texts.decode(str(secrets)), _texts.decode(str(wants)))
    return msgspec.convert((number, url, *lists, bool(with_values), *rest), HookRow)


def _written(row: HookRow) -> list[object]:
    number, url, secrets, wants, with_values, *rest = msgspec.structs.astuple(row)
    lists = [msgspec.json.encode(one).decode() for one in (secrets, wants)]
    return [number, url, *lists, with_values, *rest]


_texts = msgspec.json.Decoder(list[str])
