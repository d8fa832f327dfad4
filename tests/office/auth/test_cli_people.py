"""The command line that says who may ask: the first account, keys, and what was changed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import onestory
from onestory.office.auth import Auth
from onestory.office.cli import app
from onestory.office.cli_names import company_of

pytestmark = pytest.mark.sqlite  # commands look whether the file is there

ACME = '''
"""Acme Telecom: contracts decides, billing follows."""

from onestory import Company, Entity, Fact, Key, Link, People, System

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
customers = People("customers", of=acme)


class Customer(Entity, of=acme, one_of=customers):
    """Somebody who holds contracts."""

    customer_no: Key[str]


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    holder: Link[Customer] = contracts.decides()
    term: Fact[str] = contracts.decides(billing.follows(within="5 min"))
'''
COMPANY = "acme_door:acme"
WORDS = "seven green lanterns at dusk\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a company of its own, in which every command is started."""
    (tmp_path / "acme_door.py").write_text(ACME)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("ONESTORY_DB", raising=False)
    yield tmp_path
    sys.modules.pop("acme_door", None)


def typed(*words: str, given: str = "") -> Result:
    """Start the command line."""
    return CliRunner().invoke(app, list(words), input=given, env={"COLUMNS": "120"})


def document(*words: str, given: str = "") -> Any:
    """What a command writes for programs, when all goes well."""
    result = typed(*words, "--json", given=given)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_first_account_is_made_before_anything_else(here: Path) -> None:
    """The command makes the ledger, takes the password from standard input, and shows it nowhere."""
    made = typed("account", "add", COMPANY, "ada", "--role", "engineer", given=WORDS)

    assert made.exit_code == 0, made.output
    assert "ada" in made.stdout
    assert WORDS.strip() not in made.output
    assert WORDS.strip().encode() not in (here / "onestory.db").read_bytes()
    (account,) = document("account", "list", COMPANY)["accounts"]
    assert (account["login"], account["roles"]) == ("ada", ["engineer"])


def test_no_account_is_there_by_itself(here: Path) -> None:
    """A fresh ledger lets nobody in: there is no default login, and no default password."""
    with onestory.open(company_of(COMPANY), "sqlite:///onestory.db") as office:
        assert not Auth(office).accounts.any()
    assert document("account", "list", COMPANY) == {"accounts": []}
    assert document("key", "list", COMPANY) == {"keys": []}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("short\n", "15 characters at least"),
        ("ada ada ada ada ada\n", "others would try first"),
        ("Acme Telecom 1234567890\n", "others would try first"),
        ("aaaaaaaaaaaaaaaaaaaaaa\n", "others would try first"),
        ("x" * 300 + "\n", "256 characters at most"),
    ],
)
def test_a_password_that_others_would_guess_is_refused(given: str, says: str) -> None:
    """By its length and by what it is made of; no kind of character is asked for."""
    result = typed("account", "add", COMPANY, "ada", "--role", "engineer", given=given)

    assert result.exit_code == 1
    assert says in result.stderr
    assert document("account", "add", COMPANY, "bob", "--role", "agent", given=WORDS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["ada", "--role", "boss"], "There is no role 'boss'"),
        (["ada", "--role", "system"], "There is no role 'system'"),
        (["ada"], "may do nothing"),
        (["ada", "--role", "customer"], "one person's"),
        (["ada", "--role", "agent", "--person", "Customer/K-1"], "one person's"),
        (["a/b", "--role", "agent"], "cannot be a login"),
        (["ada", "--role", "customer", "--person", "Contract/C-1"], "Nobody is a Contract"),
        (["ada", "--role", "customer", "--person", "Custmer/K-1"], "Customer"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(words: list[str], says: str) -> None:
    """The error says what to write instead, and nothing is made."""
    result = typed("account", "add", COMPANY, *words, given=WORDS)

    assert result.exit_code == 1
    assert says in " ".join(result.stderr.split())


def test_accounts_are_changed_and_the_audit_says_by_whom() -> None:
    """Each change is a line, in the same commit; no line holds a password."""
    typed("account", "add", COMPANY, "ada", "--role", "engineer", given=WORDS)
    typed("account", "roles", COMPANY, "ada", "--role", "agent", "--by", "Bea")
    typed(
        "account", "password", COMPANY, "ada", "--by", "Bea", given="eight quiet harbours in May\n"
    )
    typed("account", "disable", COMPANY, "ada", "--by", "Bea")
    typed("account", "disable", COMPANY, "ada", "--by", "Bea", "--again")
    twice = typed("account", "add", COMPANY, "ada", "--role", "engineer", given=WORDS)

    assert "There is an account ada already" in twice.stderr
    lines = document("audit", COMPANY)["audit"]
    assert [(line["actor"], line["action"]) for line in lines] == [
        ("command line", "account made"),
        ("Bea", "roles changed"),
        ("Bea", "password changed"),
        ("Bea", "account disabled"),
        ("Bea", "account enabled"),
    ]
    assert (lines[1]["was"], lines[1]["became"]) == ({"roles": ["engineer"]}, {"roles": ["agent"]})
    shown = typed("audit", COMPANY).output
    assert "roles changed" in shown
    assert "harbours" not in json.dumps(lines) + shown


def test_a_key_is_shown_once(here: Path) -> None:
    """Of a system that the company has, or with roles; only its hash is kept."""
    key = document("key", "add", COMPANY, "billing")["key"]
    watch = typed("key", "add", COMPANY, "--role", "monitor").stdout

    assert re.fullmatch(r"os_[0-9a-f]{12}_[\w-]{43}", key)
    assert watch.startswith("os_")
    assert key.encode() not in (here / "onestory.db").read_bytes()
    rows = document("key", "list", COMPANY)["keys"]
    assert {row["system"] for row in rows} == {"billing", ""}
    name = key.split("_")[1]
    assert document("key", "revoke", COMPANY, name) == {"revoked": [{"key": name}]}
    again = typed("key", "revoke", COMPANY, name)
    assert "no key" in again.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["bililng"], "There is no system 'bililng'"),
        ([], "speaks for one system"),
        (["billing", "--role", "engineer"], "speaks for one system"),
        (["--role", "customer"], "There is no role for keys 'customer'"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(words: list[str], says: str) -> None:
    """A key for nobody, for two things at once, or for what keys cannot be."""
    result = typed("key", "add", COMPANY, *words)

    assert result.exit_code == 1
    assert says in " ".join(result.stderr.split())


def test_a_line_of_the_audit_that_was_changed_is_found(here: Path) -> None:
    """Each line holds a hash of all before it, so that none is changed or taken out unseen."""
    import sqlite3  # noqa: PLC0415 - it looks into the file beside onestory

    for login in ("ada", "bea", "cyd"):
        typed("account", "add", COMPANY, login, "--role", "agent", given=WORDS)
    for change in (
        "update audit set actor = 'Eve' where number = 2",
        "delete from audit where number = 2",
    ):
        with sqlite3.connect(here / "onestory.db") as file:
            file.execute(change)
        file.close()

        found = typed("audit", COMPANY)

        assert found.exit_code == 1
        assert "audit 2" in found.stdout
