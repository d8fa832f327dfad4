"""Routes as the office has them, small: what the matrix of rights is tried on until they are all there."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from onestory import Office, message
from onestory.office.auth import Right
from onestory.office.auth.caller import caller_in
from onestory.office.auth.own import others_message, refuse_others_subject
from onestory.office.auth.rights import allowed
from onestory.testing import Timeline

from ..ledger.acme import Contract, Customer, contracts, desk

May = Annotated[Right, Depends(allowed)]
KINDS: dict[str, Any] = {"Contract": Contract, "Customer": Customer}

router = APIRouter(dependencies=[Depends(allowed)])


def office_of(request: Request) -> Office:
    office: Office = request.app.state.auth.office
    return office


@router.get("/stories/{entity}/{key}")
def story(request: Request, entity: str, key: str, may: May) -> Response:
    """A subject's story."""
    office, kind = office_of(request), KINDS[entity]
    refuse_others_subject(office, caller_in(request.scope), may, kind, key)
    told = office.tell(kind, key, to=desk)
    return JSONResponse({"until": told[Contract.renewed_until].sentence})


@router.get("/people/{entity}/{key}/timeline")
def timeline_of(request: Request, entity: str, key: str, may: May) -> Response:
    """What became known of a person."""
    office, kind = office_of(request), KINDS[entity]
    refuse_others_subject(office, caller_in(request.scope), may, kind, key)
    return JSONResponse({"events": len(office.timeline(kind, key))})


@router.get("/contradictions")
def contradictions(request: Request) -> Response:
    """What is contradicted."""
    return JSONResponse({"open": office_of(request).counts().contradictions})


@router.post("/events")
async def events(request: Request, may: May) -> Response:
    """Messages, each with what became of it."""
    office, caller = office_of(request), caller_in(request.scope)
    answers = []
    for one in msgspec.json.decode(await request.body()):
        refused = others_message(caller, may, one["source"])
        if refused is None:
            heard = message(one["source"], one["type"], one["data"], id=one["id"])
            (receipt,) = office.hear(heard)
            answers.append({"id": one["id"], "fate": receipt.fate.value})
        else:
            answers.append({"id": one["id"], "code": refused.code, "what": refused.what})
    return JSONResponse(answers)


@router.get("/metrics")
def metrics() -> Response:
    """How the office does."""
    return Response("onestory 1\n")


@router.get("/healthz")
def healthz() -> Response:
    """Whether the process is alive."""
    return JSONResponse({"alive": True})


def planned() -> FastAPI:
    """An application with these routes."""
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    return app


def event(source: str, number: int, contract: str = "C-1") -> dict[str, Any]:
    """What a system sends of a contract."""
    data = {"contract": contract, "until": "summer"}
    return {"source": source, "type": "contract.state", "id": f"{source}-{number}", "data": data}


def known_contracts(timeline: Timeline) -> None:
    """Let C-1 be held by K-1, and C-2 by K-2."""
    for contract, customer in (("C-1", "K-1"), ("C-2", "K-2")):
        timeline.says(contracts, Contract.holder, contract, customer)
        timeline.says(contracts, Contract.renewed_until, contract, "spring")
