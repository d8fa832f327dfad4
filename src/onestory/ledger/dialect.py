"""The few fixed rules by which the statements, written for SQLite, are said to PostgreSQL.

Statements are written so that both understand them; what is left are these. Where no rule would do, a
statement has a second text in its file, under ``-- name: x (postgresql)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import count
from typing import NamedTuple

POSTGRESQL = "postgresql"
"""The dialect that has second texts, and lines of its own in migrations."""

_LISTED = re.compile(r" in \(select (.+?) from json_each\((\$\d+)\)\)")
_LIST = r" = any(array(select \1 from jsonb_array_elements_text(cast(\2 as jsonb))))"
_JOINED = re.compile(
    r"from json_each\((\$\d+)\) as asked cross join (.+?) = (\S*asked\.value(?: as bigint\))?)",
    re.DOTALL,
)
_JOIN = r"from \2 = any(array(select \3 from jsonb_array_elements_text(cast(\1 as jsonb)) as asked (value)))"
"""What was asked for by a list, as an array: an index finds it, however little the planner knows of
tables that have grown since it looked at them last."""

_SHAPES = (
    (re.compile(r"^-- postgresql: (.+;)$", re.MULTILINE), r"\1"),
    (re.compile(r"^--.*\n?", re.MULTILINE), ""),
    (re.compile(r"\bpragma\b[^;]*;"), ""),
    (re.compile(r"\binteger\b"), "bigint"),
    (re.compile(r"\bblob\b"), "bytea"),
    (re.compile(r"\btext\b"), 'text collate "C"'),
    (re.compile(r"\)\s*without rowid;"), ");"),
)
"""A migration's words, in turn: lines of PostgreSQL's own; prose; SQLite's settings; types, of which
texts are ordered by their bytes, as SQLite orders them; how SQLite lays a table out."""

_PLAIN_INSERT = re.compile(r"insert into (\w+) (\([\w\s,]+\))\s+values \([?,\s]+\)", re.DOTALL)
_PLAIN_UPDATE = re.compile(r"update (\w+) set ((?:\w+ = \?,?\s+)+)where (\w+) = \?", re.DOTALL)


def statement_for_postgresql(sql: str) -> str:
    """A named statement, its values numbered."""
    numbers = count(1)
    sql = re.sub(r"\?", lambda _: f"${next(numbers)}", sql)
    return _LISTED.sub(_LIST, _JOINED.sub(_JOIN, sql))


def migration_for_postgresql(script: str) -> str:
    """The statements of a migration."""
    for words, said in _SHAPES:
        script = words.sub(said, script)
    return script.strip()


class Table(NamedTuple):
    """A table as the migrations made it, with all its columns."""

    name: str
    columns: tuple[str, ...]


def tables_of(rows: Iterable[tuple[str, str]]) -> list[Table]:
    """The tables that their columns stand for, each column with its table before it."""
    named: dict[str, list[str]] = {}
    for table, column in rows:
        named.setdefault(table, []).append(column)
    return [Table(name, tuple(columns)) for name, columns in named.items()]


def rows_of(table: Table) -> str:
    """All rows of a table; SQLite gives them in the order of their keys."""
    return f"select {_quoted(table.columns)} from {_quoted([table.name])}"  # noqa: S608 - names of ours


def add_to(table: Table) -> str:
    """Add a row to a table."""
    places = ", ".join("?" * len(table.columns))
    return f"insert into {_quoted([table.name])} ({_quoted(table.columns)}) values ({places})"  # noqa: S608 - as above


def copy_out(table: Table) -> str:
    """All rows of a table, as PostgreSQL sends many."""
    return f"copy {_quoted([table.name])} ({_quoted(table.columns)}) to stdout (format binary)"


def copy_in(table: Table) -> str:
    """Add many rows to a table, as PostgreSQL takes them."""
    return f"copy {_quoted([table.name])} ({_quoted(table.columns)}) from stdin (format binary)"


def count_on(table: str, column: str) -> str:
    """Let what numbers a column of PostgreSQL go on after the largest number there is."""
    return (
        f"""select setval(pg_get_serial_sequence('"{table}"', '{column}'), """  # noqa: S608 - names of ours
        f'coalesce(max("{column}"), 0) + 1, false) from "{table}"'
    )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


class Changes(NamedTuple):
    """A statement that does nothing but add a row, or set values of one: what may be done to many at once.

    Args:
        table: The table.
        columns: The columns in the order of the values; of a row that is set, last that which finds it.
    """

    table: str
    columns: tuple[str, ...]

    @property
    def copied(self) -> str:
        """How many rows are added at once."""
        return f"copy {self.table} ({', '.join(self.columns)}) from stdin (format binary)"


def plain_insert(sql: str) -> Changes | None:
    """What a statement adds a row to, if it does nothing else."""
    plain = _PLAIN_INSERT.fullmatch(sql)
    return Changes(plain[1], tuple(re.findall(r"\w+", plain[2]))) if plain else None


def plain_update(sql: str) -> Changes | None:
    """What a statement sets values of, if it does nothing else."""
    plain = _PLAIN_UPDATE.fullmatch(sql)
    return Changes(plain[1], (*re.findall(r"(\w+) = \?", plain[2]), plain[3])) if plain else None


def update_all(changes: Changes, types: Sequence[str]) -> str:
    """One statement that sets the values of many rows, each column given as an array."""
    table, (*values, row) = changes
    arrays = ", ".join(f"cast(${n} as {kind}[])" for n, kind in enumerate(types, 1))
    sets = ", ".join(f"{name} = new.{name}" for name in values)
    names = ", ".join(changes.columns)
    return (
        f"update {table} set {sets} from unnest({arrays}) as new ({names}) "  # noqa: S608 - names of ours
        f"where {table}.{row} = new.{row}"
    )
