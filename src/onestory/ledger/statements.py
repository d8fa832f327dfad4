"""The named SQL statements, as the ``.sql`` files beside keep them, and the numbered migrations."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from ..errors import NoSuchName

_NAMED = re.compile(r"^-- name: (\w+)\n((?:--[^\n]*\n)+)(.*?);$", re.MULTILINE | re.DOTALL)


@cache
def _statements() -> dict[str, str]:
    beside = sorted(files(__package__).iterdir(), key=lambda file: file.name)
    texts = [f.read_text(encoding="utf-8") for f in beside if f.name.endswith(".sql")]
    return {name: sql.strip() for text in texts for name, _, sql in _NAMED.findall(text)}


def statement(name: str) -> str:
    """The SQL of one named statement.

    Raises:
        NoSuchName: No file has one of that name.
    """
    try:
        return _statements()[name]
    except KeyError:
        raise NoSuchName(
            f"No statement is named {name!r}.", fix="Write it in ledger/queries.sql or repairs.sql."
        ) from None


@cache
def migrations() -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """Every migration in order: its number, its name and its statements."""
    found = []
    for file in files(__package__).joinpath("migrations").iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        if file.name.endswith(".sql"):
            found.append((int(number), name, _single(file.read_text(encoding="utf-8"))))
    return tuple(sorted(found))


def _single(script: str) -> tuple[str, ...]:
    """The statements of a script one by one; each ends with a line that ends with a semicolon."""
    return tuple(re.findall(r".*?;$", script, re.MULTILINE | re.DOTALL))
