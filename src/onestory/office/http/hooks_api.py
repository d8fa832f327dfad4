"""How the routes of endpoints are described in OpenAPI, and what they take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import Path

from ...channel.push import MAX_URL
from ..happened import KINDS
from ..hooks import MAX_HOOKS, Hook
from .events_api import REFUSALS, problem_answer, schema_of

Number = Annotated[int, Path(ge=1, le=2**62, description="The endpoint's number.", examples=[1])]
"""An endpoint's number, in a path."""


class NewHook(msgspec.Struct, forbid_unknown_fields=True):
    """An endpoint to add.

    Args:
        url: Where it is told.
        wants: What it is told of; everything, if left out.
        values: Whether it is told the values, too.
        secret: What it is told is signed with; made anew, if left out.
    """

    url: Annotated[str, msgspec.Meta(max_length=MAX_URL)]
    wants: Annotated[list[str], msgspec.Meta(max_length=len(KINDS))] | None = None
    values: bool = False
    secret: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Endpoint(msgspec.Struct):
    """An endpoint, as it is shown: without its secret."""

    number: int
    url: str
    wants: tuple[str, ...]
    values: bool
    made: datetime
    made_by: str
    reached: int
    behind: int
    failing: datetime | None
    tries: int
    next: datetime | None
    reason: str
    disabled: datetime | None

    @classmethod
    def of(cls, hook: Hook) -> Endpoint:
        """An endpoint of the office."""
        return cls(*hook)


class Added(msgspec.Struct):
    """An endpoint that was added, and its secret."""

    hook: Endpoint
    secret: str


class Tested(msgspec.Struct):
    """What became of a test: whether it was taken, what was answered (0 for nothing), why not."""

    taken: bool
    status: int
    why: str


_ENDPOINT = {
    "number": 1,
    "url": "https://acme.example/told",
    "wants": ["contradiction.opened", "contradiction.settled"],
    "values": False,
    "made": "2027-01-05T09:00:00Z",
    "made_by": "somebody",
    "reached": 42,
    "behind": 0,
    "failing": None,
    "tries": 0,
    "next": None,
    "reason": "",
    "disabled": None,
}


def _answer(about: str, schema: dict[str, Any], example: object) -> dict[str, Any]:
    content = {"schema": schema, "examples": {"an endpoint": {"value": example}}}
    return {"description": about, "content": {"application/json": content}}


_NONE = problem_answer("There is no endpoint of this number.")
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - that of the published example

LISTING: dict[str, Any] = {
    "responses": {
        "200": _answer(
            f"The endpoints, at most {MAX_HOOKS}.",
            {
                "type": "object",
                "required": ["hooks"],
                "properties": {"hooks": {"type": "array", "items": schema_of(Endpoint)}},
            },
            {"hooks": [_ENDPOINT]},
        )
    }
}
"""``GET /hooks``."""

ADDING: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": schema_of(NewHook),
                "examples": {
                    "an endpoint": {"value": {"url": _ENDPOINT["url"], "wants": _ENDPOINT["wants"]}}
                },
            }
        },
    },
    "responses": {
        "201": _answer(
            "The endpoint, and its secret.",
            schema_of(Added),
            {"hook": _ENDPOINT, "secret": _SECRET},
        ),
        **REFUSALS,
        "409": problem_answer("This may not be pushed to, or there are too many endpoints."),
        "415": problem_answer("The body is compressed in another way than gzip."),
    },
}
"""``POST /hooks``."""

REMOVING: dict[str, Any] = {
    "responses": {"204": {"description": "It is told nothing more."}, "404": _NONE},
}
"""``DELETE /hooks/{number}``."""

TESTING: dict[str, Any] = {
    "responses": {
        "200": _answer(
            "What became of it.",
            schema_of(Tested),
            {"taken": False, "status": 500, "why": "It answered 500: nothing"},
        ),
        "404": _NONE,
    },
}
"""``POST /hooks/{number}/test``."""

CHANGING: dict[str, Any] = {
    "responses": {
        "200": _answer(
            "The new secret.",
            {
                "type": "object",
                "required": ["secret"],
                "properties": {"secret": {"type": "string"}},
            },
            {"secret": _SECRET},
        ),
        "404": _NONE,
    },
}
"""``POST /hooks/{number}/secret``."""
