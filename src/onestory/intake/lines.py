"""The lines of a file, with their numbers; none is held that is longer than a message may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from .message import KEPT_OF_TOO_LARGE, MAX_MESSAGE

MAX_LINE = MAX_MESSAGE
"""Bytes of one line: a line is a message, and is limited like one."""

Progress = Callable[[int], None]
"""Called with the number of bytes read so far."""


class Line(NamedTuple):
    """A line of a file.

    Args:
        number: Its number, from 1.
        data: Its bytes; the first of them, if it is over ``MAX_LINE``.
        size: How many bytes it has.
    """

    number: int
    data: bytes
    size: int

    @property
    def too_large(self) -> bool:
        """Whether it is over ``MAX_LINE``."""
        return self.size > MAX_LINE


def lines_of(file: BinaryIO, progress: Progress | None = None) -> Iterator[Line]:
    """The lines of a file, in bounded memory; without the mark that some programs put before text."""
    number = done = 0
    while data := file.readline(MAX_LINE + 1):
        number += 1
        size = len(data)
        if size > MAX_LINE:
            end, data = data, data[:KEPT_OF_TOO_LARGE]
            while end and not end.endswith(b"\n"):
                end = file.readline(MAX_LINE + 1)
                size += len(end)
        done += size
        yield Line(number, data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data, size)
        if progress:
            progress(done)
