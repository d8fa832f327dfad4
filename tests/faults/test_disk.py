"""A disk that is full: what was acknowledged is kept, the refusal is told, and it works again.

On a small disk of its own, for which a test must be allowed to mount: root may, in most places. Where
it may not, ``tests/ledger/test_opening.py`` limits the pages of the file instead.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import onestory
from onestory import Fate, Message, Office, message
from onestory.errors import LedgerFull

from .acme_load import acme

MEBIBYTE = 1_048_576


class Disk:
    """A small disk, and a file on it that can be taken away to make room."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ballast = folder, folder / "ballast"
        self.ledger = folder / "acme.db"

    @property
    def free(self) -> int:
        """Bytes that are left."""
        disk = os.statvfs(self.folder)
        return disk.f_bavail * disk.f_frsize

    def fill(self, *, but: int = 0) -> None:
        """Leave so many bytes only."""
        with self._ballast.open("ab") as file:
            file.write(bytes(max(0, self.free - but)))

    def make_room(self) -> None:
        """Take the ballast away."""
        self._ballast.unlink()


def mounted(folder: Path, mebibytes: int) -> Iterator[Disk]:
    """A disk of so many MiB, for as long as a test lasts."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    if os.name != "posix" or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no small disk may be mounted here; root may, outside a sandbox")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Disk]:
    """A disk on which a ledger begins, and soon ends."""
    yield from mounted(tmp_path, 8)


@pytest.fixture
def medium(tmp_path: Path) -> Iterator[Disk]:
    """A disk on which the log grows until it is copied into the file, which has no room for that."""
    yield from mounted(tmp_path, 48)


def opened(disk: Disk) -> Office:
    """The company's office on that disk."""
    return onestory.open(acme, f"sqlite:///{disk.ledger}")


def words(first: int, count: int, *, size: int) -> list[Message]:
    """Messages that need so much room each."""
    return [
        message("contracts", "plan", {"contract": f"C-{n}", "plan": f"{n:0{size}}"}, id=f"{n}")
        for n in range(first, first + count)
    ]


def heard_until_full(office: Office, *, together: int, size: int) -> int:
    """Hear until the disk is full; how many messages were acknowledged."""
    acknowledged = 0
    with pytest.raises(LedgerFull) as caught:  # noqa: PT012 - which call is refused depends on the disk
        while True:
            acknowledged += len(office.hear(*words(acknowledged, together, size=size)))
    assert "What was acknowledged is kept; this batch was not." in str(caught.value)
    assert "no restart is needed" in caught.value.fix
    return acknowledged


def test_a_full_disk_keeps_what_was_acknowledged_and_refuses_the_rest(small: Disk) -> None:
    """To the message: all that was acknowledged is there, nothing of the refused batch is."""
    with opened(small) as office:
        small.fill(but=2 * MEBIBYTE)
        acknowledged = heard_until_full(office, together=3, size=10_000)

        assert acknowledged > 20
        assert office.counts().messages == acknowledged
        assert office.verify(dossiers=True) == []

        small.make_room()
        again = office.hear(*words(acknowledged - 3, 6, size=10_000))
        assert [receipt.fate for receipt in again] == [Fate.KNOWN] * 3 + [Fate.HEARD] * 3
    with opened(small) as office:
        assert office.counts().messages == acknowledged + 3
        assert office.verify(dossiers=True) == []


def test_a_full_disk_does_not_lie_when_the_log_is_copied(medium: Disk) -> None:
    """The log is kept already when it is copied into the file: no room for that is no refusal."""
    with opened(medium) as office:
        acknowledged = heard_until_full(office, together=8, size=60_000)

        assert office.counts().messages == acknowledged
        assert office.verify() == []
    with opened(medium) as office:
        assert office.counts().messages == acknowledged


def test_an_office_can_be_closed_and_opened_on_a_full_disk(small: Disk) -> None:
    """It tells what it knows, refuses to hear, and hears again once there is room."""
    with opened(small) as office:
        office.hear(*words(0, 10, size=1_000))
        small.fill()
    with opened(small) as office:
        assert office.counts().messages == 10
        assert office.verify(dossiers=True) == []
        with pytest.raises(LedgerFull):
            office.hear(*words(10, 500, size=10_000))
        small.make_room()
        office.hear(*words(10, 10, size=1_000))
        assert office.counts().messages == 20


def test_a_ledger_cannot_be_made_on_a_full_disk(small: Disk) -> None:
    """The error is that of any full disk; with room, the same file is made."""
    small.fill()
    with pytest.raises(LedgerFull):
        opened(small)

    small.make_room()
    with opened(small) as office:
        assert office.hear(*words(0, 1, size=10))[0].fate is Fate.HEARD
