"""Repairs by HTTP: what is done about contradictions, and what people do about that."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from .. import documents
from ..repaired import RepairState
from .answered import answer, done, page
from .asked import ASKED, PAGE_USUALLY, After, Limit, Number
from .described import acted, answers, takes
from .sent import body_as, sent
from .serving import serving_of, who

router = APIRouter(tags=["remedy"], dependencies=ASKED, default_response_class=Response)

States = Annotated[
    list[RepairState],
    Query(
        alias="state",
        description="Only those in these states; `state` may be given several times. Those under way "
        "and those handed over, if left out.",
    ),
]
Body = Annotated[bytes, Depends(sent)]


class HandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a repair is given to its team.

    Args:
        because: The reason; the team reads it.
    """

    because: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Settle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A declared difference: why the follower may differ, and how long.

    Args:
        because: The reason, in words that a customer could be told.
        until: The end, by RFC 3339, with its offset.
    """

    because: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    until: Annotated[datetime, msgspec.Meta(tz=True)]


@router.get("/repairs", summary="List repairs", responses=answers(documents.Repairs, paged=True))
def repairs(
    request: Request,
    states: States = [RepairState.LIVE, RepairState.HANDED_OVER],  # noqa: B006 - FastAPI copies it
    after: After = 0,
    limit: Limit = PAGE_USUALLY,
) -> Response:
    """List repairs in the order they were begun: under way, not armed, handed over, or ended."""
    office = serving_of(request).office
    found = office.repairs(states=tuple(states), after=after, limit=limit + 1)
    more = found[limit - 1].number if len(found) > limit else None
    document = documents.repairs(office.repair_counts(), found[:limit], more)
    return answer(request, page(request, document, after=more))


@router.get("/repairs/{number}", summary="Show a repair", responses=answers(documents.Repair, 404))
def repair(request: Request, number: Number) -> Response:
    """Show one repair: what it did, step by step, and what it would do next."""
    return answer(request, _shown(request, number))


@router.post(
    "/repairs/{number}/retry",
    summary="Let a repair go on",
    responses=acted(documents.Repair, 404, 409, 422),
)
def retry(request: Request, number: Number) -> Response:
    """Let a repair that was handed over go on: what could not be done is tried anew."""
    serving_of(request).office.retry(number, by=who(request))
    return done(_shown(request, number))


@router.post(
    "/repairs/{number}/hand-over",
    summary="Hand a repair over",
    responses=acted(documents.Repair, 404, 409, 413, 415, 422),
    openapi_extra=takes(HandOver),
)
def hand_over(request: Request, number: Number, body: Body) -> Response:
    """Give a repair that is under way to the team of its follower: nothing more is done in it."""
    asked = body_as(HandOver, body)
    serving_of(request).office.hand_over(number, because=asked.because, by=who(request))
    return done(_shown(request, number))


@router.post(
    "/repairs/{number}/settle",
    summary="Settle by a declared difference",
    responses=acted(documents.Repair, 404, 409, 413, 415, 422),
    openapi_extra=takes(Settle),
)
def settle(request: Request, number: Number, body: Body) -> Response:
    """Declare that what a repair is for may differ, for a reason, until a moment."""
    asked = body_as(Settle, body)
    office, by = serving_of(request).office, who(request)
    office.settle(number, because=asked.because, until=asked.until, by=by)
    return done(_shown(request, number))


def _shown(request: Request, number: int) -> documents.Repair:
    office = serving_of(request).office
    one = office.repair(number)
    return documents.repair(one, office.would_do(number) if one.state is RepairState.LIVE else "")
