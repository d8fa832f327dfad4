"""The command line and HTTP say the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import onestory
from onestory import Money
from onestory.office.cli import app
from onestory.testing import Timeline
from telecom.company import Contract, Customer, acme, billing, contracts

from .asking import asking

pytestmark = pytest.mark.sqlite  # commands look whether the file is there

LONG_AGO = datetime(2021, 1, 5, 9, tzinfo=UTC)
AT = "2021-01-05T09:10:00Z"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """C-1 is renewed, billing does not follow, and a message is set aside."""
    file = tmp_path / "telecom.db"
    with Timeline(acme, start=LONG_AGO, address=f"sqlite:///{file}") as timeline:
        timeline.says(contracts, Customer.email, "K-7", "ada@acme.example")
        timeline.says(contracts, Contract.holder, "C-1", "K-7")
        for party in (contracts, billing):
            timeline.says(party, Contract.renewed_until, "C-1", date(2021, 3, 31))
            timeline.says(party, Contract.monthly_price, "C-1", Money.read("49.90 EUR"))
        timeline.says(contracts, Contract.renewed_until, "C-1", date(2022, 3, 31))
        timeline.says(contracts, Contract.monthly_price, "C-1", Money.read("39.90 EUR"))
        timeline.wait("1 min")
        timeline.office.hear(onestory.message("billing", "unread", {}, id="u-1"))
        timeline.wait("5 min")
        timeline.says(billing, Contract.monthly_price, "C-1", Money.read("39.90 EUR"))
    return file


@pytest.fixture
def client(ledger: Path) -> Iterator[TestClient]:
    with onestory.open(acme, f"sqlite:///{ledger}") as office:
        yield asking(office)


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (f"story Contract C-1 --known {AT}", f"/stories/Contract/C-1?known={AT}"),
        (
            f"story Contract C-1 --known {AT} --channel mail",
            f"/stories/Contract/C-1?known={AT}&channel=mail",
        ),
        ("story Contract C-1 --timeline --limit 50", "/timelines/Contract/C-1"),
        ("contradictions --limit 50", "/contradictions"),
        ("contradictions --all --limit 50", "/contradictions?settled=true"),
        ("explain NUMBER", "/contradictions/NUMBER"),
        ("aside list --limit 50", "/asides"),
        ("repairs --limit 50", "/repairs"),
        ("repair 1", "/repairs/1"),
    ],
)
def test_both_doors_say_the_same_bytes(
    ledger: Path, client: TestClient, words: str, path: str
) -> None:
    """What --json writes is what HTTP answers, to the byte; one newline apart."""
    (one, *_) = client.get("/contradictions").json()["contradictions"]
    number = str(one["number"])
    command, *rest = words.replace("NUMBER", number).split()
    names = [command, *rest[:1]] if command == "aside" else [command]
    asked = [*names, "telecom.company:acme", *rest[len(names) - 1 :], "--json", "--db", str(ledger)]
    written = CliRunner().invoke(app, asked, prog_name="onestory")
    answer = client.get(path.replace("NUMBER", number))

    assert written.exit_code == 0, written.output
    assert answer.status_code == 200, answer.text
    assert written.stdout.encode() == answer.content + b"\n"
    assert len(answer.content) > 100
