"""The audit: who came in, and who changed accounts and keys; lines that are only added, and chained."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ..clock import moment
from .database import Connection
from .verify import Finding

PAGE = 500
"""Lines read at once."""

_encode = msgspec.json.Encoder(order="sorted").encode


class Line(NamedTuple):
    """One line of the audit.

    Args:
        number: Its number, from 1 on.
        known: When it was written, in microseconds.
        actor: Who did it: a login, a key's id, or nobody known.
        action: What was done, in the past tense.
        target: To what: a login, a key's id.
        was: What it was before, as JSON; never a password or a key.
        became: What it is since, as JSON.
        request: The id of the request, which its logs carry; nothing for the command line.
        hash: The SHA-256 of this line and the hash of the one before it.
    """

    number: int
    known: int
    actor: str
    action: str
    target: str
    was: str
    became: str
    request: str
    hash: bytes

    @property
    def shown(self) -> dict[str, object]:
        """The line, for whoever reads it."""
        return {
            "number": self.number,
            "known": moment(self.known),
            "actor": self.actor,
            "action": self.action,
            "target": self.target,
            "was": msgspec.json.decode(self.was),
            "became": msgspec.json.decode(self.became),
            "request": self.request,
        }


class Audit:
    """The lines of the audit, in one transaction or one view.

    Args:
        connection: The transaction, or the view.
        now: The present moment, in microseconds.
    """

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection, self._now = connection, now

    def add(
        self,
        action: str,
        target: str,
        *,
        by: str,
        request: str = "",
        was: object = None,
        became: object = None,
    ) -> None:
        """Add a line, in the transaction in which it is done.

        Args:
            action: What was done, in the past tense.
            target: To what.
            by: Who did it.
            request: The id of the request.
            was: What it was before.
            became: What it is since.
        """
        rows = self._connection.rows("last_audit")
        number, before = (rows[0][0], bytes(rows[0][1])) if rows else (0, b"")
        change = _encode(was).decode(), _encode(became).decode()
        line = Line(number + 1, self._now, by, action, target, change[0], change[1], request, b"")
        self._connection.run("insert_audit", *line[:-1], _hash(before, line))

    def page(self, after: int = 0, limit: int = PAGE) -> list[Line]:
        """A page of lines, in the order of their numbers."""
        rows = self._connection.rows("audit", after, limit)
        return [Line._make((*row[:-1], bytes(row[-1]))) for row in rows]

    def findings(self) -> Iterator[Finding]:
        """Where a line is missing, or is not the one that was written."""
        number, before = 0, b""
        while page := self.page(number):
            for line in page:
                if line.number != number + 1:
                    yield Finding(f"audit {number + 1}", "The line is missing.")
                if line.hash != _hash(before, line):
                    yield Finding(
                        f"audit {line.number}", "The line is not the one that was written."
                    )
                number, before = line.number, line.hash


def _hash(before: bytes, line: Line) -> bytes:
    return sha256(before + msgspec.json.encode(line[:-1])).digest()
