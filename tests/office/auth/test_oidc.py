"""Signing in at a provider: there and back, in two tabs, and with everything that may be forged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest

from onestory.errors import DeclarationError
from onestory.office.auth.visitors import WAYS_FROM_ADDRESS

from ...ledger.acme import address
from .house import Browser, House
from .providers import Liar, consent, from_a_package, known_there, settings_for, sign_in_at

pytestmark = [
    pytest.mark.sqlite,  # who is let in is the same on any ledger
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning"
    ),  # of the provider, which is none of ours
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A real provider."""
    with from_a_package() as issuer:
        yield issuer


@pytest.fixture
def house(tmp_path: Path, issuer: str) -> Iterator[House]:
    house = House(address(tmp_path / "acme.db"), settings=settings_for(issuer))
    yield house
    house.close()


def changed(url: str, **query: str) -> str:
    """A URL that asks for something else."""
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return urlunsplit(parts._replace(query=urlencode({**asked, **query})))


def test_who_is_let_in_there_is_let_in_here(issuer: str, house: House) -> None:
    """With the roles of their groups; the account is made by it, and has no password."""
    known_there(issuer, "bea", groups=["desk", "chess"])
    bea = house.browser()
    assert '<a href="/sign-in/corp?back=/me">' in bea.get("/sign-in").text
    answer = sign_in_at(bea, "bea", back="/contradictions")

    assert (answer.status_code, answer.headers["location"]) == (303, "/contradictions")
    me = bea.get("/me").json()
    assert (me["name"], me["roles"]) == ("corp/bea", ["agent"])
    assert house.audit()[-2:] == [
        ("corp/bea", "account made", "corp/bea"),
        ("corp/bea", "signed in", "corp/bea"),
    ]
    assert house.browser().sign_in("corp/bea", "").status_code == 401


def test_what_is_sent_there_proves_who_comes_back(issuer: str, house: House) -> None:
    """PKCE with SHA-256, a state and a nonce, each of them another every time."""
    browser = house.browser()
    urls = [browser.get("/sign-in/corp").headers["location"] for _ in range(2)]
    one, other = (parse_qs(urlsplit(url).query) for url in urls)

    assert one["code_challenge_method"] == ["S256"]
    assert one["redirect_uri"] == ["https://desk.acme.test/sign-in/corp/return"]
    for part in ("state", "nonce", "code_challenge"):
        assert one[part] != other[part]
        assert len(one[part][0]) >= 20
    assert "openid" in one["scope"][0]


def test_two_tabs_sign_in_beside_each_other(issuer: str, house: House) -> None:
    """The second does not undo the first; each comes back once."""
    known_there(issuer, "bea", groups=["desk"])
    browser = house.browser()
    first, second = (browser.get("/sign-in/corp").headers["location"] for _ in range(2))
    back_second, back_first = consent(second, "bea"), consent(first, "bea")

    assert browser.get(back_first).status_code == 303
    assert browser.get(back_second).status_code == 303
    again = browser.get(back_first)
    assert again.status_code == 403
    assert "used already" in again.text


def test_a_group_that_is_gone_there_is_gone_here(issuer: str, house: House) -> None:
    """With the next sign-in, in every session; and a new one counts from then on."""
    known_there(issuer, "bea", groups=["desk", "leads"])
    desk, phone = house.browser(), house.browser()
    sign_in_at(desk, "bea")
    known_there(issuer, "bea", groups=["desk"])
    assert desk.get("/me").json()["roles"] == ["agent", "supervisor"]
    sign_in_at(phone, "bea")

    assert desk.get("/me").json()["roles"] == phone.get("/me").json()["roles"] == ["agent"]
    known_there(issuer, "bea", groups=[])
    refused = sign_in_at(phone, "bea")
    assert refused.status_code == 403
    assert "None of your groups at corp has a role here." in refused.text
    assert [b.get("/me").status_code for b in (desk, phone)] == [401, 401]
    assert ("corp", "roles changed", "corp/bea") in house.audit()


def test_a_stranger_is_not_let_in_and_leaves_no_account(issuer: str, house: House) -> None:
    """Whom the provider knows, but none of whose groups has a role here."""
    known_there(issuer, "eve", groups=["elsewhere"])

    assert sign_in_at(house.browser(), "eve").status_code == 403
    assert not [a for a in house.auth.accounts.page() if a.login == "corp/eve"]


def test_a_customer_is_the_person_that_the_provider_says(issuer: str, house: House) -> None:
    """Without one, nobody is a customer, whatever their groups."""
    known_there(issuer, "kim", groups=["clients"], customer_no="K-1")
    known_there(issuer, "kai", groups=["clients"])
    kim = house.browser()
    sign_in_at(kim, "kim")

    assert kim.get("/me").json()["person"] == ["Customer", "K-1"]
    assert sign_in_at(house.browser(), "kai").status_code == 403


def test_a_disabled_account_is_not_let_in_by_its_provider(issuer: str, house: House) -> None:
    """Who was sent away here stays away, though the provider does not know of it."""
    known_there(issuer, "bea", groups=["desk"])
    sign_in_at(house.browser(), "bea")
    house.auth.accounts.disable("corp/bea", by="ada")

    answer = sign_in_at(house.browser(), "bea")
    assert answer.status_code == 403
    assert "disabled" in answer.text


def test_a_forged_state_is_refused(issuer: str, house: House) -> None:
    """One that nobody was sent with, or none at all."""
    browser = house.browser()
    back = consent(browser.get("/sign-in/corp").headers["location"], "bea")

    for forged in (changed(back, state="forged"), changed(back, state=""), back.partition("&")[0]):
        answer = browser.get(forged)
        assert answer.status_code == 403
        assert "not begun in this browser" in answer.text
    assert browser.get("/me").status_code == 401


def test_who_did_not_go_does_not_come_back(issuer: str, house: House) -> None:
    """A link that somebody else sends signs nobody in to that somebody's account."""
    eve, victim = house.browser(), house.browser()
    back = consent(eve.get("/sign-in/corp").headers["location"], "bea")
    victim.get("/sign-in")
    answer = victim.get(back)

    assert answer.status_code == 403
    assert eve.get(back).status_code == 403, "it was good once"


def test_who_takes_too_long_begins_again(issuer: str, house: House) -> None:
    """After ten minutes."""
    browser = house.browser()
    back = consent(browser.get("/sign-in/corp").headers["location"], "bea")
    house.wait(601)

    assert browser.get(back).status_code == 403


def test_a_wrong_nonce_is_refused(issuer: str, house: House) -> None:
    """A token that was made for another sign-in is none for this one."""
    known_there(issuer, "bea", groups=["desk"])
    browser = house.browser()
    gone = browser.get("/sign-in/corp").headers["location"]
    answer = browser.get(consent(changed(gone, nonce="another" * 4), "bea"))

    assert answer.status_code == 502
    assert "nonce" in answer.text
    assert browser.get("/me").status_code == 401


def test_a_code_that_is_not_the_providers_is_refused(issuer: str, house: House) -> None:
    """As is a provider's own no."""
    browser = house.browser()
    back = consent(browser.get("/sign-in/corp").headers["location"], "bea")
    assert browser.get(changed(back, code="forged")).status_code == 502

    state = parse_qs(urlsplit(browser.get("/sign-in/corp").headers["location"]).query)["state"][0]
    denied = browser.get(f"/sign-in/corp/return?error=access_denied&state={state}")
    assert denied.status_code == 502
    assert "access_denied" in denied.text


def test_another_providers_answer_is_refused(issuer: str, house: House) -> None:
    """Where it says whose it is (RFC 9207)."""
    browser = house.browser()
    back = consent(browser.get("/sign-in/corp").headers["location"], "bea")

    assert browser.get(f"{back}&iss=https://evil.test").status_code == 403


def test_a_provider_that_is_none_is_not_there(house: House) -> None:
    """Whatever a link says."""
    browser = house.browser()

    for path in ("/sign-in/other", "/sign-in/other/return"):
        assert browser.get(path).status_code == 404
    assert browser.get("/sign-in/other").json()["fix"] == "Choose from corp."


def test_nobody_fills_the_table_of_those_on_their_way(issuer: str, house: House) -> None:
    """So many from one address, then the next waits until some came back, or took too long."""
    many = house.browser()
    gone = [many.get("/sign-in/corp").status_code for _ in range(WAYS_FROM_ADDRESS + 1)]

    assert gone == [303] * WAYS_FROM_ADDRESS + [429]
    assert house.browser(address="198.51.100.9").get("/sign-in/corp").status_code == 303
    house.wait(601)
    assert many.get("/sign-in/corp").status_code == 303


# A provider that can be told to lie


@pytest.fixture(scope="module")
def running() -> Iterator[Liar]:
    liar = Liar()
    yield liar
    liar.close()


@pytest.fixture
def liar(running: Liar) -> Liar:
    """A provider that says the truth until a test tells it otherwise."""
    running.published = list(running.keys)
    running.says, running.without, running.userinfo, running.issuer_said = {}, set(), {}, ""
    return running


@pytest.fixture
def other_house(tmp_path: Path, liar: Liar) -> Iterator[House]:
    house = House(address(tmp_path / "acme.db"), settings=settings_for(liar.issuer))
    yield house
    house.close()


def come_back(liar: Liar, browser: Browser) -> Any:
    """Go to that provider and come back."""
    return browser.get(liar.consent(browser.get("/sign-in/corp").headers["location"]))


@pytest.mark.parametrize(
    "says",
    [
        {},
        {"aud": ["onestory"]},
        {"aud": ["another", "onestory"]},
        {"aud": ["another", "onestory"], "azp": "onestory"},
        {"groups": "desk"},
    ],
    ids=str,
)
def test_a_token_for_us_is_taken(says: dict[str, Any], liar: Liar, other_house: House) -> None:
    """Its audience is one or a list of several; a group may be one word."""
    liar.says = says

    assert come_back(liar, other_house.browser()).status_code == 303


@pytest.mark.parametrize(
    "says",
    [
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": "another", "azp": "onestory"},
        {"aud": []},
        {"azp": "another"},
        {"iss": "https://evil.test"},
        {"exp": 1},
        {"nonce": "another"},
        {"nonce": ""},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_is_refused(
    says: dict[str, Any], liar: Liar, other_house: House
) -> None:
    """For another, by another, of another time, of nobody."""
    liar.says = says
    browser = other_house.browser()
    answer = come_back(liar, browser)

    assert answer.status_code == 502
    assert browser.get("/me").status_code == 401
    assert not [a for a in other_house.auth.accounts.page() if a.provider]


@pytest.mark.parametrize("without", ["nonce", "aud", "sub", "exp", "iss", "id_token"])
def test_a_token_that_leaves_something_out_is_refused(
    without: str, liar: Liar, other_house: House
) -> None:
    """What is not said is not so."""
    liar.without = {without}

    assert come_back(liar, other_house.browser()).status_code == 502


def test_a_provider_that_changes_its_keys_is_asked_anew(liar: Liar, other_house: House) -> None:
    """A key that is not known yet is looked for once; one that is not published is refused."""
    assert come_back(liar, other_house.browser()).status_code == 303
    liar.keys.append(liar.new_key())
    assert come_back(liar, other_house.browser()).status_code == 502
    liar.published = list(liar.keys)

    assert come_back(liar, other_house.browser()).status_code == 303


def test_groups_may_be_asked_for(liar: Liar, other_house: House) -> None:
    """Where the token does not hold them; of the same person only."""
    liar.without, liar.userinfo = {"groups"}, {"sub": "u-1", "groups": ["leads"]}
    house = House(settings=settings_for(liar.issuer))
    browser = house.browser()
    assert come_back(liar, browser).status_code == 303
    assert browser.get("/me").json()["roles"] == ["supervisor"]
    liar.userinfo = {"sub": "u-2", "groups": ["leads"]}

    assert come_back(liar, house.browser()).status_code == 502
    house.close()


def test_a_provider_that_is_another_or_away_is_told_so(liar: Liar) -> None:
    """It must be the one that was named; and one that does not answer is nobody's fault here."""
    liar.issuer_said = "https://evil.test"
    house = House(settings=settings_for(liar.issuer))
    other = house.browser().get("/sign-in/corp")
    house.close()
    house = House(settings=settings_for("http://127.0.0.1:9"))
    away = house.browser().get("/sign-in/corp")
    house.close()

    assert (other.status_code, away.status_code) == (502, 502)
    assert "calls itself" in other.json()["title"]


def test_the_providers_word_ends_its_sessions(liar: Liar, other_house: House) -> None:
    """Back-channel logout: by its session, or by the person; a word that is not its own ends nothing."""
    house = other_house
    now = int(house.clock.now().timestamp())
    events: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}
    word = {"iss": liar.issuer, "aud": "onestory", "iat": now, "jti": "1", "events": events}
    browsers = [house.browser() for _ in range(3)]
    for number, browser in enumerate(browsers):
        liar.says = {"sid": f"s-{number}"}
        assert come_back(liar, browser).status_code == 303

    def told(claims: dict[str, Any], **how: Any) -> int:
        sent = liar.signed(claims, **how)
        program = house.browser()
        program.headers.clear()
        return program.post("/sign-in/corp/ended", data={"logout_token": sent}).status_code

    for wrong in (
        word,
        {**word, "sid": "s-0", "aud": "another"},
        {**word, "sid": "s-0", "iss": "https://evil.test"},
        {**word, "sid": "s-0", "iat": now - 3_600},
        {**word, "sid": "s-0", "nonce": "n"},
        {**word, "sid": "s-0", "events": {}},
        {**word, "sid": 7},
    ):
        assert told(wrong) == 502
    assert told({**word, "sid": "s-0"}, key=liar.new_key()) == 502
    assert house.browser().post("/sign-in/corp/ended", data={}).status_code == 422
    assert [b.get("/me").status_code for b in browsers] == [200, 200, 200]

    assert told({**word, "sid": "s-0"}) == 200
    assert [b.get("/me").status_code for b in browsers] == [401, 200, 200]
    assert told({**word, "sub": "u-1"}) == 200
    assert [b.get("/me").status_code for b in browsers] == [401, 401, 401]


def test_a_role_that_is_none_is_refused_before_anybody_signs_in(liar: Liar) -> None:
    """A slip in a setting is an error when the office starts."""
    for role in ("boss", "system"):
        with pytest.raises(DeclarationError, match=re.escape(f"a role {role!r}")):
            House(settings=settings_for(liar.issuer, roles={"desk": role}))
