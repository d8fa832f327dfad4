"""Messages: CloudEvents 1.0 as they arrive, and bytes that are none."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestory import Message, message
from onestory.errors import ImpossibleTime, NotAMessage, TooLarge
from onestory.intake import MAX_BATCH_BYTES, MAX_MESSAGE, Arrived, Unreadable, batch, binary
from onestory.intake import structured as read_structured
from onestory.intake.message import MAX_ID, MAX_SEQUENCE

RENEWAL: dict[str, Any] = {
    "specversion": "1.0",
    "id": "R-1",
    "source": "/contracts",
    "type": "contract.renewed",
    "data": {"contract": "C-1042", "until": "2027-03-31"},
}


def event(**changed: Any) -> bytes:
    """A renewal as JSON, with these attributes instead; those that are None are left out."""
    attributes = {n: v for n, v in {**RENEWAL, **changed}.items() if v is not None}
    return json.dumps(attributes).encode()


def structured(body: bytes) -> Message:
    """One event that can be read."""
    arrived = read_structured(body)
    assert isinstance(arrived, Message), arrived
    return arrived


def unreadable(arrived: Arrived) -> Unreadable:
    """One that cannot."""
    assert isinstance(arrived, Unreadable), arrived
    return arrived


def data_of(arrived: Message) -> Any:
    """The payload, decoded."""
    return msgspec.json.decode(arrived.data)


def test_a_structured_event_is_read_whole() -> None:
    """Every attribute as it was sent; the bytes are kept untouched."""
    body = event(time="2027-01-05T10:00:00+01:00", subject="C-1042", sequence="7")

    read = structured(body)
    assert (read.id, read.source, read.type) == ("R-1", "/contracts", "contract.renewed")
    assert (read.system, read.subject, read.sequence) == ("contracts", "C-1042", 7)
    assert read.time == datetime(2027, 1, 5, 9, tzinfo=UTC)
    assert data_of(read) == RENEWAL["data"]
    assert read.raw == body
    assert not read.lax


def test_attributes_it_does_not_name_are_left_alone() -> None:
    """Extensions of others are kept in the bytes and otherwise passed over."""
    read = structured(event(traceparent="00-1-2-00", **{"<lax>": True, "<raw>": "aGk="}))

    assert b"traceparent" in read.raw
    assert not read.lax


@pytest.mark.parametrize(
    ("source", "system"),
    [
        ("contracts", "contracts"),
        ("/contracts", "contracts"),
        ("web%20shop", "web shop"),
        ("/web%20shop", "web shop"),
        ("web shop", "web shop"),
    ],
)
def test_a_source_names_a_system(source: str, system: str) -> None:
    """With or without a leading slash, as a URI reference or as the name itself."""
    assert structured(event(source=source)).system == system


@pytest.mark.parametrize(
    ("sequence", "number"),
    [(0, 0), (7, 7), ("7", 7), ("0007", 7), (MAX_SEQUENCE, MAX_SEQUENCE)],
    ids=repr,
)
def test_a_sequence_is_a_whole_number(sequence: object, number: int) -> None:
    """The extension ``sequence`` is a text; systems send numbers, too."""
    assert structured(event(sequence=sequence)).sequence == number


@pytest.mark.parametrize(
    "sequence", ["", "A7", "7.5", 7.5, -1, MAX_SEQUENCE + 1, "9" * 5000, True, [7]], ids=repr
)
def test_what_is_no_sequence_is_not_guessed(sequence: object) -> None:
    """The order of claims rests on it."""
    assert isinstance(unreadable(read_structured(event(sequence=sequence))).reason, NotAMessage)


def test_data_may_come_as_base64() -> None:
    """``data_base64`` holds the JSON of the payload as bytes."""
    encoded = base64.b64encode(b'{"contract": "C-1042"}').decode()

    assert data_of(structured(event(data=None, data_base64=encoded))) == {"contract": "C-1042"}


@pytest.mark.parametrize(
    "written",
    ["%%%", "eyJh", "bm90IGpzb24=", "gICA", "€€€€", "W1tb" * 100_000],
    ids=lambda w: w[:8],
)
def test_data_that_is_no_json_in_base64_is_named(written: str) -> None:
    """Wrong signs, cut off, not JSON, not text: the event is set aside under its id."""
    found = unreadable(read_structured(event(data=None, data_base64=written)))

    assert isinstance(found.reason, NotAMessage)
    assert (found.system, found.id) == ("contracts", "R-1")


def test_an_event_may_have_no_data() -> None:
    """Then its payload is null."""
    assert data_of(structured(event(data=None))) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"specversion": "0.3"},
        {"specversion": "1.1"},
        {"specversion": 1.0},
        {"id": ""},
        {"id": None},
        {"id": 7},
        {"id": "x" * (MAX_ID + 1)},
        {"id": "R\0-1"},
        {"source": ""},
        {"source": None},
        {"source": "contracts\0"},
        {"type": ""},
        {"type": None},
        {"time": "yesterday"},
        {"time": "2027-01-05T09:00:00"},
        {"time": 1_800_000_000},
        {"subject": 7},
    ],
    ids=repr,
)
def test_a_wrong_attribute_is_named(changed: dict[str, Any]) -> None:
    """Missing, empty, too long, without a zone, of another version: with what to send instead."""
    found = unreadable(read_structured(event(**changed)))

    assert isinstance(found.reason, NotAMessage)
    assert found.reason.fix
    assert found.raw == event(**changed)
    assert "\0" not in found.id + found.system


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"R-1"',
        b"{",
        b"\xff\xfe",
        b'{"id": "\xff"}',
        b'{"id": "\\ud800"}',
        b"[" * 100_000,
        event()[:-1],
        b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=range(11),
)
def test_bytes_that_are_no_event_are_kept_with_a_reason(body: bytes) -> None:
    """Not JSON, not text, not an object, nested without end: kept under their own hash."""
    found = unreadable(read_structured(body))

    assert isinstance(found.reason, NotAMessage)
    assert found.raw == body
    assert found.id.startswith("sha256:")


@given(st.binary(max_size=200))
def test_no_bytes_are_beyond_reading(body: bytes) -> None:
    """Whatever arrives is a message or is set aside with a reason."""
    found = unreadable(read_structured(body))

    assert found.reason.fix


def test_a_message_of_the_greatest_size_is_read() -> None:
    """A megabyte is a message; one byte more is not."""
    padding = "x" * (MAX_MESSAGE - len(event(data="")))
    assert structured(event(data=padding)).id == "R-1"

    found = unreadable(read_structured(event(data=padding + "x")))
    assert isinstance(found.reason, TooLarge)
    assert f"{MAX_MESSAGE + 1:,} bytes" in found.reason.what


def test_a_batch_is_read_event_by_event() -> None:
    """What is no event among them is set aside; the rest is read, in order."""
    body = b"[" + b",".join([event(id="1"), event(id=""), b"7", event(id="2")]) + b"]"

    arrived = list(batch(body))
    assert [type(one) for one in arrived] == [Message, Unreadable, Unreadable, Message]
    assert [arrived[0].id, arrived[3].id] == ["1", "2"]
    assert isinstance(arrived[0], Message)
    assert arrived[0].raw == event(id="1")


@pytest.mark.parametrize(
    "body", [b"", b"{}", event(), b"[", b"[1,]", b"\xff", b"[" * 100_000], ids=range(7)
)
def test_what_is_no_batch_is_refused_whole(body: bytes) -> None:
    """Where no event can be told from the next, none can be kept apart."""
    with pytest.raises(NotAMessage, match="not a batch of CloudEvents"):
        list(batch(body))


def test_a_batch_that_is_too_large_is_refused_unread() -> None:
    """Memory stays flat."""
    with pytest.raises(TooLarge, match="bytes"):
        next(batch(b"[" + b" " * MAX_BATCH_BYTES))


HEADERS = {
    "Content-Type": "application/json",
    "CE-SpecVersion": "1.0",
    "ce-id": "R-1",
    "ce-source": "/web%20shop",
    "ce-type": "contract.renewed",
}


def test_a_binary_event_has_its_attributes_in_headers() -> None:
    """Names in any case, values percent-encoded, the data in the body."""
    headers = {**HEADERS, "ce-sequence": "7", "ce-subject": "Gr%C3%BC%C3%9Fe", "ce-data": "x"}

    read = binary({**headers, "ce-time": "2027-01-05T09:00:00Z"}, b'{"contract": "C-1042"}')
    assert isinstance(read, Message)
    assert (read.id, read.system, read.sequence, read.subject) == ("R-1", "web shop", 7, "Grüße")
    assert read.time == datetime(2027, 1, 5, 9, tzinfo=UTC)
    assert data_of(read) == {"contract": "C-1042"}


def test_what_is_kept_of_a_binary_event_reads_as_the_same_event() -> None:
    """The ledger keeps it in one form, so that it can be replayed."""
    read = binary(HEADERS, b'{"contract": "C-1042"}')
    assert isinstance(read, Message)

    again = structured(read.raw)
    assert (again.id, again.source, again.data) == (read.id, read.source, read.data)


def test_a_binary_event_without_a_body_has_no_data() -> None:
    """An empty body is no payload, not a broken one."""
    read = binary(HEADERS, b"")
    assert isinstance(read, Message)

    assert data_of(read) is None


@pytest.mark.parametrize("body", [b"<xml/>", b"\xff", b"[" * 100_000], ids=range(3))
def test_a_binary_event_whose_body_is_no_json_is_named_by_its_headers(body: bytes) -> None:
    """Its system and its id are known, so it is set aside under them."""
    found = unreadable(binary(HEADERS, body))

    assert isinstance(found.reason, NotAMessage)
    assert (found.system, found.id) == ("web shop", "R-1")
    assert found.raw == body


def test_a_binary_event_that_is_too_large_is_refused_unread() -> None:
    """As a structured one is."""
    assert isinstance(unreadable(binary(HEADERS, b" " * (MAX_MESSAGE + 1))).reason, TooLarge)


def test_a_binary_event_without_headers_is_none() -> None:
    """Nothing says what it is."""
    assert isinstance(unreadable(binary({}, b"{}")).reason, NotAMessage)


def test_a_message_is_made_from_python_values() -> None:
    """What it is sent as reads back as itself."""
    moment = datetime(2027, 1, 5, 9, tzinfo=UTC)
    made = message("contracts", "renewed", {"n": 1}, id="R-1", time=moment, sequence=7)

    again = structured(made.raw)
    assert (again.id, again.system, again.type) == ("R-1", "contracts", "renewed")
    assert (again.time, again.sequence, data_of(again)) == (moment, 7, {"n": 1})


def test_a_message_without_an_id_cannot_be_made() -> None:
    """The same rules hold as for what arrives."""
    with pytest.raises(NotAMessage, match="must be given"):
        message("contracts", "renewed", {}, id="")


def test_a_message_with_a_time_of_nowhere_cannot_be_made() -> None:
    """A naive datetime is an error at the door."""
    with pytest.raises(ImpossibleTime, match="no time zone"):
        message("contracts", "renewed", {}, id="1", time=datetime(2027, 1, 5))  # noqa: DTZ001 - the mistake
