"""kill -9 in the middle of a page: what was pulled is kept with its cursor, the rest comes, nothing twice."""

from __future__ import annotations

import random
import signal
import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest

import onestory
from onestory import PullState

from ..office.pulled_acme import Billing
from .process import started
from .pulls_on import company

ROWS = 4_000


def killed_pull(ledger: Path, table: Path, *how: str, draw: random.Random) -> int:
    """Pull in a process of its own, and kill it some time after a page of its; how many pages it gave."""
    with started("pulls_on", ledger, table, *how) as process:
        assert process.stdout is not None
        pages, last = 0, draw.randrange(1, 4)
        while pages < last and (line := process.stdout.readline()) and line != "done\n":
            pages += 1
        sha256(bytes(draw.randrange(20_000_000))).digest()  # some time, without a clock
        process.send_signal(signal.SIGKILL)
        return pages + process.stdout.read().count("\n")


def ids_in(ledger: Path) -> list[str]:
    """The ids that billing's rows were heard by."""
    database = sqlite3.connect(ledger)
    try:
        query = "select id from message where id is not null order by number"
        return [row[0] for row in database.execute(query)]
    finally:
        database.close()


@pytest.mark.parametrize(
    "rounds", [3, pytest.param(30, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_a_killed_pull_goes_on_where_its_last_commit_left_it(rounds: int, tmp_path: Path) -> None:
    """Killed again and again while it reads a table for the first time: each row is heard once."""
    draw, ledger = random.Random(rounds), tmp_path / "acme.db"
    billing = Billing(tmp_path / "billing.db")
    billing.says_many(ROWS, "spring")
    pages = [killed_pull(ledger, billing.file, draw=draw) for _ in range(rounds)]
    acme = company(billing.file)
    with onestory.open(acme.company, f"sqlite:///{ledger}") as office:
        (shown,) = office.pull_due(at_once=True)
        assert shown.state is PullState.UP_TO_DATE
        assert office.verify(dossiers=True) == []
        ids = ids_in(ledger)

    assert min(pages) >= 1
    assert len(ids) == len(set(ids)) == shown.heard == ROWS


def test_a_killed_sweep_goes_on_and_says_what_the_table_says(tmp_path: Path) -> None:
    """Rows changed and moved no stamp; the sweep that finds them is killed twice and then ends."""
    draw, ledger = random.Random(7), tmp_path / "acme.db"
    billing = Billing(tmp_path / "billing.db")
    billing.says_many(ROWS, "spring")
    acme = company(billing.file)
    with onestory.open(acme.company, f"sqlite:///{ledger}") as office:
        office.pull_due()
    billing.ask("update contract set term = 'summer' where changed_at % 7 = 0")
    for _ in range(2):
        killed_pull(ledger, billing.file, "sweep", draw=draw)
    acme = company(billing.file)
    with onestory.open(acme.company, f"sqlite:///{ledger}") as office:
        (shown,) = office.pull_due(sweep=True)
        contracts = [f"C-{number:05}" for number in range(0, ROWS, 97)]
        said = {
            contract: office.tell(acme.contract, contract, to=acme.desk)[acme.term]
            .followers[0]
            .said
            for contract in contracts
        }
        assert office.verify(dossiers=True) == []

    assert shown.swept_rows == ROWS
    assert said == {c: "summer" if int(c[2:]) % 7 == 0 else "spring" for c in contracts}
