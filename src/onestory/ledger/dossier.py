"""The dossier: everything all parties now say about one subject, as one small document.

Kept as MessagePack, one row a subject, rebuildable from the ledger. Times are microseconds since
1970-01-01T00:00Z; values are the JSON forms of ``model.values``. What a party says is decoded only
when it is asked for, so that a repeat by one party costs nothing of what the others say.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

from ..errors import LedgerCorrupt

_T = TypeVar("_T")

UNNUMBERED = 2**62
"""Taken off the number of receipt where a message has no sequence of its own: what a system numbers
itself is always later than what it did not, and both are ordered by one comparison."""


class Timed(msgspec.Struct, array_like=True, gc=False):
    """A claim that holds from one moment, and maybe until another. The end is not included."""

    value: Any
    sequence: int
    since: int
    until: int | None
    heard: int

    def holds(self, at: int) -> bool:
        """Whether it is about this moment."""
        return self.since <= at and (self.until is None or at < self.until)


class Former(msgspec.Struct, array_like=True, gc=False):
    """A value that a party said before, the greatest sequence with it, and when it stopped."""

    value: Any
    sequence: int
    stopped: int


class Said(msgspec.Struct, array_like=True, gc=False):
    """What one speaker says of one subject.

    Args:
        values: What it says now, by fact.
        sequence: The greatest sequence among its messages on this subject.
        heard: When that message was heard.
        changed: Since when it says so, by fact.
        apart: Sequence and time heard of the facts that the last message did not mention.
        former: What it said before, greatest sequence last; kept for parties that decide.
        timed: All claims of a fact that hold at some moment from now on, greatest sequence first;
            only for facts with a claim that begins later or ends.
    """

    values: dict[str, Any]
    sequence: int
    heard: int
    changed: dict[str, int]
    apart: dict[str, tuple[int, int]]
    former: dict[str, list[Former]]
    timed: dict[str, list[Timed]]

    def mark(self, fact: str) -> tuple[int, int]:
        """The sequence of the claim that says what is said now, and when it was last heard."""
        return self.apart.get(fact) or (self.sequence, self.heard)


class Gap(msgspec.Struct, array_like=True, gc=False):
    """A follower that differs from the authority.

    Args:
        began: When they began to differ, whatever values came and went since.
        since: When the authority stopped saying what the follower says.
        due: Until when the follower has time.
        opened: When a contradiction was opened, or 0.
        spoken: Whether the follower has spoken since the authority's last change. Kept, since two
            messages may be heard at one moment.
    """

    began: int
    since: int
    due: int
    opened: int = 0
    spoken: bool = False


class Excuse(msgspec.Struct, array_like=True, gc=False):
    """A difference that a person declared on this subject, with its reason and its end."""

    fact: str
    follower: str
    because: str
    until: int
    by: str


class Dossier(msgspec.Struct, array_like=True, gc=False):
    """Everything all parties say about one subject, and where they differ.

    Args:
        at: Up to when it was judged.
        wake: When it must be judged again though nothing is heard, if ever.
        heard: How many heard entries it rests on.
        said: What each speaker says: a party, or a party by another name (``billing@B-991``).
        gaps: Where followers differ, by fact and follower.
        excuses: Differences declared by a person.
        passed: Since when authority has passed on, by fact.
        aliases: The speakers that are a party by another name, by party.
        waiting: The speakers with claims that wait for their time.
    """

    at: int
    wake: int | None
    heard: int
    said: dict[str, msgspec.Raw]
    gaps: dict[str, dict[str, Gap]]
    excuses: list[Excuse]
    passed: dict[str, int]
    aliases: dict[str, list[str]]
    waiting: list[str]

    def speaker(self, name: str) -> Said | None:
        """What one speaker says; decoded when first asked for, then kept with every change."""
        kept: Any = self.said.get(name)
        if type(kept) is msgspec.Raw:
            kept = _whole(_said, kept)
            self.put(name, kept)
        said: Said | None = kept
        return said

    def put(self, name: str, said: Said) -> None:
        """Let a speaker say this."""
        cast("dict[str, Said]", self.said)[name] = said

    def word(self, party: str, fact: str) -> Said | None:
        """Where a party's present answer to a fact stands: under its own name or an alias."""
        kept: Any = self.said.get(party)
        said: Said | None = self.speaker(party) if type(kept) is msgspec.Raw else kept
        found = said if said is not None and fact in said.values else None
        if self.aliases:
            for name in self.aliases.get(party, ()):
                other = self.speaker(name)
                if other is not None and fact in other.values:
                    newer = found is None or other.mark(fact)[0] > found.mark(fact)[0]
                    found = other if newer else found
        return found

    def rename(self, was: str, now: str) -> None:
        """Let a fact that was called otherwise have its present name."""
        for name in self.said:
            said = self.speaker(name)
            parts = (said.values, said.changed, said.apart, said.former, said.timed) if said else ()
            for part in (*parts, self.gaps, self.passed):
                if was in part:
                    part[now] = part.pop(was)
        for excuse in self.excuses:
            excuse.fact = now if excuse.fact == was else excuse.fact

    def speakers(self) -> list[str]:
        """Everyone who says something of this subject."""
        return list(self.said)


def new_dossier() -> Dossier:
    """The dossier of a subject that nobody has spoken of."""
    return Dossier(0, None, 0, {}, {}, [], {}, {}, [])


def new_said() -> Said:
    """What a speaker says that has not spoken."""
    return Said({}, -(2**63) + 1, 0, {}, {}, {}, {})


_said = msgspec.msgpack.Decoder(Said)
_dossier = msgspec.msgpack.Decoder(Dossier)
_encoder = msgspec.msgpack.Encoder()


def read_dossier(kept: bytes) -> Dossier:
    """A dossier from its row. The caller owns it and may change it.

    Raises:
        LedgerCorrupt: The row is damaged.
    """
    return _whole(_dossier, kept)


def write_dossier(dossier: Dossier) -> bytes:
    """A dossier as its row."""
    return _encoder.encode(dossier)


def _whole(decoder: msgspec.msgpack.Decoder[_T], kept: bytes | msgspec.Raw) -> _T:
    try:
        return decoder.decode(kept)
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError) as error:
        raise LedgerCorrupt(
            f"A dossier is damaged: {error}.",
            fix="Restore the ledger from a backup; `onestory verify` names what does not hold.",
        ) from error


def plain(dossier: Dossier) -> Any:
    """A dossier with every part decoded, to compare and to show."""
    for name in dossier.said:
        dossier.speaker(name)
    return msgspec.to_builtins(dossier)
