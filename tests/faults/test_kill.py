"""kill -9 in the middle of a load: nothing acknowledged is lost, nothing is heard twice."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import onestory
from onestory import Fate, RowFile, load

PROGRAM = Path(__file__).parent / "acme_load.py"
MESSAGES = 4_000


@pytest.fixture
def acme() -> ModuleType:
    """The company that the killed process loads."""
    spec = importlib.util.spec_from_file_location("acme_load", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of CloudEvents: two systems speak of 500 contracts, again and again."""
    path = tmp_path / "events.jsonl"
    with path.open("w", encoding="utf-8") as lines:
        for number in range(MESSAGES):
            event = {
                "specversion": "1.0",
                "id": f"event {number}",
                "source": "contracts" if number % 2 else "billing",
                "type": "plan",
                "data": {"contract": f"C-{number % 500}", "plan": f"plan {number % 7}"},
            }
            lines.write(json.dumps(event) + "\n")
    return path


def killed_load(ledger: Path, file: Path, lines: int) -> int:
    """Load in a process of its own and kill it after it told so many commits; what it told last."""
    command = [sys.executable, str(PROGRAM), str(ledger), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = 0
        for _ in range(lines):
            line = process.stdout.readline()
            if not line:
                break
            told = int(line)
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split()
    return max([told, *map(int, rest)])


@pytest.mark.parametrize(
    "rounds", [6, pytest.param(60, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_a_killed_load_loses_nothing_and_can_be_repeated(
    rounds: int, acme: ModuleType, file: Path, tmp_path: Path
) -> None:
    """I1, I2: every acknowledged message is there, the chain holds, a second load adds the rest once."""
    chance = random.Random(rounds)
    for number in range(rounds):
        ledger = tmp_path / f"{number}.db"
        acknowledged = killed_load(ledger, file, chance.randrange(1, MESSAGES // 50))
        with onestory.open(acme.acme, f"sqlite:///{ledger}") as office:
            kept = office.counts().messages
            assert kept >= acknowledged
            assert office.verify(dossiers=True) == []

            loaded = load(office, RowFile(file).messages())
            assert loaded.fates[Fate.KNOWN] == kept
            assert office.counts().messages == MESSAGES
            again = load(office, RowFile(file).messages())
            assert again.fates == {Fate.KNOWN: MESSAGES}
            assert office.verify() == []
