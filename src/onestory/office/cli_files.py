"""The files that `hear` is given, as one stream of messages."""

from __future__ import annotations

import heapq
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from operator import itemgetter
from pathlib import Path

import typer

from ..clock import EPOCH
from ..errors import NoSuchName
from ..intake import Arrived, Message, Reader, RowFile
from ..model import Company, no_such, party_of

CSV = {".csv"}
LINES = {".jsonl", ".ndjson"}
STDIN = Path("-")


@contextmanager
def on_disk(files: Sequence[Path]) -> Iterator[list[Path]]:
    """The files, standard input among them kept in a file for as long as this lasts.

    A message of a row without an id is named by the SHA-256 of its file, which is known at its end.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "stdin.jsonl"
        if STDIN in files:
            with kept.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
        yield [kept if file == STDIN else file for file in files]


def checked_system(company: Company, name: str | None) -> str:
    """The name of the party whose rows the files hold; empty if it is not given.

    Raises:
        NoSuchName: The company has no such party.
    """
    return "" if name is None else party_of(company, name).name


def checked_type(company: Company, system: str, name: str | None) -> str:
    """The type of message that each row is: the one that is read, if only one is.

    Raises:
        NoSuchName: No reader of that party takes it: the whole file would be set aside.
        BadParameter: It is not given, and several are read.
    """
    types = [one.type for one in company.declared(Reader) if one.party.name == system]
    if name is None and len(types) > 1:
        raise typer.BadParameter(
            f"{system} sends several types of message: {', '.join(types)}. Say which.",
            param_hint="--type",
        )
    if not types:
        raise NoSuchName(
            f"{company.name} reads nothing from {system}.",
            where=party_of(company, system).where,
            fix=f'Write a reader:  @reads({system}, "...")',
        )
    if name is not None and name not in types:
        raise no_such(f"reader of {system}", name, types, company.name)
    return name or types[0]


def checked_file(file: Path, *, system: str, replay: bool, time: str) -> None:
    """Refuse a file that cannot be heard as it is asked for.

    Raises:
        BadParameter: It is not there, its name says neither CSV nor JSON lines, or its rows lack a
            system or a time.
    """
    suffix = file.suffix.lower()
    if file != STDIN and not file.is_file():
        raise typer.BadParameter(f"{str(file)!r} is no file here.", param_hint="FILE")
    if suffix not in CSV | LINES and file != STDIN:
        raise typer.BadParameter(
            f"{file} is neither .csv nor .jsonl. Give it the name that says what it holds.",
            param_hint="FILE",
        )
    if suffix in CSV and not system:
        raise typer.BadParameter(
            f"{file} holds rows. Say whose they are: --from SYSTEM.", param_hint="FILE"
        )
    if suffix in CSV and replay and not time:
        raise typer.BadParameter(
            "A replay needs the time of each row: --time COLUMN.", param_hint="--replay"
        )


def stream(
    rows: Sequence[RowFile], *, by_time: bool, progress: Callable[[int], None]
) -> Iterator[Arrived]:
    """The messages of all files: one file after the other, or merged by their times.

    Args:
        rows: The files. To be merged, each must be in order of time itself.
        by_time: Whether to merge them, as a replay asks.
        progress: Called with the number of bytes read so far, of all files.
    """
    done = dict.fromkeys(range(len(rows)), 0)

    def reader(place: int) -> Callable[[int], None]:
        def read(so_far: int) -> None:
            done[place] = so_far
            progress(sum(done.values()))

        return read

    streams = [file.messages(reader(place)) for place, file in enumerate(rows)]
    if by_time:
        for _, arrived in heapq.merge(*map(_timed, streams), key=itemgetter(0)):
            yield arrived
    else:
        for one in streams:
            yield from one


def _timed(messages: Iterable[Arrived]) -> Iterator[tuple[datetime, Arrived]]:
    """Each message with its time; one that has none keeps its place behind the one before."""
    time = EPOCH
    for arrived in messages:
        if isinstance(arrived, Message) and arrived.time is not None:
            time = max(time, arrived.time)
        yield time, arrived
