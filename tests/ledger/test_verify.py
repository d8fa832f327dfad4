"""Verifying: one flipped bit, one removed row or one added row is found, wherever it is."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

import onestory
from onestory.agreement import Agreements
from onestory.clock import HandClock
from onestory.errors import LedgerCorrupt, LedgerError, OnestoryError, OtherCompany
from onestory.ledger import Finding
from onestory.office.rebuild import differing
from onestory.testing import NINE, Timeline

from .acme import Contract, Customer, acme, address, asked, billing, contracts, desk, raw, state

pytestmark = pytest.mark.sqlite  # it changes rows of the file

TERM, KEY, ALICE = Contract.renewed_until, "C-1042", (Customer, "K-7")
ENDED = HandClock(NINE)
"""The clock when the history ends: nothing is due when the ledger is opened again."""


def history(file: Path) -> None:
    """A ledger with all there can be: heard, repeated, late, settled, told, set aside, replayed."""
    with Timeline(acme, address=address(file)) as timeline:
        timeline.says(contracts, Contract.holder, KEY, "K-7")
        for party in (contracts, billing):
            timeline.says(party, TERM, KEY, "spring", sequence=1)
        timeline.says(contracts, TERM, KEY, "summer", sequence=2)
        timeline.says(contracts, Contract.seats, "C-1", 3)
        timeline.says(contracts, TERM, KEY, "summer", sequence=3)
        timeline.wait("6 min")
        timeline.office.tell(Contract, KEY, to=desk, person=ALICE, record=True)
        timeline.says(billing, TERM, KEY, "summer", sequence=2)
        timeline.office.hear(
            state("C-2", "winter", id="one"),
            onestory.message("contracts", "contract.lost", {"no": 1}, id="two"),
        )
        timeline.says(contracts, TERM, billing.calls("B-1"), "autumn", sequence=4)
        timeline.office.replay()
        ENDED.move_to(timeline.clock.now())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("whole") / "acme.db"
    history(file)
    return file


@pytest.fixture
def file(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "acme.db"))


def verified(file: Path) -> list[Finding]:
    with onestory.open(acme, address(file), clock=ENDED) as office:
        return office.verify()


def differences(file: Path) -> list[Finding]:
    with onestory.open(acme, address(file), clock=ENDED) as office, office.ledger.view() as view:
        return list(differing(view, Agreements(acme, office.ledger.terms())))


def flipped(value: Any, bit: int) -> Any:
    """A value with one bit changed; a text stays one."""
    if value is None:
        return 1
    if isinstance(value, int):
        return value ^ (1 << bit % 40)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[bit // 8 % len(raw)] ^= 1 << bit % (7 if isinstance(value, str) else 8)
    return raw.decode() if isinstance(value, str) else bytes(raw)


def test_an_untouched_ledger_verifies(file: Path) -> None:
    """Nothing is found in a ledger that nobody touched, and verifying changes nothing in it."""
    before = file.read_bytes()

    assert verified(file) == []
    assert differences(file) == []
    assert file.read_bytes() == before


CHAINED = {
    "entry": ("kind", "subject", "previous", "party", "message", "known", "body", "hash"),
    "message": ("party", "id", "sequence", "known", "hash", "says", "replays"),
    "seal": ("messages", "entries", "subjects", "known", "hash"),
    "party": ("name",),
    "entity": ("name",),
    "shape": ("facts",),
    "subject": ("entity", "alias_of", "key", "latest"),
    "aside": ("raw",),
}


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in CHAINED for column in CHAINED[table]]
)
def test_one_flipped_bit_is_found(table: str, column: str, file: Path) -> None:
    """In each row one bit is changed, found, and changed back; also where there was nothing."""
    draw = random.Random(f"{table}.{column}")
    with raw(file) as database:
        rows = database.execute(f"select rowid, {column} from {table}").fetchall()
    assert rows
    for rowid, value in rows:
        if (column, value) == ("latest", 0):
            continue  # nobody said anything of it yet
        change(file, table, column, rowid, flipped(value, draw.randrange(2**16)))
        assert verified(file) != [], (rowid, value)
        change(file, table, column, rowid, value)
    assert verified(file) == []


def change(file: Path, table: str, column: str, rowid: int, value: Any) -> None:
    with raw(file) as database:
        query = f"update {table} set {column} = ? where rowid = ?"
        assert database.execute(query, (value, rowid)).rowcount == 1


def test_a_flipped_bit_is_found_where_it_is(file: Path) -> None:
    """The finding names the line, and the story that it belongs to; those after it still hold."""
    with raw(file) as database:
        database.execute(
            "update entry set body = replace(body, 'summer', 'simmer') where number = 4"
        )

    assert verified(file) == [
        Finding("entry 4", "of Contract C-1042 does not have the hash of what it says.")
    ]


def test_another_name_of_the_company_is_another_company(file: Path) -> None:
    """The company's name is under the first hash of the chain."""
    with raw(file) as database:
        database.execute("update company set name = 'Acme Telecon'")

    with pytest.raises(OtherCompany, match="Acme Telecon, not Acme Telecom"):
        verified(file)


@pytest.mark.parametrize("table", ["entry", "message", "seal"])
@pytest.mark.parametrize("which", ["the first", "one in the middle", "the last"])
def test_one_removed_row_is_found(table: str, which: str, file: Path) -> None:
    """A number that is missing is named, also the last one."""
    with raw(file) as database:
        (end,) = database.execute(f"select max(number) from {table}").fetchone()
        number = {"the first": 1, "one in the middle": end // 2, "the last": end}[which]
        database.execute(f"delete from {table} where number = ?", (number,))

    found = verified(file)
    unsealed = table == "seal" and number == end
    assert found
    assert unsealed or found[0].where == f"{table} {number}"
    assert ("was not sealed" if unsealed else "is missing") in found[0].what


@pytest.mark.parametrize("table", ["entry", "message", "seal"])
@pytest.mark.parametrize("number", [-1, 0, 10**6])
def test_one_added_row_is_found(table: str, number: int, file: Path) -> None:
    """A row that no commit wrote is found, behind the last number and before the first."""
    with raw(file) as database:
        names = [row[1] for row in database.execute(f"pragma table_info({table})")][1:]
        columns = ", ".join("null" if name == "id" else name for name in names)
        database.execute(
            f"insert into {table} select ?, {columns} from {table} where number = 2",
            (number,),
        )

    assert verified(file)


def test_a_whole_commit_put_in_another_order_is_found(file: Path) -> None:
    """Rows that are all there, but changed places, do not have their hashes."""
    with raw(file) as database:
        database.executescript(
            "update message set number = -9 where number = 2;"
            "update message set number = 2 where number = 3;"
            "update message set number = 3 where number = -9;"
        )

    assert [finding.where for finding in verified(file)] == ["seal 3", "seal 4"]


def test_one_seal_that_claims_the_world_costs_no_more_than_the_ledger(file: Path) -> None:
    """A seal whose numbers are absurd is a finding like another, not a million of them."""
    with raw(file) as database:
        database.execute("update seal set messages = 1 << 61, entries = 1 << 61 where number = 2")

    assert 0 < len(verified(file)) < 4


@pytest.mark.parametrize("column", ["messages", "entries", "subjects", "hash", "known"])
@pytest.mark.parametrize("value", ["text", b"bytes", 2.5, -(2**63)])
def test_a_seal_of_another_kind_is_found(column: str, value: Any, file: Path) -> None:
    """Whatever stands in a seal's row, verifying ends with a finding."""
    change(file, "seal", column, 2, value)

    assert verified(file)


def test_a_changed_dossier_differs_from_what_the_ledger_says(file: Path) -> None:
    """The dossier is no part of the chain, since it can be made anew; made anew, it differs."""
    with raw(file) as database:
        (kept,) = database.execute("select dossier from subject where key = ?", (KEY,)).fetchone()
        changed = kept.replace(b"summer", b"simmer")
        database.execute("update subject set dossier = ? where key = ?", (changed, KEY))

    assert verified(file) == []
    assert differences(file) == [
        Finding("dossier of Contract C-1042", "is not what the ledger says.")
    ]


def test_a_dossier_that_cannot_be_read_is_a_clear_error(file: Path) -> None:
    """Whoever asks for that story is told that the ledger is damaged; other stories are told."""
    with raw(file) as database:
        database.execute("update subject set dossier = x'9301' where key = 'C-1'")
        database.execute("update entry set body = '{' where number = 2")

    with onestory.open(acme, address(file), clock=ENDED) as office:
        with pytest.raises(LedgerCorrupt, match="A dossier is damaged"):
            office.tell(Contract, "C-1", to=desk)
        with pytest.raises(LedgerCorrupt, match="An entry is damaged"):
            office.timeline(Contract, KEY)
        assert office.tell(Contract, KEY, to=desk).renewed_until == "summer"


SPOKEN = "entry", "message", "seal", "party", "entity", "shape"
"""The tables that the chain and the seals cover."""


def spoken(file: Path) -> list[list[tuple[Any, ...]]]:
    return [asked(file, f"select rowid, * from {table}") for table in SPOKEN]


def survive(file: Path, whole: Path) -> str:
    """Open and verify a damaged file: what came of it, in a word. Anything but an answer raises."""
    try:
        found = verified(file) or differences(file)
    except OnestoryError as error:
        assert isinstance(error, LedgerError)
        assert error.fix
        return error.code
    if not found:
        assert spoken(file) == spoken(whole), "something else is said, and nothing was found"
    return "found" if found else "unhurt"


def damage(whole: Path, folder: Path, times: int, seed: int) -> dict[str, int]:
    draw, file = random.Random(seed), folder / "acme.db"
    written = [place for place, byte in enumerate(whole.read_bytes()) if byte]
    ends: dict[str, int] = {}
    for _ in range(times):
        shutil.copy(whole, file)
        place, bit = draw.choice(written), draw.randrange(8)
        with file.open("r+b") as bytes_of_file:
            bytes_of_file.seek(place)
            (old,) = bytes_of_file.read(1)
            bytes_of_file.seek(place)
            bytes_of_file.write(bytes([old ^ 1 << bit]))
        try:
            end = survive(file, whole)
        except BaseException as error:
            error.add_note(f"bit {bit} of byte {place} was flipped")
            raise
        ends[end] = ends.get(end, 0) + 1
    return ends


def test_no_bit_of_the_file_can_lie(whole: Path, tmp_path: Path) -> None:
    """Any bit of the file is flipped: it is found, or refused, or nothing that is said has changed."""
    ends = damage(whole, tmp_path, times=150, seed=1)

    assert ends["unhurt"] < 75


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_no_bit_of_the_file_can_lie_ever(seed: int, whole: Path, tmp_path: Path) -> None:
    """The same, a thousand times a seed."""
    damage(whole, tmp_path, times=1_000, seed=seed)


@pytest.mark.parametrize("length", [1, 16, 99, 100, 4096, 20_000, 40_001, -4096, -1])
def test_a_file_that_was_cut_off_is_refused_or_found(length: int, file: Path, whole: Path) -> None:
    """However much of a copy is missing: a clear error, a finding, or all that is said is there."""
    os.truncate(file, length if length > 0 else file.stat().st_size + length)

    survive(file, whole)


def test_a_page_of_zeros_is_refused_or_found(file: Path, whole: Path) -> None:
    """A disk that lost one page, whichever it is: a clear error, a finding, or all that is said."""
    ends = []
    pages = file.read_bytes()
    for start in range(0, len(pages), 2048):
        file.write_bytes(pages[:start] + bytes(2048) + pages[start + 2048 :])
        ends.append(survive(file, whole))

    assert ends[0] == "not-a-ledger"
    assert ends.count("unhurt") < len(ends) / 2
