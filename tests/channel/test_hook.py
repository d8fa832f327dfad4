"""Hooks: what is asked by HTTP of a real gateway that misbehaves, and what is known then."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from onestory import Ability, Company, Money, NotDone, Refused, Send, System
from onestory.channel import webhook
from onestory.errors import DeclarationError, OutcomeUnknown
from onestory.intake import signature
from onestory.model import Does, ability_of

from .servers import Gateway, free_port, gateway_server, tls_client

HELLO = Send("sms", "+49 30 1234567", "Your contract", "It runs until May.", "ABCDE-FGHIJ")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - that of the published example


class Meter(Ability[int], frozen=True):
    """Read a meter."""

    number: str


def declared(url: str, ability: type[Ability[Any]] = Send, **more: Any) -> Does:
    """How a gateway at a URL is asked."""
    company = Company("Acme Telecom")
    gateway = System("gateway", of=company)
    more = {"asked_at": f"{url}/sent/{{key}}", "timeout": "5 s", **more}
    webhook(gateway, ability, url=f"{url}/send", **more)
    return ability_of(company, gateway, ability)


def test_a_message_is_posted_with_its_key() -> None:
    """The gateway gets the message and the key, and its own name for it is the answer."""
    with gateway_server(Gateway()) as gateway:
        assert declared(gateway.url).perform(HELLO, "L-1-1") == "sms-0"

    (posted,) = gateway.posted
    assert posted.said == {
        "channel": "sms",
        "to": "+49 30 1234567",
        "subject": "Your contract",
        "text": "It runs until May.",
        "reference": "ABCDE-FGHIJ",
    }
    assert posted.headers["idempotency-key"] == '"L-1-1"'
    assert posted.headers["webhook-id"] == "L-1-1"
    assert "webhook-signature" not in posted.headers


def test_what_is_posted_again_with_its_key_has_the_same_body() -> None:
    """Gateways refuse a key that comes again with something else."""
    with gateway_server(Gateway()) as gateway:
        does = declared(gateway.url)
        assert does.perform(HELLO, "L-1-1") == does.perform(HELLO, "L-1-1")

    assert gateway.posted[0].body == gateway.posted[1].body
    assert len(gateway.done) == 1


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The published example of its libraries comes out, and a posted message can be checked."""
    example = signature(
        base64.b64decode(SECRET.removeprefix("whsec_")),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert example == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    with gateway_server(Gateway()) as gateway:
        declared(gateway.url, secret=SECRET).perform(HELLO, "L-1-1")
    (posted,) = gateway.posted
    signed = f"L-1-1.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    digest = hmac.new(base64.b64decode(SECRET[6:]), signed, hashlib.sha256).digest()
    assert posted.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_nobody_listens() -> None:
    """Nothing was posted: it may be tried again."""
    with pytest.raises(NotDone) as refused:
        declared(f"http://127.0.0.1:{free_port()}").perform(HELLO, "L-1-1")

    assert not isinstance(refused.value, Refused)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 413, 422])
def test_what_the_gateway_will_never_do_is_refused(status: int) -> None:
    """4xx: the same request again would be answered the same."""
    gateway = Gateway(plan=[-status])
    with gateway_server(gateway), pytest.raises(Refused, match=str(status)):
        declared(gateway.url).perform(HELLO, "L-1-1")


@pytest.mark.parametrize("status", [401, 407, 408, 425, 429])
def test_what_the_gateway_did_not_even_look_at_is_not_done(status: int) -> None:
    """Too many, too early, or not signed in: surely not done, and perhaps later."""
    gateway = Gateway(plan=[-status])
    with gateway_server(gateway):
        with pytest.raises(NotDone) as refused:
            declared(gateway.url).perform(HELLO, "L-1-1")
        assert not isinstance(refused.value, Refused)


@pytest.mark.parametrize("planned", [500, 502, 503, 504, 409, 303, "lost"])
def test_an_answer_that_says_nothing_leaves_it_unknown(planned: int | str) -> None:
    """It did it and answered 500, or not at all: it is not taken for done, nor for not done."""
    gateway = Gateway(plan=[planned])
    with gateway_server(gateway):
        does = declared(gateway.url)
        with pytest.raises(OutcomeUnknown):
            does.perform(HELLO, "L-1-1")
        assert does.asked is not None
        assert does.asked("L-1-1") == "sms-0"

    assert len(gateway.done) == 1


def test_a_gateway_that_nobody_vouches_for_is_told_nothing() -> None:
    """Its certificate is its own and not trusted here: nothing is posted; where it is trusted, it is."""
    with gateway_server(Gateway(), tls=True) as gateway:
        url = gateway.url.replace("http:", "https:")
        with pytest.raises(NotDone):
            declared(url).perform(HELLO, "L-1-1")
        assert gateway.posted == []

        assert declared(url, context=tls_client()).perform(HELLO, "L-1-1") == "sms-0"


def test_a_gateway_that_never_answers_leaves_it_unknown() -> None:
    """It did it and keeps silent: after the timeout the outcome is unknown."""
    gateway = Gateway(plan=["slow"])
    with gateway_server(gateway), pytest.raises(OutcomeUnknown, match="did not answer"):
        declared(gateway.url, timeout="1 s").perform(HELLO, "L-1-1")


def test_a_gateway_that_never_ends_its_answer_is_left() -> None:
    """Each byte comes in time, and the answer has no end: the repair does not wait for ever."""
    gateway = Gateway(plan=["drip"])
    with gateway_server(gateway), pytest.raises(OutcomeUnknown, match="did not answer"):
        declared(gateway.url, timeout="1 s").perform(HELLO, "L-1-1")


def test_a_gateway_is_asked_what_became_of_a_key() -> None:
    """200 is its answer, 404 means that it never got it, and all else says nothing."""
    gateway = Gateway(done={"L-1-1": '{"id": "sms-7"}'})
    with gateway_server(gateway):
        does = declared(gateway.url)
        assert does.asked is not None
        assert does.asked("L-1-1") == "sms-7"
        with pytest.raises(NotDone):
            does.asked("L-9/9")
        gateway.ask_plan = [500]
        with pytest.raises(OutcomeUnknown):
            does.asked("L-1-1")

    assert gateway.asked[1] == "L-9%2F9"


def test_who_cannot_be_asked_has_not_said_no() -> None:
    """Nobody listens when it is asked: that does not mean that the message never went."""
    does = declared(f"http://127.0.0.1:{free_port()}")
    assert does.asked is not None

    with pytest.raises(OutcomeUnknown):
        does.asked("L-1-1")


@pytest.mark.parametrize("answer", ["", "[]", "no JSON", '{"id": 7}', '{"name": "x"}'])
def test_a_message_that_got_no_name_is_known_by_its_key(answer: str) -> None:
    """It went, whatever the gateway calls it."""
    with gateway_server(Gateway(answer=answer)) as gateway:
        assert declared(gateway.url).perform(HELLO, "L-1-1") == "L-1-1"


def test_any_ability_can_be_asked_for_by_http() -> None:
    """A meter is read: the answer has the type that the ability says, or the outcome is unknown."""
    gateway = Gateway(answer='{"reading": 4711}')
    with gateway_server(gateway):
        does = declared(gateway.url, Meter, answer="reading")
        assert does.perform(Meter("M-1"), "L-1-1") == 4711
        gateway.answer = '{"reading": "many"}'
        with pytest.raises(OutcomeUnknown):
            does.perform(Meter("M-1"), "L-1-2")


class Hold(Ability[str], frozen=True):
    """Hold a bill; answers the hold's number, which is needed to end it."""

    bill: str


@pytest.mark.parametrize("answer", ["", "{}", '{"id": null}', "[1]"])
def test_an_answer_that_is_needed_is_not_made_up(answer: str) -> None:
    """It was done, but not with the number that was to be answered: nobody invents one."""
    with gateway_server(Gateway(answer=answer)) as gateway, pytest.raises(OutcomeUnknown):
        declared(gateway.url, Hold).perform(Hold("B-1"), "L-1-1")


def test_an_answer_that_is_cut_off_says_nothing() -> None:
    """The connection is lost in the middle of the answer: what was to follow is not known."""
    gateway = Gateway(plan=["cut"])
    with gateway_server(gateway), pytest.raises(OutcomeUnknown, match="did not answer"):
        declared(gateway.url).perform(HELLO, "L-1-1")


def test_money_goes_as_it_is_written_everywhere() -> None:
    """A request's fields have the JSON form of facts."""

    class Pay(Ability[None], frozen=True):
        amount: Money

    with gateway_server(Gateway()) as gateway:
        declared(gateway.url, Pay).perform(Pay(Money.read("5.87 EUR")), "L-1-1")

    assert gateway.posted[0].said == {"amount": "5.87 EUR"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"url": "ftp://acme.example"}, "cannot be asked"),
        ({"url": "http://"}, "cannot be asked"),
        ({"url": "http://user:secret@acme.example/"}, "cannot be asked"),
        ({"url": "http://acme.example/a b"}, "cannot be asked"),
        ({"secret": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "secret"),
        ({"secret": "whsec_abc"}, "secret"),
        ({"asked_at": "http://acme.example/sent"}, "asks for no request"),
        ({"headers": {"X": "a\r\nY: b"}}, "cannot be sent"),
        ({"headers": {"X: Y": "a"}}, "cannot be sent"),
        ({"timeout": "1 h"}, "cannot be waited for"),
    ],
)
def test_what_cannot_work_is_refused_where_it_is_declared(given: Any, says: str) -> None:
    """A wrong address, secret or header is an error at import."""
    system = System("gateway", of=Company("Acme"))
    with pytest.raises(DeclarationError, match=says):
        webhook(system, **{"url": "http://127.0.0.1:1/", **given})


def test_a_hook_does_not_show_its_secrets() -> None:
    """What signs in is in no text that could end in a log."""
    does = declared("http://127.0.0.1:1", secret=SECRET, headers={"Authorization": "Bearer 123"})

    assert "123" not in repr(does.asked)
    assert "LaLaSw" not in repr(does.asked)
