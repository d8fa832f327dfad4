"""Sessions: begun by a password, known by a cookie, and over when they should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from onestory.errors import NoSuchName, NotAllowed
from onestory.ledger import Account
from onestory.office.auth import NOBODY
from onestory.office.auth.sessions import MAX_SESSIONS

from ...ledger.acme import address
from ...ledger.postgres_server import fresh, needed, speedy
from .house import ADA, ADAS, KIM, KIMS, LEA, LEAS, House

MINUTE, HOUR = 60, 3_600


def test_who_signs_in_is_known_from_then_on(house: House) -> None:
    """The cookie says who asks, with which roles; it is opaque, and only a hash of it is kept."""
    ada = house.browser()
    assert ada.get("/me").status_code == 401
    answer = ada.sign_in(ADA, ADAS)

    assert answer.status_code == 200
    assert answer.json()["roles"] == ["engineer"]
    assert ada.get("/me").json() == answer.json()
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sid=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    secret = ada.cookies["__Host-sid"]
    with house.office.ledger.reading_sign_in() as sign_in:
        (line,) = sign_in.sessions_of(ADA, 0)
    assert len(secret) == 43
    assert secret.encode() not in line.id


def test_a_customer_is_a_person_of_the_company(house: House) -> None:
    """What concerns that person is theirs to ask."""
    kim = house.browser()
    answer = kim.sign_in(KIM, KIMS)

    assert answer.json()["person"] == ["Customer", "K-1"]


def test_a_session_that_was_planted_is_not_the_one_that_begins(house: House) -> None:
    """Whoever puts a cookie into somebody's browser does not know the one after they sign in."""
    ada = house.browser()
    ada.cookies.set("__Host-sid", "planted" * 6, domain="desk.acme.test")
    ada.sign_in(ADA, ADAS)
    eve = house.browser()
    eve.cookies.set("__Host-sid", "planted" * 6)

    assert ada.cookies["__Host-sid"] != "planted" * 6
    assert eve.get("/me").status_code == 401


def test_signing_in_again_ends_the_session_before(house: House) -> None:
    """Also where somebody else signs in at the same browser."""
    browser = house.browser()
    browser.sign_in(ADA, ADAS)
    adas = browser.cookies["__Host-sid"]
    assert browser.sign_in(LEA, LEAS).json()["name"] == LEA
    old = house.browser()
    old.cookies.set("__Host-sid", adas)

    assert old.get("/me").status_code == 401
    assert browser.get("/me").json()["name"] == LEA


def test_a_session_ends_an_hour_after_it_was_last_used(house: House) -> None:
    """Used within the hour it goes on; unused for longer it is over."""
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    for _ in range(3):
        house.wait(59 * MINUTE)
        assert ada.get("/me").status_code == 200
    house.wait(61 * MINUTE)

    assert ada.get("/me").status_code == 401


def test_a_session_ends_after_a_shift_however_much_it_is_used(house: House) -> None:
    """Twelve hours after it began."""
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    for _ in range(23):
        house.wait(30 * MINUTE)
        assert ada.get("/me").status_code == 200
    house.wait(30 * MINUTE)

    assert ada.get("/me").status_code == 401


def test_signing_out_ends_the_session_at_once(house: House) -> None:
    """For whoever kept the cookie, too; the browser is told to drop what it kept."""
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    kept = ada.cookies["__Host-sid"]
    answer = ada.post("/sign-out")
    thief = house.browser()
    thief.cookies.set("__Host-sid", kept)

    assert answer.status_code == 204
    assert "storage" in answer.headers["clear-site-data"]
    assert "__Host-sid" not in ada.cookies
    assert thief.get("/me").status_code == 401
    assert house.audit()[-2:] == [(ADA, "signed in", ADA), (ADA, "signed out", ADA)]


def test_a_session_may_be_ended_from_another(house: House) -> None:
    """A lost phone is shown, and is over with the next request; nobody ends somebody else's."""
    desk, phone, lea = house.browser(), house.browser(), house.browser()
    phone.sign_in(ADA, ADAS)
    house.wait(1)
    desk.sign_in(ADA, ADAS)
    lea.sign_in(LEA, LEAS)
    first, second = desk.get("/me/sessions").json()["sessions"]
    assert (first["this"], second["this"]) == (False, True)
    assert lea.delete(f"/me/sessions/{first['session']}").status_code == 404
    assert lea.delete("/me/sessions/nonsense").status_code == 404
    assert phone.get("/me").status_code == 200

    assert desk.delete(f"/me/sessions/{first['session']}").status_code == 204
    assert phone.get("/me").status_code == 401
    assert desk.get("/me").status_code == 200


def test_all_other_sessions_may_be_ended_together(house: House) -> None:
    """But the one that asks goes on."""
    desk, phone, lea = house.browser(), house.browser(), house.browser()
    for browser in (desk, phone):
        browser.sign_in(ADA, ADAS)
    lea.sign_in(LEA, LEAS)

    assert desk.delete("/me/sessions").json() == {"ended": 1}
    assert [b.get("/me").status_code for b in (desk, phone, lea)] == [200, 401, 200]


def test_an_account_has_so_many_sessions_at_once(house: House) -> None:
    """The oldest ends when one more begins, so that none is forgotten somewhere for good."""
    browsers = [house.browser() for _ in range(MAX_SESSIONS + 1)]
    for browser in browsers:
        browser.sign_in(ADA, ADAS)
        house.wait(1)

    assert [b.get("/me").status_code for b in browsers[:2]] == [401, 200]


def test_a_disabled_account_is_out_at_once(house: House) -> None:
    """Its sessions are over with the next request, and it does not get in again."""
    lea = house.browser()
    lea.sign_in(LEA, LEAS)
    house.auth.accounts.disable(LEA, by=ADA)

    assert lea.get("/me").status_code == 401
    assert house.browser().sign_in(LEA, LEAS).status_code == 401
    house.auth.accounts.disable(LEA, by=ADA, again=True)
    assert lea.get("/me").status_code == 401
    assert house.browser().sign_in(LEA, LEAS).status_code == 200


def test_other_roles_hold_from_the_next_request_on(house: House) -> None:
    """Nobody waits for a session to end until a right is gone."""
    lea = house.browser()
    lea.sign_in(LEA, LEAS)
    house.auth.accounts.set_roles(LEA, ["floor"], by=ADA)

    assert lea.get("/me").json()["roles"] == ["floor"]


def test_one_changes_ones_password_by_the_old_one(house: House) -> None:
    """Other sessions end, this one goes on; the old password is of no use any more."""
    desk, phone = house.browser(), house.browser()
    desk.sign_in(ADA, ADAS)
    phone.sign_in(ADA, ADAS)
    new = "eight quiet harbours in May"
    wrong = desk.post("/me/password", json={"old": LEAS, "new": new})
    weak = desk.post("/me/password", json={"old": ADAS, "new": "ada"})
    assert (wrong.status_code, weak.status_code) == (401, 422)

    assert desk.post("/me/password", json={"old": ADAS, "new": new}).status_code == 204
    assert (desk.get("/me").status_code, phone.get("/me").status_code) == (200, 401)
    assert house.browser().sign_in(ADA, ADAS).status_code == 401
    assert house.browser().sign_in(ADA, new).status_code == 200


def test_every_process_knows_every_session(tmp_path: Path) -> None:
    """What one lets in, another knows; what one ends, is over in the other with the next request."""
    here, there = (House(address(tmp_path / "shared.db")) for _ in range(2))
    ada, elsewhere = here.browser(), there.browser()
    ada.sign_in(ADA, ADAS)
    elsewhere.cookies.set("__Host-sid", ada.cookies["__Host-sid"])
    assert elsewhere.get("/me").json()["name"] == ADA
    ada.post("/sign-out")

    assert elsewhere.get("/me").status_code == 401
    here.close()
    there.close()


def test_a_session_that_only_listens_ends_like_any_other(house: House) -> None:
    """A stream asks from time to time who listens; that is no use of it, and sees what changed."""
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    listens = house.auth.sessions.caller(ada.cookies["__Host-sid"])
    assert listens is not None
    for minutes in (30, 29):
        house.wait(minutes * MINUTE)
        assert house.auth.still(listens) == listens
    house.auth.accounts.set_roles(ADA, ["agent"], by=LEA)
    now = house.auth.still(listens)
    assert now is not None
    assert now.roles == {"agent"}
    house.wait(2 * MINUTE)

    assert house.auth.still(listens) is None
    assert house.auth.still(NOBODY) is NOBODY


def test_a_password_is_changed_where_it_is_kept(house: House) -> None:
    """Who signs in at a provider has none here, and who is nobody has none at all."""
    with house.office.ledger.changing_sign_in() as sign_in:
        there = Account("corp/bea", None, "corp", "bea", ("agent",), "", "", sign_in.now)
        assert sign_in.add_account(there)
    with pytest.raises(NotAllowed, match="corp/bea signs in at corp"):
        house.auth.accounts.set_password("corp/bea", ADAS, by=ADA)
    with pytest.raises(NoSuchName, match="There is no account 'nobody'"):
        house.auth.accounts.set_password("nobody", ADAS, by=ADA)
    refused = house.browser().sign_in("corp/bea", ADAS)

    assert refused.status_code == 401
    assert house.audit()[-1] == ("", "sign-in refused", "corp/bea")


def test_nobody_is_shut_out_because_nothing_can_be_written() -> None:
    """When a session was used last is written once a minute; a full disk is no reason not to tell."""
    needed()
    server, schema = speedy(), fresh()
    house = House(server.address(schema), whole=True)
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    server.ask(
        f"set search_path = {schema}; "
        "create function refuse() returns trigger language plpgsql as "
        "'begin raise exception ''no'' using errcode = ''53100''\x3bend'; "
        "create trigger refuse before update on session for each row execute function refuse()"
    )
    house.wait(90)
    answer = ada.get("/contradictions")
    house.close()

    assert answer.status_code == 200, answer.text
