"""Pulls: a system is asked, again and again, for what is new in it; and now and then for all it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..errors import DeclarationError
from .company import here
from .durations import duration, spelled

if TYPE_CHECKING:  # a system makes pulls, and a source gives messages, which are of a later stage
    from ..intake import Arrived
    from .party import System

EVERY_AT_LEAST = "100 ms"
"""The shortest time between two polls: asking costs the system something, and a commit of ours each."""


class Asked(NamedTuple):
    """What a source is asked for.

    Args:
        pull: The pull's name, which goes into the ids of messages that have none of their own.
        system: The system whose rows they are.
        type: The type of message that each row is.
        cursor: Where to go on, as the source gave it last; None for everything there is.
        sweep: Whether everything is asked for, whatever seems new.
        reading: The number of this reading; a sweep that goes on after a break keeps its own.
        now: The moment.
        polled: During a sweep, the cursor of the polls beside it.
    """

    pull: str
    system: str
    type: str
    cursor: str | None
    sweep: bool
    reading: int
    now: datetime
    polled: str | None = None


class Page(NamedTuple):
    """Some of what a source has; what is heard of it and the cursor after it are one commit.

    Args:
        messages: The rows, each as a message; those that cannot be read, as such.
        cursor: Where to go on after them, as JSON; of a sweep None, if it must begin anew.
        columns: The names of the columns, where the source has such.
    """

    messages: Sequence[Arrived]
    cursor: str | None
    columns: tuple[str, ...] = ()


class Source(Protocol):
    """What can be pulled: a table, a list behind an address, a folder; or a class of your own.

    It keeps nothing between two readings: what it must know is in its cursor, which is committed
    with the claims.
    """

    @property
    def name(self) -> str:
        """What it is, in a word or two, without passwords: ``table contract``."""
        ...

    @property
    def whole(self) -> bool:
        """Whether every poll reads everything, so that it needs no sweep besides."""
        ...

    def pages(self, asked: Asked) -> Iterator[Page]:
        """Read page by page; the next is read when the one before it is on disk.

        Of a poll, the last page's cursor is where the next poll begins. From no cursor, it gives
        everything.

        Raises:
            NotPulled: It cannot be read. Whatever else is raised counts as that, too.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Pull:
    """One source of a system, and how often it is read. Made by ``System.pulls``."""

    name: str
    system: System
    type: str
    source: Source
    every: timedelta
    sweep_every: timedelta
    behind_pushes: bool
    where: str


def declare_pull(
    system: System,
    source: Source,
    *,
    type_: str,
    every: str | timedelta,
    sweep_every: str | timedelta,
    behind_pushes: bool,
    name: str,
) -> Pull:
    """Check one declaration of a pull, and make it."""
    pull = Pull(
        name or (f"{system.name}/{type_}" if type_ else system.name),
        system,
        type_,
        source,
        duration(every),
        duration(sweep_every),
        behind_pushes,
        here(),
    )
    if pull.every < duration(EVERY_AT_LEAST) or pull.sweep_every < pull.every:
        raise DeclarationError(
            f"{pull.name} would be polled every {spelled(pull.every)} and swept every "
            f"{spelled(pull.sweep_every)}.",
            where=here(),
            fix=f'Write every="{EVERY_AT_LEAST}" or more, and a sweep_every= that is no shorter.',
        )
    if not callable(getattr(source, "pages", None)):
        raise DeclarationError(
            f"{source!r:.60} is no source.",
            where=here(),
            fix="Give rows_of(...), items_of(...) or files_of(...), or an object with pages().",
        )
    system.company.add(pull)
    return pull
