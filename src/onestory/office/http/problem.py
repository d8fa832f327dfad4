"""Errors as answers: problem details (RFC 9457), with the three parts that every error has."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ...errors import (
    AskedInVain,
    LedgerBusy,
    LedgerError,
    LedgerFull,
    MessageError,
    NotAllowed,
    OnestoryError,
    TooLarge,
)

MEDIA_TYPE = "application/problem+json"
"""What problem details are called (RFC 9457, section 3)."""

RETRY_AFTER = 1
"""Seconds after which a request is worth sending again that a busy ledger refused."""

STATUSES: tuple[tuple[type[OnestoryError], HTTPStatus], ...] = (
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (MessageError, HTTPStatus.UNPROCESSABLE_ENTITY),
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
    headers = {"Retry-After": str(RETRY_AFTER)} if isinstance(error, LedgerBusy) else None
    return Response(msgspec.json.encode(body), int(status), headers, MEDIA_TYPE)


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer an error that a route raised on purpose."""
    assert isinstance(error, OnestoryError)
    return problem(error, request_id=request_id_of(request))


async def answer_http(request: Request, error: Exception) -> Response:
    """Answer what the shell itself refuses: no such path, no such method."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    body = Problem(
        f"urn:onestory:http-{error.status_code}",
        error.detail
        if error.detail != phrase
        else f"{phrase}: {request.method} {request.url.path}",
        error.status_code,
        f"http-{error.status_code}",
        fix="GET /openapi.json lists what can be asked.",
        instance=f"urn:onestory:request:{request_id_of(request)}",
    )
    return Response(msgspec.json.encode(body), error.status_code, error.headers, MEDIA_TYPE)


async def answer_mistake(request: Request, _: Exception) -> Response:
    """Answer what nobody meant to raise: our own mistake, of which only the log says more."""
    request_id = request_id_of(request)
    body = Problem(
        "urn:onestory:our-mistake",
        "We made a mistake; what you asked for may be done or not.",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "our-mistake",
        fix=f"Ask again; what was heard is heard once. Then report it, with {request_id}.",
        instance=f"urn:onestory:request:{request_id}",
    )
    return Response(
        msgspec.json.encode(body), HTTPStatus.INTERNAL_SERVER_ERROR, media_type=MEDIA_TYPE
    )


def request_id_of(request: Request) -> str:
    """The id of a request, which its logs and its answer carry."""
    found: str = request.scope.get("state", {}).get("request_id", "")
    return found
