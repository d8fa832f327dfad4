"""How a document becomes an answer: its bytes, its tag, how long it may be kept, where the next page is."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ..documents import json_of

MEDIA_TYPE = "application/json"

PAST_KEPT = 3_600
"""Seconds for which an answer about the past may be kept: it stays the same while the company's terms
do, and a person who is forgotten is forgotten by every browser within the hour, too."""

_NOW = "private, no-cache"
_PAST = f"private, max-age={PAST_KEPT}, immutable"
_VARY = "Authorization, Cookie"


def answer(request: Request, document: Any, *, tagged: Any = None, past: bool = False) -> Response:
    """A document as an answer; 304 with nothing where the asker has it already (RFC 9110, 13.1.2).

    Args:
        request: The request.
        document: The document.
        tagged: What the tag is made of, where that is not all: a story's moment is no news.
        past: Whether it can never change again.
    """
    body = json_of(document)
    tag = tag_of(body if tagged is None else json_of(tagged))
    headers = {"ETag": tag, "Cache-Control": _PAST if past else _NOW, "Vary": _VARY}
    if is_known(request.headers.get("if-none-match", ""), tag):
        return Response(None, 304, headers)
    following = getattr(document, "next", None)
    if isinstance(following, str):
        headers["Link"] = f'<{following}>; rel="next"'
    return Response(body, 200, headers, MEDIA_TYPE)


def done(document: Any) -> Response:
    """What an action leaves, as an answer that nobody keeps."""
    return Response(json_of(document), 200, {"Cache-Control": "no-store"}, MEDIA_TYPE)


def page(request: Request, document: Any, **cursor: int | None) -> Any:
    """A page, with the address of the next one, if there is one.

    Args:
        request: The request.
        document: The page.
        cursor: ``after`` or ``before`` of the next page; None on the last.
    """
    ((name, number),) = cursor.items()
    if number is None:
        return document
    asked = [(k, v) for k, v in request.query_params.multi_items() if k != name]
    query = urlencode([*asked, (name, str(number))])
    path = request.scope.get("raw_path", b"").decode("ascii") or request.url.path
    return msgspec.structs.replace(document, next=f"{path}?{query}")


def tag_of(body: bytes) -> str:
    """A weak tag (RFC 9110, 8.8.1): two answers of one tag tell the same."""
    return f'W/"{blake2b(body, digest_size=12).hexdigest()}"'


def is_known(asked: str, tag: str) -> bool:
    """Whether ``If-None-Match`` names a tag; weakly compared, as it is for GET."""
    if not asked:
        return False
    plain = tag.removeprefix("W/")
    return any(one.strip().removeprefix("W/") in ("*", plain) for one in asked.split(","))


Headers = Mapping[str, str]
