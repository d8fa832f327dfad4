"""How what the door refuses is answered: problem details (RFC 9457), with the status of each error."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias

import msgspec
from starlette.responses import Response

from ...errors import (
    AskedInVain,
    FromElsewhere,
    LedgerError,
    MessageError,
    NoRight,
    NotAllowed,
    NotLetIn,
    NotRecognized,
    NotSignedIn,
    OnestoryError,
    PasswordRefused,
    ProviderRefused,
    TooLarge,
    TooManyTries,
)

Answer: TypeAlias = Callable[[OnestoryError, int], Response]
"""What makes an error and a status an answer."""

STATUSES: tuple[tuple[type[OnestoryError], HTTPStatus], ...] = (
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (NotRecognized, HTTPStatus.UNAUTHORIZED),
    (TooManyTries, HTTPStatus.TOO_MANY_REQUESTS),
    (NoRight, HTTPStatus.FORBIDDEN),
    (FromElsewhere, HTTPStatus.FORBIDDEN),
    (ProviderRefused, HTTPStatus.BAD_GATEWAY),
    (PasswordRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotLetIn, HTTPStatus.FORBIDDEN),
)
"""What each refusal is answered with; the first that fits."""

_BESIDE: tuple[tuple[type[OnestoryError], HTTPStatus], ...] = (
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (MessageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (AskedInVain, HTTPStatus.NOT_FOUND),
    (NotAllowed, HTTPStatus.CONFLICT),
    (LedgerError, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""What may be raised besides while somebody signs in."""


def status_of(error: OnestoryError) -> int:
    """The status of a refusal; 500 for what is none."""
    return next((s for kind, s in (*STATUSES, *_BESIDE) if isinstance(error, kind)), 500)


def headers_of(error: OnestoryError) -> dict[str, str]:
    """What the answer to a refusal says beside its body."""
    if isinstance(error, TooManyTries):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, NotSignedIn):
        return {"WWW-Authenticate": 'Bearer realm="onestory"'}  # RFC 6750, section 3
    return {}


def problem(error: OnestoryError, status: int) -> Response:
    """The answer that a refusal is."""
    body = {
        "type": f"urn:onestory:{error.code}",
        "title": error.what,
        "status": int(status),
        "code": error.code,
        **({"where": error.where} if error.where else {}),
        **({"fix": error.fix} if error.fix else {}),
    }
    return Response(
        msgspec.json.encode(body), status, headers_of(error), "application/problem+json"
    )
