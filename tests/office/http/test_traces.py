"""Traces: one request, what was heard by it and what was asked of systems, as a collector gets it."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from typing import Any

import pytest

import onestory
from onestory import Office
from onestory.office.http import Serving
from onestory.office.http.traces import traces_from_environment

from ..live.halcyon import halcyon
from ..live.served import serve

TRACE = "0af7651916cd43dd8448eb211c80319c"
ADDRESS = "canary@example.org"


@pytest.fixture
def office() -> Iterator[Office]:
    with onestory.open(halcyon, "sqlite://") as office:
        yield office


class Collector:
    """What an OTLP collector was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def spans(self) -> dict[str, Any]:
        """Every span by its name."""
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2  # noqa: PLC0415

        read = trace_service_pb2.ExportTraceServiceRequest.FromString
        return {
            span.name: span
            for body in self.bodies
            for resource in read(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }


@contextmanager
def collecting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector on this host, that the environment names."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
        yield collector
        server.shutdown()
        thread.join()


def test_a_request_and_what_was_heard_by_it_are_one_trace(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's trace goes on: its request, and in it the transaction. No span quotes anybody."""
    if find_spec("opentelemetry.sdk") is None:
        pytest.skip("the extra traces is not installed")
    about = {"specversion": "1.0", "id": "1", "source": "bookings", "type": "passenger"}
    event = json.dumps(about | {"data": {"passenger": "P-1", "email": ADDRESS}})
    with collecting(monkeypatch) as collector:
        traces = traces_from_environment()
        assert traces is not None
        with serve(Serving(office, traces=traces)) as here:
            headers = {
                "content-type": "application/cloudevents+json",
                "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
                "x-request-id": "till-7",
            }
            here.get(f"/events?{ADDRESS}", "POST", body=event, headers=headers)
            caller = office.repairing.call
            answers = caller([lambda: 7, lambda: _refuses(ADDRESS)])
        traces.close()
        spans = collector.spans()

    request, heard, call = spans["POST /events"], spans["hear"], spans["remedy call"]
    assert [answer.value for answer in answers] == [7, None]
    assert request.trace_id.hex() == heard.trace_id.hex() == TRACE
    assert heard.parent_span_id == request.span_id
    noted = {a.key: a.value for a in request.attributes}
    assert noted["http.response.status_code"].int_value == 200
    assert noted["onestory.request"].string_value == "till-7"
    assert {a.key: a.value.int_value for a in heard.attributes} == {
        "onestory.messages": 1,
        "onestory.last_message": 1,
    }
    assert call.name == "remedy call"
    assert not any(b"canary" in body for body in collector.bodies)


def _refuses(words: str) -> None:
    raise ValueError(words)


def test_without_an_endpoint_no_traces_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody pays for what nobody reads."""
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)

    assert traces_from_environment() is None


def test_traces_that_cannot_be_kept_are_a_line_of_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The environment may name a collector for all programs of a host: without the extra, onestory runs."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with caplog.at_level(logging.WARNING):
        traces = traces_from_environment()

    assert traces is None
    (record,) = caplog.records
    assert "pip install 'onestory[traces]'" in record.getMessage()


def test_a_collector_that_is_gone_holds_nothing_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spans that cannot be sent are lost, and the process stops in time."""
    if find_spec("opentelemetry.sdk") is None:
        pytest.skip("the extra traces is not installed")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    traces = traces_from_environment()
    assert traces is not None
    with serve(Serving(office, traces=traces)) as here:
        answer, _ = here.get("/healthz")
    began = onestory.clock.stopwatch()
    traces.close()

    assert answer.status == 200
    assert onestory.clock.stopwatch() - began < 2
