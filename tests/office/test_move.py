"""Moving a ledger from the command line: copies, backups, and what is told of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from onestory.office.cli import app

from ..ledger.postgres_server import fresh, needed, speedy

pytestmark = pytest.mark.sqlite  # commands look whether the file is there

COMPANY = "acme_moves:acme"

ACME = '''
"""Acme Telecom: contracts decides."""

from onestory import Claims, Company, Entity, Fact, Key, System, reads

acme = Company("Acme Telecom")
other = Company("Other")
contracts = System("contracts", of=acme)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    term: Fact[str] = contracts.decides()


@reads(contracts, "renewed")
def renewed(sent: dict[str, str]) -> Claims:
    """Until when a contract runs."""
    yield Contract.term.claim(sent["contract"], sent["term"])
'''


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a company, and its ledger, which has heard of a contract."""
    (tmp_path / "acme_moves.py").write_text(ACME)
    (tmp_path / "one.jsonl").write_text(event(1, "spring"))
    (tmp_path / "two.jsonl").write_text(event(2, "summer"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("ONESTORY_DB", raising=False)
    document("hear", COMPANY, "one.jsonl")
    yield tmp_path
    del sys.modules["acme_moves"]


def event(number: int, term: str) -> str:
    """A line that says until when a contract runs."""
    about = {"specversion": "1.0", "id": str(number), "source": "contracts", "type": "renewed"}
    return json.dumps({**about, "data": {"contract": "C-1", "term": term}}) + "\n"


def onestory(*words: str) -> Any:
    """Start the command line."""
    return CliRunner().invoke(app, list(words), prog_name="onestory", env={"COLUMNS": "100"})


def document(*words: str) -> Any:
    """What a command writes for programs, when all goes well."""
    result = onestory(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*words: str) -> Any:
    """What a command writes for programs, when it is refused."""
    result = onestory(*words, "--json")
    assert result.exit_code == 1
    return json.loads(result.stderr)


def seal(db: str) -> str:
    """The last seal of a ledger that holds."""
    verified = document("verify", COMPANY, "--dossiers", "--db", db)
    assert verified["holds"]
    return str(verified["last_seal"])


def test_a_ledger_moves_to_a_server_and_on_and_back() -> None:
    """It is the same wherever it is, to the last seal; and hearing goes on there."""
    needed()
    first, second = speedy().address(fresh()), speedy().address(fresh())
    sealed = seal("onestory.db")

    assert document("copy", COMPANY, "onestory.db", first)["last_seal"] == sealed
    assert document("copy", COMPANY, first, second)["last_seal"] == sealed
    assert document("copy", COMPANY, second, "back.db")["last_seal"] == sealed
    assert document("copy", COMPANY, "back.db", "again.db")["last_seal"] == sealed
    for db in (first, second, "back.db", "again.db"):
        assert seal(db) == sealed
        assert document("hear", COMPANY, "one.jsonl", "two.jsonl", "--db", db)["known"] == 1
        assert seal(db) != sealed


def test_a_backup_is_a_file_that_opens_and_is_restored_anywhere(here: Path) -> None:
    """From a file or from a server: one file, of which any question can be asked."""
    needed()
    server, new = speedy().address(fresh()), speedy().address(fresh())
    document("copy", COMPANY, "onestory.db", server)
    for number, db in enumerate(("onestory.db", server)):
        backup = f"backup-{number}.db"
        copied = document("backup", COMPANY, backup, "--db", db)

        assert copied["messages"] == 1
        assert copied["place"] == backup
        assert document("verify", COMPANY, "--db", backup)["last_seal"] == copied["last_seal"]
        assert document("restore", backup, "--db", f"restored-{number}.db")["messages"] == 1
    assert document("restore", "backup-1.db", "--db", new)["company"] == "Acme Telecom"
    assert document("hear", COMPANY, "two.jsonl", "--db", new)["heard"] == 1
    assert not list(here.glob("*.unfinished*"))


def test_a_page_says_what_was_copied_and_where() -> None:
    """With its last seal, to be kept elsewhere; a password is not shown."""
    result = onestory("backup", COMPANY, "monday.db")

    assert result.exit_code == 0
    assert "The ledger of Acme Telecom is copied, and holds." in result.stdout
    assert "monday.db" in result.stdout
    assert seal("monday.db") in result.stdout


def test_a_copy_is_made_into_an_empty_place_only() -> None:
    """Nothing is written over: no ledger, and no file of another kind."""
    Path("notes.txt").write_text("mine")
    document("copy", COMPANY, "onestory.db", "moved.db")

    for target in ("moved.db", "onestory.db", "notes.txt"):
        assert refused("copy", COMPANY, "onestory.db", target)["code"] == "not-empty"
        assert refused("backup", COMPANY, target)["code"] == "not-empty"
        assert refused("restore", "moved.db", "--db", target)["code"] == "not-empty"
    assert Path("notes.txt").read_text() == "mine"


def test_what_is_not_there_or_anothers_is_not_copied() -> None:
    """A misspelt name makes no empty copy; nor does the wrong company's."""
    assert refused("copy", COMPANY, "onestroy.db", "moved.db")["code"] == "not-a-ledger"
    assert refused("restore", "monday.db", "--db", "moved.db")["code"] == "not-a-ledger"
    wrong = refused("copy", "acme_moves:other", "onestory.db", "moved.db")
    assert wrong["code"] == "other-company"
    assert "holds Acme Telecom" in wrong["what"]
    assert not Path("moved.db").exists()
