"""The commands that pull: what they ask, what they show, and how they end."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from onestory.office.cli import app

pytestmark = pytest.mark.sqlite  # commands look whether the file is there

COMPANY = "acme_pulled:acme"
SOURCES = Path(__file__).resolve().parents[2] / "src"

ACME = '''
"""Acme Telecom: billing is asked."""

import sqlite3

from onestory import Claims, Company, Entity, Fact, Key, System, reads, rows_of

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("shop", of=acme)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    term: Fact[str] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="5 min")
    )


@reads(billing, "row")
@reads(shop, "row")
def row(row: dict) -> Claims:
    yield Contract.term.claim(row["no"], row["term"])


for system in (billing, shop):
    system.pulls(
        rows_of(
            lambda system=system: sqlite3.connect(f"file:{system.name}.db?mode=ro", uri=True),
            "contract", key="no", cursor="changed",
        ),
        type="row",
        every="200 ms",
    )
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the company, and billing's and the shop's databases."""
    (tmp_path / "acme_pulled.py").write_text(ACME)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("billing", "shop"):
        database = sqlite3.connect(f"{name}.db", isolation_level=None)
        database.execute("create table contract (no text primary key, term text, changed integer)")
        database.execute("insert into contract values ('C-1', 'spring', 1)")
        database.close()
    yield tmp_path
    sys.modules.pop("acme_pulled", None)


def document(*words: str, code: int = 0) -> Any:
    """What a command answers to a program."""
    sys.modules.pop("acme_pulled", None)
    done = CliRunner().invoke(app, [*words, "--json"], prog_name="onestory")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def page(*words: str, code: int = 0) -> str:
    """What it answers to a person."""
    sys.modules.pop("acme_pulled", None)
    done = CliRunner().invoke(app, words, prog_name="onestory")
    assert done.exit_code == code, done.output
    return done.output


def test_each_system_is_asked_once(here: Path) -> None:
    """With a page for people, a document for programs, and a ledger that was not there before."""
    shown = page("pull", COMPANY, "--once")
    (billing, shop) = document("pulls", COMPANY)["pulls"]

    assert shown.startswith("2 pulls\n")
    assert "billing/row  up to date as of " in shown
    assert (billing["name"], billing["state"], billing["heard"]) == ("billing/row", "up to date", 1)
    assert (shop["every"], shop["error"], shop["swept_rows"]) == (0.2, None, 1)


def test_one_system_may_be_swept_by_itself(here: Path) -> None:
    """The other is not asked."""
    (only,) = document("pull", COMPANY, "--sweep", "--system", "shop")["pulls"]
    (billing, _) = document("pulls", COMPANY)["pulls"]

    assert (only["name"], only["state"]) == ("shop/row", "up to date")
    assert billing["state"] == "never pulled"


def test_a_system_that_is_down_is_told_by_the_exit_code(here: Path) -> None:
    """With the reason and what to do; the other is read all the same."""
    (here / "shop.db").unlink()
    shown = page("pull", COMPANY, "--once", code=1)

    assert "shop/row     down since" in shown
    assert "unable to open database file" in " ".join(shown.split())
    assert "billing/row  up to date" in shown


def test_a_company_that_pulls_nothing_says_so(here: Path) -> None:
    """It is no error."""
    (here / "acme_pulled.py").write_text(ACME[: ACME.index("for system")])

    assert page("pull", COMPANY, "--once") == "Nothing is pulled.\n"


@pytest.mark.parametrize("command", ["pull", "work"])
def test_it_pulls_until_it_is_stopped(command: str, here: Path) -> None:
    """In a process of its own, that ends by itself when it is told to."""
    page("pull", COMPANY, "--once")
    database = sqlite3.connect("billing.db", isolation_level=None)
    database.execute("update contract set term = 'summer', changed = 2")
    database.close()
    with subprocess.Popen(
        [sys.executable, "-m", "onestory", command, COMPANY],
        stdout=subprocess.PIPE,
        text=True,
        cwd=here,
        env={**os.environ, "PYTHONPATH": f"{SOURCES}{os.pathsep}{here}"},
    ) as process:
        assert process.stdout is not None
        begun = process.stdout.readline()
        for _ in range(600):
            if document("pulls", COMPANY)["pulls"][0]["heard"] == 2:
                break
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()

    assert "for Acme Telecom" in begun
    assert process.returncode == 0
    assert rest.endswith("stopped\n")
    assert document("pulls", COMPANY)["pulls"][0]["heard"] == 2
