"""The command line hears files, and sets aside what it cannot hear."""

import sys
from pathlib import Path

import pytest

from .typed import (
    ACME,
    BILLING_FOLLOWS,
    BILLING_IS_LATE,
    COMPANY,
    RENEWALS,
    document,
    onestory,
    page,
)


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
