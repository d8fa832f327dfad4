"""Power cuts: what was acknowledged is on disk. ``kill -9`` cannot show that; a disk that forgets can."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import onestory

from .acme_load import acme
from .process import started

PROGRAM = Path(__file__).with_name("forgetful.py")
MESSAGES = 30
"""Messages acknowledged before a cut, at most."""

if not Path("/dev/fuse").exists() or os.geteuid() != 0:
    pytest.skip("FUSE needs /dev/fuse and root", allow_module_level=True)


@contextmanager
def forgetful(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A folder on a file system that forgets; its process, which a signal cuts the power of."""
    folder.mkdir()
    command = [sys.executable, str(PROGRAM), str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            for _ in range(200):
                if os.path.ismount(folder) or process.poll() is not None:
                    break
                time.sleep(0.05)
            if not os.path.ismount(folder):
                told = process.stderr.read().decode() if process.stderr else ""
                missing = "libfuse" in told or "No module named" in told
                if missing and not os.environ.get("CI"):
                    pytest.skip("the package fuse3 is not installed")
                raise AssertionError(told)
            yield process
        finally:
            process.terminate()
            subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)


def lost(folder: Path, *, cuts: int, synchronous: str, seed: int) -> int:
    """How many acknowledged messages were lost in so many power cuts of one ledger."""
    draw, ledger, first, gone = random.Random(seed), folder / "acme.db", 0, 0
    with forgetful(folder) as disk:
        for _ in range(cuts):
            with started("hears_on", ledger, first, synchronous) as process:
                assert process.stdout is not None
                told = [process.stdout.readline() for _ in range(draw.randrange(1, MESSAGES))]
                os.kill(process.pid, signal.SIGKILL)
                told += process.stdout.read().splitlines()
            numbers = [int(line) for line in told if line.strip()]
            disk.send_signal(signal.SIGUSR1)
            with onestory.open(acme, f"sqlite:///{ledger}") as office:
                assert office.verify() == []
                with office.ledger.view() as view:
                    names = view.connection.rows("messages_between", 0, 2**62)
                kept = {row[2] for row in names}
            gone += sum(f"event {number}" not in kept for number in numbers)
            first = max([first, *numbers]) + 2
    return gone


def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Five cuts at any moment: every acknowledged message is there, and the chain holds."""
    assert lost(tmp_path / "disk", cuts=5, synchronous="full", seed=1) == 0


def test_the_disk_forgets_what_it_was_not_asked_to_keep(tmp_path: Path) -> None:
    """The negative control: with synchronous=NORMAL the same cuts lose what was acknowledged."""
    assert lost(tmp_path / "disk", cuts=5, synchronous="normal", seed=1) > 0


@pytest.mark.long
def test_two_hundred_power_cuts_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """In ten ledgers, twenty cuts each."""
    assert (
        sum(
            lost(tmp_path / f"disk {seed}", cuts=20, synchronous="full", seed=seed)
            for seed in range(2, 12)
        )
        == 0
    )
