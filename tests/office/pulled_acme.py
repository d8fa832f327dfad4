"""A telecom whose billing is pulled: its company, and billing's own database, a real one."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

from onestory import (
    Channel,
    Claims,
    Company,
    Entity,
    Fact,
    Key,
    Pulled,
    Source,
    System,
    reads,
    rows_of,
)
from onestory.errors import NoSuchName
from onestory.testing import Timeline


class Row(TypedDict):
    """What billing has of a contract."""

    contract_no: str
    term: str


class Renamed(TypedDict):
    """The same, after somebody renamed a column."""

    contract_no: str
    term_of_contract: str


class Acme(NamedTuple):
    """The company with what tests say of it."""

    company: Company
    contracts: System
    billing: System
    contract: type[Entity]
    term: Fact[str]
    desk: Channel


def acme_of(source: Source, *, renamed: bool = False, **pull: Any) -> Acme:
    """A company that pulls billing from a source."""
    acme = Company("Acme Telecom")
    contracts = System("contracts", of=acme)
    billing = System("billing", of=acme)
    desk = Channel("desk", of=acme)

    class Contract(Entity, of=acme):
        """One subscription that a customer holds."""

        contract_no: Key[str]
        term: Fact[str] = contracts.decides(billing.follows(within="5 min"))

    def row_of_billing(row: Row) -> Claims:
        """What billing has."""
        yield Contract.term.claim(row["contract_no"], row["term"])

    def renamed_row_of_billing(row: Renamed) -> Claims:
        """What billing has, by its new name."""
        yield Contract.term.claim(row["contract_no"], row["term_of_contract"])

    def word_of_contracts(row: Row) -> Claims:
        """What is decided."""
        yield Contract.term.claim(row["contract_no"], row["term"])

    reads(contracts, "row")(word_of_contracts)
    reads(billing, "row")(renamed_row_of_billing if renamed else row_of_billing)
    billing.pulls(source, type="row", **pull)
    return Acme(acme, contracts, billing, Contract, Contract.term, desk)


class Billing:
    """Billing's own database, in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ask(
            "create table if not exists contract "
            "(contract_no text primary key, term text, changed_at integer)"
        )
        self.stamp = 0

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database answers."""
        database = sqlite3.connect(self.file, isolation_level=None)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def says(self, contract: str, term: str, *, stamp: int | None = None) -> None:
        """A row is written, with the next stamp or with this one."""
        self.stamp += 1
        self.ask(
            "insert into contract values (?, ?, ?) on conflict (contract_no) do update "
            "set term = excluded.term, changed_at = excluded.changed_at",
            contract,
            term,
            self.stamp if stamp is None else stamp,
        )

    def says_many(self, count: int, term: str, *, stamp: int | None = None) -> None:
        """Many rows are written at once."""
        database = sqlite3.connect(self.file)
        rows = [(f"C-{n:05}", term, n if stamp is None else stamp) for n in range(count)]
        with database:
            database.executemany("insert or replace into contract values (?, ?, ?)", rows)
        database.close()
        self.stamp = count

    def connect(self) -> sqlite3.Connection:
        """A connection that may only read, as a company would make one."""
        return sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)

    def source(self, **more: Any) -> Source:
        """The table as a source."""
        return rows_of(
            self.connect, "contract", key="contract_no", **{"cursor": "changed_at"} | more
        )


def pulled(timeline: Timeline, **how: Any) -> Pulled:
    """One round of what is due; how billing's pull fares then."""
    (one,) = timeline.office.pull_due(**how)
    return one


def decides(timeline: Timeline, acme: Acme, contract: str, term: str) -> None:
    """Contracts says what is so."""
    timeline.says(acme.contracts, acme.term, contract, term)


def billing_says(timeline: Timeline, acme: Acme, contract: str) -> object:
    """What the ledger has billing say; nothing, if nobody spoke of the contract."""
    try:
        told = timeline.office.tell(acme.contract, contract, to=acme.desk)
    except NoSuchName:
        return None
    (followed,) = told[acme.term].followers
    return None if followed.as_of is None else followed.said
