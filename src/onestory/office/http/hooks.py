"""Webhooks out: where other programs are told what happens."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ...errors import NotAMessage, OnestoryError
from ..problems import problem
from .body import body_of
from .brought import not_taken
from .hooks_api import (
    ADDING,
    CHANGING,
    LISTING,
    REMOVING,
    TESTING,
    Added,
    Endpoint,
    NewHook,
    Number,
    Tested,
)
from .problem import request_id_of
from .serving import Serving, serving_of, who

router = APIRouter(tags=["hooks"])

MAX_REQUEST = 65_536
"""Bytes of a request that asks for something and brings no messages: an address and some words."""


@router.get("/hooks", summary="List endpoints", openapi_extra=LISTING)
def list_hooks(request: Request) -> Response:
    """Where other programs are told what happens, how far each was told, and which fail."""
    found = serving_of(request).office.hooks()
    return _json({"hooks": [Endpoint.of(hook) for hook in found]})


@router.post("/hooks", status_code=201, summary="Add an endpoint", openapi_extra=ADDING)
async def add_hook(request: Request) -> Response:
    """Tell a program what happens from now on. The secret is answered once, and never again."""
    serving = serving_of(request)
    try:
        async with body_of(request, serving.door, MAX_REQUEST) as body:
            new = _read(body)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it
    except OnestoryError as error:
        return not_taken(error, request)
    return await to_thread.run_sync(_add, serving, new, request)


@router.delete(
    "/hooks/{number}", status_code=204, summary="Remove an endpoint", openapi_extra=REMOVING
)
def remove_hook(number: Number, request: Request) -> Response:
    """Tell an endpoint nothing more."""
    serving_of(request).office.remove_hook(number)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/hooks/{number}/test", summary="Test an endpoint", openapi_extra=TESTING)
def test_hook(number: Number, request: Request) -> Response:
    """Push a test now. One that was disabled, and takes it, is told again from where it was left."""
    delivered = serving_of(request).office.test_hook(number)
    return _json(Tested(delivered.taken, delivered.status, delivered.why))


@router.post(
    "/hooks/{number}/secret", summary="Change an endpoint's secret", openapi_extra=CHANGING
)
def change_secret(number: Number, request: Request) -> Response:
    """Sign with a new secret, and until the next change with the one before, too."""
    return _json({"secret": serving_of(request).office.change_hook_secret(number)})


def _read(body: bytes) -> NewHook:
    try:
        return _new_hook.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotAMessage(
            f"This is no endpoint: {error}.",
            fix='Send {"url": "https://...", "wants": ["contradiction.opened"]}.',
        ) from error


def _add(serving: Serving, new: NewHook, request: Request) -> Response:
    try:
        hook, secret = serving.office.add_hook(
            new.url, wants=new.wants, with_values=new.values, secret=new.secret, by=who(request)
        )
    except OnestoryError as error:
        return problem(error, request_id=request_id_of(request))
    return _json(Added(Endpoint.of(hook), secret), HTTPStatus.CREATED)


def _json(answer: Any, status: int = HTTPStatus.OK) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


_new_hook = msgspec.json.Decoder(NewHook)
