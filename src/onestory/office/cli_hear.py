"""Commands that hear: files of messages, and messages that were set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..intake import RowFile
from .cli_files import checked_file, checked_system, checked_type, on_disk, stream
from .cli_names import company_of
from .cli_options import LEDGER, After, AsJson, CompanyName, Db, Limit, opened, shown
from .loading import load
from .progress import progress


def hear(
    company: CompanyName,
    files: Files,
    *,
    sender: Sender = None,
    type_: Type = None,
    id_: Id = "",
    sequence: Sequence = "",
    time: Time = "",
    replay: Replay = False,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Hear files of messages, and judge what they say.

    What cannot be heard is set aside with its reason; the rest goes on.
    A file may be heard again: what is known already changes nothing.
    """
    here = company_of(company)
    show = shown(as_json=as_json)
    system = checked_system(here, sender)
    for file in files:
        checked_file(file, system=system, replay=replay, time=time)
    kind = checked_type(here, system, type_) if system else type_ or ""
    with on_disk(files) as kept, opened(here, db, fresh=True) as office:
        rows = [
            RowFile(file, system=system, type=kind, id=id_, sequence=sequence, time=time)
            for file in kept
        ]
        with progress("hearing", sum(file.stat().st_size for file in kept)) as done:
            loaded = load(office, stream(rows, by_time=replay, progress=done), replay=replay)
        show.loaded(loaded, office.counts().contradictions)


def list_asides(
    company: CompanyName,
    *,
    after: After = 0,
    limit: Limit = 10,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """List the messages that are set aside, each with its reason and what to do."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with opened(here, db) as office, office.ledger.view() as view:
        found = view.asides(after=after, limit=limit + 1)
        rows = found[:limit]
        more = rows[-1].message if len(found) > limit else None
        show.asides(view.aside_counts(), rows, more)


def replay_asides(
    company: CompanyName,
    *,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Read every message again that is set aside, once its reader is mended."""
    here = company_of(company)
    show = shown(as_json=as_json)
    with opened(here, db) as office:
        show.replayed(office.replay())


Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE",
        help="Files of messages: .csv with a header, or .jsonl with a row or a CloudEvent in each "
        "line; - for lines from standard input.",
        show_default=False,
    ),
]
Sender = Annotated[
    str | None,
    typer.Option("--from", metavar="SYSTEM", help="Whose rows they are.", show_default=False),
]
Type = Annotated[
    str | None,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="The type of message that each row is; the one there is a reader for, if left out.",
        show_default=False,
    ),
]
Id = Annotated[
    str,
    typer.Option(
        "--id",
        metavar="COLUMN",
        help="The column that names a message; the file and the line name it, if left out.",
    ),
]
Sequence = Annotated[
    str,
    typer.Option("--sequence", metavar="COLUMN", help="The column that numbers a row's versions."),
]
Time = Annotated[
    str,
    typer.Option("--time", metavar="COLUMN", help="The column that says when it happened."),
]
Replay = Annotated[
    bool,
    typer.Option("--replay", help="Hear each message as if at its own time: a fresh ledger only."),
]
