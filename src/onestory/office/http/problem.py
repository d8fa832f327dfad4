"""Errors as answers: problem details (RFC 9457), with the three parts that every error has."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from ...errors import (
    AskedInVain,
    LedgerBusy,
    LedgerError,
    LedgerFull,
    LedgerUnreachable,
    MessageError,
    Misread,
    NotAllowed,
    NotAQuestion,
    NotSigned,
    OnestoryError,
    OtherForm,
    TooBusy,
    TooLarge,
    TooSlow,
)
from ..auth.answers import STATUSES as REFUSALS
from ..auth.answers import headers_of

MEDIA_TYPE = "application/problem+json"
"""What problem details are called (RFC 9457, section 3)."""

RETRY_AFTER = 1
"""Seconds after which a request is worth sending again that was refused because others waited, or the
ledger was out of reach."""

STATUSES: tuple[tuple[type[OnestoryError], HTTPStatus], ...] = (
    *REFUSALS,
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (OtherForm, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (TooSlow, HTTPStatus.REQUEST_TIMEOUT),
    (TooBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (NotSigned, HTTPStatus.UNAUTHORIZED),
    (MessageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotAQuestion, HTTPStatus.BAD_REQUEST),
    (Misread, HTTPStatus.UNPROCESSABLE_ENTITY),
    (AskedInVain, HTTPStatus.NOT_FOUND),
    (NotAllowed, HTTPStatus.CONFLICT),
    (LedgerBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (LedgerFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (LedgerError, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""What each error is answered with; the first that fits. What is missing here is our own mistake: 500."""


class Problem(msgspec.Struct, omit_defaults=True):
    """Problem details (RFC 9457), and the parts of an error of ours.

    Args:
        type: The error's kind: ``urn:onestory:`` and its code.
        title: What happened, in one sentence.
        status: The status of the answer.
        code: The error's code; it stays the same from version to version.
        where: What it is about.
        fix: What to send instead.
        instance: The request, by the id that logs carry.
    """

    type: str
    title: str
    status: int
    code: str
    where: str = ""
    fix: str = ""
    instance: str = ""


def problem(error: OnestoryError, status: int | None = None, *, request_id: str = "") -> Response:
    """The answer that an error is.

    Args:
        error: The error.
        status: The status; by the error's kind, if left out.
        request_id: The id of the request.
    """
    if status is None:
        status = next((s for kind, s in STATUSES if isinstance(error, kind)), 500)
    body = Problem(
        f"urn:onestory:{error.code}",
        error.what,
        int(status),
        error.code,
        error.where,
        error.fix,
        request_id and f"urn:onestory:request:{request_id}",
    )
    headers = (
        {"Retry-After": str(RETRY_AFTER)}
        if isinstance(error, (LedgerBusy, LedgerUnreachable, TooBusy))
        else headers_of(error)
    )
    return Response(msgspec.json.encode(body), int(status), headers, MEDIA_TYPE)


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer an error that a route raised on purpose."""
    assert isinstance(error, OnestoryError)
    return problem(error, request_id=request_id_of(request))


async def answer_misread(request: Request, error: Exception) -> Response:
    """Answer what the shell cannot read: say which parameter, and what to write."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    kind, *path = (str(part) for part in first["loc"])
    name = path[0] if path else ""
    given = first.get("input")
    said = f"{given!r:.60} is not a {name}" if given is not None else f"{name} is missing"
    misread = Misread(
        f"{said}." if name else "The request cannot be read.",
        where=f"{_KINDS.get(kind, kind)} {name}".strip(),
        fix=f"{first['msg']}.".replace("Input should", "It should")
        if given is not None
        else f"Send {_KINDS.get(kind, kind)} {name}; GET /openapi.json shows the form.",
    )
    return problem(misread, request_id=request_id_of(request))


async def answer_crash(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette gives it
    """Answer what nobody foresaw: say so, and nothing of what was met; the log has it."""
    body = Problem(
        "urn:onestory:crashed",
        "This could not be answered, by a mistake of ours or of the company's own code.",
        500,
        "crashed",
        fix="Send it again; if it stays so, tell whoever runs the office, with the instance.",
        instance=_instance(request),
    )
    return Response(msgspec.json.encode(body), 500, media_type=MEDIA_TYPE)


_KINDS = {"query": "parameter", "path": "path", "body": "body"}


async def answer_http(request: Request, error: Exception) -> Response:
    """Answer what the shell itself refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_of(request))
    body = Problem(
        f"urn:onestory:http-{error.status_code}",
        error.detail
        if error.detail != phrase
        else f"{phrase}: {request.method} {request.url.path}",
        error.status_code,
        f"http-{error.status_code}",
        fix="GET /openapi.json lists what can be asked.",
        instance=_instance(request),
    )
    return Response(msgspec.json.encode(body), error.status_code, headers, MEDIA_TYPE)


def _methods_of(request: Request) -> list[str]:
    """The methods that a path takes, by all its routes: Starlette names those of the first only."""
    return sorted(
        {
            method
            for route in iter_route_contexts(request.app.routes)
            if route.path and compile_path(route.path)[0].match(request.url.path)
            for method in route.methods or ()
        }
    )


def request_id_of(request: Request) -> str:
    """The id of a request, which its logs and its answer carry."""
    found: str = request.scope.get("state", {}).get("request_id", "")
    return found


def _instance(request: Request) -> str:
    found = request_id_of(request)
    return f"urn:onestory:request:{found}" if found else ""
