"""The command line: each command for people and as JSON, and how it ends when something is wrong."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from onestory import __version__
from onestory.office.cli import app

pytestmark = pytest.mark.sqlite  # commands look whether the file is there

COMPANY = "acme_telecom:acme"
COMMANDS = ["hear", "story", "contradictions", "explain", "plan", "arm", "verify"]
COMMANDS += ["copy", "backup", "restore", "version"]
SOURCES = Path(__file__).resolve().parents[2] / "src"

ACME = '''
"""Acme Telecom: contracts decides, billing follows."""

from datetime import date
from typing import TypedDict

from onestory import (
    Channel, Claims, Company, Entity, Fact, Key, Money, System, reads, to_the_cent
)

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("shop", of=acme)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    renewed_until: Fact[date] = contracts.decides(
        billing.follows(within="5 min"), about="The last day of the term, inclusive."
    )
    monthly_price: Fact[Money] = contracts.decides(
        billing.follows(within="5 min"), same=to_the_cent, about="What a month costs."
    )


desk = Channel("desk", of=acme)
portal = Channel("portal", of=acme, shows=[Contract.renewed_until])


class Term(TypedDict):
    contract: str
    until: date


class Price(TypedDict):
    contract: str
    price: str


@reads(contracts, "contract.renewed")
def contract_renewed(term: Term) -> Claims:
    yield Contract.renewed_until.claim(term["contract"], term["until"])


@reads(billing, "term.changed")
def term_changed(term: Term) -> Claims:
    yield Contract.renewed_until.claim(term["contract"], term["until"])


@reads(billing, "price.changed")
def price_changed(price: Price) -> Claims:
    yield Contract.monthly_price.claim(price["contract"], Money.read(price["price"]))
'''

RENEWALS = """contract,until,at
C-1,2021-03-31,2021-01-05T09:00:00Z
C-2,2021-04-30,2021-01-05T09:01:00Z
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a company of its own, in which every command is started."""
    (tmp_path / "acme_telecom.py").write_text(ACME)
    (tmp_path / "renewals.csv").write_text(RENEWALS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delenv("ONESTORY_DB", raising=False)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]


def onestory(*words: str, given: str = "", columns: int | None = 80) -> Result:
    """Start the command line, on a terminal of so many columns or in a pipe."""
    env = {"COLUMNS": str(columns) if columns else None}
    return CliRunner().invoke(app, list(words), input=given, env=env, prog_name="onestory")


def page(*words: str, given: str = "", columns: int | None = 80) -> str:
    """What a command writes for people, when all goes well."""
    result = onestory(*words, given=given, columns=columns)
    assert result.exit_code == 0, result.output
    return result.stdout


def document(*words: str, given: str = "") -> Any:
    """What a command writes for programs, when all goes well."""
    result = onestory(*words, "--json", given=given)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1, "there is one document, and nothing else"
    return json.loads(result.stdout)


def event(source: str, kind: str, number: int, time: str, **data: str) -> str:
    """A CloudEvent as a line of a file."""
    about = {"specversion": "1.0", "id": f"{source}-{number}", "source": source, "type": kind}
    return json.dumps({**about, "time": time, "data": data}) + "\n"


BILLING_IS_LATE = (
    event("contracts", "contract.renewed", 1, "2021-01-05T09:00:00Z", contract="C-1", until="2021-03-31")
    + event("billing", "term.changed", 1, "2021-01-05T09:00:00Z", contract="C-1", until="2021-03-31")
    + event("contracts", "contract.renewed", 2, "2021-01-05T09:01:00Z", contract="C-1", until="2022-03-31")
    + event("billing", "term.changed", 2, "2021-01-05T09:02:00Z", contract="C-2", until="2021-05-31")
)  # fmt: skip
"""H1: at 9:00 both say x, at 9:01 contracts says y; billing, though alive, is late from 9:06 on."""

BILLING_FOLLOWS = BILLING_IS_LATE + event(
    "billing", "term.changed", 3, "2021-01-05T09:08:00Z", contract="C-1", until="2022-03-31"
)
"""H2: and at 9:08 billing says y."""


@pytest.fixture
def late(here: Path) -> int:
    """H1 in the ledger; the number of the contradiction."""
    (here / "events.jsonl").write_text(BILLING_IS_LATE)
    page("hear", COMPANY, "events.jsonl", "--replay")
    (one,) = document("contradictions", COMPANY)["contradictions"]
    number: int = one["number"]
    return number


# Help


def test_help_names_every_command_and_ends_with_an_example() -> None:
    """A newcomer learns from one page what there is and what to write first."""
    text = page("--help")

    for panel in ("Hear", "Ask", "Look after"):
        assert f"─ {panel} ─" in text
    for command in ["aside", *COMMANDS]:
        assert re.search(rf"^│ {command} +\w", text, re.MULTILINE)
    assert text.index("─ Look after ─") < text.index("onestory plan company:acme")


@pytest.mark.parametrize("words", ["aside list", "aside replay", *COMMANDS])
def test_every_command_says_what_it_takes(words: str) -> None:
    """Each has its own help, and can answer a program."""
    text = page(*words.split(), "--help")

    assert "--json" in text
    assert max(map(len, text.splitlines())) <= 80


# Hearing


def test_a_file_of_rows_is_heard() -> None:
    """Each row is a message of the system that is named; the one reader it has takes it."""
    heard = document("hear", COMPANY, "renewals.csv", "--from", "contracts")

    assert heard == {
        "messages": 2,
        "heard": 2,
        "repeated": 0,
        "known": 0,
        "set_aside": 0,
        "reasons": [],
        "open": 0,
    }


def test_a_second_hearing_of_a_file_adds_nothing() -> None:
    """A file may be heard again after any break: its rows are known by file and line."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    again = document("hear", COMPANY, "renewals.csv", "--from", "contracts")

    assert (again["heard"], again["known"]) == (0, 2)


def test_rows_may_be_named_by_a_column(here: Path) -> None:
    """A row with an id of its own is known by it, in whichever file it comes."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts", "--id", "contract")
    (here / "tomorrow.csv").write_text(RENEWALS + "C-3,2021-05-31,2021-01-06T09:00:00Z\n")
    again = document("hear", COMPANY, "tomorrow.csv", "--from", "contracts", "--id", "contract")

    assert (again["heard"], again["known"]) == (1, 2)


def test_what_cannot_be_heard_is_set_aside_and_the_rest_goes_on(here: Path) -> None:
    """The page shows one message of each kind that went wrong, with what to do."""
    (here / "renewals.csv").write_text(f"{RENEWALS}C-3,soon,2021-01-05T09:00:00Z\n")
    text = page("hear", COMPANY, "renewals.csv", "--from", "contracts")

    assert "2  said something new" in text
    assert "1  set aside" in text
    assert "The data does not fit Term" in text


def test_events_name_their_own_system(here: Path) -> None:
    """A file of CloudEvents may hold several systems, and nothing need be said of it."""
    (here / "events.jsonl").write_text(BILLING_IS_LATE)

    assert document("hear", COMPANY, "events.jsonl")["heard"] == 4


def test_files_are_replayed_together_in_order_of_time(here: Path) -> None:
    """H2, though what billing said stands in a file of its own: it is judged as it happened."""
    lines = BILLING_FOLLOWS.splitlines(keepends=True)
    (here / "billing.jsonl").write_text("".join(line for line in lines if "term." in line))
    (here / "contracts.jsonl").write_text("".join(line for line in lines if "contract." in line))
    page("hear", COMPANY, "billing.jsonl", "contracts.jsonl", "--replay")
    (one,) = document("contradictions", COMPANY, "--all")["contradictions"]

    assert one["due"] == "2021-01-05T09:06:00Z"
    assert one["settled"] == "2021-01-05T09:08:00Z"
    assert one["how"] == "agreed"


def test_lines_are_heard_from_standard_input() -> None:
    """What another program writes can be heard without a file."""
    given = '{"contract": "C-9", "until": "2021-01-01"}\n'

    assert document("hear", COMPANY, "-", "--from", "contracts", given=given)["heard"] == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["renewals.csv"], 2, "Say whose they are: --from SYSTEM"),
        (["renewals.csv", "--from", "billing"], 2, "term.changed, price.changed"),
        (["renewals.csv", "--from", "contratcs"], 1, "Did you mean 'contracts'?"),
        (["renewals.csv", "--from", "shop"], 1, '@reads(shop, "...")'),
        (["renewals.csv", "--from", "billing", "--type", "term.chnged"], 1, "'term.changed'"),
        (["renewals.csv", "--from", "contracts", "--replay"], 2, "--time COLUMN"),
        (["renewals.txt"], 2, "'renewals.txt' is no file here"),
        (["acme_telecom.py"], 2, "neither .csv nor .jsonl"),
        ([], 2, "Missing argument"),
    ],
)
def test_a_file_that_cannot_be_heard_so_is_refused_before_the_ledger_is_made(
    words: list[str], code: int, says: str, here: Path
) -> None:
    """A slip is told before anything is written, with what to write instead."""
    result = onestory("hear", COMPANY, *words)

    assert result.exit_code == code
    assert says in " ".join(result.stderr.replace("│", " ").split())
    assert not list(here.glob("*.db"))


def test_a_replay_needs_a_fresh_ledger() -> None:
    """What was heard already was known at its own time; history cannot be put before it."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    replay = ["--from", "contracts", "--replay", "--time", "at"]
    result = onestory("hear", COMPANY, "renewals.csv", *replay)

    assert result.exit_code == 1
    assert "fresh ledger" in result.stderr


# Asking


def test_a_story_shows_what_every_party_says(late: int) -> None:
    """H1, asked for by an engineer: the decided value, and the follower that is late."""
    lines = page("story", COMPANY, "Contract", "C-1").splitlines()

    assert "Contract C-1" in lines
    assert any(re.match(r"renewed_until  contracts  2022-03-31  decides ", line) for line in lines)
    assert any(re.match(r" +billing    2021-03-31  ! late ", line) for line in lines)
    assert any(line.startswith("renewed_until: Our systems do not agree") for line in lines)


def test_a_story_told_by_a_channel_shows_no_stale_value(late: int) -> None:
    """H22: the portal tells the decided value and the cautious sentence, and nothing it hides."""
    text = page("story", COMPANY, "Contract", "C-1", "--channel", "portal")

    assert "as the portal tells it" in text
    assert "2022-03-31" in text
    assert "2021-03-31" not in text
    assert "monthly_price" not in text


def test_a_story_answers_a_program(late: int) -> None:
    """The names in the document stay as they are; values are as the ledger keeps them."""
    told = document("story", COMPANY, "Contract", "C-1")
    term = told["facts"]["renewed_until"]

    assert {name: told[name] for name in ("entity", "key", "channel")} == {
        "entity": "Contract",
        "key": "C-1",
        "channel": None,
    }
    assert (term["value"], term["standing"], term["decided_by"]) == (
        "2022-03-31",
        "late",
        "contracts",
    )
    assert term["followers"][0] == {
        "party": "billing",
        "person": None,
        "says": "2021-03-31",
        "standing": "late",
        "as_of": "2021-01-05T09:00:00Z",
        "since": "2021-01-05T09:01:00Z",
        "due": "2021-01-05T09:06:00Z",
    }
    assert "value" not in told["facts"]["monthly_price"]
    assert (
        "followers"
        not in document("story", COMPANY, "Contract", "C-1", "--channel", "desk")["facts"][
            "renewed_until"
        ]
    )


def test_a_story_is_told_as_it_was_known(late: int) -> None:
    """At 9:05 billing still had a minute, in whichever way that moment is written."""
    for known in ("2021-01-05T09:05", "2021-01-05T10:05+01:00"):
        told = document("story", COMPANY, "Contract", "C-1", "--known", known)

        assert told["facts"]["renewed_until"]["standing"] == "following"


def test_times_are_shown_and_read_in_the_zone_that_is_asked_for(late: int) -> None:
    """9:05 in Greenwich is 10:05 in Berlin, on the page and on the command line."""
    zone = ["--zone", "Europe/Berlin"]
    text = page("story", COMPANY, "Contract", "C-1", "--known", "2021-01-05T10:05", *zone)

    assert "as of 2021-01-05 10:05 CET" in text
    assert "… following  2021-01-05 10:01" in text
    assert "All our systems will show this by 10:06 CET." in text


def test_without_a_zone_a_page_is_in_that_of_the_channel_or_of_the_company(
    here: Path, late: int
) -> None:
    """The page says which, and shows the very sentence that the channel tells."""
    abroad = ACME.replace('"Acme Telecom"', '"Acme Telecom", zone="Europe/Berlin"').replace(
        '"desk", of=acme', '"desk", of=acme, zone="America/New_York"'
    )
    (here / "acme_abroad.py").write_text(abroad)
    story = ["story", "acme_abroad:acme", "Contract", "C-1"]

    assert "Times in Europe/Berlin." in page("contradictions", "acme_abroad:acme")
    assert page(*story).endswith("Times in Europe/Berlin.\n")
    text = page(*story, "--channel", "desk", "--known", "2021-01-05T04:05")
    assert "as the desk tells it, as of 2021-01-05 04:05 EST" in text
    assert "by 04:06 EST." in text
    assert text.endswith("Times in America/New_York.\n")
    opened = page(*story, "--timeline").split()
    assert opened[opened.index("due") + 2 :][:2] == ["10:06", "CET"]


def test_a_timeline_shows_what_became_known_newest_first(late: int) -> None:
    """What was heard and what was opened, a page at a time."""
    first = document("story", COMPANY, "Contract", "C-1", "--timeline", "--limit", "2")
    rest = document(
        "story", COMPANY, "Contract", "C-1", "--timeline", "--before", str(first["before"])
    )

    kinds = [event["kind"] for event in first["events"] + rest["events"]]
    assert kinds == ["opened", "heard", "heard", "heard"]
    assert rest["before"] is None
    assert "opened" in page("story", COMPANY, "Contract", "C-1", "--timeline")


def test_contradictions_are_counted_and_listed_with_what_is_said(late: int) -> None:
    """H1: one is open, of one fact, and both values stand in its row."""
    text = page("contradictions", COMPANY)

    assert text.startswith("1 contradiction open\n")
    assert "   1  Contract.renewed_until  billing" in text
    assert re.search(rf" {late}  Contract C-1  renewed_until +! late\n", text)
    assert "contracts: 2022-03-31, billing: 2021-03-31" in text


def test_contradictions_answer_a_program(late: int) -> None:
    """The same, with names that stay."""
    found = document("contradictions", COMPANY)

    assert (found["open"], found["incidents"], found["after"]) == (1, [], None)
    assert found["by_fact"] == [
        {"entity": "Contract", "fact": "renewed_until", "follower": "billing", "open": 1}
    ]
    assert found["contradictions"][0] == {
        "number": late,
        "subject": "Contract C-1",
        "entity": "Contract",
        "key": "C-1",
        "fact": "renewed_until",
        "follower": "billing",
        "person": None,
        "decided": "2022-03-31",
        "said": "2021-03-31",
        "standing": "late",
        "since": "2021-01-05T09:01:00Z",
        "due": "2021-01-05T09:06:00Z",
        "opened": "2021-01-05T09:06:00.000001Z",
        "silent_since": None,
        "settled": None,
        "how": None,
    }


def test_a_silent_system_is_one_incident_on_top(here: Path) -> None:
    """H9: billing was never heard of anything; two contradictions have that one cause."""
    replay = ["--from", "contracts", "--replay", "--time", "at"]
    page("hear", COMPANY, "renewals.csv", *replay)
    text, found = page("contradictions", COMPANY), document("contradictions", COMPANY)

    assert "   2  contracts to billing" in text
    assert text.index("incident") < text.index("Contract C-1")
    assert [(one["follower"], one["open"], one["silent_since"]) for one in found["incidents"]] == [
        ("billing", 2, None)
    ]


def test_contradictions_come_in_pages(here: Path) -> None:
    """A page says after which number the next begins; the last says nothing."""
    replay = ["--from", "contracts", "--replay", "--time", "at"]
    page("hear", COMPANY, "renewals.csv", *replay)
    first = document("contradictions", COMPANY, "--limit", "1")
    rest = document("contradictions", COMPANY, "--limit", "1", "--after", str(first["after"]))

    keys = [one["key"] for one in first["contradictions"] + rest["contradictions"]]
    assert keys == ["C-1", "C-2"]
    assert rest["after"] is None
    assert f"--after {first['after']} shows more" in page("contradictions", COMPANY, "--limit", "1")


def test_settled_contradictions_are_listed_when_asked_for(here: Path) -> None:
    """H2: settled, and kept."""
    (here / "events.jsonl").write_text(BILLING_FOLLOWS)
    page("hear", COMPANY, "events.jsonl", "--replay")

    assert page("contradictions", COMPANY).startswith("Nothing is contradicted.\n")
    assert "✓ agreed" in page("contradictions", COMPANY, "--all")


def test_contradictions_by_fact_are_totals_only(late: int) -> None:
    """For whoever wants to know where it hurts."""
    assert "contradictions" not in document("contradictions", COMPANY, "--by-fact")
    assert "Contract C-1" not in page("contradictions", COMPANY, "--by-fact")


def test_a_contradiction_is_explained_on_one_page(late: int) -> None:
    """H1: the sentence, the times, the link that failed, and the two messages with their proof."""
    text = page("explain", COMPANY, str(late))
    found = document("explain", COMPANY, str(late))

    assert "contracts decided 2022-03-31, and billing, which had 5 min to follow" in " ".join(
        text.split()
    )
    assert "had time until  2021-01-05 09:06 UTC" in text
    assert "message 'contracts-2'" in text
    assert found["fault"] == "missed"
    assert found["decided"]["hash"] in text
    assert found["followed"]["message"] == "billing-1"


# What is set aside


def test_a_message_that_was_set_aside_is_listed_and_replayed_once_its_reader_is_mended(
    here: Path,
) -> None:
    """Nothing is lost by a reader that fails: mend it, replay, and it is heard."""
    module = here / "acme_telecom.py"
    module.write_text(ACME.replace('term["until"])', 'term["untl"])', 1))
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    listed = document("aside", "list", COMPANY, "--limit", "1")
    text = page("aside", "list", COMPANY)

    assert listed["counts"] == {"reader-failed": 2}
    assert listed["asides"][0]["code"] == "reader-failed"
    assert listed["after"] == listed["asides"][0]["number"]
    assert "2 messages set aside" in text
    assert "contract_renewed failed: KeyError: 'untl'" in text

    module.write_text(ACME)
    del sys.modules["acme_telecom"]
    module.touch()
    replayed = document("aside", "replay", COMPANY)

    assert (replayed["heard"], replayed["set_aside"]) == (2, 0)
    assert page("aside", "list", COMPANY) == "Nothing is set aside.\n"


# Looking after


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


@pytest.mark.parametrize(
    "words",
    [
        "story Contract C-1 --before 5",
        "repair 1 --done Ann --not-done Ann",
        "repair 1 --answer N-1",
        "arm --off",
    ],
)
def test_an_option_that_would_say_nothing_is_refused(words: str) -> None:
    """What was asked for is never quietly left out."""
    command, *rest = words.split()
    assert onestory(command, COMPANY, *rest).exit_code == 2


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


def test_version_says_which_it_is() -> None:
    """For a report of something that went wrong."""
    assert document("version")["onestory"] == __version__
    assert page("version").startswith(f"onestory {__version__}, python 3.")


# What goes wrong


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (
            ["story", COMPANY, "Contrct", "C-1"],
            ["Acme Telecom has no entity named 'Contrct'.", "Did you mean 'Contract'?"],
        ),
        (
            ["story", COMPANY, "Contract", "C-1", "--channel", "portl"],
            ["Acme Telecom has no channel named 'portl'.", "Did you mean 'portal'?"],
        ),
        (
            ["explain", COMPANY, "4711"],
            [
                "No contradiction has the number 4711.",
                "`onestory contradictions` lists them with their numbers.",
            ],
        ),
    ],
)
def test_an_error_says_what_where_and_what_instead(words: list[str], lines: list[str]) -> None:
    """On standard error, without a traceback, with exit code 1; nothing is on standard output."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    result = onestory(*words)

    assert result.exit_code == 1
    assert [line.strip() for line in result.stderr.splitlines()] == lines
    assert result.stdout == ""


def test_an_error_answers_a_program_too() -> None:
    """Wherever --json stands, an error is a document on standard error."""
    result = onestory("contradictions", "--json", "acme_telecom:acm")

    assert result.exit_code == 1
    assert result.stdout == ""
    error = json.loads(result.stderr)
    assert error["code"] == "no-such-name"
    assert error["what"] == "acme_telecom has no company named 'acm'."
    assert error["where"].endswith("acme_telecom.py")
    assert error["fix"] == "Write acme_telecom:acme."


@pytest.mark.parametrize(
    ("company", "says"),
    [
        ("acme_telecom", "Write module:name, as in acme_telecom:acme."),
        ("shops/acme_telecom.py:acme", "as in shops.acme_telecom:acme."),
        ("acme_telecm:acme", "There is no module 'acme_telecm'."),
        ("departures:airline", "Write departures.company:airline."),
        ("json:acme", 'Declare one there:  acme = onestory.Company("...")'),
    ],
)
def test_a_company_that_cannot_be_found_is_told_how_to_be_named(company: str, says: str) -> None:
    """The error guesses what was meant."""
    result = onestory("contradictions", company)

    assert result.exit_code == 1
    assert says in result.stderr


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("import no_such_package", "imports no_such_package, which is not installed", 1),
        ("\nacme = 1 / 0", "ZeroDivisionError: division by zero", 2),
        ("acme = Company(", "SyntaxError", 1),
        ("from onestory import *\n\nCompany('A')\nSystem('company', of=Company('B'))", "called", 4),
    ],
)
def test_a_company_py_that_cannot_be_imported_is_named_by_its_line(
    text: str, says: str, line: int, here: Path
) -> None:
    """A mistake in company.py is the company's own: its line is shown, and no traceback of ours."""
    (here / "acme_broken.py").write_text(text)
    result = onestory("plan", "acme_broken:acme")

    assert result.exit_code == 1
    assert says in result.stderr
    assert f"acme_broken.py:{line}" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "words",
    [["story", COMPANY, "Contract", "C-1"], ["contradictions", COMPANY], ["verify", COMPANY]],
)
def test_a_question_makes_no_ledger(words: list[str], here: Path) -> None:
    """A slip in --db is an error; it is no reason to make an empty ledger and find nothing in it."""
    result = onestory(*words, "--db", "no_such.db")

    assert result.exit_code == 1
    assert "There is no ledger here yet." in result.stderr
    assert not list(here.glob("*.db"))


def test_the_ledger_may_be_named_by_address_file_or_setting(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--db takes an address or a file; ONESTORY_DB is for those who never want to write it."""
    hear = ["hear", COMPANY, "renewals.csv", "--from", "contracts"]
    page(*hear, "--db", f"sqlite:///{here / 'one.db'}")
    page(*hear, "--db", "two.db")
    monkeypatch.setenv("ONESTORY_DB", "sqlite:///three.db")
    page(*hear)

    assert sorted(path.name for path in here.glob("*.db")) == ["one.db", "three.db", "two.db"]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--known", "yesterday", "'yesterday' is not a time."),
        ("--zone", "Europe/Berln", "Did you mean Europe/Berlin?"),
        ("--limit", "0", "greater than or equal to 1"),
    ],
)
def test_a_word_that_is_not_understood_ends_with_code_2(option: str, value: str, says: str) -> None:
    """As every command line does it, so that scripts can tell a slip from an answer."""
    page("hear", COMPANY, "renewals.csv", "--from", "contracts")
    result = onestory("story", COMPANY, "Contract", "C-1", option, value)

    assert result.exit_code == 2
    assert says in " ".join(result.stderr.replace("│", " ").split())


# On paper


@pytest.mark.parametrize("columns", [80, 120])
def test_pages_fit_the_terminal_and_cut_nothing_off(columns: int, here: Path) -> None:
    """At 80 columns too a long key is there whole, though it may need a second line."""
    key = "QXZW" * 20
    (here / "renewals.csv").write_text(f"contract,until,at\n{key},2021-03-31,2021-01-05T09:00Z\n")
    page("hear", COMPANY, "renewals.csv", "--from", "contracts", "--replay", "--time", "at")
    number = str(document("contradictions", COMPANY)["contradictions"][0]["number"])

    for words in (["contradictions"], ["explain", number], ["story", "Contract", key]):
        text = page(words[0], COMPANY, *words[1:], columns=columns)
        assert max(map(len, text.splitlines())) <= columns
        assert key in "".join(re.findall("[QXZW]+", text))


def test_a_pipe_gets_a_row_in_one_line_without_colour(late: int) -> None:
    """So that grep finds a subject with what is said of it."""
    text = page("story", COMPANY, "Contract", "C-1", columns=None)

    assert "\x1b" not in text
    assert not re.search(r" $", text, re.MULTILINE)


def test_the_module_can_be_started_and_a_closed_pipe_is_no_failure_to_speak_of(
    here: Path,
) -> None:
    """`python -m onestory` is the command line; whoever stops reading gets no traceback."""
    env = {**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "onestory"]
    hear = [*command, "hear", COMPANY, "renewals.csv", "--from", "contracts"]
    subprocess.run(hear, check=True, env=env, stdout=subprocess.DEVNULL)
    story = [*command, "story", COMPANY, "Contract", "C-1"]
    told = subprocess.run(story, check=False, env=env, capture_output=True, text=True)
    read, write = os.pipe()
    os.close(read)
    closed = subprocess.run(story, check=False, env=env, stdout=write, stderr=subprocess.PIPE)
    os.close(write)

    assert told.returncode == 0
    assert "? following" in told.stdout, "a sign that cannot be written is replaced"
    assert b"Traceback" not in closed.stderr
