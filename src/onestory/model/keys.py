"""Keys: the names of subjects, in one part or several, and what one system calls them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from ..errors import ValueMisfit

if TYPE_CHECKING:
    from .party import System  # noqa: TC004 - party imports this module; the annotation is a name

MAX_KEY = 512
"""Characters of a key: it is printed on screens, and every index holds it."""

_UNKEPT = re.compile("[\0\ud800-\udfff]")
"""What a database's text may lose: a zero character ends it, half of a character is no UTF-8."""


class Alias(msgspec.Struct, frozen=True):
    """A subject by the name that one system uses for it."""

    system: System
    name: str

    def names(self, entity: type[Any], key: str | tuple[str, ...]) -> AliasClaim:
        """Say that this name is the subject of that key. A reader may yield it."""
        return AliasClaim(self, entity, written_key(entity, key))


class AliasClaim(msgspec.Struct, frozen=True):
    """A claim that one system's name for a subject is that subject."""

    alias: Alias
    entity: type[Any]
    key: str


KeyText: TypeAlias = "str | tuple[str, ...] | Alias"


def key_text(entity: type[Any], key: Any) -> Any:
    """The written form of a key; an alias stays an alias.

    Raises:
        ValueMisfit: The key has another number of parts, is empty or is too long.
    """
    return key if isinstance(key, Alias) else written_key(entity, key)


def written_key(entity: type[Any], key: Any) -> str:
    """The one written form of a key: its parts, escaped and joined by ``/``.

    A key of one part is written as it is.

    Raises:
        ValueMisfit: The key has another number of parts, is empty or is too long.
    """
    parts = key if isinstance(key, tuple) else (key,)
    declared = entity.__declared__.key_parts
    named = all(isinstance(part, (str, int)) and part != "" for part in parts)
    if len(parts) != len(declared) or not named:
        raise ValueMisfit(
            f"{key!r} is not a key of {entity.__name__}.",
            where=entity.__declared__.where,
            fix=f"Give {' and '.join(declared)}: a text, or a tuple of as many texts.",
        )
    text = "/".join(map(str, parts))
    if len(parts) > 1 and ("%" in text or text.count("/") >= len(parts)):
        text = "/".join(str(p).replace("%", "%25").replace("/", "%2F") for p in parts)
    return checked_key(entity, text)


def checked_key(entity: type[Any], text: str) -> str:
    """``text``, which must be a key that can be kept.

    Raises:
        ValueMisfit: It is empty, too long or holds what no database keeps.
    """
    if not text or len(text) > MAX_KEY or _UNKEPT.search(text):
        raise ValueMisfit(
            f"{text!r:.60} is not a key of {entity.__name__}.",
            fix=f"A key has from 1 to {MAX_KEY} characters, none of them zero or half a one.",
        )
    return text


def key_parts(text: str, *, parts: int) -> tuple[str, ...]:
    """The parts of a written key."""
    if parts == 1:
        return (text,)
    return tuple(p.replace("%2F", "/").replace("%25", "%") for p in text.split("/"))
