"""The description of the API: complete, true to what is answered, and a page that loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

import onestory
from onestory.office import documents
from onestory.office.http import repairs
from onestory.office.http.examples import EXAMPLES, PROBLEMS
from onestory.office.problems import Problem

from .asking import air, asking


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with onestory.open(air, "sqlite://") as office:
        yield asking(office)


@pytest.fixture(scope="module")
def described(client: TestClient) -> Any:
    return client.get("/openapi.json").json()


def operations(described: Any) -> Iterator[tuple[str, Any]]:
    """Every operation, by its route."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


OURS = (
    "GET /stories/{entity}/{key}",
    "GET /timelines/{entity}/{key}",
    "GET /people/{entity}/{key}/timeline",
    "GET /contradictions",
    "GET /contradictions/{number}",
    "GET /incidents",
    "GET /asides",
    "POST /asides/replay",
    "GET /repairs",
    "GET /repairs/{number}",
    "POST /repairs/{number}/retry",
    "POST /repairs/{number}/hand-over",
    "POST /repairs/{number}/settle",
    "GET /tellings/{reference}",
)


def test_every_route_is_described(client: TestClient, described: Any) -> None:
    """OpenAPI 3.1, with what each route is for, and each of its parameters with an example."""
    assert described["openapi"].startswith("3.1")
    found = dict(operations(described))
    assert set(OURS) <= set(found)
    for route, operation in found.items():
        assert operation["summary"], route
        assert operation["description"], route
        assert operation["tags"][0] in {tag["name"] for tag in described["tags"]}, route
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], route
            assert "anyOf" not in parameter["schema"], f"{route}: {parameter['name']}"
    assert set(described["components"]["securitySchemes"]) == {"bearerAuth", "cookieAuth"}
    assert found["GET /healthz"]["security"] == []


@pytest.mark.parametrize("route", OURS)
def test_every_answer_of_a_route_is_described_with_an_example(described: Any, route: str) -> None:
    """The document it answers with, the problems it may meet; of a page, the link to the next."""
    answers = dict(operations(described))[route]["responses"]

    assert {"200", "400", "401", "403", "503"} <= set(answers)
    assert ("304" in answers) == route.startswith("GET")
    for status, answer in answers.items():
        assert answer["description"] not in ("", "Successful Response")
        for content in answer.get("content", {}).values():
            assert content["schema"]["$ref"], f"{route} {status}"
            assert content["example"], f"{route} {status}"
    schema = answers["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    fields = described["components"]["schemas"][schema]["properties"]
    paged = {"next", "after"} <= set(fields) or {"next", "before"} <= set(fields)
    assert ("Link" in answers["200"].get("headers", {})) == paged


def test_each_reference_leads_to_a_schema_that_tells_its_fields(described: Any) -> None:
    """No reference is left open, and each field of each document is told."""
    text = msgspec.json.encode(described).decode()
    schemas = described["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) == set(schemas)
    untold = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, its in schema.get("properties", {}).items()
        if not its.get("description")
    ]
    assert untold == []
    assert "HTTPValidationError" not in schemas


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_what_it_is_an_example_of(name: str) -> None:
    """Each example is read as its document, and written again as it stands."""
    kind = getattr(documents, name, None) or getattr(repairs, name)
    read = msgspec.convert(EXAMPLES[name], kind)
    assert msgspec.json.decode(documents.json_of(read)) == EXAMPLES[name]


@pytest.mark.parametrize("status", sorted(PROBLEMS))
def test_an_example_of_a_problem_has_its_parts(described: Any, status: int) -> None:
    """What happened, and a code; all but one say what to write instead."""
    shown = [
        content["example"]
        for _, operation in operations(described)
        for code, answer in operation["responses"].items()
        if code == str(status)
        for content in answer.get("content", {}).values()
        if "example" in content
    ]
    assert shown
    problem = msgspec.convert(shown[0], Problem)
    assert (problem.status, problem.type) == (status, f"urn:onestory:{problem.code}")


def test_parameters_name_what_this_company_has(described: Any) -> None:
    """An entity, a fact, a channel and a follower are chosen from those that are declared."""
    found = dict(operations(described))

    def named(route: str, name: str) -> list[str]:
        (one,) = (p for p in found[route]["parameters"] if p["name"] == name)
        names: list[str] = one["schema"]["enum"]
        return names

    assert named("GET /stories/{entity}/{key}", "entity") == ["Flight", "Passenger"]
    assert named("GET /people/{entity}/{key}/timeline", "entity") == ["Passenger"]
    assert named("GET /stories/{entity}/{key}", "channel") == ["desk", "signs"]
    assert "Flight.departs" in named("GET /contradictions", "fact")
    assert named("GET /contradictions", "follower") == ["board", "passengers"]


class Loads(HTMLParser):
    """What a page loads, and what of it a strict policy would forbid."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.forbidden: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        given = dict(attrs)
        if tag in ("script", "style", "iframe", "object", "img", "form", "base"):
            self.forbidden.append(tag)
        self.forbidden += [n for n in given if n == "style" or n.startswith("on")]
        if tag == "link":
            self.loads.append(given["href"] or "")
        if tag == "a":
            self.links.append(given["href"] or "")
        if "id" in given:
            self.ids.append(given["id"] or "")


def test_the_page_loads_nothing_from_elsewhere(client: TestClient, described: Any) -> None:
    """One file of our own style, no script, nothing inline; every link in it leads somewhere."""
    answer = client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Loads()
    page.feed(answer.text)

    assert page.forbidden == []
    assert page.loads == ["static/docs.css"]
    style = client.get("/static/docs.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert not re.search(r"url\(|@import", style.text)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert {link for link in page.links if not link.startswith("#")} == {"openapi.json"}
    for route, _ in operations(described):
        assert route.partition(" ")[2] in answer.text
    tag = answer.headers["etag"]
    for path, known in (("/docs", tag), ("/static/docs.css", style.headers["etag"])):
        assert client.get(path, headers={"If-None-Match": known}).status_code == 304
    assert client.get("/static/other.css").status_code == 404
