"""What a request brings: its body, read within a limit, as one small document."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ...errors import Misread, TooLarge

T = TypeVar("T")

SENT_AT_MOST = 16_384
"""Bytes of the body of an action: a reason and a moment; what systems say comes by /events."""


async def sent(request: Request) -> bytes:
    """The body of an action.

    Raises:
        TooLarge: It is over its limit; what was not read yet is not read.
        HTTPException: It is not JSON by its type. A form of another site cannot send that.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "An action is sent as application/json.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > SENT_AT_MOST:
            raise TooLarge(
                f"The body of an action has {SENT_AT_MOST:,} bytes at most.",
                where="body",
                fix="Send less: a reason, and a moment where one is asked for.",
            )
    return bytes(body)


def body_as(kind: type[T], body: bytes) -> T:
    """A body as the document that it should be.

    Raises:
        Misread: It is not JSON, or another document.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        fields = ", ".join(getattr(kind, "__struct_fields__", ()))
        raise Misread(
            f"The body cannot be read: {error}.",
            where="body",
            fix=f"Send a JSON object with {fields}.",
        ) from error
