"""Webhooks out: what happens is told in order, signed, and again until it is taken."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook

import onestory
from onestory import Office, WallClock, message
from onestory.intake import structured
from onestory.ledger import hooks as rows
from onestory.office.deliver import TRIED_AGAIN, Deliverer
from onestory.office.happened import KINDS
from onestory.office.hooks import MAX_HOOKS
from onestory.office.http.hooks_api import ADDING, LISTING

from ...channel.receiver import Receiver, receiving
from .loopback import Asking, acme, renewal, served

A_DAY = timedelta(days=1)


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    with served(tmp_path, start=WallClock().now()) as asking:
        asking.office.private_hooks = True
        yield asking


def added(asking: Asking, receiver: Receiver, **more: Any) -> str:
    """Let a program be told; its secret."""
    answer = asking.post("/hooks", json={"url": receiver.url, **more})
    assert answer.status_code == 201, answer.text
    secret: str = answer.json()["secret"]
    return secret


def listed(asking: Asking) -> list[dict[str, Any]]:
    """All endpoints."""
    found: list[dict[str, Any]] = asking.get("/hooks").json()["hooks"]
    return found


def delivered(office: Office) -> int:
    """Deliver once what can be delivered now."""
    return office._deliverer.turn(private=True)


def contradicted(asking: Asking) -> None:
    """Contracts renewed a contract, and billing did not follow in its time."""
    asking.batch(
        renewal(1, data={"contract": "C-1", "until": "2027-03-31"}),
        renewal(
            2,
            source="billing",
            type="bill.drafted",
            data={"contract": "C-1", "until": "2027-03-31"},
        ),
    )
    asking.batch(renewal(3, data={"contract": "C-1", "until": "2028-03-31"}))
    asking.clock.move(timedelta(minutes=6))
    asking.office.tick()


def kinds(receiver: Receiver) -> list[str]:
    """What happened, as the program was told."""
    return [event["type"].removeprefix("onestory.") for event in receiver.events]


def test_what_happens_is_told_in_order(asking: Asking) -> None:
    """Each change, the contradiction and its end: with ids, and no value."""
    with receiving() as receiver:
        added(asking, receiver)
        contradicted(asking)
        asking.batch(
            renewal(
                4,
                source="billing",
                type="bill.drafted",
                data={"contract": "C-1", "until": "2028-03-31"},
            )
        )
        delivered(asking.office)

    assert kinds(receiver) == [
        "subject.changed",
        "subject.changed",
        "subject.changed",
        "contradiction.opened",
        "subject.changed",
        "contradiction.settled",
    ]
    opened = receiver.events[3]
    assert opened["subject"] == "Contract/C-1"
    assert opened["data"]["fact"] == "renewed_until"
    assert (opened["data"]["authority"], opened["data"]["follower"]) == ("contracts", "billing")
    assert "2028" not in str([event["data"].get("values") for event in receiver.events])
    sequences = [event["sequence"] for event in receiver.events]
    assert sequences == sorted(sequences)
    assert listed(asking)[0]["behind"] == 0


def test_values_are_told_only_to_whom_asked_for_them(asking: Asking) -> None:
    """And what is wanted may be some of what there is."""
    with receiving() as receiver, receiving() as other:
        added(asking, receiver, values=True, wants=["contradiction.opened"])
        added(asking, other, wants=["contradiction.opened"])
        contradicted(asking)
        delivered(asking.office)

    assert kinds(receiver) == kinds(other) == ["contradiction.opened"]
    assert receiver.events[0]["data"]["values"] == {"decided": "2028-03-31", "said": "2027-03-31"}
    assert "values" not in other.events[0]["data"]
    assert receiver.ids == other.ids


def test_what_is_told_can_be_verified_and_read_by_others(asking: Asking) -> None:
    """By the packages of Standard Webhooks and of CloudEvents, and by ourselves."""
    with receiving() as receiver:
        secret = added(asking, receiver)
        asking.batch(renewal(1))
        delivered(asking.office)

    ((headers, body),) = receiver.pushed
    Webhook(secret).verify(body, headers)
    event = from_http(HTTPMessage(headers, body), JSONFormat(), CloudEvent)
    assert event.get_id() == headers["webhook-id"]
    assert event.get_type() == "onestory.subject.changed"
    ours = structured(body)
    assert isinstance(ours, onestory.Message)
    assert ours.sequence == 1


def test_nothing_is_told_of_what_was_before(asking: Asking) -> None:
    """A program is told from when it was added on."""
    with receiving() as receiver:
        asking.batch(renewal(1))
        added(asking, receiver)
        delivered(asking.office)
        assert receiver.pushed == []

        asking.batch(renewal(2))
        delivered(asking.office)
    assert [event["subject"] for event in receiver.events] == ["Contract/C-2"]


def test_what_is_not_taken_is_told_again_later_with_the_same_id(asking: Asking) -> None:
    """At the times of Standard Webhooks; what comes after waits, so that the order stays."""
    with receiving(500, "lost", 429) as receiver:
        added(asking, receiver)
        asking.batch(renewal(1), renewal(2))
        delivered(asking.office)
        delivered(asking.office)
        assert len(receiver.pushed) == 1
        (hook,) = listed(asking)
        assert hook["tries"] == 1
        assert "500" in hook["reason"]
        assert hook["next"] > hook["failing"]

        for wait in TRIED_AGAIN[:3]:
            asking.clock.move(timedelta(seconds=wait * 1.2))
            delivered(asking.office)
    assert receiver.ids[0] == receiver.ids[1] == receiver.ids[2] == receiver.ids[3]
    assert len(receiver.ids) == 5
    assert [event["subject"] for event in receiver.events[3:]] == ["Contract/C-1", "Contract/C-2"]
    assert listed(asking)[0]["tries"] == 0


def test_an_endpoint_that_is_gone_is_disabled_at_once(asking: Asking) -> None:
    """410 says that nobody wants to be told any more; it is shown."""
    with receiving(410) as receiver:
        added(asking, receiver)
        asking.batch(renewal(1), renewal(2))
        delivered(asking.office)
        asking.clock.move(30 * A_DAY)
        delivered(asking.office)

        assert len(receiver.pushed) == 1
    (hook,) = listed(asking)
    assert hook["disabled"]
    assert "410" in hook["reason"]


def test_an_endpoint_that_fails_for_days_is_disabled_and_goes_on_after_a_test(
    asking: Asking,
) -> None:
    """Nothing is lost: what happened meanwhile is told once it answers again."""
    with receiving(*[503] * (len(TRIED_AGAIN) + 1)) as receiver:
        added(asking, receiver)
        asking.batch(renewal(1))
        delivered(asking.office)
        for wait in TRIED_AGAIN:
            assert listed(asking)[0]["disabled"] is None
            asking.clock.move(timedelta(seconds=wait * 1.2))
            delivered(asking.office)
        assert listed(asking)[0]["disabled"]
        asking.batch(renewal(2))
        assert delivered(asking.office) == 0

        assert asking.post("/hooks/1/test").json() == {"taken": True, "status": 200, "why": ""}
        delivered(asking.office)
    assert kinds(receiver)[-3:] == ["test", "subject.changed", "subject.changed"]
    assert listed(asking)[0]["disabled"] is None


def test_a_test_that_is_not_taken_says_why(asking: Asking) -> None:
    """And changes nothing."""
    with receiving(404) as receiver:
        added(asking, receiver)
        answer = asking.post("/hooks/1/test").json()

    assert (answer["taken"], answer["status"]) == (False, 404)
    assert "404" in answer["why"]


def test_no_redirect_is_followed(asking: Asking) -> None:
    """It could lead inside."""
    with receiving(302, 302) as receiver:
        added(asking, receiver)
        asking.batch(renewal(1))
        delivered(asking.office)

        assert len(receiver.pushed) == 1
    assert "302" in listed(asking)[0]["reason"]


def test_a_secret_that_changes_holds_beside_the_new_one(asking: Asking) -> None:
    """The program verifies with either until the next change."""
    with receiving() as receiver:
        first = added(asking, receiver)
        second = asking.post("/hooks/1/secret").json()["secret"]
        asking.batch(renewal(1))
        delivered(asking.office)
        asking.post("/hooks/1/secret")
        asking.batch(renewal(2))
        delivered(asking.office)

    Webhook(first).verify(receiver.pushed[0][1], receiver.pushed[0][0])
    for headers, body in receiver.pushed:
        Webhook(second).verify(body, headers)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(first).verify(receiver.pushed[1][1], receiver.pushed[1][0])


def test_a_slow_endpoint_holds_up_no_other(asking: Asking) -> None:
    """Each has a thread of its own while it is told; the office stops in its time all the same."""
    stop = threading.Event()
    with receiving("slow") as slow, receiving() as quick:
        added(asking, slow)
        added(asking, quick)
        thread = threading.Thread(target=asking.office.deliver, args=(stop,))
        thread.start()
        asking.batch(renewal(1))
        assert slow.came.acquire(timeout=10)
        assert quick.came.acquire(timeout=10)
        asking.batch(renewal(2))
        assert quick.came.acquire(timeout=10)
        stop.set()
        thread.join(5)

        assert not thread.is_alive()
        assert len(slow.pushed) == 1


def test_a_removed_endpoint_is_told_nothing_more(asking: Asking) -> None:
    """Another that is added later begins anew."""
    with receiving() as receiver:
        added(asking, receiver)
        assert asking.delete("/hooks/1").status_code == 204
        asking.batch(renewal(1))
        delivered(asking.office)
        assert receiver.pushed == []
    assert listed(asking) == []
    assert asking.delete("/hooks/1").status_code == 404
    assert asking.post("/hooks/1/test").status_code == 404
    assert asking.post("/hooks/1/secret").status_code == 404
    assert asking.delete(f"/hooks/{10**30}").status_code == 422


@pytest.mark.parametrize(
    ("new", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"{}", 400),
        (b'{"url": 7}', 400),
        (b'{"url": "http://127.0.0.1:1", "more": 1}', 400),
        (b'{"url": "http://127.0.0.1:1", "wants": ["everything"]}', 409),
        (b'{"url": "http://127.0.0.1:1", "wants": []}', 409),
        (b'{"url": "http://127.0.0.1:1", "secret": "whsec_"}', 409),
        (b'{"url": "http://127.0.0.1:1", "secret": "secret"}', 409),
        (b'{"url": "ftp://127.0.0.1"}', 409),
        (b'{"url": "http://me:secret@127.0.0.1"}', 409),
        (b'{"url": "http://127.0.0.1:0"}', 409),
        (b'{"url": "http://127.0.0.1:x"}', 409),
        (b'{"url": "http://127.0.0.1/a b"}', 409),
        (b'{"url": "http://[::1"}', 409),
        (b'{"url": ""}', 409),
    ],
    ids=repr,
)
def test_what_is_no_endpoint_is_refused(asking: Asking, new: bytes, status: int) -> None:
    """With what to write instead."""
    answer = asking.post("/hooks", content=new)

    assert answer.status_code == status, answer.text
    assert answer.json()["fix"]
    assert listed(asking) == []


def test_there_are_so_many_endpoints_at_most(asking: Asking) -> None:
    """Each may take a thread."""
    for _ in range(MAX_HOOKS):
        asking.office.add_hook("http://127.0.0.1:1/", by="a test")

    assert asking.post("/hooks", json={"url": "http://127.0.0.1:1/"}).status_code == 409


def test_without_the_setting_an_address_inside_is_never_told(asking: Asking) -> None:
    """It is refused without TLS when it is added, and by what it resolves to when it is pushed to."""
    asking.office.private_hooks = False
    assert asking.post("/hooks", json={"url": "http://127.0.0.1/"}).status_code == 409

    with receiving() as receiver:
        asking.office.add_hook(receiver.url.replace("http:", "https:"), by="a test")
        asking.batch(renewal(1))
        asking.office._deliverer.turn(private=False)
        assert receiver.pushed == []
    assert "is inside" in listed(asking)[0]["reason"]


def test_of_two_processes_one_tells_an_endpoint(tmp_path: Path) -> None:
    """The other leaves it alone while it is held, and takes it over once that time has passed."""
    clock = onestory.HandClock(WallClock().now())
    address = f"sqlite:///{tmp_path / 'acme.db'}"
    with (
        onestory.open(acme, address, clock=clock) as one,
        onestory.open(acme, address, clock=clock) as other,
        receiving() as receiver,
    ):
        one.private_hooks = True
        one.add_hook(receiver.url, by="a test")
        one.hear(message("contracts", "contract.renewed", renewal(1)["data"], id="R-1"))
        held = one._deliverer._taken(1)
        assert held is not None
        assert delivered(other) == 0
        clock.move(timedelta(seconds=121))
        assert delivered(other) == 1

        assert len(receiver.pushed) == 1
        assert not one._deliverer._keep(held, release=False)


def test_a_process_that_died_is_followed_at_once(tmp_path: Path) -> None:
    """What it had told and not kept is told again, under the same id."""
    clock = onestory.HandClock(WallClock().now())
    with (
        onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}", clock=clock) as office,
        receiving() as receiver,
    ):
        office.private_hooks = True
        office.add_hook(receiver.url, by="a test")
        office.hear(message("contracts", "contract.renewed", renewal(1)["data"], id="R-1"))
        gone = Deliverer(office.ledger)
        where, _, rest = gone._holder.split("/", 2)
        gone._holder = f"{where}/{2**22 - 3}/{rest}"
        held = gone._taken(1)
        assert held is not None
        with office.ledger.view() as view:
            row = rows.one(view, 1)
        assert row is not None
        entry = gone._following(row)
        assert entry is not None
        gone._push(row, f"{office.ledger.id}-{entry.number}", b"{}", private=True)

        delivered(office)
    assert receiver.ids[0] == receiver.ids[1]


def test_what_is_not_wanted_is_looked_through_once(asking: Asking) -> None:
    """An endpoint that waits for contradictions costs little while there are none."""
    with receiving() as receiver:
        added(asking, receiver, wants=["contradiction.opened"])
        asking.batch(*(renewal(n) for n in range(100)))

        assert delivered(asking.office) == 0
        assert asking.office._deliverer._looked == {1: 100}
        assert listed(asking)[0]["reached"] == 0


def test_the_described_examples_are_true(asking: Asking) -> None:
    """What OpenAPI shows of an endpoint has the form of one, and can be added."""
    with receiving():
        example = ADDING["requestBody"]["content"]["application/json"]["examples"]["an endpoint"]
        answer = asking.post("/hooks", json=example["value"])
        assert answer.status_code == 201

    shown = LISTING["responses"]["200"]["content"]["application/json"]["examples"]["an endpoint"]
    (hook,) = listed(asking)
    assert hook.keys() == shown["value"]["hooks"][0].keys()
    assert set(example["value"]["wants"]) <= set(KINDS)
    msgspec.json.decode(answer.content)


def test_a_listing_shows_no_secret(asking: Asking) -> None:
    """It is answered once, when the endpoint is added."""
    with receiving() as receiver:
        secret = added(asking, receiver)

    assert secret not in asking.get("/hooks").text
    assert isinstance(asking.get("/hooks"), httpx2.Response)
