"""Webhooks in: verified before they are read, heard once, each as a message of the system that pushed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cloudevents.core.bindings.http import to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from onestory import Channel, Claims, Company, Entity, Fact, Key, System, WallClock, reads, webhooks
from onestory.clock import micros
from onestory.errors import DeclarationError, DeclaredTwice, NotSigned
from onestory.intake import MAX_MESSAGE, secret_of, signature, verified

from .loopback import NINE, Asking, served

VARIABLE = "SHOP_WEBHOOK_SECRET"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - that of the published example
OTHER = f"whsec_{base64.b64encode(b'another secret of the shop').decode()}"

acme = Company("Acme Retail")
shop = System("web shop", of=acme)
billing = System("billing", of=acme)
desk = Channel("agent desk", of=acme)


class Order(Entity, of=acme):
    """What a customer ordered."""

    order_no: Key[str]
    state: Fact[str] = shop.decides(billing.follows(within="5 min"))


@reads(shop, "order.changed")
def changed(sent: dict[str, Any]) -> Claims:
    """What the shop says of an order."""
    yield Order.state.claim(sent["order"], sent["state"])


webhooks(shop, secrets=VARIABLE, type="$.type", sequence="$.version")
webhooks(billing, secrets="BILLING_SECRET_THAT_IS_NOT_SET", type="bill.changed")
BODY = b'{"type": "order.changed", "order": "O-7", "state": "paid", "version": 3}'


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    monkeypatch.setenv(VARIABLE, SECRET)
    with served(tmp_path, company=acme) as asking:
        yield asking


def pushed(
    asking: Asking,
    body: bytes = BODY,
    *,
    id: str = "msg_1",
    at: datetime = NINE,
    secret: str = SECRET,
    headers: Mapping[str, str] | None = None,
) -> httpx2.Response:
    """Push a body, signed by the package of Standard Webhooks; some headers may be others."""
    signed = Webhook(secret).sign(id, at, body.decode("utf-8", "surrogateescape"))
    said = {
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signed,
        "content-type": "application/json",
        **{name.replace("_", "-"): value for name, value in (headers or {}).items()},
    }
    return asking.post("/webhooks/web%20shop", content=body, headers=said)


def fates(answer: httpx2.Response) -> list[str]:
    """What became of each message."""
    assert answer.status_code == 200, answer.text
    return [one["fate"] for one in answer.json()["results"]]


def test_what_a_system_pushes_is_heard_as_its_message(asking: Asking) -> None:
    """Its id is that of the webhook, its type stands in the body, and its number orders it."""
    answer = pushed(asking)

    assert answer.json() == {
        "results": [{"id": "msg_1", "source": "web shop", "fate": "heard"}],
    }
    assert asking.office.tell(Order, "O-7", to=desk).state == "paid"


def test_a_webhook_that_comes_again_is_known(asking: Asking) -> None:
    """A retry, or somebody who replays it, changes nothing; the ledger itself knows the id, for ever."""
    assert fates(pushed(asking)) == ["heard"]
    assert fates(pushed(asking)) == ["known"]
    asking.clock.move(timedelta(days=400))

    assert fates(pushed(asking, at=NINE + timedelta(days=400))) == ["known"]


def test_the_secret_may_change_while_webhooks_come(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two secrets hold for a while, and a sender may sign with both."""
    assert pushed(asking, secret=OTHER).status_code == 401
    monkeypatch.setenv(VARIABLE, f"{SECRET} {OTHER}")
    assert fates(pushed(asking, id="msg_1", secret=SECRET)) == ["heard"]
    assert fates(pushed(asking, id="msg_2", secret=OTHER)) == ["repeated"]

    monkeypatch.setenv(VARIABLE, OTHER)
    both = " ".join(Webhook(one).sign("msg_3", NINE, BODY.decode()) for one in (SECRET, OTHER))
    assert fates(pushed(asking, id="msg_3", headers={"webhook_signature": both})) == ["repeated"]


@pytest.mark.parametrize(
    ("away", "status"),
    [(-301, 401), (-300, 200), (300, 200), (301, 401)],
)
def test_a_signature_holds_for_five_minutes(asking: Asking, away: int, status: int) -> None:
    """Older, or from further in the future than clocks differ: it is not taken."""
    assert pushed(asking, at=NINE + timedelta(seconds=away)).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook_id": ""},
        {"webhook_id": "msg_2"},
        {"webhook_id": "m" * 257},
        {"webhook_timestamp": ""},
        {"webhook_timestamp": "yesterday"},
        {"webhook_timestamp": "1e9"},
        {"webhook_timestamp": "9" * 400},
        {"webhook_timestamp": f"0{int(NINE.timestamp())}"},
        {"webhook_timestamp": f"-{int(NINE.timestamp())}"},
        {"webhook_timestamp": f"{int(NINE.timestamp())}.0"},
        {"webhook_timestamp": str(int(NINE.timestamp()) + 1)},
        {"webhook_signature": ""},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1,%%%"},
        {"webhook_signature": ",,,"},
        {"webhook_signature": "v1a," + "A" * 44},
        {"webhook_signature": "v1,x " * 1000 + "v1,x"},
    ],
    ids=lambda h: f"{h}"[:50],
)
def test_headers_that_sign_nothing_are_refused(asking: Asking, headers: dict[str, str]) -> None:
    """Missing, cut, of another kind: 401 with what to do, never our own failure."""
    answer = pushed(asking, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed")
    assert answer.json()["fix"]
    assert asking.fates() == 0


def test_a_body_that_was_changed_is_refused_unread(asking: Asking) -> None:
    """Not a byte of it is looked at before; that it is no JSON is not said."""
    signed = Webhook(SECRET).sign("msg_1", NINE, BODY.decode())
    answer = pushed(asking, b"[" * 100_000, headers={"webhook_signature": signed})

    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed")


def test_an_office_without_the_secret_takes_nothing(asking: Asking) -> None:
    """It says so; it does not name the variable to the world."""
    answer = asking.post("/webhooks/billing", content=b"{}")

    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed")
    assert "BILLING" not in answer.text


def test_a_system_that_does_not_push_has_no_door(asking: Asking) -> None:
    """Nobody declared how it signs."""
    assert asking.post("/webhooks/warehouse", content=b"{}").status_code == 404


def test_a_webhook_that_is_too_large_is_refused(asking: Asking) -> None:
    """It is a message, and limited like one."""
    assert pushed(asking, b" " * (MAX_MESSAGE + 1)).status_code == 413


def test_a_webhook_that_is_compressed_is_refused(asking: Asking) -> None:
    """Nobody could say which of the two was signed."""
    assert pushed(asking, headers={"content-encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"no json", "not JSON"),
        (b'{"order": "O-7"}', "no type at $.type"),
        (b'{"type": 7}', "no type at $.type"),
        (b'["order.changed"]', "no type at $.type"),
        (b'{"type": "order.changed", "version": 1.5}', "no number at $.version"),
        (b'{"type": "order.changed", "version": -1}', "not a whole number"),
        (b'{"type": "order.changed", "order": "O-7"}', "state"),
    ],
)
def test_what_is_signed_and_cannot_be_read_is_set_aside(
    asking: Asking, body: bytes, why: str
) -> None:
    """It is from the system for certain, and may never be pushed again: it is kept with the reason."""
    assert fates(pushed(asking, body)) == ["set aside"]

    (aside,) = asking.office.asides()
    assert why in aside.what + aside.fix
    assert (aside.source, aside.id) == ("web shop", "msg_1")


def test_a_webhook_may_be_a_cloudevent(asking: Asking) -> None:
    """Written by the package of CloudEvents: its own id and type hold."""
    body = event("R-1", "/web%20shop")

    assert fates(pushed(asking, body, id="msg_1")) == ["heard"]
    assert fates(pushed(asking, body, id="msg_2")) == ["known"]


def test_a_webhook_may_be_several_cloudevents(asking: Asking) -> None:
    """Each has its answer."""
    body = b"[" + event("R-1", "/web%20shop") + b"," + event("R-2", "/billing") + b"]"

    assert fates(pushed(asking, body)) == ["heard", "refused"]


def test_a_signature_of_the_shop_does_not_speak_for_billing(asking: Asking) -> None:
    """Whose secret it is decides who spoke, whatever the event says."""
    answer = pushed(asking, event("R-1", "/billing"))

    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert asking.fates() == 0


def test_headers_that_are_not_signed_decide_nothing(asking: Asking) -> None:
    """Attributes in ``ce-`` headers could be anybody's."""
    answer = pushed(asking, headers={"ce-id": "X", "ce-source": "billing", "ce-type": "bill"})

    assert answer.json()["results"][0]["id"] == "msg_1"
    assert answer.json()["results"][0]["source"] == "web shop"


@given(st.binary(max_size=100), st.text("ab.c_1", min_size=1, max_size=20))
def test_we_sign_what_the_package_verifies_and_verify_what_it_signs(body: bytes, id: str) -> None:
    """Both ways, for any body that it can be given."""
    text = body.decode("latin-1")
    body, at = text.encode(), int(WallClock().now().timestamp())
    secret = secret_of(SECRET)
    assert secret is not None
    headers = {
        "webhook-id": id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(secret, id, at, body),
    }
    moment = datetime.fromtimestamp(at, NINE.tzinfo)

    assert Webhook(SECRET).sign(id, moment, text) == headers["webhook-signature"]
    assert verified(headers, body, [secret], micros(moment)).id == id
    with pytest.raises(NotSigned):
        verified(headers, body + b" ", [secret], micros(moment))


def test_a_declaration_names_a_variable_and_a_type() -> None:
    """A secret in company.py is refused when it is imported, and so is a place that is none."""
    with pytest.raises(DeclarationError, match="not the name of an environment variable"):
        webhooks(shop, secrets=SECRET, type="x")
    with pytest.raises(DeclarationError, match="which type it is"):
        webhooks(shop, secrets="A", type="$type")
    with pytest.raises(DeclarationError, match="which type it is"):
        webhooks(shop, secrets="A", type="")
    with pytest.raises(DeclarationError, match="no place in a body"):
        webhooks(shop, secrets="A", type="x", sequence="version")
    company = Company("Another")
    till = System("till", of=company)
    webhooks(till, secrets="A", type="x")
    with pytest.raises(DeclaredTwice):
        webhooks(till, secrets="A", type="x")


def event(id: str, source: str) -> bytes:
    """A CloudEvent about an order, as the package writes it."""
    made = CloudEvent(
        {"id": id, "source": source, "type": "order.changed"},
        {"order": "O-7", "state": "paid"},
    )
    body = to_structured(made, JSONFormat()).body
    assert json.loads(body)["specversion"] == "1.0"
    return body
