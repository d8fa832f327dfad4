"""The command line as a program: its help, its setting, and its pages on a terminal or in a pipe."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from onestory import __version__

from .typed import COMPANY, document, page

COMMANDS = ["hear", "story", "contradictions", "explain", "plan", "arm", "verify"]
COMMANDS += ["copy", "backup", "restore", "version"]
SOURCES = Path(__file__).resolve().parents[3] / "src"


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


def test_version_says_which_it_is() -> None:
    """For a report of something that went wrong."""
    assert document("version")["onestory"] == __version__
    assert page("version").startswith(f"onestory {__version__}, python 3.")


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
