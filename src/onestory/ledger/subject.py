"""Subjects as a transaction has loaded them, each by its name, and how their followers were judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import msgspec

from .dossier import Dossier
from .identity import alias_name


class Ref(NamedTuple):
    """A subject by name: its entity, the system whose own name the key is (or empty), the key."""

    entity: str
    alias_of: str
    key: str

    @property
    def alias(self) -> str:
        """The system and its own name for the subject, or nothing where that is a key."""
        return alias_name(self.alias_of, self.key) if self.alias_of else ""


Name: TypeAlias = tuple[str, str, str]
"""A subject's name as a plain tuple, as messages carry it; equal to the ``Ref`` of the same parts."""


class Subject(msgspec.Struct, gc=False, eq=False):
    """A subject that a batch has loaded.

    Args:
        id: Its number.
        ref: Its name.
        dossier: What is said of it; the batch keeps what becomes of it.
        wake: The moment kept in its row.
        latest: Its latest entry.
        fresh: Whether it has no row yet.
        means: The number of the subject that this alias means, if it is a linked alias.
    """

    id: int
    ref: Ref
    dossier: Dossier
    wake: int | None
    latest: int = 0
    fresh: bool = False
    means: int | None = None


DIFFERS, AGREES, SPOKE = -1, -2, -3
"""A person was told otherwise than is decided now, and still has time; was told, or need not be; a
follower that differs has spoken of it."""


class Judged(NamedTuple):
    """A follower that was judged in a batch.

    Args:
        kind: ``OPENED`` or ``SETTLED`` for a contradiction, ``DIFFERS`` or ``AGREES`` for a person
            who still has time, ``SPOKE`` for a follower that differs.
        subject: The subject.
        fact: The fact.
        follower: The follower.
        person: The number of the person it is about, or 0.
        number: The entry that opened or settled it; 0 where there is none.
        body: What that entry holds.
    """

    kind: int
    subject: Subject
    fact: str
    follower: str
    person: int
    number: int
    body: Mapping[str, Any] = {}
