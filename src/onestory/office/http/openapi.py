"""The description of the API (OpenAPI 3.1): every route, parameter, document and problem, with examples."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

import onestory

from ...model import Channel, Company, DeclaredEntity
from .. import documents
from ..problems import Problem
from .described import problems_of
from .repairs import HandOver, Settle

KINDS: tuple[type[Any], ...] = (
    documents.Asides,
    documents.Pulls,
    documents.Contradictions,
    documents.Explanation,
    documents.Heard,
    documents.Incidents,
    documents.Ours,
    documents.Repairs,
    documents.Story,
    documents.Timeline,
    HandOver,
    Problem,
    Settle,
)
"""The documents that routes answer with and take; what is within them is found by itself."""

COOKIE = "__Host-sid"
"""The cookie of a session."""

SECURITY: dict[str, Any] = {
    "bearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "description": "The key of a system or of a program, as `Authorization: Bearer KEY`.",
    },
    "cookieAuth": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "The session of a person who is signed in.",
    },
}
"""How whoever asks is known."""

OPEN = ("/healthz", "/readyz", "/static/{name}")
"""Routes that anybody may ask; for all others somebody is signed in, or a key is sent."""

TAGS = {
    "hear": "What systems say, and what of it could not be heard.",
    "tell": "What is told: stories, timelines, what is contradicted and why.",
    "remedy": "What is done about contradictions, by remedies and by people.",
    "live": "What changes, sent as it changes.",
    "hooks": "Programs that are told what happens, as it happens.",
    "sign-in": "Who asks: sessions of people, and what they may end.",
    "running": "The process itself, and this description.",
}
"""What the routes are for."""

ABOUT = """\
Times are written by RFC 3339, in UTC; values as the ledger keeps them. What may be absent differs from
null: a fact of which no value may be told has no `value`, and null is *said to be empty*.

An error is a problem (RFC 9457) with three parts: `title` says what happened, `where` what it is about,
`fix` what to write instead; its `code` stays the same from version to version.

Pages are asked for by `limit`, and by `after` or `before`; `next`, and a `Link` header, lead to the next.
Every answer to a question has an `ETag`, which stays the same while all that is told does.
"""


_FASTAPI_S_OWN = "HTTPValidationError"
"""What FastAPI would answer to what it cannot read, and we never do."""


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of an application of ours."""
    found: dict[str, Any] = get_openapi(
        title=app.title,
        version=onestory.__version__,
        summary=app.summary,
        description=ABOUT,
        routes=app.routes,
        tags=[{"name": name, "description": about} for name, about in TAGS.items()],
    )
    components = found.setdefault("components", {})
    components.setdefault("schemas", {}).update(_schemas())
    components["securitySchemes"] = SECURITY
    found["security"] = [{name: []} for name in SECURITY]
    for path in OPEN:
        for operation in found["paths"].get(path, {}).values():
            operation["security"] = []
    names = _names(app.state.serving.office.company)
    for path, operations in found["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                _describe(parameter, names, people=path.startswith("/people/"))
            if _FASTAPI_S_OWN in str(operation["responses"].get("422")):
                operation["responses"]["422"] = problems_of(422)[422]
    for name in (_FASTAPI_S_OWN, "ValidationError"):
        components["schemas"].pop(name, None)
    return found


def _names(company: Company) -> dict[str, list[str]]:
    """What parameters may name in this company."""
    entities = company.declared(DeclaredEntity)
    followers = {
        f.party.name: None for e in entities for fact in e.facts.values() for f in fact.followers
    }
    return {
        "entity": [entity.name for entity in entities],
        "people": [entity.name for entity in entities if entity.one_of is not None],
        "channel": [channel.name for channel in company.declared(Channel)],
        "fact": [fact.path for entity in entities for fact in entity.facts.values()],
        "follower": list(followers),
    }


def _describe(parameter: dict[str, Any], names: dict[str, list[str]], *, people: bool) -> None:
    """Say of a parameter what it may be in this company, with an example."""
    schema = parameter["schema"] = _plain(parameter["schema"])
    if "examples" in schema:
        parameter["example"] = schema.pop("examples")[0]
    name = "people" if people and parameter["name"] == "entity" else parameter["name"]
    if names.get(name):
        schema["enum"] = names[name]
        parameter["example"] = names[name][0]


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter that may be left out, but cannot be null."""
    kinds: list[dict[str, Any]] = [k for k in schema.get("anyOf", ()) if k != {"type": "null"}]
    kind, *rest = kinds or [{}]
    if rest or not kind:
        return schema
    return {k: v for k, v in schema.items() if k not in ("anyOf", "title")} | kind


def _schemas() -> dict[str, Any]:
    """The schema of every document, each field told as its docstring tells it."""
    schemas: dict[str, Any]
    _, schemas = msgspec.json.schema_components(KINDS, ref_template="#/components/schemas/{name}")
    kinds = {kind.__name__: kind for kind in _all_kinds(KINDS)}
    for name, schema in schemas.items():
        about, fields = _told(kinds[name]) if name in kinds else ("", {})
        if about:
            schema["description"] = about
        for field, words in fields.items():
            described = schema.get("properties", {}).get(field)
            if described is not None:
                described["description"] = words
    return schemas


def _all_kinds(kinds: tuple[type[Any], ...]) -> Iterator[type[Any]]:
    """Documents, and all that is within them."""
    seen: set[type[Any]] = set()
    wait: list[Any] = list(msgspec.inspect.multi_type_info(kinds))
    while wait:
        info = wait.pop()
        cls = getattr(info, "cls", None)
        if cls is not None and cls not in seen:
            seen.add(cls)
            yield cls
        elif cls is not None:
            continue
        wait += [field.type for field in getattr(info, "fields", ())]
        wait += getattr(info, "types", ())
        for part in ("item_type", "value_type"):
            if hasattr(info, part):
                wait.append(getattr(info, part))


def _told(kind: type[Any]) -> tuple[str, dict[str, str]]:
    """What a docstring says of a class, and of each of its fields."""
    about, _, rest = inspect.cleandoc(kind.__doc__ or "").partition("\n\nArgs:\n")
    fields = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", rest, re.MULTILINE)
    return about.partition("\n")[0], {name: " ".join(words.split()) for name, words in fields}
