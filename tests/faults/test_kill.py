"""kill -9 in the middle of a load: nothing acknowledged is lost, nothing is heard twice."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

import onestory
from onestory import Fate, RowFile, load

from .acme_load import acme

PROGRAM = Path(__file__).with_name("acme_load.py")
MESSAGES = 20_000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of CloudEvents: two systems speak of 500 contracts, again and again."""
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    with path.open("w", encoding="utf-8") as lines:
        for number in range(MESSAGES):
            event = {
                "specversion": "1.0",
                "id": f"event {number}",
                "source": "contracts" if number % 2 else "billing",
                "type": "plan",
                "data": {"contract": f"C-{number % 500}", "plan": f"plan {number // 7}"},
            }
            lines.write(json.dumps(event) + "\n")
    return path


def killed_load(ledger: Path, file: Path, *, after: int, draw: random.Random) -> int:
    """Load in a process of its own, and kill it some time after it told so many messages.

    Returns:
        What it told last.
    """
    command = [sys.executable, str(PROGRAM), str(ledger), str(file), str(draw.random())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = -1
        while told < after and (line := process.stdout.readline()):
            told = int(line)
        sha256(bytes(draw.randrange(20_000_000))).digest()  # some time, without a clock
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split()
    return max([told, *map(int, rest)])


def kept_in(ledger: Path) -> list[str]:
    """The ids in a ledger, in the order of receipt."""
    database = sqlite3.connect(ledger)
    try:
        return [row[0] for row in database.execute("select id from message order by number")]
    finally:
        database.close()


@pytest.mark.parametrize(
    "rounds", [5, pytest.param(60, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_a_killed_load_loses_nothing_and_can_be_repeated(
    rounds: int, file: Path, tmp_path: Path
) -> None:
    """I1, I2: all that was told is there, once and in order; loaded again, the rest comes once."""
    draw, ledger = random.Random(rounds), tmp_path / "acme.db"
    sent = [f"event {number}" for number in range(MESSAGES)]
    kept: list[str] = []
    for _ in range(rounds):
        after = len(kept) + draw.randrange(MESSAGES // rounds)
        told = killed_load(ledger, file, after=after, draw=draw)
        with onestory.open(acme, f"sqlite:///{ledger}") as office:
            assert office.verify() == []
        kept = kept_in(ledger)
        assert told <= len(kept)
        assert kept == sent[: len(kept)]

    with onestory.open(acme, f"sqlite:///{ledger}") as office:
        loaded = load(office, RowFile(file).messages())
        assert loaded.fates[Fate.KNOWN] == len(kept)
        assert load(office, RowFile(file).messages()).fates == Counter({Fate.KNOWN: MESSAGES})
        assert office.verify(dossiers=True) == []
    assert kept_in(ledger) == sent


@pytest.mark.parametrize(
    "rounds", [5, pytest.param(60, marks=pytest.mark.long)], ids=["some", "many"]
)
def test_a_process_may_be_killed_while_it_makes_the_ledger(
    rounds: int, file: Path, tmp_path: Path
) -> None:
    """Whatever is there of the file then, the next process opens it and goes on."""
    draw = random.Random(rounds)
    for number in range(rounds):
        ledger = tmp_path / f"{number}.db"
        told = killed_load(ledger, file, after=0, draw=draw)
        with onestory.open(acme, f"sqlite:///{ledger}") as office:
            assert office.verify(dossiers=True) == []
            assert told <= office.counts().messages


def test_two_processes_may_load_one_ledger_at_once(file: Path, tmp_path: Path) -> None:
    """Each hears the whole file: every message is there once, whoever was first with it."""
    ledger, part, few = tmp_path / "acme.db", tmp_path / "part.jsonl", 6_000
    part.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:few]))
    loads = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), str(ledger), str(part), str(seed)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in (1, 2)
    ]
    told = [load.communicate()[0].split()[-1] for load in loads]

    assert [load.returncode for load in loads] == [0, 0]
    assert told == [str(few)] * 2
    assert Counter(kept_in(ledger)) == Counter(f"event {number}" for number in range(few))
    with onestory.open(acme, f"sqlite:///{ledger}") as office:
        assert office.verify(dossiers=True) == []
