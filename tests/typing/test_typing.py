"""The public language as type checkers see it: what is right pleases them, what is wrong not."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

import onestory

from . import telecom

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).parent
CLEAN: Final = HERE / "telecom.py"
PLANTED: Final = HERE / "mistakes.py"
BAD: Final = "# BAD"

Errors: TypeAlias = dict[Path, dict[int, list[str]]]
"""What a checker objects to: sentences by line by file."""


def by_mypy(folder: Path) -> Errors:
    """Ask mypy, set up as in pyproject.toml. Errors in other files are not the business of this."""
    words = ["-m", "mypy", "--output", "json", str(CLEAN), str(PLANTED)]
    errors: Errors = defaultdict(lambda: defaultdict(list))
    for line in _run(words).splitlines():
        found = json.loads(line)
        if found["severity"] == "error":
            errors[ROOT / found["file"]][found["line"]].append(found["message"])
    return errors


def by_basedpyright(folder: Path) -> Errors:
    """Ask basedpyright, set up as in pyproject.toml, but for the planted file, left out there."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["basedpyright"]
    settings["extraPaths"] = [str(ROOT / path) for path in settings["extraPaths"]]
    settings |= {"include": [str(CLEAN), str(PLANTED)], "exclude": []}
    project = folder / "pyrightconfig.json"
    project.write_text(json.dumps(settings))
    words = ["-m", "basedpyright", "--outputjson", "--project", str(project)]
    errors: Errors = defaultdict(lambda: defaultdict(list))
    found: Any
    for found in json.loads(_run([*words, "--pythonpath", sys.executable]))["generalDiagnostics"]:
        if found["severity"] == "error":
            line = found["range"]["start"]["line"] + 1
            errors[Path(found["file"])][line].append(found["message"])
    return errors


@pytest.fixture(scope="module", params=[by_mypy, by_basedpyright])
def errors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Errors:
    """What one type checker objects to, in both files."""
    found: Errors = request.param(tmp_path_factory.mktemp("types"))
    return found


def test_a_company_in_the_public_language_pleases_the_checkers(errors: Errors) -> None:
    """Strict, without a plugin: every fact, link, claim and telling has the type it should have."""
    assert dict(errors[CLEAN]) == {}


def test_every_planted_mistake_is_found(errors: Errors) -> None:
    """A mistake that a checker finds is one that nobody makes at 3 a.m."""
    lines = dict(enumerate(PLANTED.read_text("utf-8").splitlines(), start=1))
    missed = {number: line for number, line in lines.items() if BAD in line}
    for number in errors[PLANTED]:
        missed.pop(number, None)

    assert missed == {}


def test_nothing_but_the_planted_mistakes_is_found(errors: Errors) -> None:
    """A checker that objects to what is right would be switched off."""
    lines = PLANTED.read_text("utf-8").splitlines()
    wronged = {
        number: sentences
        for number, sentences in errors[PLANTED].items()
        if BAD not in lines[number - 1]
    }

    assert wronged == {}


def test_what_pleases_the_checkers_also_runs() -> None:
    """The values are of the types that the checkers were told."""
    with onestory.open(telecom.acme, "sqlite://") as office:
        telecom.hear(office)
        contract = office.tell(telecom.Contract, "C-1042", to=telecom.desk)

        assert contract.contract_no == "C-1042"
        assert contract.renewed_until == contract[telecom.Contract.renewed_until].value
        assert contract.renewed_until.isoformat() == "2027-03-31"
        assert contract.monthly_price == onestory.Money(Decimal("49.90"), "EUR")
    telecom.declared()


def _run(words: list[str]) -> str:
    """Run a checker, which says by 0 or 1 that it has looked; any other code is its own trouble."""
    ran = subprocess.run([sys.executable, *words], cwd=ROOT, check=False, capture_output=True)
    assert ran.returncode in (0, 1), (ran.stdout + ran.stderr).decode()
    return ran.stdout.decode()
