"""The gate: what browsers are told with every answer, and which requests never reach a route."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocketDisconnect

from onestory.office.auth import AuthSettings, Rights
from onestory.office.auth.auth import WAITING_AT_MOST
from onestory.office.auth.rights import NOBODY_COLUMN, Right

from ...ledger.acme import address
from ..planned import known_contracts, planned
from .house import ADA, ADAS, HERE, House

ELSEWHERE = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
FORM = {"content-type": "application/x-www-form-urlencoded"}

pytestmark = pytest.mark.sqlite  # what a gate lets through is the same on any ledger


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house with routes of an office, one that breaks, and one of files."""
    app = planned()
    app.add_api_route("/static/app.css", lambda: PlainTextResponse("a{}"), methods=["GET"])

    def breaks() -> None:
        raise RuntimeError

    app.add_api_route("/breaks", breaks, methods=["GET"])
    everybody = dict.fromkeys([NOBODY_COLUMN, *Rights.load().roles], Right.ALL)
    more = {"GET /static/app.css": everybody, "GET /breaks": everybody}
    rights = Rights(Rights.load().roles, {**Rights.load().rows, **more})
    house = House(address(tmp_path / "acme.db"), app=app, rights=rights)
    known_contracts(house.timeline)
    yield house
    house.close()


def policy(answer: Any) -> dict[str, str]:
    """The content security policy of an answer, by directive."""
    parts = answer.headers["content-security-policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/me",
        "/stories/Contract/C-1",
        "/nowhere",
        "/healthz",
        "/breaks",
        "/contradictions",
    ],
)
def test_every_answer_tells_browsers_to_be_strict(path: str, house: House) -> None:
    """A page, a refusal, what is not there, and what broke."""
    browser = house.browser(raises=False)
    answer = browser.get(path)

    told = policy(answer)
    assert told["default-src"] == "'none'"
    assert re.fullmatch(r"'nonce-[\w-]{22}' 'strict-dynamic'", told["script-src"])
    assert (told["frame-ancestors"], told["base-uri"]) == ("'none'", "'none'")
    assert told["form-action"] == told["style-src"] == told["connect-src"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


def test_every_page_has_a_nonce_of_its_own(house: House) -> None:
    """One that was seen is of no use for the next page."""
    browser = house.browser()

    assert policy(browser.get("/sign-in")) != policy(browser.get("/sign-in"))


def test_files_that_stay_the_same_may_be_kept(house: House) -> None:
    """All else is asked for anew."""
    assert "cache-control" not in house.browser().get("/static/app.css").headers


def test_without_https_nothing_is_said_of_it(tmp_path: Path) -> None:
    """To try it on one's own machine; the cookie then has no Secure, and another name."""
    here = "http://127.0.0.1:8140"
    house = House(address(tmp_path / "acme.db"), settings=AuthSettings(insecure_cookies=True))
    browser = house.browser(here=here)
    answer = browser.sign_in(ADA, ADAS)
    house.close()

    assert answer.status_code == 200
    assert "strict-transport-security" not in answer.headers
    assert answer.headers["set-cookie"].startswith("sid=")
    assert "Secure" not in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]


def test_a_host_that_is_none_of_ours_is_not_answered(house: House) -> None:
    """A name that somebody else points at this machine opens nothing; probes may ask by number."""
    browser = house.browser()
    other = {"host": "evil.test"}

    assert browser.get("/sign-in", headers=other).json()["code"] == "from-elsewhere"
    assert (
        browser.get("/sign-in", headers={"host": "evil.test@desk.acme.test:1:2"}).status_code == 403
    )
    assert browser.get("/healthz", headers={"host": "10.0.0.3:8140"}).status_code == 200
    assert browser.get("/sign-in", headers={"host": "desk.acme.test:443"}).status_code == 200
    assert browser.get("/sign-in", headers={"host": "[::1]:8140"}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"origin": ""}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 204),
        ({"origin": "https://evil.test"}, 403),
        ({"origin": "http://desk.acme.test"}, 403),
        (ELSEWHERE, 403),
    ],
)
def test_the_first_layer_is_where_a_request_comes_from(
    headers: dict[str, str], status: int, house: House
) -> None:
    """A request that a cookie lets in comes from a page of ours, or it is refused, token or not."""
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    answer = ada.post("/sign-out", headers=headers)

    assert answer.status_code == status
    assert (ada.get("/me").status_code == 200) == (status == 403)


def test_an_older_browser_says_only_its_origin_and_a_program_nothing(house: House) -> None:
    """The origin is enough; where neither is said, a cookie is not enough."""
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    del ada.headers["sec-fetch-site"]
    origin = ada.headers.pop("origin")
    silent = ada.delete("/me/sessions")
    said = ada.delete("/me/sessions", headers={"origin": origin})

    assert (silent.status_code, said.status_code) == (403, 200)
    assert "Nothing says" in silent.json()["title"]


@pytest.mark.parametrize("said", [None, "", "x" * 43, "another's", "é"])
def test_the_second_layer_is_the_sessions_own_token(said: str | None, house: House) -> None:
    """Only this session's own pages know it; another's is worth nothing."""
    ada, eve = house.browser(), house.browser()
    ada.sign_in(ADA, ADAS)
    eve.sign_in(ADA, ADAS)
    del ada.headers["x-csrf-token"]
    sent = eve.headers["x-csrf-token"] if said == "another's" else said
    headers = {} if sent is None else {b"x-csrf-token": sent.encode("latin-1")}
    answer = ada.request("POST", "/sign-out", headers=headers)

    assert answer.status_code == 403
    assert answer.json()["code"] == "from-elsewhere"
    assert ada.get("/me").status_code == 200


def test_a_form_carries_the_token_as_a_field(house: House) -> None:
    """Without any script; the route still reads the whole form."""
    ada = house.browser()
    page = ada.get("/sign-in")
    fields = {"login": ADA, "password": ADAS, "csrf": ada.token(), "back": "/contradictions"}
    answer = ada.post("/sign-in", data=fields)

    assert page.headers["content-type"].startswith("text/html")
    assert (answer.status_code, answer.headers["location"]) == (303, "/contradictions")
    token = ada.get("/me").json()["csrf"]
    assert ada.post("/sign-out", data={}).status_code == 403
    out = ada.post("/sign-out", data={"csrf": token})
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")


def test_nobody_is_signed_in_by_another_sites_form(house: House) -> None:
    """Else somebody would work, unknowing, in an account of somebody else's."""
    victim = house.browser()
    fields = {"login": ADA, "password": ADAS, "csrf": "guessed"}

    assert victim.post("/sign-in", data=fields, headers=ELSEWHERE).status_code == 403
    assert victim.post("/sign-in", data=fields).status_code == 403
    victim.get("/sign-in")
    assert victim.post("/sign-in", data=fields).status_code == 403
    plain = victim.post(
        "/sign-in",
        content=b'{"login": "ada", "password": "seven green lanterns at dusk"}',
        headers={"content-type": "text/plain", "x-csrf-token": victim.token()},
    )
    assert plain.status_code == 422
    assert victim.get("/me").status_code == 401


def test_what_is_wrong_is_said_on_the_page(house: House) -> None:
    """With the status that it has, and with what was to come afterwards kept."""
    ada = house.browser()
    fields = {"login": ADA, "password": '"><script>', "csrf": "", "back": "/me"}
    fields["csrf"] = ada.token()
    answers = [ada.post("/sign-in", data=fields) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert '<p role="alert">No account has this login' in answers[0].text
    assert answers[5].headers["retry-after"] == "1"
    assert "<script" not in answers[0].text


@pytest.mark.parametrize(
    "back",
    ["https://evil.test", "//evil.test", "/\\evil.test", "", "me", "/a\r\nb", "javascript:1"],
)
def test_signing_in_leads_to_no_other_site(back: str, house: House) -> None:
    """Whatever a link asked for."""
    ada = house.browser()
    fields = {"login": ADA, "password": ADAS, "csrf": ada.token(), "back": back}

    assert ada.post("/sign-in", data=fields).headers["location"] == "/me"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"null", 422),
        (b'{"login": 1, "password": ""}', 422),
        (b'{"login": "a", "password": "b", "more": 1}', 422),
        (b"\xff", 422),
        (b"[" * 9_000, 422),
        (b'{"login": "' + b"a" * 20_000 + b'"}', 413),
    ],
)
def test_what_is_no_sign_in_is_told_so(body: bytes, status: int, house: House) -> None:
    """A program that sends something else learns what to send; nothing breaks."""
    answer = house.browser().post(
        "/sign-in", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == status
    assert answer.json()["fix"]


def test_a_form_that_is_too_large_is_not_read_to_its_end(house: House) -> None:
    """The token is in the form, so that it is read before anything else; up to a limit."""
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    del ada.headers["x-csrf-token"]
    answer = ada.post("/sign-out", content=b"a=" + b"x" * 70_000, headers=FORM)

    assert answer.status_code == 403
    assert "65536" in answer.json()["title"]


def test_a_form_of_too_many_fields_is_told_so(house: House) -> None:
    """Whoever asks is answered by what they did, and not as if we had made a mistake."""
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    del ada.headers["x-csrf-token"]
    answer = ada.post("/sign-out", content=b"&".join([b"a=1"] * 101), headers=FORM)

    assert answer.status_code == 403
    assert "100 fields" in answer.json()["title"]


def test_here_is_https() -> None:
    """These tests speak of a company that is reached by https, as all are."""
    assert AuthSettings(public_url=HERE).secure
    assert not AuthSettings().secure


def test_no_route_is_a_web_socket(house: House) -> None:
    """So none is opened, from whichever page: its hand-shake would carry cookies without a token."""
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        house.browser().websocket_connect("/live"),
    ):
        pass

    assert closed.value.code == 1008


def test_who_comes_when_too_many_wait_is_told_to_come_again(house: House) -> None:
    """Each waits for two at a time; the queue has an end, and is free again once somebody is through."""
    house.auth._waiting = WAITING_AT_MOST
    refused = house.browser().sign_in(ADA, ADAS)
    house.auth._waiting = 0

    assert refused.status_code == 429
    assert refused.json()["title"] == "Too many people sign in at this moment."
    assert house.browser().sign_in(ADA, ADAS).status_code == 200
    assert house.auth._waiting == 0


def test_what_the_door_refuses_is_answered_as_all_else_is() -> None:
    """A key that is none of ours never reaches a route; its answer names its request all the same."""
    house = House(whole=True)
    answer = house.browser().get("/me", headers={"authorization": "Bearer none"})
    house.close()

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    request = answer.headers["x-request-id"]
    assert answer.json()["instance"] == f"urn:onestory:request:{request}"
