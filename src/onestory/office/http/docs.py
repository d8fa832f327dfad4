"""The description of the API, to be read by programs and by people: /openapi.json, /docs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from fastapi import APIRouter, FastAPI
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from .answered import is_known, tag_of
from .described import serves

router = APIRouter(tags=["running"], default_response_class=Response, include_in_schema=True)

_PAGES = Environment(
    loader=PackageLoader("onestory.office.http", "pages"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


@router.get(
    "/openapi.json",
    summary="Describe the API to programs",
    responses=serves("application/json", "The description (OpenAPI 3.1).", {"type": "object"}),
)
async def openapi(request: Request) -> Response:
    """Describe every route, parameter, document and problem, by OpenAPI 3.1."""
    return _kept(request, _written(request.app)[0], "application/json")


@router.get(
    "/docs",
    summary="Describe the API to people",
    responses=serves("text/html; charset=utf-8", "A page that loads nothing from elsewhere."),
)
async def docs(request: Request) -> Response:
    """Describe the same on a page that needs no script and loads nothing from elsewhere."""
    return _kept(request, _written(request.app)[1], "text/html; charset=utf-8")


def page_of(description: Mapping[str, Any]) -> str:
    """A page about a description of an API.

    Args:
        description: The description, as OpenAPI 3.1 has it.
    """
    return _PAGES.get_template("docs.html").render(
        api=description,
        parts=[(tag, list(_operations(description, tag["name"]))) for tag in description["tags"]],
        schemas=description["components"]["schemas"],
    )


def _written(app: FastAPI) -> tuple[bytes, bytes]:
    """The description and its page, made once for each application."""
    written: tuple[bytes, bytes] | None = getattr(app.state, "described", None)
    if written is None:
        description = app.openapi()
        written = msgspec.json.encode(description), page_of(description).encode()
        app.state.described = written
    return written


def _kept(request: Request, body: bytes, media_type: str) -> Response:
    headers = {"ETag": tag_of(body), "Cache-Control": "no-cache"}
    if is_known(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(None, 304, headers)
    return Response(body, 200, headers, media_type)


def _operations(description: Mapping[str, Any], tag: str) -> Iterator[dict[str, Any]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if tag in operation.get("tags", ()):
                yield operation | {"path": path, "method": method.upper()}


def _inline(text: str) -> Markup:
    """A sentence with `code` and *emphasis*."""
    said = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", said))  # noqa: S704 - escaped above


def _prose(text: str) -> Markup:
    """A few paragraphs."""
    paragraphs = [part for part in text.split("\n\n") if part.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(_inline(part)) for part in paragraphs)


def _kind(schema: Mapping[str, Any]) -> Markup:
    """What a schema allows, in a word or two."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" or ").join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return Markup(", ").join(Markup("<code>{}</code>").format(one) for one in schema["enum"])
    held = schema.get("prefixItems") or list(filter(None, [schema.get("items")]))
    if held:
        return Markup("list of {}").format(Markup(" and ").join(_kind(one) for one in held))
    if isinstance(schema.get("additionalProperties"), dict):
        return Markup("object of {}").format(_kind(schema["additionalProperties"]))
    named = schema.get("format") or schema.get("type")
    return Markup("{}").format(named or "any value")


def _limits(schema: Mapping[str, Any]) -> str:
    """What else a schema says of a value."""
    words = {"minimum": "at least", "maximum": "at most", "default": "if left out:"}
    said = [f"{word} {schema[name]}" for name, word in words.items() if name in schema]
    return ", ".join(said)


def _example(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


_PAGES.filters |= {"prose": _prose, "inline": _inline, "kind": _kind}
_PAGES.filters |= {"limits": _limits, "example": _example}
