"""What is contradicted, by HTTP: filtered, page by page, explained; incidents and what is set aside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

import onestory
from onestory.testing import Timeline

from .asking import Flight, air, asking, board, operations, renewed
from .test_stories import ELEVEN, TEN
from .test_timelines import all_pages

DAY = "2027-01-05"


@pytest.fixture
def client() -> Iterator[TestClient]:
    """The board, which lives, follows none of seven flights that leave later; then it follows one."""
    with Timeline(air) as timeline:
        for number in range(7):
            for party in (operations, board):
                timeline.says(party, Flight.departs, (f"AA {number}", DAY), TEN)
        for number in range(7):
            timeline.says(operations, Flight.departs, (f"AA {number}", DAY), ELEVEN)
        timeline.wait("1 min")
        timeline.says(board, Flight.departs, ("AA 9", DAY), TEN)
        timeline.wait("5 min")
        timeline.says(board, Flight.departs, ("AA 3", DAY), ELEVEN)
        yield asking(timeline.office)


def keys(client: TestClient, **asked: Any) -> list[str]:
    """The flights of a page."""
    answer = client.get("/contradictions", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["key"].partition("/")[0] for one in answer.json()["contradictions"]]


def test_contradictions_are_listed_by_fact_and_follower_open_or_all(client: TestClient) -> None:
    """Six are open and one is settled; of the fare, and among passengers, there is none."""
    whole = client.get("/contradictions").json()
    assert whole["open"] == 6
    assert whole["by_fact"] == [
        {"entity": "Flight", "fact": "departs", "follower": "board", "open": 6}
    ]
    first = whole["contradictions"][0]
    assert (first["decided"], first["said"]) == ("2027-01-05T11:00:00Z", "2027-01-05T10:00:00Z")

    assert "AA 3" not in keys(client)
    assert "AA 3" in keys(client, settled="true")
    assert keys(client, fact="Flight.departs", follower="board") == keys(client)
    assert keys(client, fact="Flight.departs", settled="true") == keys(client, settled="true")
    assert keys(client, fact="Flight.fare") == []
    none = client.get("/contradictions", params={"follower": "passengers"}).json()
    assert (none["open"], none["by_fact"], none["contradictions"]) == (0, [], [])


@pytest.mark.parametrize("asked", ["", "?settled=true", "?fact=Flight.departs&settled=true"])
def test_contradictions_are_read_page_by_page(client: TestClient, asked: str) -> None:
    """Pages of two keep what was asked for, and hold each once."""
    whole, _ = all_pages(client, f"/contradictions{asked}", "contradictions", 500)
    found, pages = all_pages(client, f"/contradictions{asked}", "contradictions", 2)

    assert found == whole
    assert pages == (len(whole) + 1) // 2


def test_a_contradiction_is_explained_with_its_proofs_and_its_repairs() -> None:
    """What contracts decided and billing says, by which messages; and the repair that is under way."""
    with renewed() as (_, timeline, client):
        timeline.office.remedy()
        (one,) = client.get("/contradictions").json()["contradictions"]
        found = client.get(f"/contradictions/{one['number']}").json()

        assert (found["authority"], found["follower"], found["fault"]) == (
            "contracts", "billing", "missed",
        )  # fmt: skip
        assert found["decided"]["value"] == "2027-06-30"
        assert len(found["decided"]["hash"]) == 64
        (repair,) = found["repairs"]
        assert [step["name"] for step in repair["steps"]] == ["SetEndDate"]
        assert client.get("/contradictions/999").json()["code"] == "no-such-name"


def test_a_silent_system_is_one_incident() -> None:
    """The board says nothing at all: its contradictions are one incident, which is on its own page."""
    with Timeline(air) as timeline:
        client = asking(timeline.office)
        for party in (operations, board):
            for number in range(3):
                timeline.says(party, Flight.departs, (f"AA {number}", DAY), TEN)
        timeline.wait("1 min")
        for number in range(3):
            timeline.says(operations, Flight.departs, (f"AA {number}", DAY), ELEVEN)
        timeline.wait("10 min")

        (incident,) = client.get("/incidents").json()["incidents"]
        assert (incident["follower"], incident["silent"], incident["open"]) == ("board", True, 3)
        after = {"after": incident["incident"]}
        assert client.get("/incidents", params=after).json()["incidents"] == []
        ofthe = client.get("/contradictions", params={"follower": "passengers"}).json()
        assert ofthe["incidents"] == []


def test_what_is_set_aside_is_listed_and_read_again() -> None:
    """Three messages that nobody reads: each with its reason and what to do, page by page."""
    with Timeline(air) as timeline:
        client = asking(timeline.office)
        for number in range(3):
            timeline.office.hear(onestory.message("board", "unread", {}, id=f"u-{number}"))
        found, pages = all_pages(client, "/asides", "asides", 2)

        assert (len(found), pages) == (3, 2)
        assert {one["code"] for one in found} == {"no-reader"}
        assert all(one["fix"] for one in found)
        assert client.get("/asides").json()["counts"] == {"no-reader": 3}
        replayed = client.post("/asides/replay").json()
        assert (replayed["messages"], replayed["set_aside"]) == (3, 3)
