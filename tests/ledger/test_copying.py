"""Copying a ledger: all of it, as of one moment, into an empty place, or not at all."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import onestory
from onestory import Fate, Office
from onestory.clock import HandClock
from onestory.errors import (
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    NotALedger,
    NotEmpty,
    OnestoryError,
)
from onestory.ledger import Copied, Ledger, SqliteDatabase, copy
from onestory.ledger.sqlite import UNFINISHED
from onestory.testing import NINE, Timeline

from ..faults.later_version import later_version, started_later
from ..faults.process import started
from .acme import Contract, Customer, acme, address, billing, contracts, desk, raw, state
from .postgres_server import fresh, needed, speedy

pytestmark = pytest.mark.sqlite  # it names its databases by itself

FILE, SERVER = "file", "server"
WAYS = pytest.mark.parametrize(
    ("here", "there"),
    [(FILE, FILE), (FILE, SERVER), (SERVER, FILE), (SERVER, SERVER)],
    ids=lambda kind: kind,
)


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str], str]:
    """Addresses of places with nothing in them, by their kind."""

    def new(kind: str) -> str:
        if kind == FILE:
            return address(tmp_path / f"{fresh()}.db")
        needed()
        return speedy().address(fresh())

    return new


def opened(at: str) -> Office:
    return onestory.open(acme, at, clock=HandClock(NINE))


@contextmanager
def unseen(_what: str, _total: int) -> Iterator[Callable[[int], None]]:
    """Shows nothing."""
    yield lambda _: None


def copied(source: str, target: str) -> Copied:
    return copy(source, target, company="Acme Telecom", shows=unseen)


def heard(at: str, count: int = 300, long: str = "") -> str:
    """A ledger that has heard so many messages."""
    with opened(at) as office:
        office.hear(*(state(f"C-{n % 40}", f"{n}{long}", id=f"m {n}") for n in range(count)))
    return at


def lived(at: str) -> str:
    """A ledger after a history of nearly everything there can be."""
    with Timeline(acme, address=at) as timeline:
        timeline.says(contracts, Contract.holder, "C-1", "K-7")
        timeline.office.hear(*(state(f"C-{n % 45}", f"{n % 7}", id=f"m {n}") for n in range(300)))
        timeline.says(contracts, Contract.renewed_until, billing.calls("B-1"), "winter")
        timeline.says(billing, Contract.renewed_until, "C-1", "spring \N{SNOWMAN}")
        timeline.wait("6 min")
        timeline.office.tell(Contract, "C-1", to=desk, person=(Customer, "K-7"), record=True)
        timeline.says(contracts, Contract.renewed_until, "C-1", "summer")
        timeline.office.hear(onestory.message("contracts", "contract.lost", {"no": 1}, id="two"))
        timeline.wait("2 d")
    return at


@contextmanager
def asking(at: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Runs statements of the tests' own, written as SQLite has them."""
    if at.startswith("sqlite"):
        with raw(Path(at.removeprefix("sqlite:///"))) as file:
            yield lambda sql, *values: file.execute(sql, values).fetchall()
        return
    with speedy().link() as link:
        link.execute(f"set search_path = {at.rpartition('=')[2]}")

        def ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
            cursor = link.execute(sql.replace("?", "%s"), values or None)
            return cursor.fetchall() if cursor.description else []

        yield ask


def columns(at: str) -> dict[str, dict[str, str]]:
    """The tables of a ledger, each with the types of its columns."""
    if at.startswith("sqlite"):
        sql = (
            "select m.name, c.name, c.type from sqlite_master m, pragma_table_info(m.name) c"
            " where m.type = 'table'"
        )
    else:
        sql = (
            "select table_name, column_name, data_type from information_schema.columns"
            " where table_schema = current_schema"
        )
    found: dict[str, dict[str, str]] = {}
    with asking(at) as ask:
        for table, column, kind in ask(sql):
            found.setdefault(table, {})[column] = kind.lower()
    return found


def content(at: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with asking(at) as ask:
        return {
            table: sorted(ask(f"select {', '.join(sorted(names))} from {table}"), key=repr)
            for table, names in columns(at).items()
        }


def is_nothing_at(at: str) -> bool:
    """Whether there is no file, nor anything beside it; or no schema."""
    if at.startswith("sqlite"):
        file = Path(at.removeprefix("sqlite:///"))
        return list(file.parent.glob(f"{file.name}*")) == []
    schema = at.rpartition("=")[2]
    return speedy().ask("select 1 from pg_namespace where nspname = %s", schema) == []


VALUES = {"integer": 7, "bigint": 7, "text": "x", "blob": b"\0x", "bytea": b"\0x"}


def fill_up(at: str) -> None:
    """Put a row into each table that has none, so that it is seen whether it is carried."""
    tables = columns(at)
    with asking(at) as ask:
        for table, names in tables.items():
            if not ask(f"select 1 from {table} limit 1"):
                row = [VALUES[kind] for kind in names.values()]
                marks = ", ".join("?" * len(row))
                ask(f"insert into {table} ({', '.join(names)}) values ({marks})", *row)


# All of it


@WAYS
def test_each_table_of_the_migrations_is_carried_with_each_of_its_rows(
    here: str, there: str, place: Callable[[str], str]
) -> None:
    """What was heard, what follows from it, repairs, books, and what no history of this test writes."""
    source, target = lived(place(here)), place(there)
    fill_up(source)
    before = content(source)
    assert all(before.values())

    copied(source, target)
    assert content(target) == before == content(source)


@WAYS
def test_hearing_goes_on_in_the_copy(here: str, there: str, place: Callable[[str], str]) -> None:
    """What was known is known, what is new is heard; and repairs and tasks have numbers of their own."""
    source, target = lived(place(here)), place(there)
    copied(source, target)
    with opened(target) as office:
        assert office.verify(dossiers=True) == []
        assert office.hear(state("C-1", "0", id="m 0"))[0].fate is Fate.KNOWN
        assert office.hear(state("C-1", "0", id="new"))[0].fate is Fate.HEARD
        assert office.verify(dossiers=True) == []


@WAYS
def test_what_a_later_migration_adds_is_carried_too(
    here: str, there: str, place: Callable[[str], str], tmp_path: Path
) -> None:
    """Tables that refer to each other, columns, and numbers that the database itself gives."""
    source, target = heard(place(here), 30), place(there)
    process = started_later(later_version(tmp_path / "later"), "moves_later", source, target)
    said, _ = process.communicate()

    assert process.returncode == 0
    assert json.loads(said) == {
        "accounts": [[1, "ann", 5], [7, "bob", 6], [8, "eve", 7]],
        "sessions": [["746f6b656e", 7, 99]],
        "seen": [[11]],
        "findings": [],
    }


def test_a_ledger_of_an_earlier_version_is_carried_as_it_is_and_brought_up_to_date_there(
    place: Callable[[str], str], tmp_path: Path
) -> None:
    """A backup of last year is restored by this year's program."""
    old = tmp_path / "old.db"
    database = SqliteDatabase(address(old), newest=1)
    Ledger(database, "Acme Telecom", HandClock(NINE))
    database.close()
    for target in (place(FILE), place(SERVER)):
        copied(address(old), target)
        assert "repair" not in columns(target)
        heard(target)
        assert "repair" in columns(target)
    assert "repair" not in columns(address(old))


def test_a_sign_that_a_server_cannot_keep_is_carried_as_its_picture(
    place: Callable[[str], str],
) -> None:
    """The one that ends a text in C, in the reason of a message that was set aside."""
    source, target = lived(place(FILE)), place(SERVER)
    with asking(source) as ask:
        ask("update aside set what = ?", "a\0b")
    copied(source, target)
    with asking(target) as ask:
        assert ask("select what from aside") == [("a\N{SYMBOL FOR NULL}b",)]


# As of one moment


@WAYS
def test_a_ledger_that_is_written_meanwhile_is_copied_as_of_one_moment(
    here: str, there: str, place: Callable[[str], str]
) -> None:
    """Whatever is heard after the copy began is not in it, not even half of it; and nobody waits."""
    source, target = heard(place(here), 2_500, "x" * 5_000), place(there)
    with opened(source) as office:

        def hear(_done: int = 0) -> None:
            number = office.counts().messages
            if number < 2_510:
                office.hear(state(f"N-{number}", "new", id=f"new {number}"))

        @contextmanager
        def hears(_what: str, _total: int) -> Iterator[Callable[[int], None]]:
            hear()
            yield hear
            hear()

        done = copy(source, target, shows=hears)
        assert office.counts().messages == 2_510

    assert done.messages == 2_500
    with opened(target) as office:
        assert office.counts().messages == 2_500
        assert office.verify(dossiers=True) == []


MAX_GROWTH_KIB = 24_000
"""What a copy of ten times as much may hold more: what connections keep of pages, and of rows under way."""


@pytest.mark.long
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="nothing tells what a process holds"
)
@pytest.mark.parametrize("here", [FILE, SERVER])
def test_a_copy_holds_no_more_memory_of_a_ledger_ten_times_as_large(
    here: str, place: Callable[[str], str]
) -> None:
    """Rows pass through; neither side gathers them. A file keeps pages besides, up to its bound."""
    most = []
    for count in (2_500, 25_000):
        source = heard(place(here), count, "x" * 1_000)
        process = started("copies_at", source, place(SERVER), "", spoken_to=True)
        said, _ = process.communicate()
        assert process.returncode == 0
        most.append(int(said.split()[-1]))

    assert most[1] - most[0] < MAX_GROWTH_KIB, most


# Into an empty place, or not at all


@pytest.mark.parametrize("there", [FILE, SERVER])
def test_a_place_that_holds_anything_is_left_alone(there: str, place: Callable[[str], str]) -> None:
    """Be it a ledger that was just opened, and has heard nothing yet."""
    source, target = heard(place(FILE)), place(there)
    opened(target).close()
    before = content(target)
    with pytest.raises(NotEmpty) as caught:
        copied(source, target)

    assert len(str(caught.value).splitlines()) == 3
    assert content(target) == before


def test_a_schema_with_tables_of_others_is_left_alone(place: Callable[[str], str]) -> None:
    """Though it holds no ledger."""
    source, target = heard(place(FILE)), place(SERVER)
    schema = target.rpartition("=")[2]
    speedy().ask(f"create schema {schema}; create table {schema}.notes (text text)")
    with pytest.raises(NotALedger, match="tables of others"):
        copied(source, target)


def test_a_ledger_in_memory_is_no_place_for_a_copy(place: Callable[[str], str]) -> None:
    """It would be gone at once."""
    with pytest.raises(NotALedger, match="gone when this command ends"):
        copied(heard(place(FILE)), "sqlite://")


def test_a_folder_that_is_not_there_is_named(place: Callable[[str], str], tmp_path: Path) -> None:
    """As when a ledger is opened in it."""
    with pytest.raises(NotALedger, match="There is no folder"):
        copied(heard(place(FILE)), address(tmp_path / "nowhere" / "acme.db"))


def test_a_ledger_that_holds_no_company_yet_is_not_copied(
    place: Callable[[str], str], tmp_path: Path
) -> None:
    """Somebody who made it was broken off."""
    SqliteDatabase(address(tmp_path / "empty.db")).close()
    with pytest.raises(NotALedger, match="no company yet"):
        copied(address(tmp_path / "empty.db"), place(FILE))


@WAYS
def test_a_copy_that_is_broken_off_leaves_nothing(
    here: str, there: str, place: Callable[[str], str]
) -> None:
    """Ctrl-C in any step of it; then it can be made anew."""
    source, target = heard(place(here)), place(there)
    for step in ("copying", "verifying"):

        @contextmanager
        def breaks(what: str, _total: int, step: str = step) -> Iterator[Callable[[int], None]]:
            def done(_number: int) -> None:
                if what == step:
                    raise KeyboardInterrupt

            yield done

        with pytest.raises(KeyboardInterrupt):
            copy(source, target, shows=breaks)
        assert is_nothing_at(target)
    assert copied(source, target).messages == 300


@WAYS
@pytest.mark.parametrize("step", ["copying", "verifying"])
def test_a_copy_that_is_killed_leaves_nothing_that_looks_like_a_ledger(
    step: str, here: str, there: str, place: Callable[[str], str], tmp_path: Path
) -> None:
    """Kill -9: on a server there is nothing; of a file, one by another name that is not opened."""
    source, target = heard(place(here)), place(there)
    process = started("copies_at", source, target, step, spoken_to=True)
    assert process.stdout
    while not process.stdout.readline().startswith(step):
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()

    unfinished = list(tmp_path.glob(f"*{UNFINISHED}"))
    if there == FILE:
        assert not Path(target.removeprefix("sqlite:///")).exists()
        assert len(unfinished) == 1
        with pytest.raises(NotALedger, match="broken off"):
            opened(address(unfinished[0]))
        with pytest.raises(NotEmpty, match="broken off, or is under way"):
            copied(source, target)
        for file in tmp_path.glob(f"*{UNFINISHED}*"):
            file.unlink()
    assert until_it_is_free(source, target).messages == 300


def until_it_is_free(source: str, target: str) -> Copied:
    """Copy, once the server has noticed that the other is gone."""
    for _ in range(100):
        try:
            return copied(source, target)
        except LedgerBusy:
            threading.Event().wait(0.05)
    raise AssertionError("the server still holds the place for one that is gone")


@pytest.mark.parametrize("there", [FILE, SERVER])
def test_what_another_makes_there_meanwhile_is_left_alone(
    there: str, place: Callable[[str], str]
) -> None:
    """An office is opened at the target while the copy is under way: one of the two is refused."""
    source, target = heard(place(FILE)), place(there)
    opening = target + ("?" if there == FILE else "&") + "wait=100ms"
    refused: list[OnestoryError] = []

    @contextmanager
    def opens(_what: str, _total: int) -> Iterator[Callable[[int], None]]:
        try:
            opened(opening).close()
        except LedgerBusy as error:
            refused.append(error)
        yield lambda _: None

    if there == FILE:
        with pytest.raises(NotEmpty):
            copy(source, target, shows=opens)
    else:
        copy(source, target, shows=opens)
        assert len(refused) == 2
    with opened(target) as office:
        assert office.counts().messages == (0 if there == FILE else 300)


@pytest.mark.parametrize("there", [FILE, SERVER])
@pytest.mark.parametrize(
    "damage",
    [
        "update entry set body = replace(body, '6', '8') where number = 7",
        "delete from message where number = 300",
        "update seal set hash = x'00' where number = 1",
        "update subject set latest = 'no number' where id = 3",
        "update message set hash = 'no bytes' where number = 5",
    ],
)
def test_a_ledger_that_does_not_hold_is_not_copied(
    damage: str, there: str, place: Callable[[str], str]
) -> None:
    """A backup that was made of it would be found out on the day that it is needed."""
    source, target = heard(place(FILE)), place(there)
    with asking(source) as ask:
        ask(damage)
    with pytest.raises(LedgerError) as caught:
        copied(source, target)

    assert type(caught.value) is LedgerCorrupt
    assert is_nothing_at(target)
