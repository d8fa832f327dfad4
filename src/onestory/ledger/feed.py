"""The feed: what the number line says has changed since a number, for whoever follows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from .database import Connection
from .subject import Ref

_encode = msgspec.json.Encoder().encode


class Ends(NamedTuple):
    """Where the ledger ends: the numbers of its last entry and of its last subject."""

    entry: int
    subject: int


def ends(connection: Connection) -> Ends:
    """Where the ledger ends now."""
    return Ends(*connection.rows("ends")[0])


def moved(connection: Connection, after: int, last: int) -> set[int]:
    """The subjects and aliases that the entries after one number, up to another, are of."""
    return {row[0] for row in connection.rows("moved", after, last)}


def begun(connection: Connection, after: int, last: int) -> list[Ref]:
    """The names of the subjects and aliases after one number, up to another."""
    rows = connection.rows("subjects_between", after, last)
    return [Ref(entity, alias_of, key) for _, entity, alias_of, key in rows]


def meant(connection: Connection, ids: Iterable[int]) -> set[int]:
    """The subjects that those of these mean now that are aliases."""
    return {row[1] for row in connection.rows("alias_meanings", _list(ids))}


def aliases(connection: Connection, ids: Iterable[int]) -> set[int]:
    """The aliases that mean any of these subjects now."""
    return {row[0] for row in connection.rows("aliases_of_all", _list(ids))}


def unfinished(connection: Connection, ids: Iterable[int], now: int) -> set[int]:
    """Of these subjects, those that something is left to do for: it may change them without an entry."""
    return {row[0] for row in connection.rows("still_queued", _list(ids), now)}


def _list(ids: Iterable[int]) -> str:
    return _encode(list(ids)).decode()
