"""Hearing by HTTP: every form of CloudEvents, every limit, and what is answered."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from onestory import Fate
from onestory.intake import MAX_BATCH_BYTES, MAX_MESSAGE, Message
from onestory.office.http.body import MAX_COUNT, MAX_DEPTH, check_shape
from onestory.office.http.door import Door
from onestory.office.http.events_api import EVENTS, Event
from onestory.office.http.results import Results

from .loopback import Asking, Contract, desk, renewal, served

ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    with served(tmp_path) as asking:
        yield asking


def results(answer: Any) -> list[dict[str, Any]]:
    """What became of each message."""
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_a_batch_is_heard_message_by_message(asking: Asking) -> None:
    """What is new, what repeats, what was known and what cannot be read: each has its answer."""
    asking.batch(renewal(1))

    first, again, known, aside = results(
        asking.batch(
            renewal(2), renewal(2, id="R-2b"), renewal(1), renewal(3, type="contract.ended")
        )
    )
    assert first == {"id": "R-2", "source": "contracts", "fate": "heard"}
    assert (again["fate"], known["fate"], aside["fate"]) == ("repeated", "known", "set aside")
    assert aside["reason"]["code"] == "no-reader"
    assert aside["reason"]["what"]
    assert aside["reason"]["fix"]
    assert aside["aside"] == f"/asides/{asking.office.asides()[0].message}"


def test_what_is_acknowledged_is_told(asking: Asking) -> None:
    """The answer comes after the commit: whoever asks then is told the new story."""
    results(asking.batch(renewal(1)))

    told = asking.office.tell(Contract, "C-1", to=desk)
    assert told.renewed_until == date(2028, 3, 31)


def test_a_structured_event_is_heard(asking: Asking) -> None:
    """Its form may name a charset."""
    answer = asking.events(json.dumps(renewal(1)).encode(), f"{ONE}; charset=UTF-8")

    assert results(answer) == [{"id": "R-1", "source": "contracts", "fate": "heard"}]


def test_a_binary_event_is_heard(asking: Asking) -> None:
    """Attributes in headers, data in the body."""
    answer = asking.events(
        b'{"contract": "C-1", "until": "2028-03-31"}',
        "application/json",
        ce_specversion="1.0",
        ce_id="R-1",
        ce_source="/contracts",
        ce_type="contract.renewed",
    )

    assert results(answer) == [{"id": "R-1", "source": "contracts", "fate": "heard"}]


def test_a_request_may_be_sent_again(asking: Asking) -> None:
    """Whoever did not get the answer sends the same; nothing is heard twice."""
    assert [r["fate"] for r in results(asking.batch(renewal(1), renewal(2)))] == ["heard"] * 2

    assert [r["fate"] for r in results(asking.batch(renewal(1), renewal(2)))] == ["known"] * 2
    assert asking.fates() == 2


def test_an_empty_batch_says_nothing(asking: Asking) -> None:
    """A sender with nothing to say is answered."""
    assert results(asking.batch()) == []


@pytest.mark.parametrize(
    "compress", [gzip.compress, lambda b: gzip.compress(b[:9]) + gzip.compress(b[9:])]
)
def test_a_body_may_be_compressed(asking: Asking, compress: Any) -> None:
    """By gzip, in one member or in several."""
    body = compress(json.dumps([renewal(n) for n in range(100)]).encode())

    assert len(results(asking.events(body, BATCH, content_encoding="gzip"))) == 100


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"[]")[:-3], gzip.compress(b"[]") + b"x"],
    ids=["nothing", "something else", "cut off", "with more behind"],
)
def test_what_is_said_to_be_gzip_and_is_not_is_refused(asking: Asking, body: bytes) -> None:
    """Nothing of it is kept."""
    answer = asking.events(body, BATCH, content_encoding="gzip")

    assert (answer.status_code, answer.json()["code"]) == (400, "not-a-message")
    assert asking.fates() == 0


def test_a_bomb_is_stopped_while_it_is_inflated(asking: Asking) -> None:
    """128 MiB of nothing in 128 KiB: what is over the limit is never held."""
    packing = zlib.compressobj(wbits=31)
    bomb = b"".join(packing.compress(bytes(1 << 20)) for _ in range(128)) + packing.flush()
    assert len(bomb) < MAX_BATCH_BYTES

    answer = asking.events(bomb, BATCH, content_encoding="gzip")
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert asking.serving.door.held == 0


def test_another_compression_is_refused(asking: Asking) -> None:
    """The answer says what is read instead."""
    answer = asking.events(b"[]", BATCH, content_encoding="br")

    assert (answer.status_code, answer.json()["code"]) == (415, "other-form")
    assert "gzip" in answer.json()["fix"]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/json", "application/cloudevents+avro"]
)
def test_another_form_is_refused(asking: Asking, kind: str) -> None:
    """Nothing says which event it is."""
    answer = asking.events(b"{}", kind)

    assert (answer.status_code, answer.json()["code"]) == (415, "other-form")
    assert BATCH in answer.json()["fix"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"[1,]", b"\xff", b'["', b'["\\'], ids=repr)
def test_what_is_no_batch_is_refused_whole(asking: Asking, body: bytes) -> None:
    """No event can be told from the next."""
    answer = asking.events(body, BATCH)

    assert (answer.status_code, answer.json()["code"]) == (400, "not-a-message")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"]
    assert answer.json()["fix"]


def test_a_single_event_that_cannot_be_read_is_set_aside(asking: Asking) -> None:
    """Its sender may never send it again: it is kept, with the reason."""
    (result,) = results(asking.events(b'{"id": "R-1", "source": "contracts"}', ONE))

    assert (result["id"], result["fate"]) == ("R-1", "set aside")
    assert asking.office.asides()[0].raw == b'{"id": "R-1", "source": "contracts"}'


def test_a_body_over_the_limit_is_refused_by_its_length(asking: Asking) -> None:
    """A sender that says how much comes is spared sending it."""
    with socket.create_connection(("127.0.0.1", asking.port)) as line:
        line.sendall(head(f"Content-Length: {MAX_MESSAGE + 1}", ONE))

        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_of_no_said_length_is_counted_as_it_comes(asking: Asking) -> None:
    """It is refused at the first byte over the limit, and the line is closed."""
    with socket.create_connection(("127.0.0.1", asking.port)) as line:
        line.sendall(head("Transfer-Encoding: chunked", ONE))
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        for _ in range(17):
            line.sendall(chunk)

        assert all_of(line).startswith(b"HTTP/1.1 413 ")
    assert asking.serving.door.held == 0


def test_a_body_shorter_than_it_said_is_not_heard(asking: Asking) -> None:
    """What is there reads as an event, but more was announced: nobody knows what is missing."""
    body = json.dumps(renewal(1)).encode()
    with socket.create_connection(("127.0.0.1", asking.port)) as line:
        line.sendall(head(f"Content-Length: {len(body) + 1}", ONE) + body)
        line.shutdown(socket.SHUT_WR)

        assert b"200" not in all_of(line)[:20]
    assert asking.fates() == 0
    assert results(asking.batch(renewal(1)))[0]["fate"] == "heard"


def test_a_body_longer_than_it_said_ends_where_it_said(asking: Asking) -> None:
    """The rest is no part of the event, and no request either."""
    body = json.dumps(renewal(1)).encode()
    with socket.create_connection(("127.0.0.1", asking.port)) as line:
        line.sendall(head(f"Content-Length: {len(body)}", ONE) + body + b"}}}}\r\n\r\n")

        said = all_of(line)
    assert said.count(b'"fate"') <= 1
    assert asking.fates() <= 1


def test_a_slow_writer_is_cut_off_and_holds_nobody_up(tmp_path: Path) -> None:
    """A hundred senders that never finish are refused in their time; meanwhile others are heard."""
    with served(tmp_path) as asking:
        asking.serving.door = Door(asking.office, within=1.0)
        lines = [socket.create_connection(("127.0.0.1", asking.port)) for _ in range(100)]
        for line in lines:
            line.sendall(head("Content-Length: 1000", ONE) + b"{")
        assert results(asking.batch(renewal(1)))[0]["fate"] == "heard"

        assert all(all_of(line).startswith(b"HTTP/1.1 408 ") for line in lines)
        assert asking.serving.door.held == 0


def test_a_message_too_large_in_a_batch_is_set_aside_alone(asking: Asking) -> None:
    """The others are heard."""
    large = renewal(2, data={"contract": "x" * MAX_MESSAGE})

    assert [r["fate"] for r in results(asking.batch(renewal(1), large, renewal(3)))] == [
        "heard",
        "set aside",
        "heard",
    ]


def test_too_many_messages_are_refused_before_they_are_read(asking: Asking) -> None:
    """Each costs memory once it is told from the next, however few bytes it has."""
    answer = asking.events(b"[" + b"0," * MAX_COUNT + b"0]", BATCH)

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert f"{MAX_COUNT + 1:,} messages" in answer.json()["title"]


@pytest.mark.parametrize("kind", [ONE, BATCH])
def test_what_is_nested_too_deeply_is_refused(asking: Asking, kind: str) -> None:
    """The same on every version of Python."""
    answer = asking.events(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), kind)

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
        b'["' + b"[" * 1000 + b'"]',
        b'["\\"' + b"[{" * 1000 + b'\\\\"]',
        b"[" * 1000,
        b'"' * 1001,
        b'"\\"' * 100_000 + b"\\",
    ],
    ids=range(6),
)
def test_only_brackets_that_stand_within_each_other_are_depth(body: bytes) -> None:
    """Those in texts are none, nor those that are never closed: what is no JSON is refused by its reader."""
    check_shape(body)


def test_who_speaks_for_a_system_is_not_heard_for_another(tmp_path: Path) -> None:
    """Each message is looked at: its own are heard, others are refused and not kept."""
    with served(tmp_path, system="billing") as asking:
        told = results(
            asking.batch(
                renewal(1), renewal(2, source="/billing", type="bill.drafted"), {"id": "?"}
            )
        )
        assert [one["fate"] for one in told] == ["refused", "heard", "set aside"]
        assert told[0]["reason"]["code"] == "not-allowed"
        assert told[2]["source"] == "billing"
        assert asking.fates() == 2

        alone = asking.events(json.dumps(renewal(1)).encode(), ONE)
        assert (alone.status_code, alone.json()["code"]) == (403, "not-allowed")
        assert asking.fates() == 2


def test_what_was_set_aside_of_one_system_is_never_heard_for_another(tmp_path: Path) -> None:
    """Billing's data look like an event of contracts, with a number that only some readers refuse."""
    sent = renewal(1)
    body = json.dumps(sent).encode()[:-1] + b', "more": 1e999999}'
    with served(tmp_path, system="billing") as asking:
        (aside,) = results(
            asking.events(
                body,
                "application/json",
                ce_specversion="1.0",
                ce_id="B-1",
                ce_source="billing",
                ce_type="bill.drafted",
            )
        )
        assert (aside["source"], aside["fate"]) == ("billing", "set aside")
        again = [receipt.fate for receipt in asking.office.replay()]

        assert again == [Fate.ASIDE]
        assert [kept.source for kept in asking.office.asides()] == ["billing"]
        assert asking.office.counts().entries == 0


def test_many_senders_at_once_are_each_told_their_own(asking: Asking) -> None:
    """They share commits; none is told what became of another's."""

    def send(number: int) -> list[str]:
        return [r["id"] for r in results(asking.batch(renewal(number), renewal(number + 1000)))]

    with ThreadPoolExecutor(20) as pool:
        told = list(pool.map(send, range(200)))

    assert told == [[f"R-{n}", f"R-{n + 1000}"] for n in range(200)]
    assert asking.fates() == 400


def test_who_comes_when_too_many_wait_is_told_when_to_come_again(asking: Asking) -> None:
    """503 with Retry-After; nothing of it was kept, and the same is heard later."""
    usual, asking.serving.door = asking.serving.door, Door(asking.office, waiting=0)
    answer = asking.batch(renewal(1))
    asking.serving.door = usual
    assert (answer.status_code, answer.json()["code"]) == (503, "too-busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert asking.fates() == 0

    assert results(asking.batch(renewal(1)))[0]["fate"] == "heard"


def test_bodies_that_wait_are_counted_together(asking: Asking) -> None:
    """However many connections there are, memory has a bound."""
    asking.serving.door = Door(asking.office, holding=50)
    answer = asking.batch(renewal(1))

    assert (answer.status_code, answer.json()["code"]) == (503, "too-busy")
    assert asking.fates() == 0


def test_an_office_that_stops_waits_for_no_body(asking: Asking) -> None:
    """Who is in the middle of one is told at once to send it again, and so is whoever comes then."""
    asking.batch(renewal(1))
    with socket.create_connection(("127.0.0.1", asking.port)) as line:
        line.sendall(head("Content-Length: 1000", ONE) + b"{")
        while not asking.serving.door.held:
            assert results(asking.batch(renewal(1)))[0]["fate"] == "known"
        asking.serving.door.close()

        assert all_of(line).startswith(b"HTTP/1.1 503 ")
    assert asking.batch(renewal(2)).status_code == 503
    assert asking.fates() == 1


def test_a_ledger_that_refuses_is_said_so(asking: Asking) -> None:
    """503: the same may be sent to another process, or later; this one is not killed by it."""
    asking.office.close()

    for _ in range(2):
        answer = asking.batch(renewal(1))
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger-error")
        assert "closed" in answer.json()["title"]


def test_base64_is_read(asking: Asking) -> None:
    """Data as bytes, as some senders write it."""
    event = renewal(1)
    event["data_base64"] = base64.b64encode(json.dumps(event.pop("data")).encode()).decode()

    assert results(asking.batch(event))[0]["fate"] == "heard"


def test_the_described_event_is_the_one_that_is_read() -> None:
    """What OpenAPI says of an event are the attributes of a message, and no others."""
    read = {name for name in Message.__struct_fields__ if name not in {"raw", "lax"}}

    assert set(Event.__struct_fields__) == read


@pytest.mark.parametrize("kind", list(EVENTS["requestBody"]["content"]))
def test_the_described_examples_are_heard(asking: Asking, kind: str) -> None:
    """Each form is shown by a request that works, and the answer has the form that is described."""
    headers = {p["name"]: p["example"] for p in EVENTS["parameters"]}
    (example,) = EVENTS["requestBody"]["content"][kind]["examples"].values()
    more = headers if kind == "application/json" else {}
    answer = asking.events(json.dumps(example["value"]).encode(), kind, **more)

    told = msgspec.json.decode(answer.content, type=Results).results
    assert {one.fate for one in told} == {"heard"}
    described = EVENTS["responses"]["200"]["content"]["application/json"]["examples"]
    for shown in described.values():
        msgspec.convert(shown["value"], Results)


def head(length: str, kind: str) -> bytes:
    """The head of a request."""
    lines = ["POST /events HTTP/1.1", "Host: here", f"Content-Type: {kind}", length, "", ""]
    return "\r\n".join(lines).encode()


def all_of(line: socket.socket) -> bytes:
    """All that is answered until the line is closed."""
    line.settimeout(20)
    said = b""
    try:
        while part := line.recv(65536):
            said += part
    except ConnectionResetError:
        pass  # it was closed while we still spoke
    line.close()
    return said
