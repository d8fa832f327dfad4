"""How a route says what it answers: documents and problems, each with an example, for OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from ..problems import MEDIA_TYPE as PROBLEM_TYPE
from ..problems import Problem
from .examples import EXAMPLES, PROBLEMS

JSON = "application/json"

Answers = dict[int | str, dict[str, Any]]
"""What a route answers, by status."""

_TAG = {
    "description": "A weak tag: as long as it stays the same, all that is told does.",
    "schema": {"type": "string"},
    "example": 'W/"3da0e268ee6a974650fc802a"',
}
_LINK = {
    "description": "The next page (RFC 8288), while there is one; `next` in the body says the same.",
    "schema": {"type": "string"},
    "example": '</asides?after=9>; rel="next"',
}
_RETRY = {"description": "Seconds to wait (RFC 9110, 10.2.3).", "schema": {"type": "integer"}}


def answers(kind: type[Any], *problems: int, paged: bool = False) -> Answers:
    """What a question is answered with: a document that has a tag, 304, or a problem.

    Args:
        kind: The document.
        problems: The statuses of the problems, beside those that any question may meet.
        paged: Whether it comes in pages.
    """
    headers = {"ETag": _TAG} | ({"Link": _LINK} if paged else {})
    return {
        200: _document(kind) | {"headers": headers},
        304: {
            "description": "The asker has it already: `If-None-Match` names its tag.",
            "headers": {"ETag": _TAG},
        },
        **problems_of(400, 401, 403, 422, 503, *problems),
    }


def acted(kind: type[Any], *problems: int) -> Answers:
    """What an action is answered with: the document that it leaves, or a problem."""
    return {200: _document(kind), **problems_of(400, 401, 403, 503, *problems)}


def takes(kind: type[Any]) -> dict[str, Any]:
    """The body that an action takes."""
    content = {JSON: {"schema": reference(kind), "example": EXAMPLES[kind.__name__]}}
    return {"requestBody": {"required": True, "content": content}}


def serves(media_type: str, what: str, schema: Mapping[str, Any] | None = None) -> Answers:
    """What is answered with something that is no document of ours.

    Args:
        media_type: Its type.
        what: What it is.
        schema: Its schema; a text, if left out.
    """
    content = {media_type: {"schema": dict(schema or {"type": "string"})}}
    return {200: {"description": what, "content": content}}


def problems_of(*statuses: int) -> Answers:
    """The problems that a route may answer with."""
    return {status: _problem(status) for status in sorted(set(statuses))}


def reference(kind: type[Any]) -> dict[str, str]:
    """Where the schema of a document stands."""
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _document(kind: type[Any]) -> dict[str, Any]:
    about = (kind.__doc__ or "").partition("\n")[0]
    content = {JSON: {"schema": reference(kind), "example": EXAMPLES[kind.__name__]}}
    return {"description": about, "content": content}


def _problem(status: int) -> dict[str, Any]:
    what, error = PROBLEMS[status]
    code = error["code"]
    example = {"type": f"urn:onestory:{code}", **error, "status": status}
    described: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: {what}",
        "content": {PROBLEM_TYPE: {"schema": reference(Problem), "example": example}},
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        described["headers"] = {"Retry-After": _RETRY}
    return described
