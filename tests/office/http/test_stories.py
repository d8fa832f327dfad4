"""Stories by HTTP: one story, told at once, with tags that change when anything told does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from onestory import Money
from onestory.testing import NINE, Timeline

from ...remedy.acme import acme
from .asking import Flight, Passenger, air, asking, board, operations, renewed

KEY = ("AA 1", "2027-01-05")
STORY = "/stories/Flight/AA%201/2027-01-05"
TEN, ELEVEN = NINE + timedelta(hours=1), NINE + timedelta(hours=2)


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    """Operations and the board say that AA 1 leaves at ten."""
    with Timeline(air) as timeline:
        timeline.says(operations, Flight.departs, KEY, TEN)
        timeline.says(board, Flight.departs, KEY, TEN)
        yield timeline


@pytest.fixture
def client(timeline: Timeline) -> TestClient:
    return asking(timeline.office)


def told(client: TestClient, path: str = STORY, fact: str = "departs", **asked: str) -> Any:
    """What is told of a fact."""
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["facts"][fact]


def test_s16_a_story_is_told_while_a_source_is_down() -> None:
    """S16: billing is down and loses every call; the story is told all the same, and asks no source."""
    with renewed() as (here, timeline, client):
        here.system.lose = ["request"] * 10
        timeline.office.remedy()
        assert here.system.calls == 1
        for _ in range(3):
            answer = client.get("/stories/Contract/C-1")
            assert answer.status_code == 200

        assert here.system.calls == 1
        assert told(client, "/stories/Contract/C-1", "renewed_until")["standing"] == "late"


def test_s8_each_value_carries_its_source_its_moment_and_its_lag(
    timeline: Timeline, client: TestClient
) -> None:
    """S8: who said it and when, who follows, since when they differ and until when they have time."""
    timeline.wait("1 min")
    timeline.says(operations, Flight.departs, KEY, ELEVEN)
    timeline.wait("1 min")
    found = told(client)

    assert (found["value"], found["standing"]) == ("2027-01-05T11:00:00Z", "following")
    assert (found["decided_by"], found["as_of"]) == ("operations", "2027-01-05T09:01:00Z")
    (follower,) = found["followers"]
    assert follower == {
        "party": "board",
        "person": None,
        "says": "2027-01-05T10:00:00Z",
        "standing": "following",
        "as_of": "2027-01-05T09:00:00Z",
        "since": "2027-01-05T09:01:00Z",
        "due": "2027-01-05T09:06:00Z",
    }


def test_a_channel_tells_what_it_shows_and_not_what_followers_say(client: TestClient) -> None:
    """The signs show one fact of two, and to customers; what each party says is for whoever works."""
    facts = client.get(STORY, params={"channel": "signs"}).json()["facts"]

    assert list(facts) == ["departs"]
    assert "followers" not in facts["departs"]
    assert facts["departs"]["value"] == "2027-01-05T10:00:00Z"


def test_what_is_unsaid_differs_from_what_is_said_to_be_empty(
    timeline: Timeline, client: TestClient
) -> None:
    """Nobody has spoken of the fare: there is no value. It is said to be empty: the value is null."""
    assert "value" not in told(client, fact="fare")
    timeline.says(operations, Flight.fare, KEY, None)
    assert told(client, fact="fare")["value"] is None
    timeline.says(operations, Flight.fare, KEY, Money.read("49.9 EUR"))
    assert told(client, fact="fare")["value"] == "49.90 EUR"


def test_a_story_is_told_as_of_when_it_was_so_and_when_it_was_known(
    timeline: Timeline, client: TestClient
) -> None:
    """At 9:05 operations says that it leaves at eleven: at 9:02 nobody knew."""
    timeline.wait("5 min")
    timeline.says(operations, Flight.departs, KEY, ELEVEN)

    assert told(client, known="2027-01-05T10:02:00+01:00")["value"] == "2027-01-05T10:00:00Z"
    assert told(client, valid="2027-01-05T09:02:00Z")["value"] == "2027-01-05T10:00:00Z"
    assert told(client)["value"] == "2027-01-05T11:00:00Z"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_the_ends_of_time_can_be_asked_for(client: TestClient, moment: str) -> None:
    """Before all and after all nothing breaks, in whichever zone that is."""
    for name in ("valid", "known"):
        for channel in ({}, {"channel": "signs"}):
            answer = client.get(STORY, params={name: moment, **channel})
            assert answer.status_code == 200, answer.text


def test_what_a_person_disputes_is_told_as_such_to_them_only(
    timeline: Timeline, client: TestClient
) -> None:
    """T-1 says that it does not leave at ten: T-1 hears the cautious sentence, T-2 the value."""
    for ticket in ("T-1", "T-2"):
        timeline.says(operations, Passenger.flight, ticket, KEY)
    timeline.office.disputes(Flight.departs, KEY, by=(Passenger, "T-1"))

    assert told(client, person="Passenger/T-1")["standing"] == "disputed"
    assert "value" not in told(client, person="Passenger/T-1")
    assert told(client, person="Passenger/T-2")["standing"] == "agrees"


# Tags


def test_a_story_that_tells_the_same_is_not_sent_again(
    timeline: Timeline, client: TestClient
) -> None:
    """Two minutes later nothing told has changed: the tag is the same, and 304 brings no body."""
    first = client.get(STORY)
    timeline.wait("2 min")
    again = client.get(STORY, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})

    assert first.headers["cache-control"] == "private, no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_a_tag_changes_whenever_anything_told_does(timeline: Timeline, client: TestClient) -> None:
    """A repeat (who last said so), a change, the end of the time, and each next word: six tellings."""
    tags = [client.get(STORY).headers["etag"]]

    def tag() -> None:
        tags.append(client.get(STORY).headers["etag"])

    timeline.wait("1 min")
    timeline.says(operations, Flight.departs, KEY, TEN)
    tag()
    timeline.says(operations, Flight.departs, KEY, ELEVEN)
    tag()
    timeline.wait("301 s")
    tag()
    timeline.wait("30 min")
    tag()
    timeline.says(board, Flight.departs, KEY, ELEVEN)
    tag()

    assert len(set(tags)) == len(tags) == 6


def test_a_tag_of_one_channel_is_not_that_of_another(client: TestClient) -> None:
    """Who asks by another channel is told something else."""
    tag = client.get(STORY, params={"channel": "signs"}).headers["etag"]
    assert client.get(STORY, headers={"If-None-Match": tag}).status_code == 200
    assert client.get(STORY, headers={"If-None-Match": "*"}).status_code == 304


def test_only_what_is_surely_past_is_kept_without_asking(
    timeline: Timeline, client: TestClient
) -> None:
    """What was known an hour ago cannot change; what was known now, or is so then, still can."""
    timeline.wait("2 h")

    def kept(**asked: str) -> str:
        return client.get(STORY, params=asked).headers["cache-control"]

    assert kept(known="2027-01-05T09:30:00Z") == "private, max-age=3600, immutable"
    assert kept(known="2027-01-05T10:30:00Z") == "private, no-cache"
    assert kept(known="2027-01-06T10:30:00Z") == "private, no-cache"
    assert kept(valid="2027-01-05T09:30:00Z") == "private, no-cache"
    assert client.get(STORY).headers["vary"] == "Authorization, Cookie"


# What cannot be answered


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("/stories/Flight/AA%209/2027-01-05", 404, "no-such-name", "Nobody ever spoke of Flight"),
        ("/stories/Flit/AA%209", 404, "no-such-name", "Did you mean 'Flight'?"),
        ("/stories/Flight/AA%209", 422, "value-misfit", "Write flight/day."),
        (STORY + "?channel=sign", 404, "no-such-name", "Did you mean 'signs'?"),
        (STORY + "?person=Passenger/T-9", 404, "no-such-name", "Nobody ever spoke of Passenger"),
        (STORY + "?person=T-9", 404, "no-such-name", "no entity named 'T-9'"),
        (STORY + "?valid=2027-01-05", 422, "misread", "parameter valid"),
        (STORY + "?known=2027-01-05T09:00", 422, "misread", "with its offset"),
        (STORY + "?known=2027-01-05T09:00:00+01:00", 422, "misread", "write %2B for +"),
        (STORY + "?vald=2027-01-05T09:00Z", 400, "not-a-question", "Did you mean valid?"),
        (STORY + "?since=2027-01-05T09:00Z", 400, "not-a-question", "It has: channel, person,"),
        ("/timelines/Flight/AA%201/x?valid=2027-01-05T09:00Z", 400, "not-a-question", "as of now"),
        ("/timelines/Flight/AA%201/x?limit=501", 422, "misread", "parameter limit"),
        ("/people/Flight/AA%201/x/timeline", 409, "not-allowed", "is not one of any people"),
        ("/tellings/ABCDE-FGHIJ", 404, "no-such-name", "is not ours"),
        ("/nothing", 404, "http-404", "GET /openapi.json"),
    ],
)
def test_what_cannot_be_answered_says_what_to_ask_instead(
    client: TestClient, path: str, status: int, code: str, words: str
) -> None:
    """Each problem has its code, what happened, where, and what to write instead."""
    answer = client.get(path)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["type"] == f"urn:onestory:{code}"
    assert words in answer.text.replace("\\", "")
    assert problem["fix"]


def test_a_mistake_of_the_companys_own_code_is_a_problem_that_tells_nothing_of_it() -> None:
    """A remedy that breaks when it is asked what it would do: 500, and its words stay in the log."""
    here = acme()

    class Broken(Exception):
        pass

    with Timeline(here.company) as timeline:
        client = TestClient(asking(timeline.office).app, raise_server_exceptions=False)

        @client.app.get("/breaks")  # type: ignore[attr-defined,untyped-decorator]
        def breaks() -> None:
            raise Broken("of K-7")

        answer = client.get("/breaks")

    assert (answer.status_code, answer.json()["code"]) == (500, "crashed")
    assert "K-7" not in answer.text


def test_a_part_of_a_key_may_hold_what_joins_the_parts(timeline: Timeline) -> None:
    """AA 1/2 of a day: the slash within a part is escaped within the key, and then in the URL."""
    timeline.says(operations, Flight.departs, ("AA 1/2", "2027-01-05"), ELEVEN)

    async def ask(path: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=asking(timeline.office).app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
            return await http.get(path)

    answer = asyncio.run(ask("/stories/Flight/AA%201%252F2/2027-01-05"))
    assert answer.json()["key"] == "AA 1%2F2/2027-01-05"
    assert answer.json()["facts"]["departs"]["value"] == "2027-01-05T11:00:00Z"


def test_times_in_answers_are_in_utc(client: TestClient) -> None:
    """Whichever zone is asked in, answers are in UTC."""
    at = client.get(STORY, params={"valid": "2027-01-05T12:00:00+02:00"}).json()["at"]
    assert datetime.fromisoformat(at) == datetime(2027, 1, 5, 10, tzinfo=UTC)
    assert at.endswith("Z")
