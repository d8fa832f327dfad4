"""What a request asks: its parameters, read, with errors that say which and what to write instead."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Path, Query
from pydantic import WithJsonSchema
from starlette.requests import Request

from ...clock import EPOCH, MICROSECOND
from ...errors import Misread, NotAQuestion
from ...model.values import MAX_INT

PAGE_AT_MOST = 500
"""Rows of the largest page that may be asked for: some 200 kB, a screen for a program, bounded for us."""

PAGE_USUALLY = 50
"""Rows of a page where a request does not say."""

SETTLED_AFTER = timedelta(hours=1)
"""How old a moment must be before what was known at it is taken to be complete: a transaction is known
from its beginning on, and none lasts so long; nor do the clocks of two hosts differ so much."""

_EARLIEST_MOMENT = datetime(1, 1, 3, tzinfo=UTC)
_LATEST_MOMENT = datetime(9999, 12, 29, tzinfo=UTC)
"""Moments that every zone can write; one beyond them asks the same as they do."""

_TIME = WithJsonSchema({"type": "string", "format": "date-time"})
_MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]

EntityName = Annotated[
    str, Path(description="An entity, as company.py names it.", examples=["Contract"])
]
KeyText = Annotated[
    str,
    Path(
        description="The subject's key. The parts of a key that has several are joined by `/`; in a "
        "part, `/` is written `%252F` and `%` is written `%2525`.",
        examples=["C-1042"],
    ),
]
Number = Annotated[int, Path(ge=1, le=MAX_INT, description="Its number.", examples=[9])]
Valid = Annotated[
    str | None,
    _TIME,
    Query(
        description="As it was in the world at this moment (RFC 3339, with an offset); at `known`, if "
        "left out. In a URL, `+` is written `%2B`.",
        examples=["2027-01-05T09:00:00Z"],
    ),
]
Known = Annotated[
    str | None,
    _TIME,
    Query(
        description="As it was known at this moment (RFC 3339, with an offset); now, if left out.",
        examples=["2027-01-05T09:00:00Z"],
    ),
]
After = Annotated[
    int,
    Query(ge=0, le=MAX_INT, description="Begin after this number: `after` of the page before."),
]
Before = Annotated[
    int,
    Query(ge=0, le=MAX_INT, description="Begin before this number: `before` of the page before."),
]
Limit = Annotated[
    int,
    Query(ge=1, le=PAGE_AT_MOST, description="Rows of a page at most.", examples=[PAGE_USUALLY]),
]

_AS_OF = ("valid", "known")


def moment_of(name: str, written: str | None) -> datetime | None:
    """A moment that a parameter names.

    Raises:
        Misread: It is not a time of RFC 3339, or has no offset.
    """
    if written is None:
        return None
    try:
        moment: datetime = msgspec.convert(written, _MOMENT)
        return min(max(moment, _EARLIEST_MOMENT), _LATEST_MOMENT)
    except msgspec.ValidationError as error:
        plus = " In a URL, write %2B for +." if " " in written else ""
        raise Misread(
            f"{written!r:.60} is not a moment.",
            where=f"parameter {name}",
            fix=f"Write it by RFC 3339, with its offset: 2027-01-05T09:00:00Z.{plus}",
        ) from error


def is_settled(known: datetime | None, now: int) -> bool:
    """Whether what was known at a moment cannot become known any more: the answer stays as it is."""
    return known is not None and known < EPOCH + now * MICROSECOND - SETTLED_AFTER


def known_parameters(request: Request) -> None:
    """Refuse a parameter that a route does not have: what it was meant to say would not be heard.

    Raises:
        NotAQuestion: There is one; the error names the nearest.
    """
    if not request.scope["query_string"]:
        return
    known = names_of(request.scope["route"])
    for name in request.query_params:
        if name in known:
            continue
        if name in _AS_OF:
            raise NotAQuestion(
                f"This is answered as of now only: {name} cannot be asked for.",
                where=f"parameter {name}",
                fix="Leave it out. Stories are told as of valid= and known=, timelines as of known=.",
            )
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        has = ", ".join(known) or "none"
        raise NotAQuestion(
            f"There is no parameter {name!r:.60} here.",
            where=f"{request.method} {request.url.path}",
            fix=f"Did you mean {near[0]}?" if near else f"It has: {has}.",
        )


def names_of(route: Any) -> list[str]:
    """The names of the query parameters of a route."""
    return [field.alias for field in route.dependant.query_params]


ASKED = [Depends(known_parameters)]
"""What every route that is asked by parameters depends on."""
