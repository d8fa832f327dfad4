"""Files in a watched folder, pulled when they are new or changed and nobody writes to them any more."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from stat import S_ISREG

import msgspec

from ..clock import MICROSECOND, micros
from ..errors import DeclarationError, MessageError, NotPulled
from ..model import Asked, Page, duration, here
from .message import Arrived, Unreadable
from .parquet import ParquetFile
from .rows import RowFile, digest_of
from .select import PAGE_ROWS

REST = "5 s"
"""How long a file must have stayed as it is before it is read: longer than the pauses of a program that
writes one."""

MAX_FILES = 10_000
"""Files of a folder that are looked at: each is in the cursor, which is written with every page. A folder
with more wants to be emptied of those that are heard, or divided."""

KINDS = {".csv", ".jsonl", ".ndjson", ".parquet"}
"""The kinds of files that are read, by their endings."""


def files_of(
    folder: str | Path,
    pattern: str = "*",
    *,
    id: str = "",  # noqa: A002 - the attribute's name in CloudEvents
    sequence: str = "",
    time: str = "",
    rest: str | timedelta = REST,
) -> FolderSource:
    """Files that are put into a folder, as a source for ``System.pulls``.

    A file is read once, and again when it was changed, once it has rested; files are read in the order of
    their names. ``.csv``, ``.jsonl``, ``.ndjson`` and ``.parquet`` are read, others left alone; nothing in
    the folder is touched.

    Args:
        folder: The folder.
        pattern: The names that are meant, like ``contracts-*.csv``.
        id: The column that identifies a row for ever; left out, a row is known by its file, as it was
            then, and its line.
        sequence: The column that numbers a row's versions, if there is one.
        time: The column that says when it happened, if there is one.
        rest: How long a file must have stayed as it is.

    Raises:
        DeclarationError: The pattern names another folder, or files of a kind that is not read.
        NoSuchDuration: ``rest`` cannot be read.
        NotInstalled: The pattern names Parquet files, and DuckDB is not installed.
    """
    ending = Path(pattern).suffix.lower()
    if "/" in pattern or not pattern or (ending and "*" not in ending and ending not in KINDS):
        raise DeclarationError(
            f"No files called {pattern!r} are read from a folder.",
            where=here(),
            fix=f'Write a pattern of names, like "contracts-*.csv"; the ending is one of '
            f"{', '.join(sorted(KINDS))}.",
        )
    if ending == ".parquet":
        ParquetFile.need()
    columns = {"id": id, "sequence": sequence, "time": time}
    return FolderSource(Path(folder), pattern, columns, duration(rest))


class _File(msgspec.Struct, array_like=True, frozen=True):
    """A file as it was seen: bytes, when it was changed in nanoseconds, SHA-256, since when it is so."""

    size: int
    changed: int
    digest: str = ""
    since: int = 0

    def is_as(self, other: _File | None) -> bool:
        """Whether another look saw the same, as far as one can see without reading it."""
        return other is not None and (self.size, self.changed) == (other.size, other.changed)


class _Seen(msgspec.Struct):
    """A folder as its cursor keeps it: files that were heard, and files that must rest yet."""

    heard: dict[str, _File] = {}
    resting: dict[str, _File] = {}


class FolderSource:
    """Files in a folder. Made by ``files_of``."""

    whole = False

    def __init__(
        self, folder: Path, pattern: str, columns: dict[str, str], rest: timedelta
    ) -> None:
        self._folder, self._pattern, self._columns, self._rest = folder, pattern, columns, rest
        self.name = f"folder {folder.name}/{pattern}"

    def pages(self, asked: Asked) -> Iterator[Page]:
        """Read what is new or changed. A sweep reads every file to see whether it is as it was heard.

        Raises:
            NotPulled: The folder is not there, holds too many files, or one cannot be read; the others
                are read.
        """
        cursor = asked.polled if asked.sweep else asked.cursor
        seen = msgspec.json.decode(cursor, type=_Seen) if cursor else _Seen()
        there = self._look(micros(asked.now))
        seen.heard = {name: file for name, file in seen.heard.items() if name in there}
        refused: list[OSError] = []
        for name, file in sorted(there.items()):
            if self._is_to_be_read(asked, seen, name, file):
                try:
                    yield from self._read(asked, seen, name, file)
                except OSError as error:
                    refused.append(error)
        if not asked.sweep:
            seen.resting = {name: file for name, file in seen.resting.items() if name in there}
            yield Page((), _written(seen))
        if refused:
            raise NotPulled(
                f"{many} cannot be read: {refused[0].strerror}."
                if (many := len(refused)) > 1
                else f"A file cannot be read: {refused[0].strerror}.",
                where=str(refused[0].filename or self._folder),
                fix="Give this user the right to read them; the others are heard.",
            )

    def _is_to_be_read(self, asked: Asked, seen: _Seen, name: str, file: _File) -> bool:
        """Whether a file may be another than was heard: it looks so and has rested, or it is swept."""
        if file.is_as(seen.heard.get(name)):
            seen.resting.pop(name, None)
            return asked.sweep
        if asked.sweep:
            return False  # the next poll reads it
        resting = seen.resting.get(name)
        first = resting.since if resting is not None and file.is_as(resting) else file.since
        if file.since - first >= self._rest // MICROSECOND:
            return True
        seen.resting[name] = _File(file.size, file.changed, since=first)
        return False

    def _look(self, now: int) -> dict[str, _File]:
        """The files that are meant, as they are now."""
        try:
            with os.scandir(self._folder) as entries:
                found = {
                    entry.name: entry.stat()
                    for entry in entries
                    if fnmatch.fnmatchcase(entry.name, self._pattern)
                    and Path(entry.name).suffix.lower() in KINDS
                    and not entry.name.startswith(".")
                }
        except OSError as error:
            raise NotPulled(
                f"The folder cannot be looked into: {error.strerror}.",
                where=str(self._folder),
                fix="Create it, give this user the right to read it, or declare another.",
            ) from error
        if len(found) > MAX_FILES:
            raise NotPulled(
                f"The folder holds {len(found):,} files, and at most {MAX_FILES:,} are looked at.",
                where=str(self._folder),
                fix="Move those away that were heard long ago.",
            )
        return {
            name: _File(stat.st_size, stat.st_mtime_ns, since=now)
            for name, stat in found.items()
            if S_ISREG(stat.st_mode)
        }

    def _read(self, asked: Asked, seen: _Seen, name: str, file: _File) -> Iterator[Page]:
        """Hear a file, unless it is what was heard of it already."""
        path, was = self._folder / name, seen.heard.get(name)
        with path.open("rb") as opened:
            digest = digest_of(opened)
        if asked.sweep and was is not None and was.digest == digest:
            return
        before = None if asked.sweep else _written(seen)
        made = f"{asked.pull}\n{name}\n{file.changed}\n{digest}"
        mark = sha256(made.encode()).hexdigest()[:32]
        rows = self._rows(asked, path, mark)
        while page := list(islice(rows, PAGE_ROWS)):
            yield Page(page, before)
        seen.resting.pop(name, None)
        seen.heard[name] = _File(file.size, file.changed, digest)
        if not asked.sweep:
            yield Page((), _written(seen))

    def _rows(self, asked: Asked, path: Path, mark: str) -> Iterator[Arrived]:
        """The rows of a file; one that is of another kind than its name says is set aside whole."""
        kind = ParquetFile if path.suffix.lower() == ".parquet" else RowFile
        file = kind(path, system=asked.system, type=asked.type, mark=mark, **self._columns)
        try:
            yield from file.messages()
        except MessageError as error:
            yield Unreadable(b"", error, asked.system, mark)


def _written(seen: _Seen) -> str:
    return msgspec.json.encode(seen).decode()
