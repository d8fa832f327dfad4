"""Commands that carry a whole ledger over: to another database, into a backup and out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..ledger import copy as copied
from .cli_names import address_of, company_of, existing
from .cli_options import LEDGER, AsJson, CompanyName, Db, shown
from .progress import progress


def copy(
    company: CompanyName,
    source: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="The ledger: its address, or its file.", show_default=False
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TO",
            help="Where there is nothing yet: an address, or a file.",
            show_default=False,
        ),
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Copy a ledger to another database, as of one moment, and verify the copy.

    The ledger is only read; others may go on writing to it.
    """
    name = company_of(company).name
    outcome = copied(existing(source), address_of(target), company=name, shows=progress)
    shown(as_json=as_json).copied(outcome)


def backup(
    company: CompanyName,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The backup: a file that is not there yet.", show_default=False
        ),
    ],
    *,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Copy a ledger into one file, as of one moment, and verify that.

    The ledger is only read; others may go on writing to it.
    """
    name = company_of(company).name
    target = f"sqlite:///{file}"
    outcome = copied(existing(db), target, company=name, shows=progress)
    shown(as_json=as_json).copied(outcome)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", show_default=False)],
    *,
    db: Db = LEDGER,
    as_json: AsJson = False,
) -> None:
    """Make a ledger from a backup where there is none, and verify it."""
    target = address_of(db)
    outcome = copied(existing(str(file)), target, shows=progress)
    shown(as_json=as_json).copied(outcome)
