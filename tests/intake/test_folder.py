"""Files in a watched folder: each is heard once it rests, and again when it changed."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest

from onestory import Message, NotPulled, Unreadable, files_of
from onestory.errors import DeclarationError
from onestory.intake.folder import MAX_FILES
from onestory.intake.select import PAGE_ROWS

from .polled import Polled


def put(folder: Path, name: str, text: str, *, changed: int | None = None) -> None:
    """Write a file, with a time of its own."""
    path = folder / name
    path.write_text(text, "utf-8")
    if changed is not None:
        os.utime(path, (changed, changed))


def terms(messages: list[Message]) -> list[tuple[str, str]]:
    """What rows say, in the order they came."""
    rows = [msgspec.json.decode(message.data) for message in messages]
    return [(row["contract"], row["term"]) for row in rows]


SPRING = "contract,term\nC-1,spring\nC-2,spring\n"
SUMMER = "contract,term\nC-1,summer\nC-2,spring\n"


def test_a_file_is_heard_once_it_rests_and_only_once(tmp_path: Path) -> None:
    """At the first look it may still be written; five seconds later it is as it was, and is read."""
    polled = Polled(files_of(tmp_path, "*.csv"))
    put(tmp_path, "contracts.csv", SPRING)

    assert polled.poll() == []
    assert polled.poll(wait=timedelta(seconds=4)) == []
    assert terms(polled.poll(wait=timedelta(seconds=1))) == [("C-1", "spring"), ("C-2", "spring")]
    assert polled.poll() == []
    assert polled.poll(sweep=True) == []


def test_a_file_that_is_still_written_is_left_until_it_rests(tmp_path: Path) -> None:
    """Each look finds more of it; half a row is never heard."""
    polled = Polled(files_of(tmp_path))
    for length in range(20, len(SPRING)):
        put(tmp_path, "contracts.csv", SPRING[:length])
        assert polled.all() == []
    put(tmp_path, "contracts.csv", SPRING)
    polled.poll()

    assert len(polled.poll()) == 2


def test_a_file_that_changed_there_and_back_is_heard_each_time(tmp_path: Path) -> None:
    """A price list that returns to what it was says so: its rows are other messages than at first."""
    polled = Polled(files_of(tmp_path, rest="0 s"))
    ids: set[str] = set()
    for day, text in enumerate((SPRING, SUMMER, SPRING), start=1):
        put(tmp_path, "contracts.csv", text, changed=day)
        ids |= {message.id for message in polled.poll()}

    assert len(ids) == 6


def test_a_sweep_finds_a_file_that_changed_and_hid_it(tmp_path: Path) -> None:
    """The same size and the same time, other content: only reading it shows that."""
    polled = Polled(files_of(tmp_path, rest="0 s"))
    put(tmp_path, "contracts.csv", SPRING, changed=1)
    polled.poll()
    put(tmp_path, "contracts.csv", SUMMER, changed=1)

    assert polled.poll() == []
    assert terms(polled.poll(sweep=True)) == [("C-1", "summer"), ("C-2", "spring")]


def test_a_sweep_does_not_say_again_what_old_files_said(tmp_path: Path) -> None:
    """Yesterday's file says what was so yesterday; to hear it after today's would turn the day back."""
    polled = Polled(files_of(tmp_path, rest="0 s"))
    put(tmp_path, "2027-01-04.csv", SPRING)
    put(tmp_path, "2027-01-05.csv", SUMMER)

    assert len(polled.poll()) == 4
    assert polled.poll(sweep=True) == []


LAST = (
    b'{"contract":"C-4","term":"spring","price":"49.90",'
    rb'"at \"door\"":"2027-01-05T08:00:00.250000Z"}'
)


def test_each_kind_of_file_is_read_and_others_are_left_alone(tmp_path: Path) -> None:
    """CSV, JSON Lines with rows or CloudEvents, Parquet; not what is being copied, hidden or a folder."""
    put(tmp_path, "a.csv", SPRING)
    put(tmp_path, "b.jsonl", '{"contract": "C-3", "term": "spring"}\n')
    event = '{"specversion": "1.0", "id": "e1", "source": "billing", "type": "other", "data": {}}\n'
    put(tmp_path, "c.ndjson", event)
    row = "select 'C-4' as contract, 'spring' as term, 49.90::decimal(9,2) as price, "
    row += 'timestamptz \'2027-01-05 09:00:00.25+01\' as "at ""door"""'
    duckdb.execute(f"copy ({row}) to '{tmp_path / 'd.parquet'}' (format parquet)")
    for name in ("e.csv.part", ".f.csv", "g.txt"):
        put(tmp_path, name, SPRING)
    (tmp_path / "h.csv").mkdir()
    found = Polled(files_of(tmp_path, rest="0 s")).poll()

    assert [(m.type, bytes(m.data)) for m in found] == [
        ("row", b'{"contract":"C-1","term":"spring"}'),
        ("row", b'{"contract":"C-2","term":"spring"}'),
        ("row", b'{"contract": "C-3", "term": "spring"}'),
        ("other", b"{}"),
        ("row", LAST),
    ]


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_file_of_another_kind_than_its_name_says_is_set_aside(name: str, tmp_path: Path) -> None:
    """It holds up no other file, and is read again when it was mended."""
    (tmp_path / name).write_bytes(b",,,\n\xff")
    put(tmp_path, "b.csv", SPRING)
    polled = Polled(files_of(tmp_path, rest="0 s"))
    first, *rest = polled.all()

    assert isinstance(first, Unreadable)
    assert first.reason.code == "not-a-message"
    assert len(rest) == 2
    assert polled.all() == []


def test_a_large_file_comes_in_pages_and_is_read_again_from_its_beginning(tmp_path: Path) -> None:
    """Stopped after the first page: the same messages come again, which are known by their ids."""
    rows = [f"C-{n},spring" for n in range(1_200)]
    put(tmp_path, "a.csv", "\n".join(["contract,term", *rows]))
    polled = Polled(files_of(tmp_path, rest="0 s"))
    everything = {message.id for message in polled.poll()}
    again = Polled(files_of(tmp_path, rest="0 s"))
    pages = again.source.pages(again.asked())
    first = next(pages)
    again.cursor = first.cursor
    rest = {message.id for message in again.poll()}

    assert len(first.messages) == PAGE_ROWS
    assert rest == everything
    assert len(everything) == 1_200


def test_rows_may_be_known_by_a_column_for_ever(tmp_path: Path) -> None:
    """As in a file that is heard by hand: the column names the message, whatever file it comes in."""
    put(tmp_path, "a.csv", SPRING)

    assert [m.id for m in Polled(files_of(tmp_path, id="contract", rest="0 s")).poll()] == [
        "C-1",
        "C-2",
    ]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """And what it holds is heard when it is back."""
    with pytest.raises(
        NotPulled, match="The folder cannot be looked into: No such file or directory"
    ):
        Polled(files_of(tmp_path / "away")).poll()


def test_too_many_files_are_told(tmp_path: Path) -> None:
    """The cursor names each file, so that there is a limit, and what to do about it."""
    for number in range(MAX_FILES + 1):
        (tmp_path / f"{number}.csv").touch()

    with pytest.raises(NotPulled, match="The folder holds 10,001 files, and at most 10,000"):
        Polled(files_of(tmp_path)).poll()


@pytest.mark.parametrize("pattern", ["", "in/*.csv", "*.xlsx"])
def test_a_pattern_of_files_that_are_not_read_is_refused_when_declared(pattern: str) -> None:
    """Another folder, or a kind that nobody reads."""
    with pytest.raises(DeclarationError):
        files_of("in", pattern)
