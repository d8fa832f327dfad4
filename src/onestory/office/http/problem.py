"""Errors as answers: what is raised in a route, by the application, or by the shell around it."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from ...errors import Misread, OnestoryError
from ..problems import MEDIA_TYPE, Problem, problem


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
