"""A later version keeps what only it knows, copies the ledger, and goes on in the copy.

    python -m tests.faults.moves_later FROM TO

prints what is in the copy then, as one JSON object.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import Any

import psycopg

import onestory
from onestory.ledger import copy

from ..ledger.acme import acme
from ..ledger.test_copying import unseen

ACCOUNT = "insert into account_later (id, name, made) values ({}, '{}', {})"


def asked(at: str, *statements: str) -> list[Any]:
    """The rows that the last of some statements gives."""
    if at.startswith("sqlite"):
        link: Any = sqlite3.connect(at.removeprefix("sqlite:///"), isolation_level=None)
    else:
        server, _, schema = at.rpartition("&schema=")
        link = psycopg.connect(server, autocommit=True)
        link.execute(f"set search_path = {schema}")
    try:
        *before, last = statements
        for statement in before:
            kind = "blob" if at.startswith("sqlite") else "bytea"
            link.execute(statement.replace("blob", kind))
        return [list(row) for row in link.execute(last).fetchall()]
    finally:
        link.close()


def main(source: str, target: str) -> None:
    """Bring the ledger up to date, fill in, copy, go on."""
    onestory.open(acme, source).close()
    asked(
        source,
        ACCOUNT.format(1, "ann", 5),
        ACCOUNT.format(7, "bob", 6),
        "insert into session_later (token, account, until) values (cast('token' as blob), 7, 99)",
        "update subject set seen_later = 11 where id = 3",
        "select 1",
    )
    copy(source, target, shows=unseen)
    with onestory.open(acme, target) as office:
        findings = office.verify(dossiers=True)
    found = {
        "accounts": asked(
            target,
            "insert into account_later (name, made) values ('eve', 7)",
            "select id, name, made from account_later order by id",
        ),
        "sessions": asked(target, "select token, account, until from session_later"),
        "seen": asked(target, "select seen_later from subject where seen_later is not null"),
        "findings": findings,
    }
    print(json.dumps(found, default=lambda token: as_bytes(token).hex()))  # noqa: T201


def as_bytes(token: Any) -> bytes:
    """A token, whichever database it comes from."""
    return bytes(token)


if __name__ == "__main__":
    main(*sys.argv[1:])
