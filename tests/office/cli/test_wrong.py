"""The command line when something is wrong: what it says, where, and the code it ends with."""

import json
from pathlib import Path

import pytest

from .typed import COMPANY, onestory, page


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
