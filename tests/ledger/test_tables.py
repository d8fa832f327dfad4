"""Tables that follow from the ledger: one changed row in any of them is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import onestory
from onestory import Company, Entity, Fact, Key, System, reads
from onestory.clock import HandClock
from onestory.testing import NINE, Timeline

from .acme import Contract, Customer, acme, address, billing, contracts, desk, raw

pytestmark = pytest.mark.sqlite  # it changes rows of the file

TERM = Contract.renewed_until
LATER = HandClock(NINE + timedelta(hours=2))
"""When the history has ended, and all that was due was judged."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a row of each kind: open and settled, linked and unlinked, of people too."""
    file = tmp_path_factory.mktemp("whole") / "acme.db"
    with Timeline(acme, address=address(file)) as timeline:
        office = timeline.office
        for key, holder in (("C-1", "K-7"), ("C-2", "K-7"), ("C-3", None)):
            timeline.says(contracts, Contract.holder, key, holder)
            timeline.says(contracts, TERM, key, "spring")
            timeline.says(billing, TERM, key, "winter")
        office.tell(Contract, "C-1", to=desk, person=(Customer, "K-7"), record=True)
        timeline.says(contracts, TERM, "C-1", "summer")
        timeline.says(billing, TERM, billing.calls("B-1"), "autumn")
        timeline.says(billing, TERM, billing.calls("B-2"), "autumn")
        office.link(billing.calls("B-1"), Contract, "C-1", by="Ada")
        office.link(billing.calls("B-1"), Contract, "C-2", by="Ada")
        office.link(billing.calls("B-2"), Contract, "C-1", by="Ada")
        office.unlink(billing.calls("B-2"), Contract, by="Ada")
        office.disputes(TERM, "C-1", by=(Customer, "K-7"))
        office.disputes(TERM, "C-2", by=(Customer, "K-7"))
        office.disputes_no_longer(TERM, "C-2", by=(Customer, "K-7"))
        timeline.wait("6 min")
        timeline.says(billing, TERM, "C-3", "spring")
        timeline.wait("1 d")
        timeline.wait("1 d")
        assert {c.person for c in timeline.open_contradictions()} == {"", "K-7"}
        LATER.move_to(timeline.clock.now())
    return file


@pytest.fixture
def file(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "acme.db"))


def found(file: Path) -> list[str]:
    """Where something is found, once everything is worked out anew."""
    with onestory.open(acme, address(file), clock=LATER) as office:
        return [finding.where for finding in office.verify(dossiers=True)]


COLUMNS = {
    "contradiction": (
        "number subject fact follower person since due opened silent_since settled how"
    ),
    "link": "subject fact target",
    "alias": "subject means linked unlinked",
    "dispute": "person subject fact entry since",
}


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column) for table, columns in COLUMNS.items() for column in columns.split()],
)
def test_a_changed_row_is_found(table: str, column: str, file: Path) -> None:
    """In each row one column is changed, found, and changed back."""
    order = {"link": "subject", "dispute": "subject"}.get(table, "number")
    with raw(file) as database:
        query = f"select {order}, {column} from {table}"
        rows = database.execute(query).fetchall()
    assert rows
    for place, value in rows:
        other = changed(value)
        change(file, f"update {table} set {column} = ? where {order} = ?", other, place)
        assert found(file) != [], (place, value)
        place_now = other if column == order else place
        change(file, f"update {table} set {column} = ? where {order} = ?", value, place_now)
    assert found(file) == []


@pytest.mark.parametrize("table", COLUMNS)
def test_a_missing_row_is_found(table: str, file: Path) -> None:
    """One that is gone, and one that is there though nothing says so."""
    with raw(file) as database:
        (row, *_) = database.execute(f"select * from {table}").fetchall()
        names = [column[1] for column in database.execute(f"pragma table_info({table})")]
    change(file, f"delete from {table} where {names[0]} = ?", row[0])
    assert found(file) != []
    added = [*row]
    change(file, f"insert into {table} values ({', '.join('?' * len(row))})", *row)
    if table in ("contradiction", "alias"):
        added[0] = 9_999
        change(file, f"insert into {table} values ({', '.join('?' * len(row))})", *added)
        assert found(file) != []


def test_the_sentence_names_the_row(file: Path) -> None:
    """An engineer reads which contradiction, link, alias or dispute it is."""
    for statement in (
        "update link set target = 0 where fact = 'holder'",
        "update alias set means = 0",
        "update dispute set since = 0",
        "update contradiction set how = 'lost' where settled is not null",
    ):
        change(file, statement)

    places = found(file)
    assert "link holder of Contract C-1" in places
    assert "alias Contract called B-1 by billing" in places
    assert "dispute of K-7 on renewed_until of Contract C-1" in places
    assert any(place.startswith("contradiction ") for place in places)


def test_rows_under_the_former_name_of_a_fact_are_followed(tmp_path: Path) -> None:
    """A fact was called term, then until, then runs_until: what was opened of it is found still."""
    file = tmp_path / "acme.db"
    clock = HandClock(NINE)
    for name, was in (("term", ""), ("until", "term"), ("runs_until", "until")):
        with onestory.open(renamed(name, was), address(file), clock=clock) as office:
            for source, value in (("contracts", f"{name} 1"), ("billing", "never")):
                sent = {"contract": "C-1", "until": value}
                office.hear(onestory.message(source, "state", sent, id=f"{source} {name}"))
            clock.move(timedelta(minutes=6))
            office.tick()
            assert [c.fact for c in office.contradictions()] == [name]
            assert office.verify(dossiers=True) == []


def renamed(name: str, was: str) -> Company:
    """The company with a fact of this name."""
    company = Company("Acme")
    deciding, following = System("contracts", of=company), System("billing", of=company)
    fact: Any = deciding.decides(following.follows(within="5 min"), was=was)
    body: dict[str, Any] = {
        "__doc__": "One subscription.",
        "__module__": __name__,
        "__annotations__": {"contract_no": Key[str], name: Fact[str]},
        name: fact,
    }
    make: Any = type(Entity)
    kind: Any = make("Contract", (Entity,), body, of=company)

    def state(sent: dict[str, Any]) -> Any:
        yield getattr(kind, name).claim(sent["contract"], sent["until"])

    declare: Callable[..., Any] = reads
    for system in (deciding, following):
        declare(system, "state")(state)
    return company


def changed(value: Any) -> Any:
    """Another value of the same kind; something where there was nothing."""
    if value is None:
        return 1
    return f"{value}x" if isinstance(value, str) else value + 100_000


def change(file: Path, statement: str, *values: Any) -> None:
    with raw(file) as database:
        database.execute(statement, values)
