"""What is noted of requests: ids go everywhere, what customers said goes nowhere."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import onestory
from onestory import Claims, Company, Entity, Fact, Key, Office, System, reads
from onestory.office.http import Serving
from onestory.office.http.telemetry import note
from onestory.office.logs import JsonLines, TextLines

from ..live.served import Served, serve, served

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)


class Customer(Entity, of=acme):
    """Somebody who holds contracts, known by an address."""

    address: Key[str]
    name: Fact[str] = contracts.decides(billing.follows(within="5 min"))


@reads(contracts, "customer")
def customer(said: dict[str, Any]) -> Claims:
    """What a customer is called; what is no number of years makes it fail, and quotes it."""
    yield Customer.name.claim(said["address"], said["name"])
    if "years" in said:
        int(said["years"])


NAME, ADDRESS = "Canary Featherstone", "canary.featherstone@example.org"
CE = "application/cloudevents+json"


class Lines:
    """The lines of the log."""

    def __init__(self, written: io.StringIO) -> None:
        self.written = written

    @property
    def all(self) -> list[dict[str, Any]]:
        """Every line so far, read as JSON."""
        return [json.loads(line) for line in self.written.getvalue().splitlines()]

    def of(self, route: str, count: int = 1) -> list[dict[str, Any]]:
        """The lines of one route, once there are as many: a line is written after the answer."""
        for _ in range(1_000):
            found = [line for line in self.all if line.get("route") == route]
            if len(found) >= count:
                return found
            threading.Event().wait(0.01)
        return []


@pytest.fixture
def lines() -> Iterator[Lines]:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield Lines(written)
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def office() -> Iterator[Office]:
    with onestory.open(acme, "sqlite://") as office:
        yield office


@pytest.fixture
def here(office: Office, lines: Lines) -> Iterator[Served]:
    with served(office) as here:
        yield here


def event(id: str, **data: str) -> bytes:
    """A message of contracts about the canary."""
    data = {"address": ADDRESS, "name": NAME} | data
    about = {"specversion": "1.0", "id": id, "source": "contracts", "type": "customer"}
    return json.dumps(about | {"data": data}).encode()


def test_a_request_has_an_id_in_its_answer_and_in_the_log(here: Served, lines: Lines) -> None:
    """An id that the caller gives is kept; who gives none is given one."""
    given, _ = here.get("/healthz?x=1", headers={"X-Request-ID": "till-7.42"})
    made, body = here.get("/nowhere")

    assert given.headers["x-request-id"] == "till-7.42"
    made_id = made.headers["x-request-id"]
    assert len(made_id) == 16
    assert json.loads(body)["instance"] == f"urn:onestory:request:{made_id}"
    assert [line["request"] for line in lines.of("(none)")] == [made_id]


@pytest.mark.parametrize("id", ["a b", "x" * 65, ADDRESS, "", 'a"b', "é"])
def test_an_id_that_is_not_sane_is_not_taken_over(here: Served, id: str) -> None:
    """What a caller sends is written to the log, so that it may hold no name and no line of its own."""
    answer, _ = here.get("/healthz", headers={"X-Request-ID": id.encode()})

    assert len(answer.headers["x-request-id"]) == 16


def test_no_line_holds_what_a_customer_said(here: Served, lines: Lines) -> None:
    """S14: a name and an address are heard, asked for and make a reader fail: the log holds neither."""
    headers = {"content-type": CE}
    here.get("/events", "POST", body=event("1"), headers=headers)
    here.get("/events", "POST", body=event("2", years=NAME), headers=headers)
    here.get("/events", "POST", body=event("3")[:-9], headers=headers)
    here.get(f"/live?topic={ADDRESS}/{ADDRESS}")
    here.get(f"/{ADDRESS}")
    here.read(f"subject/Customer/{ADDRESS}").next()
    here.get("/events", ADDRESS)

    assert here.serving.office.counts().asides >= 1
    assert len(lines.of("/events", 3)) == 3
    assert lines.of("(none)")
    assert lines.of("/live")
    assert "canary" not in lines.written.getvalue().lower()
    assert "featherstone" not in lines.written.getvalue().lower()


def test_a_mistake_of_ours_is_logged_by_its_place_and_answered_in_three_parts(
    office: Office, lines: Lines
) -> None:
    """What was raised may quote a customer: its kind and its place are written, and its words are not."""
    serving = Serving(office, may_see=_fails)
    with serve(serving) as here:
        answer, body = here.get("/live?topic=counters")

    (line,) = lines.of("/live")
    assert (answer.status, json.loads(body)["code"]) == (500, "crashed")
    assert (line["level"], line["error"]) == ("error", "ZeroDivisionError")
    assert line["raised"][0].endswith("_fails")
    assert json.loads(body)["instance"].endswith(line["request"])
    assert NAME not in lines.written.getvalue()


def _fails(request: Any, _: object) -> bool:
    note(request, caller="agent")
    raise ZeroDivisionError(NAME)


def test_what_is_heard_is_noted_by_number(here: Served, lines: Lines) -> None:
    """A line leads to the messages of the ledger, for whoever may read it."""
    here.get("/events", "POST", body=event("1"), headers={"content-type": CE})

    (line,) = lines.of("/events")
    assert (line["method"], line["status"], line["caller"]) == ("POST", 200, "nobody")
    assert (line["messages"], line["last_message"]) == (1, 1)
    assert line["ms"] > 0


def test_a_line_for_a_person_says_the_same() -> None:
    """At a terminal: the time, the level, what happened, and the fields after it."""
    record = logging.LogRecord("onestory.http", logging.INFO, "", 0, "request", (), None)
    record.created, record.fields = 1_800_000_000.0, {"route": "/events", "status": 200}

    assert TextLines().format(record) == "08:00:00 info    request route=/events status=200"


def test_of_other_programs_the_first_line_is_written() -> None:
    """What asyncio says of a task that failed quotes the error below its first line."""
    said = f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{NAME}')>"
    record = logging.LogRecord("asyncio", logging.ERROR, "", 0, said, (), None)

    assert json.loads(JsonLines().format(record))["message"] == "Task exception was never retrieved"


def metrics(here: Served) -> dict[str, float]:
    """Every metric by its name with its labels."""
    answer, body = here.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    rows = [line.rpartition(" ") for line in body.decode().splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in rows}


def test_metrics_count_what_the_process_did_and_how_the_ledger_stands(
    here: Served, lines: Lines
) -> None:
    """Messages by their fate, requests by route and status; what is open, by one look at the ledger."""
    headers = {"content-type": CE}
    here.get("/events", "POST", body=event("1"), headers=headers)
    here.get("/events", "POST", body=event("1"), headers=headers)
    here.get("/events", "POST", body=event("2", years=NAME), headers=headers)
    here.get(f"/{ADDRESS}")
    here.read("counters").next()

    lines.of("(none)")
    found = metrics(here)
    assert found['onestory_requests_total{method="POST",route="/events",status="200"}'] == 3
    assert found['onestory_requests_total{method="GET",route="(none)",status="404"}'] == 1
    assert found['onestory_messages_total{fate="heard"}'] == 1
    assert found['onestory_messages_total{fate="known"}'] == 1
    assert found['onestory_messages_total{fate="set aside"}'] == 1
    assert found["onestory_hearing_seconds_count"] == 3
    assert (found["onestory_asides"], found["onestory_ledger_entries"]) == (1, 1)
    assert (found["onestory_live_streams"], found["onestory_ledger_readable"]) == (1, 1)
    assert found['onestory_system_silent_seconds{system="contracts"}'] >= 0
    assert 'onestory_system_silent_seconds{system="billing"}' not in found
    assert not any("canary" in name for name in found)


def test_metrics_say_that_the_ledger_cannot_be_read(office: Office, here: Served) -> None:
    """What the process counted is told still."""
    office.ledger.close()

    found = metrics(here)
    assert found["onestory_ledger_readable"] == 0
    assert "onestory_contradictions" not in found
