"""Webhooks in: what systems push, signed as Standard Webhooks says, verified before it is read."""

from __future__ import annotations

import os
from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ...errors import NotSigned, OnestoryError, OtherForm
from ...intake import MAX_MESSAGE, Arrived, Signed, Webhooks, secret_of, verified
from .body import body_of, check_shape
from .brought import Brought, not_taken, told
from .events_api import WEBHOOKS
from .serving import serving_of

router = APIRouter(tags=["hear"])

SystemName = Annotated[
    str, Path(description="The system, as company.py names it.", examples=["billing"])
]


@router.post("/webhooks/{system}", summary="Hear what a system pushes", openapi_extra=WEBHOOKS)
async def hear_pushed(system: SystemName, request: Request) -> Response:
    """Hear a signed webhook; what became of it is answered after it is on disk.

    The same webhook may come again: it is known by its id, and changes nothing.
    """
    serving = serving_of(request)
    try:
        declared = serving.office.company.find(Webhooks, system)
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise OtherForm("A webhook is compressed.", fix="Sign and send the bytes as they are.")
        async with body_of(request, serving.door, MAX_MESSAGE) as body:
            now = serving.office.ledger.now()
            signed = verified(request.headers, body, secrets_of(declared), now)
            read = partial(_read, declared, signed, body)
            results = await Brought(read, system).heard(serving.door)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it
    except OnestoryError as error:
        return not_taken(error, request)
    return told(results, request, alone=len(results.results) == 1)


def secrets_of(declared: Webhooks) -> list[bytes]:
    """The secrets that a system signs with, from the environment.

    Raises:
        NotSigned: There is none, or one is not written as it must be: nothing can be verified.
    """
    written = os.environ.get(declared.secrets, "").split()
    secrets = [secret for one in written if (secret := secret_of(one))]
    if not written or len(secrets) != len(written):
        raise NotSigned(
            f"This office was not given what the webhooks of {declared.name} are signed with.",
            fix="Set the variable that webhooks() names to whsec_ and base64, and start it again.",
        )
    return secrets


def _read(declared: Webhooks, signed: Signed, body: bytes) -> list[Arrived]:
    check_shape(body)
    return declared.read(signed, body)
