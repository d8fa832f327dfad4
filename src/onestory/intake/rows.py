"""Files of messages: rows of CSV, and lines of JSON or of CloudEvents, in bounded memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec

from ..errors import MessageError, NotAMessage, TooLarge
from .message import MAX_MESSAGE, Arrived, Message, Unreadable, checked, structured

MAX_LINE = MAX_MESSAGE
"""Bytes of one line: a line is a message, and is limited like one."""

MAX_UNREADABLE = 100
"""Lines from the top of a file that may be unreadable with none readable among them: such a file
is of another kind than its name says, and is refused rather than set aside line by line."""

KEPT_OF_TOO_LARGE = 4096
"""Bytes that are set aside of a line over ``MAX_LINE``: enough to find it again in the file."""

Progress = Callable[[int], None]
"""Called with the number of bytes read so far."""


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
    ) -> None:
        self.path, self.system, self.type = path, system, type
        self.id, self.sequence, self.time = id, sequence, time
        self._digest = ""

    def messages(self, progress: Progress | None = None) -> Iterator[Arrived]:
        """Each row as a message, in order; unreadable rows as such, with their reason.

        Raises:
            NotAMessage: The file is not text, has no header, or no readable line near its top.
        """
        with self.path.open("rb") as file:
            if not self.id:
                self._digest = _digest(file)
            lines = _Lines(file, self, progress)
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

    def _json(self, lines: _Lines) -> Iterator[Arrived]:
        for number, line in lines:
            if isinstance(line, Unreadable):
                yield line
            elif line.strip():
                if b'"specversion"' in line:
                    yield structured(line.strip())
                else:
                    yield self._row(line.strip(), number, lax=False)

    def _csv(self, lines: _Lines) -> Iterator[Arrived]:
        text = _text(lines, self.path)
        reader = csv.reader(text, strict=True)
        csv.field_size_limit(MAX_LINE)
        header: list[str] | None = None
        while True:
            yield from lines.drain()
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                at = f"{self.path.name}:{lines.number}"
                reason = NotAMessage(f"A row is not CSV: {error}.", where=at, fix="Mend the row.")
                if header is None:
                    raise reason from error
                yield self._unreadable(b"", lines.number, reason)
                continue
            if header is None:
                header = _header(cells, self.path)
            elif len(cells) == len(header):
                row = dict(zip(header, cells, strict=True))
                yield self._row(msgspec.json.encode(row), lines.number, lax=True)
            elif cells:
                reason = NotAMessage(
                    f"The row has {len(cells)} cells and the header {len(header)}.",
                    where=f"{self.path.name}:{lines.number}",
                    fix="Quote cells that hold commas, or mend the header.",
                )
                yield self._unreadable(msgspec.json.encode(cells), lines.number, reason)
        yield from lines.drain()

    def _row(self, data: bytes, number: int, *, lax: bool) -> Arrived:
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
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            reason = NotAMessage(f"The line is not JSON: {error}.", where=where, fix="Write {...}.")
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


class _Lines:
    """The lines of a file with their numbers, none held that is over ``MAX_LINE``."""

    def __init__(self, file: BinaryIO, rows: RowFile, progress: Progress | None) -> None:
        self._file, self._rows, self._progress = file, rows, progress
        self.number = 0
        self.too_large: list[Unreadable] = []

    def __iter__(self) -> Iterator[tuple[int, bytes | Unreadable]]:
        done = 0
        while line := self._file.readline(MAX_LINE + 1):
            self.number += 1
            done += len(line)
            if len(line) > MAX_LINE:
                size, kept = len(line), line[:KEPT_OF_TOO_LARGE]
                while line and not line.endswith(b"\n"):
                    line = self._file.readline(MAX_LINE + 1)
                    size, done = size + len(line), done + len(line)
                yield self.number, self._over(kept, size)
            else:
                yield self.number, line
            if self._progress:
                self._progress(done)

    def drain(self) -> Iterator[Unreadable]:
        """The lines that were too large since this was last asked."""
        while self.too_large:
            yield self.too_large.pop(0)

    def _over(self, kept: bytes, size: int) -> Unreadable:
        reason = TooLarge(
            f"A line of {size:,} bytes.",
            where=f"{self._rows.path.name}:{self.number}",
            fix=f"Split it: a line has at most {MAX_LINE:,} bytes.",
        )
        return self._rows._unreadable(kept, self.number, reason)  # noqa: SLF001 - the other half of one reader


def _text(lines: _Lines, path: Path) -> Iterator[str]:
    for number, line in lines:
        if isinstance(line, Unreadable):
            lines.too_large.append(line)
            continue
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise NotAMessage(
                f"{path.name} is not UTF-8 text: {error.reason} at byte {error.start + 1} of line {number}.",
                where=f"{path.name}:{number}",
                fix="Save it as UTF-8.",
            ) from error


def _header(cells: list[str], path: Path) -> list[str]:
    if not cells or "" in cells or len(set(cells)) != len(cells):
        raise NotAMessage(
            f"The first row of {path.name} is not a header: {', '.join(cells)!r:.80}.",
            where=f"{path.name}:1",
            fix="Name every column once.",
        )
    return cells


def _digest(file: BinaryIO) -> str:
    digest = sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()[:32]
