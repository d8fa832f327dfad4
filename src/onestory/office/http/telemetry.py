"""What is noted of every request: its id, a line in the log, a count, and a span where traces are kept.

A line holds ids that we made and numbers of the ledger, never a key, a value or a query: a key may be
an e-mail address, and whoever reads logs is not the one who may read the story.
"""

from __future__ import annotations

import logging
import re
import secrets
from contextlib import nullcontext
from itertools import count
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...clock import stopwatch
from .metrics import Metrics
from .traces import Traces

HEADER = "x-request-id"
"""The header that carries a request's id, in both directions."""

SANE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""An id that a caller may give its request: no sign of it has a meaning in a log, and no name fits in
with its spaces, nor an address with its @."""

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Routes that machines ask every few seconds: their lines are for who debugs."""

_PROCESS = secrets.token_hex(4)
"""What the ids of this process's requests begin with: drawn once, since each drawing costs a request
its turn among the threads."""

_count = count()
_log = logging.getLogger("onestory.http")


def note(request: Request, **noted: Any) -> None:
    """Add to the line of a request: numbers and kinds, never keys or values.

    Args:
        request: The request.
        **noted: ``caller`` is the kind of who asks; all else stands in the line under its name.
    """
    request.scope["state"].setdefault("noted", {}).update(noted)


class Telemetry:
    """Notes every request; around all else, so that it sees what became of each.

    Args:
        app: What answers.
        metrics: Where requests are counted.
        traces: Where spans go, if they are kept.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, traces: Traces | None) -> None:
        self._app, self._metrics, self._traces = app, metrics, traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        noted = _Noted(scope, send, request_id)
        traces = self._traces
        try:
            with nullcontext() if traces is None else traces.request(scope, noted.fields):
                await self._app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001
            # Whatever is left to be raised here is our own mistake; the line says where it was raised.
            noted.error = error
        finally:
            self._note(noted)

    def _note(self, noted: _Noted) -> None:
        fields = noted.fields()
        route = fields["route"]
        lasts = None if noted.is_stream else noted.seconds
        self._metrics.answered(fields["method"], route, fields["status"], lasts)
        level = logging.DEBUG if route in QUIET else logging.INFO
        level = level if noted.error is None else logging.ERROR
        _log.log(level, "request", extra={"fields": fields}, exc_info=noted.error)


class _Noted:
    """What is noted of one request while it is answered. It is what answers are sent through."""

    __slots__ = ("_began", "_id", "_scope", "_send", "error", "is_stream", "status")

    def __init__(self, scope: Scope, send: Send, request_id: bytes) -> None:
        self._scope, self._send, self._id = scope, send, request_id
        self._began = stopwatch()
        self.status, self.is_stream = 500, False
        self.error: Exception | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            self.is_stream = (b"content-type", b"text/event-stream; charset=utf-8") in headers
            message["headers"] = [*headers, (HEADER.encode(), self._id)]
        await self._send(message)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return stopwatch() - self._began

    def fields(self) -> dict[str, Any]:
        """What the log says of it."""
        route = getattr(self._scope.get("route"), "path", "(none)")
        noted: dict[str, Any] = self._scope["state"].get("noted", {})
        return {
            "request": self._id.decode(),
            "method": self._scope["method"],
            "route": route,
            "status": self.status,
            "ms": round(self.seconds * 1000, 2),
            "caller": getattr(self._scope["state"].get("caller"), "kind", "nobody"),
            **noted,
        }


def _id_of(scope: Scope) -> bytes:
    """The id that the caller gave its request, if it is sane; one of our own otherwise."""
    name = HEADER.encode()
    given: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return given if SANE.fullmatch(given) else f"{_PROCESS}{next(_count):08x}".encode()
