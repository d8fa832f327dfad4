"""Traces: what one request set in motion, span by span, sent to where OpenTelemetry is told to.

Spans hold routes, statuses and counts; no key, no value, and of an error only its kind.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...remedy import Answer, Caller
from ..hearing import Receipt
from ..hears import Observer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Where traces go, as OpenTelemetry has it; while none is set, none are kept."""

SENT_WITHIN = 1.0
"""Seconds that are given to the last spans when the process stops: it must be gone within three."""

_log = logging.getLogger("onestory.traces")


def traces_from_environment() -> Traces | None:
    """Traces to where the environment says, if it says so; a warning, where they cannot be kept."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
    except ImportError:
        _log.warning(
            "No traces are kept: OpenTelemetry is told where to send them, but it is not installed. "
            "Install it with its extra:  pip install 'onestory[traces]'"
        )
        return None
    return Traces(OTLPSpanExporter())


class Traces:
    """Spans of requests, hearing and calls to systems.

    Args:
        exporter: Where spans go.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra brings it
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

        name = os.environ.get("OTEL_SERVICE_NAME", "onestory")
        resource = Resource.create({"service.name": name})
        self._provider: TracerProvider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("onestory")

    @contextmanager
    def request(self, scope: Any, fields: Callable[[], dict[str, Any]]) -> Iterator[None]:
        """The span of a request, which goes on the trace that its caller began.

        Args:
            scope: The request.
            fields: What is noted of it, asked for once it was answered.
        """
        from opentelemetry import propagate, trace  # noqa: PLC0415

        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        context = propagate.extract(headers)
        with self._span(scope["method"], trace.SpanKind.SERVER, context) as span:
            try:
                yield
            finally:
                noted = fields()
                span.update_name(f"{noted['method']} {noted['route']}")
                span.set_attribute("http.request.method", noted["method"])
                span.set_attribute("http.route", noted["route"])
                span.set_attribute("http.response.status_code", noted["status"])
                span.set_attribute("onestory.request", noted["request"])

    def hearing(self, counted: Observer) -> Observer:
        """An observer of hearing that makes a span of each transaction, around another."""

        @contextmanager
        def observed() -> Iterator[list[Receipt]]:
            with self._span("hear") as span, counted() as receipts:
                yield receipts
                span.set_attribute("onestory.messages", len(receipts))
                if receipts:
                    span.set_attribute("onestory.last_message", receipts[-1].number)

        return observed

    def calling(self, caller: Caller) -> Caller:
        """A caller whose every call to a system is a span."""

        def traced(call: Callable[[], Any]) -> Callable[[], Any]:
            def made() -> Any:
                from opentelemetry import trace  # noqa: PLC0415

                with self._span("remedy call", trace.SpanKind.CLIENT):
                    return call()

            return made

        def make(calls: Sequence[Callable[[], Any]]) -> list[Answer]:
            return caller([traced(call) for call in calls])

        return make

    def close(self) -> None:
        """Send what is left, as far as it goes quickly."""
        last = threading.Thread(target=self._provider.shutdown, name="onestory-traces", daemon=True)
        last.start()
        last.join(SENT_WITHIN)

    @contextmanager
    def _span(self, name: str, kind: Any = None, context: Any = None) -> Iterator[Any]:
        from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415

        with self._tracer.start_as_current_span(
            name,
            context,
            kind or SpanKind.INTERNAL,
            record_exception=False,  # its message may hold what a customer said
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise
