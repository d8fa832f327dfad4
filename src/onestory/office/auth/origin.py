"""Where a request comes from: whether a page of ours sent it, in two layers (OWASP's on CSRF)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from ...errors import FromElsewhere
from .settings import AuthSettings

MAX_FORM = 65_536
"""Bytes of a form: a page of fields. Its token is in it, so that it is read before anything is done."""

MAX_FIELDS = 100
"""Fields of a form: no page of ours has as many, and each costs more to read than its bytes."""

FORM = "application/x-www-form-urlencoded"
"""What a plain form of a page is sent as."""

TOKEN_HEADER = "x-csrf-token"  # noqa: S105 - its name
"""The header that carries a session's token."""

TOKEN_FIELD = "csrf"  # noqa: S105 - its name
"""The field of a form that carries it."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""


def refuse_other_hosts(scope: Scope, headers: Headers, settings: AuthSettings) -> None:
    """Refuse a request that names a host which is none of ours.

    Raises:
        FromElsewhere: It is another.
    """
    named = _HOST.fullmatch(headers.get("host", "").casefold())
    if named is None or named[1] not in settings.known_hosts:
        raise FromElsewhere(
            f"This office is not reached at {named[1] if named else 'such a host'}.",
            where=scope["path"],
            fix="Name the host in ONESTORY_PUBLIC_URL or ONESTORY_HOSTS.",
        )


def refuse_other_sites(
    scope: Scope, headers: Headers, settings: AuthSettings, *, by_cookie: bool
) -> None:
    """The first layer: what a browser says of where the request comes from.

    Args:
        scope: The request.
        headers: Its headers.
        settings: Where browsers reach us.
        by_cookie: Whether a cookie lets it in, so that it must come from a page of ours. Others are
            refused only where a browser says that they come from elsewhere.

    Raises:
        FromElsewhere: Another site sent it, or nothing says that a page of ours did.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    ours = site in (None, "same-origin", "none") and origin in (
        None,
        _own(scope, headers, settings),
    )
    told = site is not None or origin is not None
    if not ours or (by_cookie and not told):
        raise FromElsewhere(
            "A page of another site sent this request."
            if told
            else "Nothing says that a page of this office sent this request.",
            where=scope["path"],
            fix="Send it from a page of this office; a program sends a key instead of a cookie.",
        )


def refuse_without_token(token: str, expected: Iterable[str], where: str) -> None:
    """The second layer: the token that only this session's own pages know.

    Raises:
        FromElsewhere: It is missing, or another's.
    """
    fits = [hmac.compare_digest(token.encode(), one.encode()) for one in expected]
    if not any(fits):
        raise FromElsewhere(
            "The request does not carry this session's token.",
            where=where,
            fix=f"Send what GET /me answers as csrf: as header {TOKEN_HEADER}, or as field {TOKEN_FIELD}.",
        )


async def token_sent(headers: Headers, receive: Receive) -> tuple[str, Receive]:
    """The token of a request, and what receives the request from its beginning.

    Raises:
        FromElsewhere: It is a form that is too large to be one of ours, or has too many fields.
    """
    header = headers.get(TOKEN_HEADER)
    if header is not None or headers.get("content-type", "").partition(";")[0].strip() != FORM:
        return header or "", receive
    parts: list[Message] = []
    size = 0
    while not parts or parts[-1].get("more_body"):
        parts.append(await receive())
        size += len(parts[-1].get("body", b""))
        if size > MAX_FORM:
            raise FromElsewhere(
                f"The form has over {MAX_FORM} bytes.", fix="Send less, or the token as a header."
            )
    body = b"".join(part.get("body", b"") for part in parts)
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise FromElsewhere(
            f"The form has over {MAX_FIELDS} fields.",
            fix="Send fewer, or the token as a header.",
        ) from error

    async def again() -> Message:
        return parts.pop(0) if parts else await receive()

    return (fields.get(TOKEN_FIELD) or [""])[0], again


def _own(scope: Scope, headers: Headers, settings: AuthSettings) -> str:
    return settings.public_url or f"{scope['scheme']}://{headers.get('host', '')}"
