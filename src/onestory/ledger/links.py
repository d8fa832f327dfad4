"""Links between subjects, as decided: what leads where, for whoever follows them."""

from __future__ import annotations

from typing import NamedTuple

from .database import Connection


class Leads(NamedTuple):
    """A link from a subject: by which fact, and to which subject of which entity."""

    fact: str
    target: int
    entity: str


class Linked(NamedTuple):
    """A subject that is linked to another, and its entity."""

    subject: int
    entity: str


def leading_from(connection: Connection, subject: int) -> list[Leads]:
    """What a subject is linked to."""
    return [Leads(*row) for row in connection.rows("links_from", subject)]


def linked_to(connection: Connection, target: int, after: int, limit: int) -> list[Linked]:
    """A page of the subjects linked to one, in the order of their numbers."""
    return [Linked(*row) for row in connection.rows("links_to", target, after, limit)]


def save(connection: Connection, subject: int, fact: str, target: int | None) -> None:
    """A subject is linked to another by a fact, or to none."""
    if target is None:
        connection.run("delete_link", subject, fact)
    else:
        connection.run("save_link", subject, fact, target)
