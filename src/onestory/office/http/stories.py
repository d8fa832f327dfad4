"""Stories, timelines and tellings by HTTP: what is told of a subject or a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from ...clock import EPOCH
from ...errors import NoSuchName
from ...model import Channel, DeclaredEntity, key_text
from ...model.values import MAX_INT
from ...story import Event
from .. import documents
from ..naming import entity_of, key_of, subject_of
from ..opened import Person
from .answered import answer, page
from .asked import (
    ASKED,
    PAGE_USUALLY,
    Before,
    EntityName,
    KeyText,
    Known,
    Limit,
    Valid,
    described,
    is_settled,
    known_parameters,
    moment_of,
)
from .described import answers
from .owned import refuse_others, refuse_others_telling, teller
from .serving import serving_of

hot = APIRouter(tags=["tell"], default_response_class=Response)
router = APIRouter(tags=["tell"], dependencies=ASKED, default_response_class=Response)

ChannelName = Annotated[
    str | None,
    Query(
        description="As this channel tells it; with what every party says, if left out.",
        examples=["agent desk"],
    ),
]
PersonName = Annotated[
    str | None,
    Query(
        description="Whose story it is, as `Entity/key`: what they dispute is told as such.",
        examples=["Customer/K-7"],
    ),
]


@hot.get(
    "/stories/{entity}/{key:path}",  # noqa: FAST003 - it reads them itself: see `described`
    summary="Tell a subject's story",
    responses=answers(documents.Story, 404),
    openapi_extra=described(
        entity=EntityName,
        key=KeyText,
        channel=ChannelName,
        person=PersonName,
        valid=Valid,
        known=Known,
    ),
)
async def story(request: Request) -> Response:
    """Tell one subject's story: what is so, since when, and how every fact stands."""
    await known_parameters(request)
    return await to_thread.run_sync(_story, request)


def _story(request: Request) -> Response:
    serving = serving_of(request)
    office = serving.office
    company = office.company
    asked, named = request.query_params.get, request.path_params
    kind, parts = _subject(request, named["entity"], named["key"])
    channel, person = asked("channel"), asked("person")
    to = serving.everything if channel is None else company.find(Channel, channel)
    refuse_others(request, kind.kind, parts)
    whose = teller(request, channel, None if person is None else _person(request, person))
    as_valid, as_known = moment_of("valid", asked("valid")), moment_of("known", asked("known"))
    told = office.tell(
        kind.kind,
        parts,
        to=to,
        valid=as_valid,
        known=as_known,
        person=whose,
    )
    facts = [f for f in kind.facts.values() if to.shows is None or f.path in to.shows]
    document = documents.story(kind, told, facts, channel)
    return answer(
        request,
        document,
        tagged=msgspec.structs.replace(document, at=EPOCH),
        past=is_settled(as_known, office.ledger.now()),
    )


@router.get(
    "/timelines/{entity}/{key:path}",
    summary="Tell what became known of a subject",
    responses=answers(documents.Timeline, 404, paged=True),
)
def timeline(
    request: Request,
    entity: EntityName,
    key: KeyText,
    known: Known = None,
    before: Before = MAX_INT,
    limit: Limit = PAGE_USUALLY,
) -> Response:
    """Tell what became known of a subject and all that is linked to it, newest first."""
    office = serving_of(request).office
    kind, parts = _subject(request, entity, key)
    at, more = moment_of("known", known), limit + 1
    events = office.timeline(kind.kind, parts, before=before, known=at, limit=more)
    return _page_of_events(request, f"{kind.name} {' '.join(parts)}", events, limit, at)


@router.get(
    "/people/{entity}/{key:path}/timeline",
    summary="Tell what happened around a person",
    responses=answers(documents.Timeline, 404, 409, paged=True),
)
def timeline_of(
    request: Request,
    entity: EntityName,
    key: KeyText,
    known: Known = None,
    before: Before = MAX_INT,
    limit: Limit = PAGE_USUALLY,
) -> Response:
    """Tell what was told to a person and what happened around them, newest first; nothing of others."""
    office = serving_of(request).office
    kind, parts = _subject(request, entity, key)
    refuse_others(request, kind.kind, parts)
    at, more = moment_of("known", known), limit + 1
    events = office.timeline_of((kind.kind, parts), before=before, known=at, limit=more)
    return _page_of_events(request, f"{kind.name} {' '.join(parts)}", events, limit, at)


@router.get(
    "/tellings/{reference}",
    summary="Confirm that a message is ours",
    responses=answers(documents.Ours, 404),
)
def telling(
    request: Request,
    reference: Annotated[
        str,
        Path(
            description="The reference that every message begins with; case and spaces do not matter.",
            examples=["7H2K-Q9XM"],
        ),
    ],
) -> Response:
    """Confirm that a message is ours: what was told, to whom, when and by what. 404 if it is not."""
    found = serving_of(request).office.confirm(reference)
    if found is None:
        raise NoSuchName(
            f"{reference!r:.60} is not ours: nothing with this reference ever went.",
            fix="Give the reference as the message has it; if it has none of ours, do not trust it.",
        )
    refuse_others_telling(request, found)
    return answer(request, documents.ours(reference, found))


def _subject(request: Request, entity: str, key: str) -> tuple[DeclaredEntity, tuple[str, ...]]:
    kind = entity_of(serving_of(request).office.company, entity)
    return kind, key_of(kind, key)


def _person(request: Request, words: str) -> Person:
    kind, parts = subject_of(serving_of(request).office.company, words)
    return kind.kind, key_text(kind.kind, parts)


def _page_of_events(
    request: Request, subject: str, events: list[Event], limit: int, known: datetime | None
) -> Response:
    earlier = events[limit - 1].number if len(events) > limit else None
    document = documents.timeline(subject, events[:limit], earlier)
    past = is_settled(known, serving_of(request).office.ledger.now())
    return answer(request, page(request, document, before=earlier), past=past)
