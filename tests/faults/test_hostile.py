"""Hostile input: a line of 50 MB and a file of random bytes end in clear errors, in flat memory."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {folder!r})
import acme_load, onestory
from onestory import RowFile, load
with onestory.open(acme_load.acme, "sqlite:///" + sys.argv[1]) as office:
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        loaded = load(office, RowFile(Path(sys.argv[2]), system="contracts", type="plan").messages())
        print("fates", dict((fate.value, count) for fate, count in loaded.fates.items()))
    except onestory.OnestoryError as error:
        print("error", error.code, error.what)
    print("grown", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)
"""
MAX_GROWTH_KIB = 40_000
"""What a load may take on top of an open office: some commits of small messages, not a file."""


def run(ledger: Path, file: Path) -> tuple[str, int]:
    """Load a file in a process of its own: what it printed, and by how many KiB it grew."""
    program = PROGRAM.format(folder=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", program, str(ledger), str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    said, grown = done.stdout.strip().rsplit("grown", 1)
    return said.strip(), int(grown)


def good(contract: str) -> str:
    """A row that can be read."""
    return json.dumps({"contract": contract, "plan": "small"})


def test_a_line_of_50_mb_is_set_aside_and_the_rest_flows(tmp_path: Path) -> None:
    """The line is named with its reason; those before and after it are heard."""
    file = tmp_path / "long.jsonl"
    file.write_text(f"{good('1')}\n{'x' * 50_000_000}\n{good('2')}\n", encoding="utf-8")
    said, grown = run(tmp_path / "acme.db", file)

    assert said == "fates {'heard': 2, 'set aside': 1}"
    assert grown < MAX_GROWTH_KIB


def test_a_csv_line_of_50_mb_is_set_aside_and_the_rest_flows(tmp_path: Path) -> None:
    """The same holds for a row of CSV."""
    file = tmp_path / "long.csv"
    file.write_text(f"contract,plan\n1,small\n2,{'x' * 50_000_000}\n3,small\n", encoding="utf-8")
    said, grown = run(tmp_path / "acme.db", file)

    assert said == "fates {'heard': 2, 'set aside': 1}"
    assert grown < MAX_GROWTH_KIB


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_of_random_bytes_is_refused(kind: str, tmp_path: Path) -> None:
    """It is no text: the error says so, and nothing is heard of it."""
    file = tmp_path / f"random.{kind}"
    file.write_bytes(random.Random(1).randbytes(20_000_000))
    said, grown = run(tmp_path / "acme.db", file)

    assert said.startswith("error not-a-message")
    assert grown < MAX_GROWTH_KIB
