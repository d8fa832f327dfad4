"""The named statements: each is used, explained, and finds its rows by an index."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import onestory.ledger
from onestory.errors import NoSuchName
from onestory.ledger import SqliteDatabase
from onestory.ledger.opening import open_database
from onestory.ledger.statements import postgresql_statement, statement

from .postgres_server import fresh, needed, speedy

pytestmark = pytest.mark.sqlite  # it asks each database by itself

SOURCES = Path(onestory.__file__).parent
TEXTS = [
    file.read_text("utf-8")
    for file in sorted(files(onestory.ledger).iterdir(), key=lambda file: file.name)
    if file.name.endswith(".sql")
]
TOLD = [name for text in TEXTS for name in re.findall(r"^-- name: (.+)$", text, re.MULTILINE)]
SECOND = [name for name in TOLD if name.endswith(" (postgresql)")]
"""Statements that PostgreSQL is told in other words, since no rule would do: few."""
NAMES = [name for name in TOLD if name not in SECOND]
RUNS = {"run", "many", "rows", "each"}
"""What runs a statement by its name."""


@pytest.fixture(scope="module")
def database() -> Iterator[SqliteDatabase]:
    """A ledger's tables, with nothing in them."""
    database = SqliteDatabase("sqlite://")
    yield database
    database.close()


def placed(sql: str) -> int:
    """How many values a statement is given: its places, of which numbered ones may stand twice."""
    return max(map(int, re.findall(r"\?(\d+)", sql)), default=sql.count("?"))


def nodes() -> Iterator[ast.AST]:
    """Everything that stands in the sources."""
    for file in SOURCES.rglob("*.py"):
        yield from ast.walk(ast.parse(file.read_text("utf-8")))


def texts() -> set[str]:
    """Every text in the sources; one that is put together is a pattern."""
    found = {n.value for n in nodes() if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    for node in nodes():
        if isinstance(node, ast.JoinedStr):
            parts = (str(p.value) if isinstance(p, ast.Constant) else "*" for p in node.values)
            found.add("".join(parts))
    return found


def asked_for() -> set[str]:
    """The names that are given to what runs a statement."""
    return {
        node.args[0].value
        for node in nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in RUNS and node.args and isinstance(node.args[0], ast.Constant)
        if isinstance(node.args[0].value, str)
    }


def test_each_statement_has_one_name_and_a_line_that_says_what_it_is_for() -> None:
    """A statement without its line would not be found at all, so the file is checked as text."""
    split = [re.split(r"^-- name: ", text, flags=re.MULTILINE)[1:] for text in TEXTS]
    parts = [part for parts in split for part in parts]

    assert len(TOLD) == len(set(TOLD)) == len(parts)
    for part in parts:
        name, prose, *sql = part.strip().splitlines()
        assert re.fullmatch(r"[a-z_]+( \(postgresql\))?", name)
        assert re.fullmatch(r"-- [A-Z].*[.:,]?.*", prose), name
        assert "".join(sql).endswith(";"), name
        assert statement(name)


def test_each_statement_is_used_and_each_that_is_used_is_there() -> None:
    """What nobody asks for is deleted; what is asked for has been written."""
    patterns = {text for text in texts() if re.fullmatch(r"[a-z_]+\*?", text)}
    unused = {name for name in NAMES if not any(fnmatchcase(name, text) for text in patterns)}

    assert unused == set()
    assert asked_for() - set(NAMES) == set()


def test_a_statement_that_is_not_there_is_missed_by_name() -> None:
    """The error says where to write it."""
    with pytest.raises(NoSuchName, match="No statement is named 'all_of_it'"):
        statement("all_of_it")


def test_hardly_any_statement_has_a_second_text() -> None:
    """Both databases are told the same; what is not, is counted here, and is a statement of ours."""
    assert SECOND == ["damage (postgresql)"]
    assert {name.partition(" ")[0] for name in SECOND} <= set(NAMES)


def plan(database: SqliteDatabase, name: str) -> list[str]:
    """How SQLite finds the rows of a statement, step by step."""
    sql = statement(name)
    rows = database._writer.database.execute(
        f"explain query plan {sql}", (None,) * placed(sql)
    ).fetchall()
    return [row[3] for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_each_statement_can_be_prepared(name: str, database: SqliteDatabase) -> None:
    """Every table and column that it names is there."""
    if not statement(name).startswith("pragma"):
        plan(database, name)


HOT = {
    "known_ids": "message USING COVERING INDEX sqlite_autoindex_message_1 (party=? AND id=?)",
    "subjects_by_key": "subject USING INDEX sqlite_autoindex_subject_1 (entity=? AND alias_of=? AND key=?)",
    "subjects_by_id": "subject USING INTEGER PRIMARY KEY (rowid=?)",
    "save_dossier": "subject USING INTEGER PRIMARY KEY (rowid=?)",
    "save_dossier_and_wake": "subject USING INTEGER PRIMARY KEY (rowid=?)",
    "settle_contradiction": "contradiction USING INDEX contradiction_open "
    "(subject=? AND fact=? AND follower=? AND person=?)",
    "subjects_to_wake": "subject USING COVERING INDEX subject_wake (wake<?)",
    "next_wake": "subject USING COVERING INDEX subject_wake (wake>?)",
    "late_hearers": "audience USING INDEX audience_due (due<?)",
    "next_hearer": "audience USING INDEX audience_due (due>?)",
    "past": "entry USING INTEGER PRIMARY KEY (rowid=?)",
    "waypoint": "waypoint USING PRIMARY KEY (subject=? AND number<?)",
    "entry_at": "entry USING INTEGER PRIMARY KEY (rowid<?)",
    "contradictions": "contradiction USING INTEGER PRIMARY KEY (rowid>?)",
    "contradictions_open": "contradiction USING INDEX contradiction_number (number>?)",
    "links_from": "link USING PRIMARY KEY (subject=?)",
    "links_to": "link USING COVERING INDEX link_target (target=? AND subject>?)",
    "alias_meanings": "alias USING INDEX alias_subject (subject=?)",
    "asides": "aside USING INDEX aside_open (message>?)",
    "hearer": "audience USING PRIMARY KEY (subject=? AND fact=? AND person=?)",
    "hearers": "audience USING PRIMARY KEY (subject=? AND fact=? AND person>?)",
    "heard_by": "entry USING INDEX entry_told (subject=?)",
    "disputes": "dispute USING PRIMARY KEY (person=? AND subject=?)",
    "subjects_like": "subject USING COVERING INDEX sqlite_autoindex_subject_1 "
    "(entity=? AND alias_of=? AND key>? AND key<?)",
    "session": "session USING PRIMARY KEY (id=?)",
    "api_key": "api_key USING PRIMARY KEY (id=?)",
    "account": "account USING PRIMARY KEY (login=?)",
    "states_from": "sign_in_state USING COVERING INDEX sign_in_state_address (address=? AND until>?)",
    "hash_of_entry": "entry USING INTEGER PRIMARY KEY (rowid=?)",
}
SMALL = {"asked", "past"}
"""What may be scanned: the list that was asked for, and a page of a past that was just read."""


@pytest.mark.parametrize("name", HOT)
def test_what_is_asked_for_each_message_or_story_reads_no_whole_table(
    name: str, database: SqliteDatabase
) -> None:
    """It finds its rows by an index, so that it costs the same in a ledger a thousand times as large."""
    steps = plan(database, name)

    assert f"SEARCH {HOT[name]}" in steps
    scanned = {step.split()[1] for step in steps if step.startswith("SCAN")}
    assert scanned <= SMALL
    sorts = [step for step in steps if "TEMP B-TREE" in step]
    assert sorts == [] or name == "past", "a page is sorted, not everything behind it"


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A ledger's tables on a server, with nothing in them, and a session that asks about plans."""
    needed()
    schema = fresh()
    open_database(speedy().address(schema)).close()
    with speedy().link() as link:
        link.execute(f"set search_path = {schema}")
        for setting in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
            link.execute(f"set enable_{setting} = off")
        yield link


@pytest.mark.parametrize("name", NAMES)
def test_each_statement_can_be_prepared_by_postgresql(name: str, server: Any) -> None:
    """By the same text, said by a few rules: every table, column, function and type is there."""
    told = server.pgconn.prepare(name.encode(), postgresql_statement(name).encode())

    assert told.error_message == b"", name


@pytest.mark.parametrize("name", HOT)
def test_postgresql_finds_by_an_index_too_what_is_asked_for_each_message_or_story(
    name: str, server: Any
) -> None:
    """Also in tables that it has never counted: a plan is made once, and kept while they grow."""
    sql = postgresql_statement(name)
    server.execute("set plan_cache_mode = force_generic_plan")
    server.pgconn.prepare(f"hot_{name}".encode(), sql.encode())
    nulls = ", ".join(["null"] * sql.count("$"))
    execute = f"explain execute hot_{name} ({nulls})".removesuffix(" ()")
    rows = server.execute(execute).fetchall()
    steps = [row[0].strip() for row in rows]

    scanned = {s.split(" on ")[1].split()[0] for s in steps if re.match(r"(->\s+)?Seq Scan", s)}
    assert scanned == set(), steps
    assert not any("Sort Key" in step for step in steps) or name == "past", steps
