"""Sessions: begun by a password, known by a cookie, and over when they should be."""

from __future__ import annotations

from .house import ADA, ADAS, House


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
