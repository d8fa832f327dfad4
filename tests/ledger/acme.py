"""The company of these tests: contracts that two systems speak of, and the file its ledger is in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

from onestory import (
    Channel,
    Claims,
    Company,
    Entity,
    Fact,
    Key,
    Link,
    Message,
    People,
    System,
    message,
    reads,
)

from .kept import schema_of
from .postgres_server import speedy

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
customers = People("customers", of=acme)
desk = Channel("agent desk", of=acme)


class Customer(Entity, of=acme, one_of=customers):
    """Somebody who holds contracts."""

    customer_no: Key[str]


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    holder: Link[Customer] = contracts.decides()
    renewed_until: Fact[str] = contracts.decides(
        billing.follows(within="5 min"), customers.follows(within="1 d")
    )
    seats: Fact[int] = contracts.decides(billing.follows(within="5 min"))


portal = Channel("portal", of=acme, shows=[Contract.renewed_until, Contract.seats])


class State(TypedDict):
    """What a system sends of a contract."""

    contract: str
    until: str


@reads(contracts, "contract.state")
@reads(billing, "contract.state")
def contract_state(state: State) -> Claims:
    """Until when a contract runs."""
    yield Contract.renewed_until.claim(state["contract"], state["until"])


def state(
    contract: str, until: str, *, id: str, source: System = contracts, sequence: int | None = None
) -> Message:
    """The message of a system about one contract."""
    data = State(contract=contract, until=until)
    return message(source.name, "contract.state", data, id=id, sequence=sequence)


def address(file: Path, options: str = "") -> str:
    """The address of the ledger in a file."""
    return f"sqlite:///{file}{options}"


@contextmanager
def raw(file: Path) -> Iterator[sqlite3.Connection]:
    """The file as SQLite has it, opened beside onestory or after it; what is changed is kept."""
    database = sqlite3.connect(file, isolation_level=None)
    try:
        yield database
    finally:
        database.close()


def asked(file: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query to the file, or to the schema that is kept instead of it."""
    schema = schema_of(file)
    if schema is not None:
        return speedy().ask(f"set search_path = {schema}; " + query.replace("?", "%s"), *values)
    with raw(file) as database:
        return database.execute(query, values).fetchall()
