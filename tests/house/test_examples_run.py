"""Examples in the docs: what a page shows is what happens."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from onestory import testing
from onestory.office.cli import app

from .pages import PAGES, ROOT, Block, jobs, read

WIDTH = "88"  # the columns of what a page shows


def run(page: Path, folder: Path) -> None:
    """Run what a page shows, in order, in a folder of its own."""
    module = ModuleType(f"shown_in_{page.stem.replace('-', '_')}")
    sys.modules[module.__name__] = module
    for block in read(page)[1]:
        if block.file:
            write(folder / block.file, block)
        elif block.language == "python" and "no-run" not in block.marks:
            text = "\n" * block.line + block.text
            exec(compile(text, str(page), "exec", dont_inherit=True), vars(module))  # noqa: S102 - that is the test
        elif block.language == "console":
            for words, shown in typed(block):
                answer = type_in(words, folder)
                where = f"{page.name}:{block.line}: $ {shlex.join(words)}"
                assert matches(shown, answer), f"{where}\n{answer}"


def write(file: Path, block: Block) -> None:
    """Write the file that a block is, or change in it the lines that a block of ``diff`` shows."""
    text = block.text
    if block.language == "diff":
        was, now = ("".join(re.findall(rf"^\{sign}(.*\n)", text, re.MULTILINE)) for sign in "-+")
        text = file.read_text("utf-8")
        assert text.count(was) == 1, (
            f"{block.page.name}:{block.line}: {file.name} has no such lines"
        )
        text = text.replace(was, now)
    file.write_text(text, "utf-8")
    forget([file.stem])


def typed(block: Block) -> Iterator[tuple[list[str], str]]:
    """Give each command of a block, with what is shown below it."""
    for part in re.split(r"^\$ ", block.text.replace(" \\\n", " "), flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield shlex.split(line), shown


def type_in(words: list[str], folder: Path) -> str:
    """Do what a page says to type; what is answered."""
    if words[:2] == ["python3", "do"]:
        assert words[2] in jobs(), f"`do` knows no {words[2]}"
        if words[2] == "run":
            return run_departures(words[3:], folder)
        if words[2] != "onestory":
            return ""  # it would install, or take as long as all tests
        words = words[2:]
    assert words[0] == "onestory", f"{words[0]} cannot be run here; show it in a ```sh block"
    done = CliRunner().invoke(app, words[1:], prog_name="onestory")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def run_departures(words: list[str], folder: Path) -> str:
    """What `python3 do run` answers."""
    example = [sys.executable, str(ROOT / "examples" / "departures" / "run.py"), *words]
    paths = f"{ROOT / 'src'}:{ROOT / 'examples'}"
    env = {"PYTHONPATH": paths, "COLUMNS": WIDTH, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        example, cwd=folder, env=env, capture_output=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def matches(shown: str, answer: str) -> bool:
    """Whether an answer is what is shown; ``...`` stands for anything, and no answer for any."""
    if not shown.strip():
        return True
    lines = [line.rstrip() for line in shown.strip("\n").split("\n")]
    patterns = [
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*?") + "\n"
        for line in lines
    ]
    answered = "".join(f"{line.rstrip()}\n" for line in answer.strip("\n").split("\n"))
    return re.fullmatch("".join(patterns), answered) is not None


def forget(names: Iterable[str]) -> None:
    """Let modules be imported anew."""
    importlib.invalidate_caches()
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to run a page in, of which nothing stays imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("COLUMNS", WIDTH)
    for name in ("ONESTORY_DB", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    yield tmp_path
    files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    forget(name for name, file in files.items() if file and Path(file).is_relative_to(tmp_path))
    forget([name for name in files if name.startswith("shown_in_")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_runs(page: Path, folder: Path) -> None:
    """What a page shows is what happens."""
    run(page, folder)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nassert 1 + 1 == 3\n```\n",
        "```python\nundeclared\n```\n",
        "```console\n$ onestory version\nonestory 9.9.9, python ...\n```\n",
        "```console\n$ onestory verson\nonestory ...\n```\n",
        "```console\n$ python3 do rune\n```\n",
        "```console\n$ rm -r onestory.db\n```\n",
        "```python file=company.py\nacme = 1\n```\n```console\n$ onestory plan company:acme\nacme\n```\n",
    ],
)
def test_an_example_that_is_wrong_is_found(text: str, folder: Path) -> None:
    """A page whose example does not do what it shows does not pass."""
    page = folder / "wrong.md"
    page.write_text(text)

    with pytest.raises((AssertionError, NameError)):
        run(page, folder)


def test_the_test_that_contributing_shows_passes() -> None:
    """The model of a test is a test, and passes."""
    shown = next(b for b in read(ROOT / "CONTRIBUTING.md")[1] if b.language == "python")
    company = """
from onestory import Company, Entity, Fact, Key, Standing, System
from onestory.testing import Timeline
acme = Company("Acme Telecom")
contracts, billing = System("contracts", of=acme), System("billing", of=acme)
class Contract(Entity, of=acme):
    contract_no: Key[str]
    renewed_until: Fact[str] = contracts.decides(billing.follows(within="5 min"))
SPRING, SUMMER = "spring", "summer"
"""
    module = ModuleType("shown_in_contributing")
    sys.modules[module.__name__] = module
    exec(company + shown.text, vars(module))  # noqa: S102 - it is our own page

    (shows,) = (part for name, part in vars(module).items() if name.startswith("test_"))
    with testing.Timeline(module.acme) as timeline:
        shows(timeline)
