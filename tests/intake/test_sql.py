"""Tables of databases, whichever driver reads them: every row is heard, whatever its key and cursor are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from onestory import Arrived, Message, NotPulled, Unreadable, rows_of
from onestory.errors import ColumnsChanged
from onestory.intake.message import MAX_MESSAGE
from onestory.intake.select import Query, Select

from ..ledger.postgres_server import fresh, needed, speedy
from .polled import Polled


class Shop(sqlite3.Connection):
    """A database of a shop, in a file."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


def asked(file: Path, sql: str, *values: Any) -> None:
    """Change the shop's database."""
    database = sqlite3.connect(file, isolation_level=None)
    database.execute(sql, values)
    database.close()


def rows(messages: list[Message]) -> list[dict[str, Any]]:
    """What rows say."""
    return [msgspec.json.decode(message.data) for message in messages]


def on_postgresql() -> Callable[[], Any]:
    """A schema of a real server."""
    needed()
    schema, server = fresh(), speedy()
    server.ask(f"create schema {schema}")

    def connect() -> Any:
        link = server.link()
        link.execute(f"set search_path = {schema}")
        link.autocommit = False
        return link

    return connect


def in_duckdb(tmp_path: Path) -> Callable[[], Any]:
    """A file of another kind of database."""
    return lambda: duckdb.connect(str(tmp_path / "shop.duckdb"))


@pytest.fixture(params=["postgresql", "duckdb"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    return on_postgresql() if request.param == "postgresql" else in_duckdb(tmp_path)


STAMP = {"psycopg": "2027-01-05T09:00:02Z", "_duckdb": "2027-01-05T09:00:02.333333"}
"""What is stamped two seconds and a third after nine: with its zone, to the second; or as DuckDB has it."""


def test_values_of_every_type_come_whole_and_the_cursor_goes_on(connect: Callable[[], Any]) -> None:
    """Times, decimals, nulls; a key of two columns; a cursor of times with their zone. By real drivers."""
    link = connect()
    zoned = "timestamptz" if type(link).__module__ == "psycopg" else "timestamp"
    link.cursor().execute(
        "create table price (article text, store integer, amount decimal(9, 2), note text, "
        f"day date, changed_at {zoned}, primary key (article, store))"
    )
    link.cursor().execute(
        "insert into price select 'A-' || n % 40, n, n + 0.90, null, date '2027-01-05', "
        f"{zoned} '2027-01-05 09:00:00' + n / 3 * interval '1 second' "
        "from generate_series(1, 1100) as all_of (n)"
    )
    link.commit()
    link.close()
    source = rows_of(connect, "price", key=("article", "store"), cursor="changed_at")
    polled = Polled(source)
    first = polled.poll()
    link = connect()
    link.cursor().execute(
        f"update price set amount = 49, changed_at = {zoned} '2027-01-06 09:00:00' where store = 7"
    )
    link.commit()
    link.close()
    second = polled.poll()

    assert len({row["store"] for row in rows(first)}) == 1_100
    assert next(row for row in rows(first) if row["store"] == 7) == {
        "article": "A-7",
        "store": 7,
        "amount": "7.90",
        "note": None,
        "day": "2027-01-05",
        "changed_at": STAMP[link.__class__.__module__],
    }
    assert [row["amount"] for row in rows(second) if row["store"] == 7] == ["49.00"]
    assert not {m.id for m in polled.poll(sweep=True)} & {m.id for m in first}


def test_a_query_of_the_company_s_own_may_be_read(file: Path) -> None:
    """Joined, renamed, filtered, with a per cent sign in it: what it gives is a table like any other."""
    asked(file, "create table sale (no text, cents integer, version integer)")
    asked(file, "insert into sale values ('S-1', 4990, 1), ('T-1', 100, 1), ('S-2', 100, 2)")
    query = "select no as sale, cents / 100.0 as price, version from sale where no like 'S%'"
    source = rows_of(
        lambda: sqlite3.connect(file), query, key="sale", cursor="version", sequence="version"
    )
    found = Polled(source).poll()

    assert rows(found) == [
        {"sale": "S-1", "price": 49.9, "version": 1},
        {"sale": "S-2", "price": 1.0, "version": 2},
    ]
    assert [message.sequence for message in found] == [1, 2]


@pytest.mark.parametrize(
    ("style", "text", "values"),
    [
        ("qmark", "select '%' where a > ? and b = ?", (1, 2)),
        ("format", "select '%%' where a > %s and b = %s", (1, 2)),
        ("pyformat", "select '%%' where a > %s and b = %s", (1, 2)),
        ("numeric", "select '%' where a > :1 and b = :2", (1, 2)),
        ("named", "select '%' where a > :v1 and b = :v2", {"v1": 1, "v2": 2}),
    ],
)
def test_each_driver_is_told_values_in_its_own_way(style: str, text: str, values: object) -> None:
    """PEP 249 has five ways; whichever a driver's module says, is used."""
    assert Query("select '%' where a > ? and b = ?", (1, 2)).said_to(style) == (text, values)


def test_the_next_page_begins_behind_the_last_row() -> None:
    """In the order of all columns, so that rows alike in the first are told apart by the rest."""
    select = Select("t", ("a", "b"), "c", "limit {n}")

    assert select.by_key([1, 2]) == (
        "select * from t where (a > ? or (a = ? and b > ?)) order by a, b limit 501",
        (1, 1, 2),
    )
    text, values = select.by_cursor((5, True), 9, [7, 1, 2])
    assert text == (
        "select * from t where c <= ? and c >= ? and c >= ? "
        "and (c > ? or (c = ? and (a > ? or (a = ? and b > ?)))) order by c, a, b limit 501"
    )
    assert values == (9, 5, 7, 7, 7, 1, 1, 2)


def test_rows_without_a_stamp_are_found_at_first_and_by_sweeps(file: Path) -> None:
    """No poll can ask for them, so what reads everything does."""
    asked(file, "create table sale (no text, changed integer)")
    asked(file, "insert into sale values ('S-1', null), ('S-2', 1)")
    polled = Polled(rows_of(lambda: sqlite3.connect(file), "sale", key="no", cursor="changed"))
    first = polled.poll()
    asked(file, "insert into sale values ('S-3', null)")

    assert [row["no"] for row in rows(first)] == ["S-1", "S-2"]
    assert [row["no"] for row in rows(polled.poll())] == ["S-2"]
    assert [row["no"] for row in rows(polled.poll(sweep=True))] == ["S-1", "S-2", "S-3"]


def test_a_source_that_is_declared_otherwise_is_read_anew(file: Path) -> None:
    """The cursor of one column says nothing of another: everything is read, and nothing misread."""
    asked(file, "create table sale (no text, changed integer, version text)")
    asked(file, "insert into sale values ('S-1', 9, 'a'), ('S-2', 8, 'b')")
    polled = Polled(rows_of(lambda: sqlite3.connect(file), "sale", key="no", cursor="changed"))
    polled.poll()
    polled.source = rows_of(lambda: sqlite3.connect(file), "sale", key="no", cursor="version")

    assert len(polled.poll()) == 2


def test_a_key_that_is_none_is_told(file: Path) -> None:
    """Two rows with one key: the page after them would begin behind both."""
    asked(file, "create table sale (no text, line integer)")
    asked(file, "insert into sale values ('S-1', 1), ('S-1', 2)")

    with pytest.raises(NotPulled, match="Two rows have the same no"):
        Polled(rows_of(lambda: sqlite3.connect(file), "sale", key="no")).poll()
    assert (
        len(Polled(rows_of(lambda: sqlite3.connect(file), "sale", key=("no", "line"))).poll()) == 2
    )


def test_two_columns_of_one_name_are_told() -> None:
    """One of them would be lost."""
    source = rows_of(on_postgresql(), "select 1 as no, 2 as line, 3 as line", key="no")

    with pytest.raises(NotPulled, match="Two columns are called alike: no, line, line"):
        Polled(source).poll()


def test_s14_a_sequence_that_is_gone_is_named(file: Path) -> None:
    """Which column, and what there is instead."""
    asked(file, "create table sale (no text, version integer)")
    source = rows_of(lambda: sqlite3.connect(file), "sale", key="no", sequence="version")
    Polled(source).poll()
    asked(file, "alter table sale rename column version to edition")

    with pytest.raises(ColumnsChanged, match="There is no column version any more"):
        Polled(source).poll()


def test_a_row_that_is_too_large_is_set_aside(file: Path) -> None:
    """The others are heard; the sequence that is no number concerns its row only, too."""
    asked(file, "create table sale (no text, note text, version text)")
    asked(file, "insert into sale values ('S-1', ?, '1'), ('S-2', '', '2')", "x" * MAX_MESSAGE)
    asked(file, "insert into sale values ('S-3', '', 'three')")
    source = rows_of(lambda: sqlite3.connect(file), "sale", key="no", sequence="version")
    found: list[Arrived] = Polled(source).all()

    assert [one.reason.code for one in found if isinstance(one, Unreadable)] == [
        "too-large",
        "not-a-message",
    ]
    assert [one.sequence for one in found if isinstance(one, Message)] == [2]


def test_a_driver_that_says_nothing_of_its_style_is_told() -> None:
    """What to write is in the error."""

    class Nobody:
        """A connection of no driver."""

        def close(self) -> None:
            """It was never open."""

    with pytest.raises(NotPulled, match="Nobody knows how .* writes the place of a value"):
        Polled(rows_of(Nobody, "sale", key="no")).poll()
