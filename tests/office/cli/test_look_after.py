"""The command line looks after a ledger: plan, arm and verify."""

import json
import sqlite3
from pathlib import Path

from .typed import ACME, COMPANY, document, onestory, page


def test_a_plan_of_a_new_ledger_makes_none(here: Path) -> None:
    """Whoever only asks what would happen finds everything as it was."""
    planned = document("plan", COMPANY)

    assert (planned["fresh"], planned["safe"]) == (True, True)
    assert [change["about"] for change in planned["changes"]] == [
        "Contract.renewed_until",
        "Contract.monthly_price",
    ]
    assert not list(here.glob("*.db"))


def test_a_plan_refuses_what_could_not_be_opened(here: Path) -> None:
    """A sender that cannot send is seen only of the whole company: no plan calls it safe."""
    (here / "acme_sends.py").write_text(
        "from onestory import *\n"
        "acme = Company('Acme')\nsystem = System('web', of=acme)\npostman = System('post', of=acme)\n"
        "customers = People('customers', of=acme)\n"
        "class Customer(Entity, of=acme, one_of=customers):\n"
        "    number: Key[str]\n    mail: Fact[str] = system.decides(customers.follows(within='1 d'))\n"
        "mail = Channel('mail', of=acme, by=postman, address=Customer.mail)\n"
        "Notice('yours', of=acme, to=customers, tells=[Customer.mail], by=[mail], subject='', text='')\n"
    )
    refused = onestory("plan", "acme_sends:acme")
    assert (refused.exit_code, "post cannot send" in refused.stderr) == (1, True)


def test_a_plan_says_what_changes_and_what_is_refused(here: Path) -> None:
    """More time for billing is safe; a fact that holds another type is refused, with exit code 1."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    assert "Nothing changes." in page("plan", COMPANY)
    (here / "acme_later.py").write_text(ACME.replace('within="5 min"', 'within="7 min"', 1))
    (here / "acme_other.py").write_text(ACME.replace("Fact[Money]", "Fact[str]"))

    assert "billing follows within 7 min; it was 5 min." in page("plan", "acme_later:acme")
    refused = onestory("plan", "acme_other:acme")
    assert refused.exit_code == 1
    assert "1 change refused" in refused.stdout


def test_a_remedy_is_armed_and_disarmed_by_somebody() -> None:
    """It runs from then on, and the ledger keeps who said so."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    name = "billing/Contract.renewed_until"

    assert "watching" in page("arm", COMPANY)
    assert "none is declared yet" in page("arm", COMPANY)
    armed = document("arm", COMPANY, name, "--by", "Ann")
    assert armed["remedies"][0] == {"name": name, "armed": True, "about": None}
    off = document("arm", COMPANY, name, "--by", "Ann", "--off")
    assert off["remedies"][0] == {"name": name, "armed": False, "about": None}
    assert onestory("arm", COMPANY, name).exit_code == 2
    assert onestory("arm", COMPANY, "--by", "Ann").exit_code == 2
    unknown = onestory("arm", COMPANY, "billing/Contract.renewed", "--by", "Ann")
    assert (unknown.exit_code, f"Did you mean '{name}'?" in unknown.stderr) == (1, True)


def test_verify_names_the_head_of_a_ledger_that_holds() -> None:
    """The last hash is what to keep elsewhere."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    found = document("verify", COMPANY)
    text = page("verify", COMPANY)

    assert found["holds"]
    assert (found["entries"], found["messages"], found["findings"]) == (2, 2, [])
    assert "The ledger of Acme Telecom holds." in text
    assert found["last_hash"] in text


def test_verify_works_out_anew_what_follows_from_the_ledger(here: Path) -> None:
    """A contradiction that nothing opened is found with --dossiers, and named."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    assert document("verify", COMPANY, "--dossiers")["holds"]
    with sqlite3.connect(here / "onestory.db") as database:
        database.execute(
            "insert into contradiction values (9, 1, 'x', 'y', 0, 1, 2, 3, 0, null, null, null)"
        )
    database.close()
    result = onestory("verify", COMPANY, "--dossiers", "--json")

    assert document("verify", COMPANY)["holds"]
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["where"] == "contradiction 9"


def test_verify_finds_a_changed_line_and_ends_with_code_1(here: Path) -> None:
    """One word changed behind the ledger's back is found at its line."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    with sqlite3.connect(here / "onestory.db") as database:
        database.execute("update entry set body = replace(body, '04-30', '04-29') where number = 2")
    database.close()
    result = onestory("verify", COMPANY, "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["where"] == "entry 2"
    assert "does not hold" in onestory("verify", COMPANY).stdout
