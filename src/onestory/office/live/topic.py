"""Topics: what a live stream may be about, and what is sent of it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ...ledger import Ref


class Topic(NamedTuple):
    """One thing that streams are about; those of the same topic are sent the same bytes.

    Args:
        kind: ``subject``, ``person``, ``counters``, or what a page has of its own.
        about: What follows the kind: ``Contract/C-1042``; nothing where there is but one.
        channel: The channel whose story it is; empty for what every party says.
    """

    kind: str
    about: str = ""
    channel: str = ""

    @property
    def name(self) -> str:
        """The topic as it is asked for: ``subject/Contract/C-1042``."""
        return f"{self.kind}/{self.about}" if self.about else self.kind


class Rendered(NamedTuple):
    """A topic as it stood at one number of the ledger, and what it rests on.

    Args:
        number: The last entry that was there.
        data: What is sent: text in UTF-8, the same for everyone who may see the topic.
        rests: The subjects, by number, whose every change may change it.
        person: The number of the person whom it is about; changes of what concerns that person, too.
        missing: What nobody spoke of yet, so that it changes once somebody does.
        until: The moment, in microseconds, from which it may read otherwise though nothing is heard.
        everything: Whether any commit may change it, even one without an entry.
        pace: Seconds before it is rendered again, at least.
        same: What is compared to see whether it changed, where that is less than the data.
    """

    number: int
    data: bytes
    rests: frozenset[int] = frozenset()
    person: int = 0
    missing: Ref | None = None
    until: int | None = None
    everything: bool = False
    pace: float = 0.0
    same: bytes = b""


class Renderer(Protocol):
    """Renders the topics of one kind. Called from several threads."""

    def topic(self, about: str, channel: str) -> Topic:
        """The topic that was asked for.

        Raises:
            NoSuchName: The company declares nothing of that name.
        """
        ...

    def render(self, topic: Topic) -> Rendered:
        """The topic as it stands, read in one view of the ledger.

        Raises:
            LedgerError: The ledger cannot be read; it is tried again.
        """
        ...
