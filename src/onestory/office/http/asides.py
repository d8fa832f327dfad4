"""Messages that are set aside, by HTTP: listed with their reasons, and read again."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from .. import documents
from .answered import answer, done, page
from .asked import ASKED, PAGE_USUALLY, After, Limit
from .described import acted, answers
from .owned import source_shown
from .serving import serving_of

router = APIRouter(tags=["hear"], dependencies=ASKED, default_response_class=Response)


@router.get(
    "/asides", summary="List what is set aside", responses=answers(documents.Asides, paged=True)
)
def asides(request: Request, after: After = 0, limit: Limit = PAGE_USUALLY) -> Response:
    """List the messages that could not be heard, oldest first, each with its reason and what to do."""
    source = source_shown(request)
    with serving_of(request).office.ledger.view() as view:
        found = view.asides(after=after, limit=limit + 1, source=source)
        counts = view.aside_counts(source)
    more = found[limit - 1].message if len(found) > limit else None
    document = documents.asides(counts, found[:limit], more)
    return answer(request, page(request, document, after=more))


@router.post(
    "/asides/replay",
    summary="Read again what is set aside",
    responses=acted(documents.Heard),
)
def replay(request: Request) -> Response:
    """Read every message again that is set aside, once its reader is mended."""
    return done(documents.replayed(serving_of(request).office.replay()))
