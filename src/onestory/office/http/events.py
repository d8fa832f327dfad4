"""Hearing by HTTP: CloudEvents in structured, binary and batch mode, acknowledged after commit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ...intake import Arrived
from ...intake.message import batch, binary, structured
from ..hearing import Receipt
from .serving import serving_of
from .telemetry import note

router = APIRouter(tags=["hear"])


@router.post("/events", summary="Hear messages")
async def hear(request: Request) -> Response:
    """Hear CloudEvents; what became of each is answered after it is on disk."""
    body = await request.body()
    arrived = _arrived(request, body)
    receipts = await to_thread.run_sync(serving_of(request).office.hear, *arrived)
    note(request, messages=len(receipts), last_message=receipts[-1].number if receipts else 0)
    return Response(msgspec.json.encode(_answer(receipts)), media_type="application/json")


def _arrived(request: Request, body: bytes) -> Sequence[Arrived]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/cloudevents-batch+json":
        return list(batch(body))
    if kind == "application/cloudevents+json":
        return [structured(body)]
    return [binary(request.headers, body)]


def _answer(receipts: Sequence[Receipt]) -> dict[str, object]:
    return {"results": [{"id": receipt.id, "fate": receipt.fate} for receipt in receipts]}
