"""Actions on repairs by HTTP: let one go on, hand one over, settle one; who did it is kept."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from onestory import RepairState
from onestory.office.http.sent import SENT_AT_MOST

from .asking import renewed

SOON = "2027-06-01T00:00:00+02:00"


class Ada:
    """A caller, as whoever signs people in hands her over."""

    name = "Ada"
    roles = ("supervisor",)


class SignedIn:
    """Says of every request that Ada sent it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass one request on."""
        scope.setdefault("state", {})["caller"] = Ada()
        await self.app(scope, receive, send)


def test_a_repair_is_shown_with_what_it_would_do() -> None:
    """Before the call it would make it, after the call it waits; nothing is done by asking."""
    with renewed() as (here, timeline, client):
        (one,) = client.get("/repairs").json()["repairs"]
        assert "would" not in one
        shown = client.get(f"/repairs/{one['number']}").json()
        assert shown["would"].startswith("do SetEndDate in billing")
        assert here.system.calls == 0

        timeline.office.remedy()
        shown = client.get(f"/repairs/{one['number']}").json()
        assert shown["would"].startswith("wait until 2027-01-05 09:16:01 UTC")
        assert [step["state"] for step in shown["steps"]] == ["done"]


def test_repairs_are_listed_by_their_states() -> None:
    """One is under way, and nothing else; a state that there is not is refused by name."""
    with renewed() as (_, _, client):
        assert len(client.get("/repairs?state=live&state=done").json()["repairs"]) == 1
        assert client.get("/repairs?state=handed+over").json()["repairs"] == []
        assert client.get("/repairs").json()["counts"] == {"live": 1}
        refused = client.get("/repairs?state=broken").json()
        assert refused["where"] == "parameter state"
        assert "'handed over'" in refused["fix"]


def test_a_repair_is_handed_over_and_let_go_on() -> None:
    """Ada hands it over: nothing is called. She lets it go on: the call is made. Both are told."""
    with renewed() as (here, timeline, anybody):
        client = TestClient(SignedIn(anybody.app))
        handed = client.post("/repairs/1/hand-over", json={"because": "The desk does it."})
        assert handed.json()["state"] == "handed over"
        assert (handed.json()["team"], handed.json()["reason"]) == (
            "billing desk", "The desk does it.",
        )  # fmt: skip
        assert handed.headers["cache-control"] == "no-store"
        timeline.office.remedy()
        assert here.system.calls == 0
        again = client.post("/repairs/1/hand-over", json={"because": "Once more."})
        assert (again.status_code, again.json()["code"]) == (409, "not-allowed")

        assert client.post("/repairs/1/retry").json()["state"] == "live"
        timeline.office.remedy()
        assert here.system.calls == 1
        events = client.get("/timelines/Contract/C-1").json()["events"]
        sentences = [event["sentence"] for event in events]
        assert "repair 1: Ada lets it go on" in sentences
        handed_over = "repair 1: handed over to billing desk, says Ada: The desk does it."
        assert handed_over in sentences
        assert client.post("/repairs/1/retry").status_code == 409


def test_a_repair_is_settled_by_a_declared_difference() -> None:
    """Billing may differ until June: the contradiction is settled, the repair ends, the story says why."""
    with renewed() as (here, timeline, client):
        because = "Bills of this quarter are frozen."
        answer = client.post("/repairs/1/settle", json={"because": because, "until": SOON})
        assert answer.status_code == 200
        timeline.office.remedy()

        assert client.get("/contradictions").json()["open"] == 0
        assert client.get("/repairs/1").json()["state"] == "settled"
        assert here.system.calls == 0
        told = client.get("/stories/Contract/C-1").json()["facts"]["renewed_until"]
        assert told["standing"] == "declared"
        assert told["sentence"] == f"billing: {because} (until 2027-05-31)"
        again = client.post("/repairs/1/settle", json={"because": because, "until": SOON})
        assert (again.status_code, again.json()["title"]) == (
            409, "Repair 1 is settled: there is nothing left to settle.",
        )  # fmt: skip


def test_who_is_not_signed_in_is_kept_as_that() -> None:
    """Without anybody who signs in, the ledger says so rather than nothing."""
    with renewed() as (_, _, client):
        client.post("/repairs/1/hand-over", json={"because": "It is tested."})
        events = client.get("/timelines/Contract/C-1").json()["events"]
        assert events[0]["sentence"].endswith("says nobody signed in: It is tested.")


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"{}", "application/json", 422, "missing required field `because`"),
        (b'{"because": 1, "until": "x"}', "application/json", 422, "$.because"),
        (b'{"because": "", "until": "2027-06-01T00:00:00Z"}', "application/json", 422, "length"),
        (b'{"because": "x", "until": "2027-06-01"}', "application/json", 422, "$.until"),
        (b'{"because": "x", "until": "2027-06-01T00:00:00"}', "application/json", 422, "timezone"),
        (b'{"because": "x", "untill": 1}', "application/json", 422, "untill"),
        (b"\xff", "application/json", 422, "body"),
        (b"", "application/json", 422, "body"),
        (b"because=x", "application/x-www-form-urlencoded", 415, "application/json"),
        (b" " * (SENT_AT_MOST + 1), "application/json", 413, "16,384 bytes"),
        (b'{"because": " ", "until": "2027-06-01T00:00:00Z"}', "application/json", 409, "reason"),
        (b'{"because": "x", "until": "2026-06-01T00:00:00Z"}', "application/json", 409, "end"),
    ],
)
def test_a_body_that_cannot_be_read_says_how_to_write_it(
    body: bytes, kind: str, status: int, words: str
) -> None:
    """Each is refused with what is wrong, and nothing is settled."""
    with renewed() as (_, timeline, client):
        answer = client.post("/repairs/1/settle", content=body, headers={"content-type": kind})
        assert (answer.status_code, words in answer.text) == (status, True), answer.text
        assert answer.json()["fix"]
        assert timeline.office.repair(1).state is RepairState.LIVE


def test_what_is_not_there_cannot_be_acted_on() -> None:
    """There is no repair 9."""
    with renewed() as (_, _, client):
        for action, body in (
            ("retry", None),
            ("hand-over", {"because": "x"}),
            ("settle", {"because": "x", "until": SOON}),
        ):
            answer = client.post(f"/repairs/9/{action}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "no-such-name")
