"""Stories, timelines and tellings by HTTP: what is told of a subject or a person."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from ...clock import EPOCH
from ...model import Channel
from .. import documents
from ..naming import entity_of, key_of, subject_of
from .answered import answer
from .asked import ASKED, EntityName, KeyText, Known, Valid, is_settled, moment_of
from .serving import serving_of

router = APIRouter(tags=["tell"], dependencies=ASKED)

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


@router.get("/stories/{entity}/{key:path}", summary="Tell a subject's story")
def story(
    request: Request,
    entity: EntityName,
    key: KeyText,
    channel: ChannelName = None,
    person: PersonName = None,
    valid: Valid = None,
    known: Known = None,
) -> Response:
    """Tell one subject's story: what is so, since when, and how every fact stands."""
    serving = serving_of(request)
    office = serving.office
    company = office.company
    kind = entity_of(company, entity)
    parts = key_of(kind, key)
    to = serving.everything if channel is None else company.find(Channel, channel)
    whose = None if person is None else subject_of(company, person)
    as_valid, as_known = moment_of("valid", valid), moment_of("known", known)
    told = office.tell(
        kind.kind,
        parts,
        to=to,
        valid=as_valid,
        known=as_known,
        person=None if whose is None else (whose[0].kind, whose[1]),
    )
    facts = [f for f in kind.facts.values() if to.shows is None or f.path in to.shows]
    document = documents.story(kind, told, facts, channel)
    return answer(
        request,
        document,
        tagged=msgspec.structs.replace(document, at=EPOCH),
        past=is_settled(as_known, office.ledger.now()),
    )
