"""Hearing by HTTP: CloudEvents in structured, binary and batch mode, acknowledged after commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ...errors import OnestoryError, OtherForm
from ...intake import MAX_BATCH_BYTES, MAX_MESSAGE, Arrived, batch, binary, structured
from .body import body_of, check_shape
from .brought import Brought, not_taken, speaks_for, told
from .events_api import EVENTS
from .serving import serving_of
from .telemetry import note

router = APIRouter(tags=["hear"])

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
"""What a body is called that holds one event, and one that holds several (CloudEvents 1.0.2)."""


@router.post("/events", summary="Hear messages", openapi_extra=EVENTS)
async def hear(request: Request) -> Response:
    """Hear CloudEvents; what became of each is answered after it is on disk.

    The same request may be sent again: what is known already changes nothing.
    """
    door = serving_of(request).door
    try:
        kind = _kind(request.headers)
        async with body_of(
            request, door, MAX_BATCH_BYTES if kind == BATCH else MAX_MESSAGE
        ) as body:
            read = partial(_read, kind, request.headers, body)
            brought = Brought(read, speaks_for(request))
            results = await brought.heard(door)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it
    except OnestoryError as error:
        return not_taken(error, request)
    note(request, messages=len(results.results), last_message=brought.last)
    return told(results, request, alone=kind != BATCH)


def _read(kind: str, headers: Mapping[str, str], body: bytes) -> Sequence[Arrived]:
    check_shape(body)
    if kind == BATCH:
        return list(batch(body))
    if kind == STRUCTURED:
        return [structured(body)]
    return [binary(headers, body)]


def _kind(headers: Mapping[str, str]) -> str:
    """The form of a body; anything but the two of CloudEvents is binary mode.

    Raises:
        OtherForm: It is none of the three.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_binary = "ce-specversion" in headers or "ce-id" in headers
    if kind in {STRUCTURED, BATCH} or (
        is_binary and not kind.startswith("application/cloudevents")
    ):
        return kind
    raise OtherForm(
        f"The body is {kind or 'of no named form'!r:.80}, and no header says which event it is.",
        fix=f"Send {STRUCTURED}, {BATCH}, or JSON with the headers ce-specversion, ce-id, "
        "ce-source and ce-type.",
    )
