"""Entries: the lines of the ledger, of five kinds, what each holds; and what could not be one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from ..clock import moment
from ..errors import LedgerCorrupt

HEARD, OPENED, SETTLED, DONE, TOLD = 1, 2, 3, 4, 5
"""The five kinds: said by a party; a contradiction opened; settled; a step done; a story told."""

KINDS = {HEARD: "heard", OPENED: "opened", SETTLED: "settled", DONE: "done", TOLD: "told"}


class Draft(msgspec.Struct, gc=False):
    """An entry before the ledger has numbered it.

    Args:
        kind: One of the five.
        party: Who spoke, who differs, or who was told.
        body: What the entry holds, of JSON forms. Times are microseconds.
    """

    kind: int
    party: str
    body: dict[str, Any]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One line of the ledger.

    Args:
        number: Its number; numbers have no holes.
        kind: ``heard``, ``opened``, ``settled``, ``done`` or ``told``.
        entity: The entity of its subject.
        key: The subject's key, or a system's own name for it.
        alias_of: That system, or empty.
        party: Who spoke, who differs, or who was told.
        message: The number of the message it came with, or came after.
        body: What it holds.
        known: When the ledger learned it, in microseconds.
        hash: SHA-256 over the hash before it and this line.
    """

    number: int
    kind: str
    entity: str
    key: str
    alias_of: str
    party: str
    message: int
    body: dict[str, Any]
    known: int
    hash: bytes


class Aside(NamedTuple):
    """A message that was set aside, with its reason.

    Args:
        message: Its number of receipt.
        source: The system that sent it, as far as it can be read.
        id: Its id.
        type: Its type, if that can be read.
        raw: Its bytes.
        lax: Whether it is a row of texts.
        code: The reason's code.
        what: What happened.
        place: Where.
        fix: What to do instead.
        known: When it arrived.
        sequence: The system's own number for it.
        first: The number under which it was first received, by which it is ordered: another than
            ``message``, if it was sent again with other bytes since.
    """

    message: int
    source: str
    id: str
    type: str
    raw: bytes
    lax: bool
    code: str
    what: str
    place: str
    fix: str
    known: datetime
    sequence: int | None
    first: int


def aside_of(row: Sequence[Any]) -> Aside:
    """A message that was set aside, from its row."""
    *sent, lax, code, what, place, fix, known, sequence, first = row
    return Aside._make((*sent, bool(lax), code, what, place, fix, moment(known), sequence, first))


def read_body(kept: str) -> dict[str, Any]:
    """What an entry holds, from its row.

    Raises:
        LedgerCorrupt: The row is damaged.
    """
    try:
        return _body.decode(kept)
    except (msgspec.MsgspecError, TypeError) as error:
        raise LedgerCorrupt(
            f"An entry is damaged: {error}.",
            fix="Restore the ledger from a backup; `onestory verify` names what does not hold.",
        ) from error


_body = msgspec.json.Decoder(dict[str, Any])
