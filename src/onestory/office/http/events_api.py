"""How the hearing routes are described in OpenAPI: forms, examples and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from ...intake.message import MAX_ID
from ..problems import MEDIA_TYPE, Problem
from .results import Results

_EVENT = {
    "specversion": "1.0",
    "id": "R-1",
    "source": "contracts",
    "type": "contract.renewed",
    "time": "2027-01-05T09:00:00Z",
    "sequence": "7",
    "data": {"contract": "C-1042", "until": "2028-03-31"},
}
_OTHER = {
    **_EVENT,
    "id": "R-2",
    "sequence": "8",
    "data": {"contract": "C-7", "until": "2028-01-31"},
}

_HELD = {"id": "R-1", "source": "contracts", "fate": "heard"}
_ASIDE = {
    "id": "R-2",
    "source": "contracts",
    "fate": "set aside",
    "reason": {
        "code": "no-reader",
        "what": "contracts sends 'contract.ended', which nobody reads.",
        "where": "",
        "fix": "Write a reader for it.",
    },
    "aside": "/asides/42",
}


_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]


class Event(msgspec.Struct):
    """A CloudEvent 1.0: the attributes that are read; others may stand beside them, and are kept.

    Args:
        specversion: The version of CloudEvents.
        id: Unique among the messages of its source; a message heard twice is known by it.
        source: The system that sent it.
        type: The kind of message, which chooses the reader.
        data: The payload.
        time: When it happened, by the source's clock.
        subject: What it is about, as the source names it.
        sequence: The source's own number for it, which orders its claims.
        datacontenttype: What the data is; only JSON is read.
        data_base64: The payload as bytes of JSON, instead of ``data``.
    """

    specversion: Literal["1.0"]
    id: _Name
    source: _Name
    type: _Name
    data: Any = None
    time: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    subject: str | None = None
    sequence: int | str | None = None
    datacontenttype: str | None = None
    data_base64: str | None = None


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON schema of a struct, whole: nothing of it stands elsewhere."""
    (schema,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return {**_unfolded(schema, parts)}


def _unfolded(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _unfolded(parts[schema["$ref"].rpartition("/")[2]], parts)
        return {name: _unfolded(value, parts) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_unfolded(one, parts) for one in schema]
    return schema


def problem_answer(about: str) -> dict[str, Any]:
    """How an error is answered."""
    return {"description": about, "content": {MEDIA_TYPE: {"schema": schema_of(Problem)}}}


EVENT = schema_of(Event)
"""The schema of one event."""

_TAKEN = {
    "anyOf": [EVENT, {"description": "Anything else is kept, and set aside with its reason."}]
}

RESULTS = {
    "description": "What became of each message, in order, after it is on disk.",
    "content": {
        "application/json": {
            "schema": schema_of(Results),
            "examples": {
                "heard": {"value": {"results": [_HELD]}},
                "some set aside": {"value": {"results": [_HELD, _ASIDE]}},
            },
        }
    },
}
"""How the answer to what was heard looks."""

REFUSALS = {
    "400": problem_answer("The body is no batch, no gzip, or was cut off. Nothing was kept."),
    "408": problem_answer("The body did not come in its time. Nothing was kept."),
    "413": problem_answer("The body has too many bytes, messages or levels. Nothing was kept."),
    "503": problem_answer(
        "Too many wait, or the ledger is busy. Send the same again after Retry-After."
    ),
    "507": problem_answer("The disk is full. Nothing of this request was kept."),
}
"""How a request is refused of which nothing was kept."""


def _header(name: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "An attribute of the event, in binary mode only.",
        "example": example,
    }


def _signing(name: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "schema": {"type": "string", "maxLength": 4096},
        "description": "As Standard Webhooks defines it.",
        "example": example,
    }


EVENTS: dict[str, Any] = {
    "requestBody": {
        "required": False,  # in binary mode, an event may have no data
        "content": {
            "application/cloudevents+json": {
                "schema": _TAKEN,
                "examples": {"structured": {"summary": "One event", "value": _EVENT}},
            },
            "application/cloudevents-batch+json": {
                "schema": {"type": "array", "items": _TAKEN},
                "examples": {"batch": {"summary": "Several events", "value": [_EVENT, _OTHER]}},
            },
            "application/json": {
                "schema": {},
                "examples": {
                    "binary": {"summary": "The data; headers say the rest", "value": _EVENT["data"]}
                },
            },
        },
    },
    "parameters": [
        _header("ce-specversion", "1.0"),
        _header("ce-id", "R-1"),
        _header("ce-source", "contracts"),
        _header("ce-type", "contract.renewed"),
        _header("ce-time", "2027-01-05T09:00:00Z"),
        _header("ce-sequence", "7"),
    ],
    "responses": {
        "200": RESULTS,
        **REFUSALS,
        "403": problem_answer("The sender does not speak for the system that the event is from."),
        "415": problem_answer("The body is in no form of CloudEvents. Nothing was kept."),
    },
}
"""``POST /events``."""

WEBHOOKS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "Any JSON; a CloudEvent, or a list of these, is heard as such.",
        "content": {
            "application/json": {
                "schema": {},
                "examples": {"an order": {"value": {"type": "order.changed", "order": "O-7"}}},
            }
        },
    },
    "parameters": [
        _signing("webhook-id", "msg_2Lh9KRb0pzN4LePd3XiA4v12Axj"),
        _signing("webhook-timestamp", "1799139600"),
        _signing("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
    ],
    "responses": {
        "200": RESULTS,
        **REFUSALS,
        "401": problem_answer("It is not signed by the system, or not lately. Nothing was kept."),
        "403": problem_answer("The CloudEvent is of another system."),
        "404": problem_answer("No system of this name pushes."),
        "415": problem_answer("The body is compressed."),
    },
}
"""``POST /webhooks/{system}``."""
