"""Verifying a ledger: its numbers, its chain and its seals, line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from .chain import link_hash, seal_hash
from .view import View


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
    done = 0
    before, expected = view.genesis, 1
    hashes: dict[int, bytes] = {0: view.genesis}
    seals = list(view.connection.each("seals"))
    sealed_at = {row[2] for row in seals}
    for row in view.connection.each("entries_between", 0, 2**62):
        number, kind, entity, alias_of, key, party, message, known, body, previous, kept = row
        if number != expected:
            yield Finding(f"entry {expected}", f"is missing; the next one is {number}.")
            before, expected = kept, number + 1
            continue
        line = (number, kind, entity, alias_of, key, previous, party, message, known, body)
        if link_hash(before, line) != kept:
            yield Finding(
                f"entry {number}", f"of {entity} {key} does not have the hash of what it says."
            )
        before, expected = kept, number + 1
        if number in sealed_at:
            hashes[number] = kept
        done += 1
        if progress:
            progress(done)
    yield from _seals(view, seals, hashes, expected - 1, done, progress)


def _seals(
    view: View,
    seals: list[tuple[int, int, int, int, bytes]],
    hashes: dict[int, bytes],
    entries: int,
    done: int,
    progress: Progress | None,
) -> Iterator[Finding]:
    before, first = view.genesis, 0
    for expected, (number, messages, last_entry, _, kept) in enumerate(seals, start=1):
        if number != expected:
            yield Finding(f"seal {expected}", f"is missing; the next one is {number}.")
            return
        rows = view.connection.rows("messages_between", first, messages)
        numbers = [row[0] for row in rows]
        if numbers != list(range(first + 1, messages + 1)):
            missing = next(n for n in range(first + 1, messages + 1) if n not in set(numbers))
            yield Finding(f"message {missing}", "is missing.")
        elif last_entry not in hashes:
            yield Finding(f"entry {last_entry}", "is missing; a seal names it.")
        elif seal_hash(before, rows, hashes[last_entry]) != kept:
            yield Finding(
                f"messages {first + 1} to {messages}", "are not what was sealed with their commit."
            )
        before, first = kept, messages
        done += len(rows)
        if progress:
            progress(done)
    (last,) = view.connection.rows("head")[0][:1]
    if (last or 0) > first:
        yield Finding(f"message {first + 1}", "was not sealed with a commit.")
    if entries > (seals[-1][2] if seals else 0):
        yield Finding(f"entry {entries}", "was not sealed with a commit.")
