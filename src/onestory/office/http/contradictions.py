"""What is contradicted, by HTTP: pages of it, the incidents, and why each is open."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from ...model import People, System, no_such
from ...model.party import Party
from .. import documents
from ..contradicted import page_of
from ..naming import fact_of
from .answered import answer, page
from .asked import ASKED, PAGE_USUALLY, After, Limit, Number
from .described import answers
from .serving import serving_of

router = APIRouter(tags=["tell"], dependencies=ASKED, default_response_class=Response)

FactName = Annotated[
    str | None,
    Query(
        description="Only those of this fact, and only these are counted.",
        examples=["Contract.renewed_until"],
    ),
]
FollowerName = Annotated[
    str | None,
    Query(
        description="Only those in this follower, and only these and its incidents are counted.",
        examples=["billing"],
    ),
]
Settled = Annotated[bool, Query(description="Those that are settled, too.")]


@router.get(
    "/contradictions",
    summary="List what is contradicted",
    responses=answers(documents.Contradictions, 404, paged=True),
)
def contradictions(
    request: Request,
    fact: FactName = None,
    follower: FollowerName = None,
    settled: Settled = False,  # noqa: FBT002 - FastAPI calls it by name
    after: After = 0,
    limit: Limit = PAGE_USUALLY,
) -> Response:
    """List what is contradicted: in all, by incident, then one by one in the order of opening."""
    office = serving_of(request).office
    found = page_of(
        office,
        after=after,
        limit=limit,
        settled=settled,
        fact=None if fact is None else fact_of(office.company, fact),
        follower=None if follower is None else _follower(request, follower),
    )
    document = documents.contradictions(found, rows=True)
    return answer(request, page(request, document, after=found.after))


@router.get(
    "/contradictions/{number}",
    summary="Explain a contradiction",
    responses=answers(documents.Explanation, 404),
)
def contradiction(request: Request, number: Number) -> Response:
    """Explain why a contradiction is or was open, with its proofs and with what is done about it."""
    office = serving_of(request).office
    document = documents.explanation(office.explain(number), office.repairs_of(number))
    return answer(request, document)


@router.get(
    "/incidents", summary="List incidents", responses=answers(documents.Incidents, paged=True)
)
def incidents(request: Request, after: After = 0, limit: Limit = PAGE_USUALLY) -> Response:
    """List open contradictions by their cause, where they are many or a system is silent as a whole."""
    found = serving_of(request).office.incidents()
    rows = sorted((one for one in found if one.number > after), key=lambda one: one.number)
    more = rows[limit - 1].number if len(rows) > limit else None
    document = documents.incidents(rows[:limit], more)
    return answer(request, page(request, document, after=more))


def _follower(request: Request, name: str) -> Party:
    company = serving_of(request).office.company
    parties: list[Party] = [*company.declared(System), *company.declared(People)]
    for party in parties:
        if party.name == name:
            return party
    raise no_such("party", name, [party.name for party in parties], company.name)
