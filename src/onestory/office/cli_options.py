"""The arguments and options that commands share, and the door through which errors leave."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from ..errors import OnestoryError
from ..model import Company
from .cli_names import address_of, existing
from .office import Office
from .opening import open as open_office
from .show import Pages
from .show_json import Documents, document_of

_AS_JSON = "onestory.json"


def _note_json(context: typer.Context, value: bool) -> bool:  # noqa: FBT001 - typer calls it so
    """Remember that errors are wanted as JSON too; this option is read before all others."""
    context.meta[_AS_JSON] = value
    return value


CompanyName = Annotated[
    str,
    typer.Argument(
        metavar="COMPANY",
        help="The company: module:name, as in company:acme for the acme in company.py.",
        show_default=False,
    ),
]
Db = Annotated[
    str,
    typer.Option(
        "--db",
        metavar="LEDGER",
        envvar="ONESTORY_DB",
        help="The ledger: its address, or its file.",
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", is_eager=True, callback=_note_json, help="Write one JSON document; times in UTC."
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--zone",
        metavar="ZONE",
        help="Show times in this zone, like Europe/Berlin; the company's, if left out.",
        show_default=False,
    ),
]
After = Annotated[
    int,
    typer.Option("--after", metavar="N", help="Begin after this number.", show_default=False),
]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many on a page.")]

LEDGER = "sqlite:///onestory.db"
"""The ledger of a company that names none."""


class Door(TyperGroup):
    """Commands whose errors end in three lines, or in a JSON document, and in exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except OnestoryError as error:
            if ctx.meta.get(_AS_JSON):
                sys.stderr.write(document_of(error) + "\n")
            else:
                what, *rest = str(error).split("\n")
                lines = Text.assemble((what, "bold red"), *(f"\n{line}" for line in rest))
                Console(stderr=True, highlight=False, soft_wrap=True).print(lines)
            raise typer.Exit(1) from error


def shown(*, as_json: bool, zone: tzinfo = UTC) -> Pages | Documents:
    """What answers are written by."""
    return Documents() if as_json else Pages(zone)


@contextmanager
def opened(company: Company, db: str, *, fresh: bool = False) -> Iterator[Office]:
    """The company's office on a ledger, open for one command.

    Args:
        company: The company.
        db: The ledger.
        fresh: Whether a ledger that is not there yet is made.
    """
    with open_office(company, address_of(db) if fresh else existing(db)) as office:
        yield office
