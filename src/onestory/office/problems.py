"""What each error is answered with: problem details (RFC 9457), with the three parts that every error has."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from starlette.responses import Response

from ..errors import (
    AskedInVain,
    FromElsewhere,
    LedgerBusy,
    LedgerError,
    LedgerFull,
    LedgerUnreachable,
    MessageError,
    Misread,
    NoRight,
    NotAllowed,
    NotAQuestion,
    NotLetIn,
    NotRecognized,
    NotSigned,
    NotSignedIn,
    OnestoryError,
    OtherForm,
    PasswordRefused,
    ProviderRefused,
    TooBusy,
    TooLarge,
    TooManyTries,
    TooSlow,
)

MEDIA_TYPE = "application/problem+json"
"""What problem details are called (RFC 9457, section 3)."""

RETRY_AFTER = 1
"""Seconds after which a request is worth sending again that was refused because others waited, or the
ledger was out of reach."""

STATUSES: tuple[tuple[type[OnestoryError], HTTPStatus], ...] = (
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (NotRecognized, HTTPStatus.UNAUTHORIZED),
    (TooManyTries, HTTPStatus.TOO_MANY_REQUESTS),
    (NoRight, HTTPStatus.FORBIDDEN),
    (FromElsewhere, HTTPStatus.FORBIDDEN),
    (ProviderRefused, HTTPStatus.BAD_GATEWAY),
    (PasswordRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotLetIn, HTTPStatus.FORBIDDEN),
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
"""What each error is answered with, by the door and by every route; the first that fits. What is missing
here is our own mistake: 500."""


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
    status = status_of(error) if status is None else status
    body = Problem(
        f"urn:onestory:{error.code}",
        error.what,
        int(status),
        error.code,
        error.where,
        error.fix,
        request_id and f"urn:onestory:request:{request_id}",
    )
    return Response(msgspec.json.encode(body), int(status), headers_of(error), MEDIA_TYPE)


def status_of(error: OnestoryError) -> int:
    """The status of an error; 500 for what is our own mistake."""
    return next((s for kind, s in STATUSES if isinstance(error, kind)), 500)


def headers_of(error: OnestoryError) -> dict[str, str]:
    """What the answer to an error says beside its body."""
    if isinstance(error, TooManyTries):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, (LedgerBusy, LedgerUnreachable, TooBusy)):
        return {"Retry-After": str(RETRY_AFTER)}
    if isinstance(error, NotSignedIn):
        return {"WWW-Authenticate": 'Bearer realm="onestory"'}  # RFC 6750, section 3
    return {}
