"""How a process is: whether it is alive, whether it is ready to serve, and what it counts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...errors import OnestoryError
from ..problems import MEDIA_TYPE as PROBLEM_TYPE
from ..problems import Problem, problem
from .described import Answers, reference, serves
from .metrics import MEDIA_TYPE as METRICS_TYPE
from .problem import request_id_of
from .serving import serving_of

router = APIRouter(tags=["running"], default_response_class=Response)


def _schema(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": "boolean"}, "why": {"type": "string"}},
        "required": [name],
    }


_NOT_READY: Answers = {
    503: {
        "description": "It is not: another process is to be asked meanwhile.",
        "content": {
            "application/json": {"schema": _schema("ready")},
            PROBLEM_TYPE: {"schema": reference(Problem)},
        },
    }
}


@router.get(
    "/healthz",
    summary="Whether the process is alive",
    responses=serves("application/json", "It is.", _schema("alive")),
)
async def healthz() -> Response:
    """Answer 200 while the process can answer at all; it asks nothing of the ledger."""
    return JSONResponse({"alive": True})


@router.get(
    "/readyz",
    summary="Whether the process is ready to serve",
    responses=serves("application/json", "It is.", _schema("ready")) | _NOT_READY,
)
def readyz(request: Request) -> Response:
    """Answer 200 if the ledger can be read and all that works beside the requests is alive.

    503 tells a load balancer to ask another process meanwhile.
    """
    serving = serving_of(request)
    if serving.stopping.is_set():
        return _not_ready("it is stopping")
    dead = [thread.name for thread in serving.workers if not thread.is_alive()]
    if dead:
        return _not_ready(f"the thread {dead[0]} has died")
    try:
        serving.office.counts()
    except OnestoryError as error:
        return problem(error, 503, request_id=request_id_of(request))
    return JSONResponse({"ready": True})


@router.get("/metrics", summary="What Prometheus reads", response_class=Response)
def metrics(request: Request) -> Response:
    """Answer what this process counted, and how the ledger stands, as Prometheus reads it."""
    return Response(serving_of(request).metrics.page(), media_type=METRICS_TYPE)


def _not_ready(why: str) -> Response:
    return JSONResponse({"ready": False, "why": why}, 503)
