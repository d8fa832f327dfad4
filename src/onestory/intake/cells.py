"""The rows of CSV that the lines of a file make; a row that cannot be read costs only its first line."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ..errors import MessageError, NotAMessage, TooLarge
from .lines import MAX_LINE, Line

MAX_ROW_LINES = 10_000
"""Lines of one row: the longest note has fewer, and a quote that is never closed has more."""

MAX_READ_AGAIN = 64 * MAX_LINE
"""Bytes of a file, and ``EACH`` for a line, that are read again because a row they were taken for had
no end: a second of work, and many broken rows. After that the lines of such a row are torn together."""

EACH = 64
"""What it costs to read a line again, in bytes that could be read in that time."""


class Torn(NamedTuple):
    """Lines that make no row, and why."""

    data: bytes
    reason: MessageError


class CellRows:
    """Rows of cells, each with the number of its first line.

    A quote that is never closed would swallow the file to its end. So when a row has no end, or
    comes to an end that CSV does not know, its first line alone is torn, and the lines after it
    are read again.

    Args:
        lines: The lines.
        name: The file's name, for reasons.
    """

    def __init__(self, lines: Iterator[Line], name: str) -> None:
        self._lines, self._name = lines, name
        self._again: deque[Line] = deque()
        self._taken: list[Line] = []
        self._size = 0
        self._left = MAX_READ_AGAIN

    def __iter__(self) -> Iterator[tuple[int, list[str] | Torn]]:
        csv.field_size_limit(MAX_LINE)
        reader = csv.reader(_Texts(self), strict=True)
        while True:
            self._taken, self._size = [], 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._torn(NotAMessage(f"A row is not CSV: {error}.", fix="Mend the row."))
            except UnicodeDecodeError as error:
                what = f"A row is not UTF-8 text: {error.reason} at its byte {error.start + 1}."
                yield self._torn(NotAMessage(what, fix="Save the file as UTF-8."))
            except TooLarge as error:
                yield self._torn(error)
            else:
                yield self._taken[0].number, cells

    def next_text(self) -> str:
        """The next line of the row under way.

        Raises:
            TooLarge: The line, or the row with it, is too large.
            UnicodeDecodeError: It is not text.
        """
        line = self._again.popleft() if self._again else next(self._lines)
        self._size += line.size
        if self._taken and (self._size > MAX_LINE or len(self._taken) == MAX_ROW_LINES):
            self._again.appendleft(line)
            raise _too_large(f"row of {len(self._taken):,} lines and", self._size)
        self._taken.append(line)
        if line.too_large:
            raise _too_large("line of", line.size)
        return line.data.decode()

    def _torn(self, reason: MessageError) -> tuple[int, Torn]:
        first, *rest = self._taken
        size = sum(EACH + line.size for line in rest)
        reason.where = f"{self._name}:{first.number}"
        if size <= self._left:
            self._left -= size
            self._again.extendleft(reversed(rest))
            return first.number, Torn(first.data, reason)
        reason.where += f" to {rest[-1].number}"
        return first.number, Torn(b"".join(line.data for line in self._taken), reason)


class _Texts(Iterator[str]):
    """The lines as the csv module asks for them."""

    def __init__(self, rows: CellRows) -> None:
        self._rows = rows

    def __next__(self) -> str:
        return self._rows.next_text()


def _too_large(what: str, size: int) -> TooLarge:
    return TooLarge(
        f"A {what} {size:,} bytes or more.",
        fix="Split it, or close its quotes: "
        f"a row has at most {MAX_LINE:,} bytes and {MAX_ROW_LINES:,} lines.",
    )
