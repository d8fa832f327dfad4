"""How a process is: whether it is alive, whether it is ready to serve, and what it counts."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...errors import OnestoryError
from .metrics import MEDIA_TYPE
from .problem import problem, request_id_of
from .serving import serving_of

router = APIRouter(tags=["running"])


@router.get("/healthz", summary="Whether the process is alive")
async def healthz() -> Response:
    """Answer 200 while the process can answer at all; it asks nothing of the ledger."""
    return JSONResponse({"alive": True})


@router.get("/readyz", summary="Whether the process is ready to serve")
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
    return Response(serving_of(request).metrics.page(), media_type=MEDIA_TYPE)


def _not_ready(why: str) -> Response:
    return JSONResponse({"ready": False, "why": why}, 503)
