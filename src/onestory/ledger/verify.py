"""Verifying a ledger: its file, its numbers, its chain and its seals, line by line, in flat memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from ..errors import LedgerCorrupt
from .chain import link_hash, message_lines, names_line, seal_hash, subject_line
from .database import Row
from .view import View

FIRST, LAST = -(2**63), 2**63 - 1
"""All numbers there can be: a row below the first of ours was added by others."""


class Finding(NamedTuple):
    """Something that does not hold, with where it is."""

    where: str
    what: str


Progress = Callable[[int], None]
"""Called with the number of lines checked so far."""


def verify(view: View, progress: Progress | None = None) -> Iterator[Finding]:
    """Check the whole ledger; what is found, the first of each break only.

    A changed bit is found at its line, a removed or added line at its number. Lines cut off the
    end together with their seals leave no trace in the file itself: publish the last seal elsewhere.
    """
    damage = [what for (what,) in view.connection.rows("damage") if what != "ok"]
    if damage:
        yield from (Finding("the file", f"is damaged: {what}.") for what in damage)
        return
    done = _Done(progress)
    yield from _entries(view, done)
    yield from _Commits(view, done).findings()
    yield from _kept(view)


class _Done:
    """Counts the lines checked."""

    def __init__(self, progress: Progress | None) -> None:
        self.lines, self._progress = 0, progress

    def one(self) -> None:
        self.lines += 1
        if self._progress:
            self._progress(self.lines)


def _entries(view: View, done: _Done) -> Iterator[Finding]:
    """Check that numbers have no holes, and that each entry has the hash of all up to it."""
    before, expected = view.genesis, 1
    try:
        for row in view.connection.each("entries_between", FIRST, LAST):
            number, kind, entity, alias_of, key, party, message, known, body, previous, kept = row
            if type(number) is not int or number < expected:
                yield Finding(f"entry {number}", "was added: numbers begin with 1.")
                continue
            line = (number, kind, entity, alias_of, key, previous, party, message, known, body)
            if number > expected:
                yield Finding(f"entry {expected}", f"is missing; the next one is {number}.")
            elif type(before) is not bytes or link_hash(before, line) != kept:
                yield Finding(
                    f"entry {number}", f"of {entity} {key} does not have the hash of what it says."
                )
            before, expected = kept, number + 1
            done.one()
    except LedgerCorrupt as error:
        yield Finding(f"entry {expected}", f"cannot be read. {error.what}")


class _Commits:
    """Checks that each commit is all that was sealed with it, and that nothing else is there."""

    def __init__(self, view: View, done: _Done) -> None:
        self._view, self._done = view, done
        rows = view.connection.rows
        self._parties: dict[Any, str] = dict(rows("parties"))
        self._shapes = {number: _decoded(facts) for number, facts in rows("shapes")}

    def findings(self) -> Iterator[Finding]:
        before, expected = self._view.genesis, 1
        ends: Row = (0, 0, 0)
        for number, *last, known, kept in self._view.connection.each("seals"):
            if type(number) is not int or number < expected:
                yield Finding(f"seal {number}", "was added: numbers begin with 1.")
                continue
            if number > expected:
                yield Finding(f"seal {expected}", f"is missing; the next one is {number}.")
            elif type(before) is not bytes or not _follow(ends, last):
                yield Finding(f"seal {number}", "does not follow the one before it.")
            else:
                seal = (number, *last, known)
                yield from self._commit(before, ends, seal, kept)
            before, expected = kept, number + 1
            ends = tuple(last) if _follow((FIRST, FIRST, FIRST), last) else ends
        for what, end, sealed in zip(
            ("message", "entry", "subject"), self._ends(), ends, strict=True
        ):
            if end > sealed:
                yield Finding(f"{what} {sealed + 1}", "was not sealed with a commit.")

    def _commit(self, before: bytes, ends: Row, seal: Row, kept: Any) -> Iterator[Finding]:
        """Check one commit; ``ends`` are the last numbers before it."""
        number, last, entries, subjects, _ = seal
        hashes = self._view.connection.rows("hash_of_entry", entries)
        last_entry = hashes[0][0] if hashes else self._view.genesis if entries == 0 else None
        if last_entry is None:
            yield Finding(f"entry {entries}", "is missing; a seal names it.")
            return
        missing: list[int] = []
        lines = chain(self._messages(ends[0], last, missing), self._subjects(ends[2], subjects))
        try:
            same = seal_hash(before, seal, lines, last_entry) == kept
        except (LedgerCorrupt, TypeError, ValueError) as error:
            what = error.what if isinstance(error, LedgerCorrupt) else f"{error}."
            yield Finding(f"seal {number}", f"is of messages that cannot be read. {what}")
            return
        if missing:
            yield Finding(f"message {missing[0]}", "is missing.")
        elif not same:
            all_of_it = ", ".join(
                f"{what} {first + 1} to {end}"
                for what, first, end in zip(
                    ("messages", "entries", "subjects"), ends, seal[1:4], strict=True
                )
                if end > first
            )
            yield Finding(f"seal {number}", f"is not that of its commit: {all_of_it}.")

    def _messages(self, first: int, last: int, missing: list[int]) -> Iterator[bytes]:
        expected, parties, shapes = first + 1, dict[int, Any](), dict[int, Any]()
        for row in self._view.connection.each("messages_between", first or FIRST, last):
            if row[0] > expected and not missing:
                missing.append(expected)
            yield message_lines([row])
            parties[row[1]] = self._parties.get(row[1])
            shapes |= {number: self._shapes.get(number) for number in _decoded(row[6])[1::2]}
            expected = row[0] + 1
            self._done.one()
        if expected <= last and not missing:
            missing.append(expected)
        yield names_line(parties, shapes)

    def _subjects(self, first: int, last: int) -> Iterator[bytes]:
        for row in self._view.connection.each("subjects_between", first or FIRST, last):
            yield subject_line(*row)

    def _ends(self) -> Iterator[int]:
        message, entry, _, subject, *_ = self._view.connection.rows("head")[0]
        return (end or 0 for end in (message, entry, subject))


def _kept(view: View) -> Iterator[Finding]:
    """Check what else is nowhere but in its own row."""
    for number, raw, digest in view.connection.each("asides_kept"):
        if type(raw) is not bytes or sha256(raw).digest() != digest:
            yield Finding(f"message {number}", "is not kept as it arrived; it was set aside.")
    for number, key, latest in view.connection.each("strayed"):
        yield Finding(f"subject {number}", f"{key} has no entry {latest}, its latest.")


def _follow(before: Sequence[Any], after: Sequence[Any]) -> bool:
    """Whether the numbers of a seal can come after those of the one before."""
    pairs = zip(before, after, strict=True)
    return all(type(later) is int and later >= earlier for earlier, later in pairs)


def _decoded(text: Any) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, TypeError):
        return None
