"""What is pulled, by HTTP: how each pull fares."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from .. import documents
from .answered import answer
from .asked import ASKED
from .described import answers
from .serving import serving_of

router = APIRouter(tags=["hear"], dependencies=ASKED, default_response_class=Response)


@router.get("/pulls", summary="List what is pulled", responses=answers(documents.Pulls))
def pulls(request: Request) -> Response:
    """List every pull: up to date, slow, down and since when, with the reason and what to do."""
    return answer(request, documents.pulls(serving_of(request).office.pulls()))
