"""The named SQL statements, as the ``.sql`` files beside keep them, and the numbered migrations."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from ..errors import NoSuchName
from .dialect import (
    POSTGRESQL,
    Changes,
    migration_for_postgresql,
    plain_insert,
    plain_update,
    statement_for_postgresql,
)

_NAMED = re.compile(
    r"^-- name: (\w+(?: \(\w+\))?)\n((?:--[^\n]*\n)+)(.*?);$", re.MULTILINE | re.DOTALL
)


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
            f"No statement is named {name!r}.", fix="Write it in a .sql file of ledger/."
        ) from None


@cache
def postgresql_statement(name: str) -> str:
    """The same statement for PostgreSQL: its second text where it has one, or by rule.

    Raises:
        NoSuchName: No file has one of that name.
    """
    second = _statements().get(f"{name} ({POSTGRESQL})")
    return statement_for_postgresql(statement(name) if second is None else second)


@cache
def insert_of(name: str) -> Changes | None:
    """What a statement adds a row to, if it does nothing else."""
    return plain_insert(statement(name))


@cache
def update_of(name: str) -> Changes | None:
    """What a statement sets values of, if it does nothing else."""
    return plain_update(statement(name))


@cache
def mentioned(name: str) -> frozenset[str]:
    """The words of a statement, among which are the tables that it is about."""
    return frozenset(re.findall(r"\w+", statement(name)))


@cache
def migrations() -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """Every migration in order: its number, its name and its statements."""
    return tuple((number, name, _single(script)) for number, name, script in _scripts())


@cache
def postgresql_migrations() -> tuple[tuple[int, str, str], ...]:
    """Every migration in order, for PostgreSQL: its number, its name and its script."""
    return tuple((n, name, migration_for_postgresql(script)) for n, name, script in _scripts())


def _scripts() -> list[tuple[int, str, str]]:
    found = []
    for file in files(__package__).joinpath("migrations").iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        if file.name.endswith(".sql"):
            found.append((int(number), name, file.read_text(encoding="utf-8")))
    return sorted(found)


def _single(script: str) -> tuple[str, ...]:
    """The statements of a script one by one; each ends with a line that ends with a semicolon."""
    return tuple(re.findall(r".*?;$", script, re.MULTILINE | re.DOTALL))
