"""The chain: every entry's hash covers all before it, every commit is sealed.

``h_n = SHA-256(h_(n-1) || line_n)``, where a line is the JSON array of what the entry holds, with
the names its numbers stand for, so that a changed name breaks the chain too. A commit's seal covers
the seal before it, its own row, the messages of the commit, the names that their numbers stand for,
the new subjects, and the hash of its last entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()
_encode = _encoder.encode


def genesis(company: str) -> bytes:
    """The hash before the first entry, and the seal before the first commit."""
    return sha256(b"onestory ledger of " + company.encode()).digest()


def link_hash(before: bytes, line: Sequence[Any]) -> bytes:
    """The hash of an entry.

    Args:
        before: The hash of the entry before it.
        line: Number, kind, entity, alias's system, key, the number of the entry before it about
            the same subject, party, message, known, body.
    """
    return sha256(before + _encode(line)).digest()


def message_lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """What a seal covers of messages: the line of each, in order.

    Args:
        rows: Of each, number, party, id, sequence, known, hash, says, replays.
    """
    return _encoder.encode_lines(rows)


def names_line(parties: Mapping[int, Any], shapes: Mapping[int, Any]) -> bytes:
    """What a seal covers of the names that numbers in its messages stand for."""
    return _encode([sorted(names.items()) for names in (parties, shapes)])


def subject_line(number: int, entity: str, alias_of: str, key: str) -> bytes:
    """What a seal covers of a new subject: its number and its name."""
    return _encode((number, entity, alias_of, key))


def seal_hash(
    before: bytes, row: Sequence[Any], lines: Iterable[bytes], last_entry: bytes
) -> bytes:
    """The seal of a commit.

    Args:
        before: The seal of the commit before it.
        row: Its number, the numbers of the last message, entry and subject there are, known.
        lines: The lines of its messages, of the names in them, then of each new subject.
        last_entry: The hash of the last entry there is.
    """
    seal = sha256(before + _encode(row))
    for line in lines:
        seal.update(line)
    seal.update(last_entry)
    return seal.digest()
