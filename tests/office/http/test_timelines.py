"""Timelines and tellings by HTTP: page by page, and to each person nothing of another."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from onestory.testing import Timeline

from ...remedy.post import telecom
from ...remedy.test_tellings import SUMMER, go_on, told_spring
from .asking import Flight, Passenger, air, asking, board, desk, operations
from .test_stories import ELEVEN, KEY, TEN

FLIGHT = "/timelines/Flight/AA%201/2027-01-05"


def all_pages(client: TestClient, path: str, rows: str, limit: int) -> tuple[list[Any], int]:
    """What all pages hold, from one link to the next; how many there were."""
    found: list[Any] = []
    pages, address = 0, f"{path}{'&' if '?' in path else '?'}limit={limit}"
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page[rows]) <= limit
        found += page[rows]
        pages, address = pages + 1, page.get("next", "")
        assert answer.headers.get("link", "") == (f'<{address}>; rel="next"' if address else "")
    return found, pages


def test_a_timeline_is_read_page_by_page_without_a_gap_or_a_repeat() -> None:
    """Seven words in pages of three, two and seven: each once, newest first."""
    with Timeline(air) as timeline:
        client = asking(timeline.office)
        for number in range(7):
            timeline.says(operations, Flight.departs, KEY, TEN if number % 2 else ELEVEN)
        whole, _ = all_pages(client, FLIGHT, "events", 500)
        assert len(whole) == 7

        for limit, pages in ((3, 3), (2, 4), (7, 1)):
            assert all_pages(client, FLIGHT, "events", limit) == (whole, pages)
        numbers = [event["number"] for event in whole]
        assert numbers == sorted(numbers, reverse=True)


def test_a_timeline_of_the_past_holds_what_was_known_then() -> None:
    """Two words, an hour between: at half past nine there was one, and that stays so."""
    with Timeline(air) as timeline:
        client = asking(timeline.office)
        timeline.says(operations, Flight.departs, KEY, TEN)
        timeline.wait("1 h")
        timeline.says(operations, Flight.departs, KEY, ELEVEN)
        timeline.wait("2 h")
        answer = client.get(FLIGHT, params={"known": "2027-01-05T09:30:00Z"})

        assert [event["sentence"] for event in answer.json()["events"]] == [
            "departs = 2027-01-05 10:00 UTC"
        ]
        assert "immutable" in answer.headers["cache-control"]
        tag = answer.headers["etag"]
        asked = {"known": "2027-01-05T09:30:00Z"}
        again = client.get(FLIGHT, params=asked, headers={"If-None-Match": tag})
        assert again.status_code == 304


def test_a_person_s_timeline_holds_nothing_that_names_another() -> None:
    """Two passengers of one flight are told, and one disputes: each finds the flight, and themselves."""
    with Timeline(air) as timeline:
        office, client = timeline.office, asking(timeline.office)
        timeline.says(operations, Flight.departs, KEY, TEN)
        timeline.says(board, Flight.departs, KEY, TEN)
        for ticket in ("T-1", "T-2"):
            timeline.says(operations, Passenger.flight, ticket, KEY)
        timeline.says(operations, Flight.departs, KEY, ELEVEN)
        for ticket in ("T-1", "T-2"):
            office.tell(Flight, KEY, to=desk, person=(Passenger, ticket), record=True)
        office.disputes(Flight.departs, KEY, by=(Passenger, "T-2"))

        mine = client.get("/people/Passenger/T-1/timeline").json()
        theirs = client.get("/people/Passenger/T-2/timeline").json()
        assert mine["subject"] == "Passenger T-1"
        for own, page, other in (("T-1", mine, "T-2"), ("T-2", theirs, "T-1")):
            words = [event["sentence"] + event["subject"] for event in page["events"]]
            assert not [word for word in words if other in word]
            assert [word for word in words if f"to {own} by desk" in word]
        assert [e["sentence"] for e in theirs["events"][:1]] == ["disputes departs"]
        assert "disputes departs" not in [e["sentence"] for e in mine["events"]]


def test_a_message_is_confirmed_by_its_reference_and_found_with_its_person() -> None:
    """Ada is told of her renewal by mail: its reference confirms it, and her timeline holds it."""
    here = telecom()
    with told_spring(here, ("Ada", "Bea")) as timeline:
        client = asking(timeline.office)
        for person in ("Ada", "Bea"):
            timeline.says(here.contracts, here.Contract.renewed_until, f"C-{person}", SUMMER)
        go_on(timeline, 10)
        sent = next(one for one in here.mail.sent if one.to.startswith("Ada"))

        found = client.get(f"/tellings/{sent.reference.lower()}").json()
        assert (found["ours"], found["person"], found["channel"]) == (True, "Ada", "mail")
        assert found["told"]["renewed_until"] == "2027-06-30"
        events = client.get("/people/Customer/Ada/timeline").json()["events"]
        assert [e for e in events if sent.reference in e["sentence"]]
        assert not [e for e in events if "Bea" in e["sentence"] + e["subject"]]
