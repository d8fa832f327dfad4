"""Whether a process is alive, and whether it is ready to serve."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ...errors import OnestoryError
from .problem import problem
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
    if serving.stopping.is_set() or not all(thread.is_alive() for thread in serving.workers):
        return _not_ready("stopping" if serving.stopping.is_set() else "a worker has died")
    try:
        serving.office.counts()
    except OnestoryError as error:
        return problem(error, 503)
    return JSONResponse({"ready": True})


def _not_ready(why: str) -> Response:
    return JSONResponse({"ready": False, "why": why}, 503)
