"""The throttle: who tries in vain waits, longer each time; and nobody learns who has an account."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Any

from argon2 import PasswordHasher

from onestory.office.auth.throttle import (
    TRIES_PER_ACCOUNT,
    TRIES_PER_ADDRESS,
    account_name,
    address_name,
)

from ...ledger.acme import address
from .house import ADA, ADAS, LEA, LEAS, House

WRONG = "somebody else's words entirely"


def statuses(house: House, times: int, *, login: str = ADA, **of: Any) -> list[int]:
    """What trying in vain is answered, so many times."""
    return [house.browser(**of).sign_in(login, WRONG).status_code for _ in range(times)]


def test_after_five_tries_in_vain_the_next_must_wait(house: House) -> None:
    """Five slips are looked at; then not even the right password is, until the wait is over."""
    assert statuses(house, TRIES_PER_ACCOUNT + 1) == [401] * 5 + [429]
    early = house.browser().sign_in(ADA, ADAS)
    house.wait(1)
    late = house.browser().sign_in(ADA, ADAS)

    assert (early.status_code, early.headers["retry-after"]) == (429, "1")
    assert early.json()["code"] == "too-many-tries"
    assert late.status_code == 200


def test_each_further_try_waits_twice_as_long(house: House) -> None:
    """Up to a quarter of an hour: that is a wait, and no lock that somebody else could turn."""
    statuses(house, TRIES_PER_ACCOUNT)
    waits = []
    for _ in range(14):
        seconds = int(house.browser().sign_in(ADA, WRONG).headers["retry-after"])
        waits.append(seconds)
        house.wait(seconds)
        assert statuses(house, 1) == [401]

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
    house.wait(900)
    assert house.browser().sign_in(ADA, ADAS).status_code == 200


def test_who_gets_in_begins_anew(house: House) -> None:
    """Four slips and the right password leave nothing to wait for; so does a day without any."""
    statuses(house, 4)
    assert house.browser().sign_in(ADA, ADAS).status_code == 200
    assert statuses(house, 5) == [401] * 5
    house.wait(86_400 + 1)

    assert statuses(house, 5) == [401] * 5


def test_one_login_does_not_make_another_wait(house: House) -> None:
    """Who is tried at is tried at alone, though it comes from the same address."""
    statuses(house, 8)

    assert house.browser().sign_in(LEA, LEAS).status_code == 200


def test_an_address_that_tries_many_logins_waits_too(house: House) -> None:
    """Fifty in vain, each for another login; other addresses get in meanwhile."""
    tried = [statuses(house, 1, login=f"guess-{n}") for n in range(TRIES_PER_ADDRESS)]
    assert tried == [[401]] * TRIES_PER_ADDRESS
    inside = house.browser().sign_in(LEA, LEAS)
    outside = house.browser(address="198.51.100.9").sign_in(LEA, LEAS)

    assert (inside.status_code, outside.status_code) == (429, 200)


def test_processes_count_together(tmp_path: Path) -> None:
    """Whichever is asked: three here and two there are five."""
    here, there = (House(address(tmp_path / "shared.db")) for _ in range(2))
    tried = statuses(here, 3) + statuses(there, 2) + statuses(here, 1) + statuses(there, 1)

    assert tried == [401] * 5 + [429] * 2
    here.close()
    there.close()


def test_tries_at_the_same_time_are_counted_each(house: House) -> None:
    """Twenty at once are no way round: a try is counted before it is looked at."""
    found: list[int] = []
    browsers = [house.browser() for _ in range(20)]
    threads = [
        Thread(target=lambda b=b: found.append(b.sign_in(ADA, WRONG).status_code)) for b in browsers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == [401] * 5 + [429] * 15


class Counted(PasswordHasher):
    """Argon2, counting what it compares."""

    compared = 0

    def verify(self, hash: Any, password: Any) -> Any:
        """Compare, and count."""
        self.compared += 1
        return super().verify(hash, password)


def test_a_login_that_is_nobodys_costs_as_much_as_one_that_is(tmp_path: Path) -> None:
    """Each try compares once, whoever it is for; so the time tells nobody who has an account."""
    hasher = Counted(time_cost=1, memory_cost=8, parallelism=1)
    house = House(address(tmp_path / "acme.db"), hasher=hasher)
    house.auth.accounts.disable(LEA, by=ADA)
    answers = []
    for login, password in ((ADA, WRONG), ("nobody", WRONG), (LEA, LEAS), (ADA, ADAS)):
        before = hasher.compared
        answers.append(house.browser().sign_in(login, password))
        assert hasher.compared == before + 1
    house.close()

    assert [answer.status_code for answer in answers] == [401, 401, 401, 200]
    assert answers[0].json() == answers[1].json() == answers[2].json()


def test_what_was_typed_is_kept_nowhere(house: House) -> None:
    """A password typed into the field for the login is in no table, not even in the audit."""
    house.browser().sign_in(ADAS, ADAS)

    assert house.audit()[-1] == ("", "sign-in refused", account_name(ADAS))
    assert ADAS not in account_name(ADAS)


def test_of_ipv6_a_network_is_counted_as_one() -> None:
    """Whoever has an address of IPv6 has 2⁶⁴ of them."""
    assert address_name("2001:db8::1") == address_name("2001:db8::ffff:2")
    assert address_name("2001:db8:0:1::1") != address_name("2001:db8::1")
    assert (
        address_name("::ffff:192.0.2.7") == address_name("192.0.2.7") != address_name("192.0.2.8")
    )
    assert address_name("testclient") == "address testclient"


def test_a_password_hashed_by_old_parameters_is_hashed_anew(tmp_path: Path) -> None:
    """When its owner signs in, for only then is it known."""
    old = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
    before = House(address(tmp_path / "acme.db"), hasher=old)
    before.close()
    house = House(address(tmp_path / "acme.db"))
    with house.office.ledger.reading_sign_in() as sign_in:
        was = sign_in.account(ADA)
    assert house.browser().sign_in(ADA, ADAS).status_code == 200
    assert house.browser().sign_in(ADA, ADAS).status_code == 200
    with house.office.ledger.reading_sign_in() as sign_in:
        now = sign_in.account(ADA)
    house.close()

    assert was
    assert now
    assert ("m=16" in str(was.password), "m=8," in str(now.password)) == (True, True)


def test_a_password_is_the_same_however_a_keyboard_makes_its_signs(house: House) -> None:
    """A composed é and an e with an accent after it are one to whoever types them."""
    house.auth.accounts.add("zoe", "caf\u00e9 au lait at nine o'clock", roles=["agent"], by=ADA)

    assert house.browser().sign_in("zoe", "cafe\u0301 au lait at nine o'clock").status_code == 200
