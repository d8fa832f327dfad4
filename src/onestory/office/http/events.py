"""Hearing by HTTP: CloudEvents in structured, binary and batch mode, acknowledged after commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ...errors import MessageError, NotAllowed, NotAMessage, OnestoryError, OtherForm, TooSlow
from ...intake import MAX_BATCH_BYTES, MAX_MESSAGE, Arrived, Unreadable, batch, binary, structured
from ..hearing import Receipt
from .body import body_of, check_shape
from .events_api import EVENTS
from .problem import problem, request_id_of
from .results import REFUSED, Reason, Result, Results
from .serving import serving_of

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
        most = MAX_BATCH_BYTES if kind == BATCH else MAX_MESSAGE
        body = await body_of(request, door, most)
        try:
            brought = Brought(kind, request.headers, bytes(body), speaks_for(request))
            arrived, receipts = await door.hear(brought.allowed)
        finally:
            door.let_go(len(body))
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it
    except OnestoryError as error:
        return refused(error, request)
    results = answered(arrived, receipts, brought.refused)
    if kind != BATCH and brought.refused:
        (one,) = brought.refused.values()
        return problem(not_yours(one.system), 403, request_id=request_id_of(request))
    return Response(_encode(results), media_type="application/json")


class Brought:
    """What one request brings: bytes, which are read in the hearing thread.

    Args:
        kind: The form of the body; anything but the two of CloudEvents is binary mode.
        headers: The request's headers.
        body: Its body.
        system: The system that the sender speaks for; empty for any.
    """

    def __init__(self, kind: str, headers: Mapping[str, str], body: bytes, system: str) -> None:
        self._kind, self._headers, self._body, self._system = kind, headers, body, system
        self.refused: dict[int, Arrived] = {}

    def allowed(self) -> Sequence[Arrived]:
        """The messages that the sender may bring, in order; ``refused`` holds the others by place."""
        arrived = self._read()
        if not self._system:
            return arrived
        mine = [_known_to_be_from(self._system, one) for one in arrived]
        self.refused = {place: one for place, one in enumerate(mine) if one.system != self._system}
        return [one for place, one in enumerate(mine) if place not in self.refused]

    def _read(self) -> list[Arrived]:
        check_shape(self._body)
        if self._kind == BATCH:
            return list(batch(self._body))
        if self._kind == STRUCTURED:
            return [structured(self._body)]
        return [binary(self._headers, self._body)]


def speaks_for(request: Request) -> str:
    """The system that the sender speaks for, as the door keeper found; empty for any."""
    caller = request.scope.get("state", {}).get("caller")
    system: str = getattr(caller, "system", "")
    return system


def answered(
    arrived: Sequence[Arrived], receipts: Sequence[Receipt], refused: Mapping[int, Arrived]
) -> Results:
    """What became of each message, in the order in which they came."""
    results = [
        Result(receipt.id, one.system, receipt.fate.value)
        if receipt.reason is None
        else _set_aside(receipt, one.system)
        for one, receipt in zip(arrived, receipts, strict=True)
    ]
    for place in sorted(refused):
        one = refused[place]
        reason = Reason.of(not_yours(one.system))
        results.insert(place, Result(one.id, one.system, REFUSED, reason))
    return Results(results)


def refused(error: OnestoryError, request: Request) -> Response:
    """The answer to a request of which nothing was kept."""
    status = HTTPStatus.BAD_REQUEST if isinstance(error, NotAMessage) else None
    answer = problem(error, status, request_id=request_id_of(request))
    if isinstance(error, (MessageError, TooSlow, OtherForm)):
        answer.headers["Connection"] = "close"  # the rest of its body is not waited for
    return answer


def not_yours(system: str) -> NotAllowed:
    """The reason why a message of another system is not heard."""
    return NotAllowed(
        f"You do not speak for {system!r:.80}.",
        fix="Send each message with the key of the system that says it.",
    )


def _set_aside(receipt: Receipt, system: str) -> Result:
    assert receipt.reason is not None
    reason, place = Reason.of(receipt.reason), f"/asides/{receipt.number}"
    return Result(receipt.id, system, receipt.fate.value, reason, place)


def _known_to_be_from(system: str, arrived: Arrived) -> Arrived:
    """Bytes that do not say where they are from are from whoever brings them."""
    if isinstance(arrived, Unreadable) and not arrived.system:
        return msgspec.structs.replace(arrived, system=system)
    return arrived


def _kind(headers: Mapping[str, str]) -> str:
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


_encode = msgspec.json.Encoder().encode
