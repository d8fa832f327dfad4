"""Hostile input: whatever is in a file ends in a clear error, or is set aside, in flat memory."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

import onestory
from onestory import Fate, Loaded, OnestoryError, RowFile, load
from onestory.intake import MAX_BATCH_BYTES, Unreadable, batch, structured
from onestory.ledger import Aside, Ref

from .acme_load import acme

PROGRAM = Path(__file__).with_name("hears_file.py")
MAX_GROWTH_KIB = 40_000
"""What a load may take on top of an open office: some commits of small messages, not a file."""


class Heard(msgspec.Struct):
    """What a process of its own says after it heard a file."""

    fates: dict[str, int]
    reasons: dict[str, int]
    refused: str
    grown: int


def heard(tmp_path: Path, file: Path) -> Heard:
    """Load a file in a process of its own: what became of it, and by how many KiB it grew."""
    command = [sys.executable, str(PROGRAM), str(tmp_path / "acme.db"), str(file)]
    done = subprocess.run(command, capture_output=True, check=True)
    return msgspec.json.decode(done.stdout, type=Heard)


def row(contract: str) -> bytes:
    """A line that can be read."""
    return b'{"contract":"%s","plan":"small"}\n' % contract.encode()


def test_a_line_of_50_mb_is_set_aside_and_the_rest_flows(tmp_path: Path) -> None:
    """The line is named with its reason; those before and after it are heard."""
    file = tmp_path / "long.jsonl"
    file.write_bytes(row("1") + b"x" * 50_000_000 + b"\n" + row("2"))
    said = heard(tmp_path, file)

    assert said.fates == {"heard": 2, "set aside": 1}
    assert said.reasons == {"too-large": 1}
    assert said.grown < MAX_GROWTH_KIB


def test_a_csv_line_of_50_mb_is_set_aside_and_the_rest_flows(tmp_path: Path) -> None:
    """The same holds for a row of CSV."""
    file = tmp_path / "long.csv"
    file.write_bytes(b"contract,plan\n1,small\n2," + b"x" * 50_000_000 + b"\n3,small\n")
    said = heard(tmp_path, file)

    assert said.fates == {"heard": 2, "set aside": 1}
    assert said.reasons == {"too-large": 1}
    assert said.grown < MAX_GROWTH_KIB


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_of_random_bytes_is_refused(kind: str, tmp_path: Path) -> None:
    """It is no text: the error says so, and nothing is heard of it."""
    file = tmp_path / f"random.{kind}"
    file.write_bytes(random.Random(1).randbytes(20_000_000))
    said = heard(tmp_path, file)

    assert said.refused == "not-a-message"
    assert said.fates == {}
    assert said.grown < MAX_GROWTH_KIB


def test_a_quote_that_is_never_closed_costs_its_own_row_only(tmp_path: Path) -> None:
    """More rows stand behind it than a row may have lines; each of them is heard."""
    file, rows = tmp_path / "quote.csv", 12_000
    lines = [b"%d,small plan\n" % number for number in range(rows)]
    lines[70] = b'70,"small plan\n'
    file.write_bytes(b"contract,plan\n" + b"".join(lines))
    said = heard(tmp_path, file)

    assert said.fates == {"heard": rows - 1, "set aside": 1}
    assert said.grown < MAX_GROWTH_KIB


def test_quotes_that_are_never_closed_end_in_bounded_time_and_memory(tmp_path: Path) -> None:
    """Each line opens a quote however one reads it: some lines are set aside alone, then many at once."""
    file, lines = tmp_path / "quotes.csv", 400_000
    file.write_bytes(b"contract,plan\n1,small\n" + b'a",",\n' * lines + b"2,small\n")
    said = heard(tmp_path, file)

    assert said.fates["heard"] >= 1
    assert 0 < said.fates["set aside"] < 200
    assert said.grown < MAX_GROWTH_KIB


# In this process: small files, of which each must cost itself only


def loaded(tmp_path: Path, name: str, content: bytes) -> tuple[Loaded, list[Aside]]:
    """Load what a file holds into a fresh ledger: what became of it, and what was set aside."""
    file = tmp_path / name
    file.write_bytes(content)
    with onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}") as office:
        done = load(office, RowFile(file, system="contracts", type="plan").messages())
        assert office.verify(dossiers=True) == []
        return done, office.asides()


def plans(tmp_path: Path, keys: Iterable[str]) -> list[object]:
    """What contracts say of some of them."""
    said = []
    with (
        onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}") as office,
        office.ledger.view() as view,
    ):
        for key in keys:
            found = view.find(Ref("Contract", "", key))
            speaker = found and found.dossier.speaker("contracts")
            said.append(speaker and speaker.values["plan"])
    return said


HEADER = b"contract,plan\n"
CSV: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "a quote that is not closed": (b'2,"small\n', [("2", "unexpected end of data")]),
    "a quote in the middle": (b'2,"sm"all\n', [("2", "',' expected after '\"'")]),
    "too few cells": (b"2\n", [("2", "The row has 1 cells and the header 2")]),
    "too many cells": (b"2,small,3\n", [("2", "The row has 3 cells and the header 2")]),
    "bytes that are no text": (b"2,gr\xf6\xdfer\n", [("2", "A row is not UTF-8 text")]),
    "half a character": (b"2,\xed\xa0\x80\n", [("2", "A row is not UTF-8 text")]),
    "a zero byte in a key": (b"2\0,small\n", [("2", "is not a key of Contract")]),
    "an empty key": (b",small\n", [("2", "is not a key of Contract")]),
    "a key of a thousand letters": (b"2" * 1000 + b",small\n", [("2", "is not a key of Contract")]),
    "two broken rows": (b'2,"x\n3,"y\n', [("2", "expected"), ("3", "end of data")]),
}


@pytest.mark.parametrize("name", CSV)
def test_a_row_that_cannot_be_read_costs_only_itself(name: str, tmp_path: Path) -> None:
    """S14: it is set aside with its line and its reason; the rows around it are heard."""
    broken, reasons = CSV[name]
    done, asides = loaded(tmp_path, "rows.csv", HEADER + b"1,small\n" + broken + b"9,small\n")

    assert done.fates == {Fate.HEARD: 2, Fate.ASIDE: len(reasons)}
    assert plans(tmp_path, ["1", "9"]) == ["small", "small"]
    for aside, (line, what) in zip(asides, reasons, strict=True):
        assert what in aside.what
        assert aside.fix
        assert "rows.csv" in aside.place or "plan" in aside.place or line in aside.id
        assert aside.raw


def test_a_zero_byte_in_a_value_is_kept(tmp_path: Path) -> None:
    """A text may hold any character; only what names a thing may not."""
    done, asides = loaded(tmp_path, "rows.csv", HEADER + b"1,sm\0ll\n")

    assert done.fates == {Fate.HEARD: 1}
    assert asides == []
    assert plans(tmp_path, ["1"]) == ["sm\0ll"]


@pytest.mark.parametrize(
    ("header", "what"),
    [
        (b"contract,plan,plan\n", "Name every column once"),
        (b"contract,\n", "Name every column once"),
        (b"\xff\xfec\0o\0n\0", "not UTF-8"),
        (b'"contract\n', "not CSV"),
        (b"x" * 2_000_000, "at most 1,048,576 bytes"),
    ],
)
def test_a_file_without_a_header_is_refused_whole(header: bytes, what: str, tmp_path: Path) -> None:
    """Nobody can say what its columns are, so nothing of it is heard, or set aside."""
    with pytest.raises(OnestoryError) as caught:
        loaded(tmp_path, "rows.csv", header + b"1,small\n")

    assert what in str(caught.value)
    assert "rows.csv" in str(caught.value)
    with onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}") as office:
        assert office.counts().messages == 0


DEEP = b"[" * 100_000
JSON = {
    "brackets within brackets": (DEEP, "nested too deeply"),
    "brackets that are closed": (DEEP + b"]" * 100_000, "nested too deeply"),
    "a row of brackets": (b'{"contract":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
    "a number of many digits": (b'{"contract":"2","plan":' + b"9" * 5_000 + b"}", "out of range"),
    "a number beyond all": (b'{"contract":"2","plan":1e999}', "out of range"),
    "half a character": (b'{"contract":"2","plan":"\\ud800"}', "not JSON"),
    "bytes that are no text": (b'{"contract":"2","plan":"\xff"}', "utf-8"),
    "zero bytes": (bytes(4_000), "not JSON"),
    "a key that ends early": (b'{"contract":"2\\u0000","plan":"x"}', "is not a key of Contract"),
    "no object": (b"[1, 2]", "not a JSON object"),
}


@pytest.mark.parametrize("name", JSON)
def test_a_line_that_cannot_be_read_costs_only_itself(name: str, tmp_path: Path) -> None:
    """S14: the same for lines of JSON, however they are made."""
    line, what = JSON[name]
    done, (aside,) = loaded(tmp_path, "rows.jsonl", row("1") + line + b"\n" + row("9"))

    assert done.fates == {Fate.HEARD: 2, Fate.ASIDE: 1}
    assert what in aside.what
    assert aside.fix
    assert plans(tmp_path, ["1", "9"]) == ["small", "small"]


EVENT = b'{"specversion":"1.0","id":"%s","source":"contracts","type":"plan","data":%s}'
SAID = b'{"contract":"2","plan":"x"}'
EVENTS = {
    "data within data": (EVENT % (b"1", DEEP + b"]" * 100_000), "nested too deeply"),
    "an id that ends early": (EVENT % (b"1\\u0000", SAID), "id, source and type"),
    "an id with a bell": (EVENT % (b"1\\u0007", SAID), "id, source and type"),
    "an id of a thousand letters": (EVENT % (b"1" * 1_000, SAID), "id, source and type"),
    "an id of half a character": (EVENT % (b"\\udc00", SAID), "surrogate"),
    "a source that ends early": (
        EVENT.replace(b"contracts", b"till%%00") % (b"1", SAID),
        "id, source and type",
    ),
    "a sequence beyond all": (
        EVENT.replace(b'"type"', b'"sequence":' + b"9" * 400 + b',"type"') % (b"1", SAID),
        "",
    ),
    "a time beyond all": (
        EVENT.replace(b'"type"', b'"time":"99999-12-31T00:00:00Z","type"') % (b"1", SAID),
        "Invalid RFC3339",
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_cannot_be_read_costs_only_itself(name: str, tmp_path: Path) -> None:
    """S14: the same for CloudEvents; and sent again, it is known."""
    line, what = EVENTS[name]
    good = EVENT % (b"good", SAID)
    with onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}") as office:
        for expected in ([Fate.ASIDE, Fate.HEARD], [Fate.KNOWN, Fate.KNOWN]):
            receipts = office.hear(structured(line), structured(good))
            assert [receipt.fate for receipt in receipts] == expected
        (aside,) = office.asides()
        assert what in aside.what
        assert [receipt.fate for receipt in office.replay()] == [Fate.ASIDE]
        assert office.verify(dossiers=True) == []


def test_names_that_differ_behind_a_zero_byte_do_not_stop_the_rest(tmp_path: Path) -> None:
    """``a`` and ``a`` with a zero byte behind it: a database may take one for the other."""
    ids = [b"a", b"a\\u0000b", b"a\\u0000c", b"a"]
    with onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}") as office:
        receipts = office.hear(*(structured(EVENT % (id_, SAID)) for id_ in ids))

    assert [r.fate for r in receipts] == [Fate.HEARD, Fate.ASIDE, Fate.ASIDE, Fate.KNOWN]


def test_data_on_the_edge_of_what_can_be_nested_does_not_stop_the_rest(tmp_path: Path) -> None:
    """Somewhere a depth can be decoded here and not one call deeper: it is set aside there, too."""
    depths = range(100, 1_100, 25)
    events = [
        structured(EVENT % (b"%d" % depth, b'{"contract":"2","plan":%s}' % nested(depth)))
        for depth in depths
    ]
    with onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}") as office:
        assert {receipt.fate for receipt in office.hear(*events)} == {Fate.ASIDE}
        assert {receipt.fate for receipt in office.replay()} == {Fate.ASIDE}


def nested(depth: int) -> bytes:
    """So many brackets within each other."""
    return b"[" * depth + b"]" * depth


def test_a_batch_over_the_limit_is_refused_unread() -> None:
    """It is not even decoded; the limit is named."""
    with pytest.raises(onestory.errors.TooLarge, match=f"{MAX_BATCH_BYTES + 2:,} bytes"):
        list(batch(b"[" + b" " * MAX_BATCH_BYTES + b"]"))


@pytest.mark.sqlite
def test_of_a_message_over_the_limit_only_its_beginning_is_kept(tmp_path: Path) -> None:
    """The ledger does not grow by what it refuses; the rest of the batch flows."""
    large = EVENT % (b"large", b'"' + b"x" * 30_000_000 + b'"')
    good = EVENT % (b"good", SAID)
    with onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}") as office:
        receipts = office.hear(*batch(b"[" + large + b"," + good + b"]"))
        (aside,) = office.asides()

    assert [receipt.fate for receipt in receipts] == [Fate.ASIDE, Fate.HEARD]
    assert aside.raw == large[:4096]
    assert (tmp_path / "acme.db").stat().st_size < 1_000_000


@pytest.mark.parametrize("seed", range(20))
def test_noise_in_a_good_event_is_heard_or_set_aside(seed: int, tmp_path: Path) -> None:
    """Some bytes of a good event are exchanged: whatever comes of it, it is no traceback."""
    draw = random.Random(seed)
    arrived = []
    for number in range(100):
        event = bytearray(EVENT % (b"%d" % number, SAID))
        for _ in range(draw.randrange(1, 4)):
            event[draw.randrange(len(event))] = draw.choice(b'\0\x1f"\\{}[],:0eE+-.\x7f\xc3\xff')
        arrived.append(structured(bytes(event)))
    with onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}") as office:
        receipts = office.hear(*arrived)
        assert sum(isinstance(one, Unreadable) for one in arrived) <= len(office.asides())
        assert len(receipts) == 100
        assert office.verify(dossiers=True) == []
