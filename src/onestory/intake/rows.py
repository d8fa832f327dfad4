"""Files of messages: rows of CSV, and lines of JSON or of CloudEvents, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec

from ..errors import MessageError, NotAMessage, TooLarge
from .cells import CellRows, Torn
from .lines import MAX_LINE, Line, Progress, lines_of
from .message import (
    KEPT_OF_TOO_LARGE,
    UNDECODABLE,
    Arrived,
    Message,
    Unreadable,
    checked,
    structured,
    why_undecodable,
)

MAX_UNREADABLE = 100
"""Lines from the top of a file that may be unreadable with none readable among them: such a file
is of another kind than its name says, and is refused rather than set aside line by line."""


class RowFile:
    """A file whose rows are messages of one system.

    Args:
        path: The file; ``.csv`` is read as CSV with a header, ``.jsonl`` and ``.ndjson`` as one
            JSON value a line: a CloudEvent where it has a ``specversion``, else a row.
        system: The system whose rows these are. CloudEvents name their own.
        type: The type of message that each row is, for the reader.
        id: The column that identifies a row. Left out, a row is known by the file's SHA-256 and
            its line, so that the same file again adds nothing, and tomorrow's file is heard.
        sequence: The column that numbers the rows' versions, if there is one.
        time: The column that says when it happened (ISO 8601 with zone), if there is one.
        mark: What stands for the file in the ids of rows that have none, instead of its SHA-256.
    """

    def __init__(
        self,
        path: Path,
        *,
        system: str = "",
        type: str = "",  # noqa: A002 - the attribute's name in CloudEvents
        id: str = "",  # noqa: A002 - the attribute's name in CloudEvents
        sequence: str = "",
        time: str = "",
        mark: str = "",
    ) -> None:
        self.path, self.system, self.type = path, system, type
        self.id, self.sequence, self.time = id, sequence, time
        self._digest = mark

    def messages(self, progress: Progress | None = None) -> Iterator[Arrived]:
        """Each row as a message, in order; unreadable rows as such, with their reason.

        Raises:
            NotAMessage: The file is not text, has no header, or no readable line near its top.
        """
        with self.path.open("rb") as file:
            if not self.id and not self._digest:
                self._digest = digest_of(file)
            lines = lines_of(file, progress)
            rows = self._csv(lines) if self.path.suffix.lower() == ".csv" else self._json(lines)
            unreadable, readable = 0, False
            for arrived in rows:
                if isinstance(arrived, Unreadable) and not readable:
                    unreadable += 1
                    if unreadable > MAX_UNREADABLE:
                        raise NotAMessage(
                            f"The first {MAX_UNREADABLE} lines of {self.path.name} cannot be read. "
                            f"The last reason: {arrived.reason.what}",
                            where=str(self.path),
                            fix="Give a .csv file with a header, or a .jsonl file of JSON lines.",
                        )
                else:
                    readable = True
                yield arrived

    def _json(self, lines: Iterator[Line]) -> Iterator[Arrived]:
        for line in lines:
            data = line.data.strip()
            if line.too_large:
                reason = TooLarge(
                    f"A line of {line.size:,} bytes.",
                    where=f"{self.path.name}:{line.number}",
                    fix=f"Split it: a line has at most {MAX_LINE:,} bytes.",
                )
                yield self._unreadable(line.data, line.number, reason)
            elif b'"specversion"' in data:
                yield structured(data)
            elif data:
                yield self.row(data, line.number, lax=False)

    def _csv(self, lines: Iterator[Line]) -> Iterator[Arrived]:
        header: list[str] | None = None
        for number, cells in CellRows(lines, self.path.name):
            if header is None:
                if isinstance(cells, Torn):
                    raise cells.reason
                header = _header(cells, self.path)
            elif isinstance(cells, Torn):
                yield self._unreadable(cells.data, number, cells.reason)
            elif len(cells) == len(header):
                row = dict(zip(header, cells, strict=True))
                yield self.row(msgspec.json.encode(row), number, lax=True)
            elif cells:
                reason = NotAMessage(
                    f"The row has {len(cells)} cells and the header {len(header)}.",
                    where=f"{self.path.name}:{number}",
                    fix="Quote cells that hold commas, or mend the header.",
                )
                yield self._unreadable(msgspec.json.encode(cells), number, reason)

    def row(self, data: bytes, number: int, *, lax: bool) -> Arrived:
        """One row as a message, from its JSON; unreadable as such, with its reason."""
        where = f"{self.path.name}:{number}"
        try:
            row = msgspec.json.decode(data)
            if not isinstance(row, dict):
                raise NotAMessage("The line is not a JSON object.", where=where, fix="Write {...}.")
            made = Message(
                str(self._cell(row, self.id, where)) if self.id else f"{self._digest}:{number}",
                self.system,
                self.type,
                msgspec.Raw(data),
                self._moment(row, where),
                sequence=self._cell(row, self.sequence, where) if self.sequence else None,
                raw=data,
                lax=lax,
            )
            return checked(made)
        except UNDECODABLE as error:
            why = why_undecodable(error)
            reason = NotAMessage(f"The line is not JSON: {why}.", where=where, fix="Write {...}.")
            return self._unreadable(data, number, reason)
        except MessageError as error:
            error.where = error.where or where
            return self._unreadable(data, number, error)

    def _cell(self, row: dict[str, object], column: str, where: str) -> str:
        if column not in row:
            raise NotAMessage(
                f"The row has no column {column!r}.",
                where=where,
                fix=f"It has: {', '.join(map(str, row))}.",
            )
        return str(row[column])

    def _moment(self, row: dict[str, object], where: str) -> datetime | None:
        if not self.time:
            return None
        written = self._cell(row, self.time, where)
        try:
            return datetime.fromisoformat(written)
        except ValueError as error:
            raise NotAMessage(
                f"{written!r:.60} is not a time.", where=where, fix="Write 2027-01-05T09:00:00Z."
            ) from error

    def _unreadable(self, data: bytes, number: int, reason: MessageError) -> Unreadable:
        digest = self._digest or sha256(data).hexdigest()[:32]
        return Unreadable(data[:KEPT_OF_TOO_LARGE], reason, self.system, f"{digest}:{number}")


def _header(cells: list[str], path: Path) -> list[str]:
    if not cells or "" in cells or len(set(cells)) != len(cells):
        raise NotAMessage(
            f"The first row of {path.name} is not a header: {', '.join(cells)!r:.80}.",
            where=f"{path.name}:1",
            fix="Name every column once.",
        )
    return cells


def digest_of(file: BinaryIO) -> str:
    """The first half of a file's SHA-256, in hexadecimal; the file is at its beginning again then."""
    digest = sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()[:32]
