"""The file of a ledger: whose it is, who may open it, and what it goes through once."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import onestory
from onestory import Fate, Office
from onestory.clock import HandClock
from onestory.errors import (
    LedgerBusy,
    LedgerCorrupt,
    LedgerNewer,
    LedgerReadOnly,
    NotALedger,
    OnestoryError,
)
from onestory.ledger.statements import migrations
from onestory.testing import NINE, Timeline

from .acme import Contract, acme, address, asked, contracts, desk, raw, state

pytestmark = pytest.mark.sqlite  # it is about the file

CLOCK = HandClock(NINE)


def opened(file: Path, options: str = "") -> Office:
    return onestory.open(acme, address(file, options), clock=CLOCK)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A ledger in which one message was heard, closed."""
    file = tmp_path / "acme.db"
    with opened(file) as office:
        office.hear(state("C-1", "spring", id="one"))
    return file


def refused(file: Path, kind: type[OnestoryError], options: str = "") -> str:
    """What is said when the file cannot be opened: three lines, the last of which helps."""
    with pytest.raises(kind) as caught:
        opened(file, options)
    assert type(caught.value) is kind
    assert caught.value.fix
    return str(caught.value)


# Whose file it is


def test_a_file_of_another_program_is_left_as_it_was(tmp_path: Path) -> None:
    """A database, a text, a picture: it is refused, and not a byte of it is changed."""
    files = {name: tmp_path / name for name in ("database", "text", "byte", "zeros")}
    with raw(files["database"]) as database:
        database.execute("create table entry (number integer primary key)")
    files["text"].write_text("contract,until\n" * 1000)
    files["byte"].write_bytes(b"x")
    files["zeros"].write_bytes(bytes(8192))
    for file in files.values():
        before = file.read_bytes()

        assert "not" in refused(file, NotALedger)

        assert file.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == sorted(files.values())


def test_a_ledger_of_a_later_version_is_left_as_it_was(file: Path) -> None:
    """This program cannot know what a later one keeps there, so it does not begin."""
    with raw(file) as database:
        database.execute("pragma user_version = 999")
    before = file.read_bytes()

    said = refused(file, LedgerNewer)

    assert f"version 999; this program knows versions up to {len(migrations())}" in said
    assert file.read_bytes() == before


def test_a_folder_is_told_from_a_folder_that_is_missing(tmp_path: Path) -> None:
    """Both are mistakes in the address, and each has its own way out."""
    assert "It is a folder." in refused(tmp_path, NotALedger)
    assert f"There is no folder {tmp_path / 'no'}." in refused(tmp_path / "no/acme.db", NotALedger)


@pytest.mark.parametrize(
    "wrong",
    [
        "acme.db",
        "sqlite:acme.db",
        "sqlite://acme.db",
        "postgres://host/acme",
        "sqlite:///acme.db?mode=rw",
        "sqlite:///acme.db?wait=long",
        "sqlite:///acme.db?cache=shared",
    ],
)
def test_an_address_that_means_nothing_is_refused(wrong: str) -> None:
    """A misspelt option is refused, not passed over: ``mode=r0`` must not open for writing."""
    with pytest.raises(NotALedger, match="is not the address of a ledger") as caught:
        onestory.open(acme, wrong)

    assert "mode=ro" in caught.value.fix


def test_a_name_may_hold_what_an_address_may_not(tmp_path: Path) -> None:
    """Spaces, percent signs, hashes and letters of any script are a file's name like others."""
    file = tmp_path / "år 100% #1 é.db"
    with opened(file) as office:
        office.hear(state("C-1", "spring", id="one"))

    assert asked(file, "select count(*) from message") == [(1,)]


def test_a_file_that_another_process_was_killed_in_making_is_made(tmp_path: Path) -> None:
    """A process may die after it made the file and before it made the tables."""
    file = tmp_path / "acme.db"
    with raw(file) as database:
        database.execute("pragma journal_mode = wal")
    assert file.stat().st_size > 0

    with opened(file) as office:
        assert office.hear(state("C-1", "spring", id="one"))[0].fate is Fate.HEARD


# Who may open it


@pytest.fixture
def read_only_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody may write to: by its rights, or for root by its file system."""
    folder = tmp_path / "folder"
    folder.mkdir()
    if os.geteuid() != 0:
        yield folder
        folder.chmod(0o755)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("root writes to any folder, and may not mount one that is read-only here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def lock(folder: Path) -> None:
    """From now on nobody writes to the folder."""
    if os.geteuid() == 0:
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    else:
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)


def test_a_folder_that_may_not_be_written_is_told_as_such(
    file: Path, read_only_folder: Path
) -> None:
    """Neither a ledger that is there nor a new one can be opened; what helps is said."""
    shutil.copy(file, read_only_folder / "old.db")
    lock(read_only_folder)

    assert "?mode=ro" in refused(read_only_folder / "old.db", LedgerReadOnly)
    assert "may not open" in refused(read_only_folder / "new.db", LedgerReadOnly)


def test_a_copy_on_a_medium_that_cannot_be_written_is_read(
    file: Path, read_only_folder: Path
) -> None:
    """An archived ledger answers from where it is, and verifies."""
    shutil.copy(file, read_only_folder / "old.db")
    lock(read_only_folder)

    with opened(read_only_folder / "old.db", "?mode=ro") as office:
        assert office.tell(Contract, "C-1", to=desk).renewed_until == "spring"
        assert office.verify(dossiers=True) == []
        with pytest.raises(LedgerReadOnly):
            office.hear(state("C-1", "summer", id="two"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write any file")
def test_a_file_with_no_rights_is_told_as_such(file: Path) -> None:
    """A file that may only be read tells and refuses to hear; one that may not, is refused."""
    file.chmod(0o444)
    with opened(file) as office, pytest.raises(LedgerReadOnly):
        office.hear(state("C-1", "summer", id="two"))
    file.chmod(0)
    assert "may not open" in refused(file, LedgerReadOnly)
    file.chmod(0o644)


def test_reading_only_changes_nothing_and_sees_what_others_write(file: Path) -> None:
    """A reader beside a writer: it sees each commit, and leaves no trace."""
    with opened(file) as writer, opened(file, "?mode=ro") as reader:
        writer.hear(state("C-1", "summer", id="two"))

        assert reader.tell(Contract, "C-1", to=desk).renewed_until == "summer"
        assert reader.tick() == 0
    assert refused(file.with_name("none.db"), LedgerReadOnly, "?mode=ro")
    assert not file.with_name("none.db").exists()


# Who writes to it


def test_opening_waits_for_a_writer_no_longer_than_it_is_told(file: Path) -> None:
    """Another writer holds the ledger: to open it, one waits; then it is busy, and says how long."""
    with raw(file) as other:
        other.execute("begin immediate")

        said = refused(file, LedgerBusy, "?wait=20ms")

        assert "for 20 ms" in said
        other.execute("rollback")
    opened(file, "?wait=20ms").close()


def test_asking_does_not_wait_for_a_writer(file: Path) -> None:
    """While another writes, stories are told as of the last commit."""
    with opened(file, "?wait=0s") as office, raw(file) as other:
        other.execute("begin immediate")
        other.execute("update subject set latest = 0")

        assert office.tell(Contract, "C-1", to=desk).renewed_until == "spring"
        other.execute("rollback")


def test_many_may_make_one_ledger_at_once(tmp_path: Path) -> None:
    """Eight open a file that is not there yet: it is made once, and all of them hear into it."""
    file, many = tmp_path / "acme.db", 8
    start, failed = threading.Barrier(many), list[BaseException]()

    def hear(number: int) -> None:
        start.wait()
        try:
            with opened(file) as office:
                office.hear(state(f"C-{number}", "spring", id=f"{number}"))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=hear, args=(number,)) for number in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert asked(file, "select name from company") == [(acme.name,)]
    assert asked(file, "select count(*) from migration") == [(len(migrations()),)]
    assert asked(file, "select count(*) from message") == [(many,)]
    with opened(file) as office:
        assert office.verify(dossiers=True) == []


def test_closing_waits_for_nobody(file: Path) -> None:
    """Somebody reads on while the office closes; the office does not wait for the reader's end."""
    office = opened(file)
    office.hear(state("C-1", "summer", id="two"))
    with raw(file) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from message").fetchone()

        office.close()

    assert asked(file, "select count(*) from message") == [(2,)]


# What it goes through once


def test_each_migration_ends_with_its_own_number() -> None:
    """So the record in the file's header and the numbered file cannot differ."""
    assert [number for number, _, _ in migrations()] == [*range(1, len(migrations()) + 1)]
    for number, name, statements in migrations():
        assert name
        assert statements[-1] == f"\npragma user_version = {number};"


def test_opening_again_changes_nothing(file: Path) -> None:
    """Each migration was applied once, with its record; later starts write not a byte."""
    before = file.read_bytes()
    for _ in range(3):
        opened(file).close()

    assert asked(file, "select number, name from migration") == [
        (number, name) for number, name, _ in migrations()
    ]
    assert asked(file, "select count(*) from terms") == [(1,)]
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_ledger_is_told_from_other_databases_by_its_first_page(file: Path) -> None:
    """``file(1)`` and we read the same four bytes."""
    assert file.read_bytes()[68:72] == b"ONES"


def test_what_is_acknowledged_is_synced() -> None:
    """``synchronous=FULL`` and a write-ahead log: acknowledged is kept through a power cut."""
    with Timeline(acme, address="sqlite://") as timeline:
        timeline.says(contracts, Contract.renewed_until, "C-1", "spring")
        writer = timeline.office.ledger._database._writer.database  # type: ignore[attr-defined]

        assert writer.execute("pragma synchronous").fetchone() == (2,)


def test_tables_that_somebody_changed_by_hand_are_damage(file: Path) -> None:
    """Whoever dropped a table is told that the ledger is damaged, and which table it was."""
    with raw(file) as database:
        database.execute("drop table audience")

    assert "no such table: audience" in refused(file, LedgerCorrupt)
