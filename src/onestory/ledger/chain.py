"""The chain: every entry's hash covers all before it, every commit is sealed.

``h_n = SHA-256(h_(n-1) || line_n)``, where a line is the JSON array of what the entry holds, with
the names its numbers stand for, so that a changed name breaks the chain too. A commit's seal covers
the seal before it, all messages of the commit and the hash of its last entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


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


def seal_hash(before: bytes, messages: Sequence[Sequence[Any]], last_entry: bytes) -> bytes:
    """The seal of a commit.

    Args:
        before: The seal of the commit before it.
        messages: Its messages: number, party, id, sequence, known, hash, says, replays.
        last_entry: The hash of the last entry there is.
    """
    return sha256(before + _encode(messages) + last_entry).digest()
