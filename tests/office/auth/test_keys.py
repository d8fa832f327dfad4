"""Keys: what programs are known by; one speaks for its system and for no other."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from onestory.office.auth import Right, Rights

from ...ledger.acme import address
from ..planned import event, known_contracts, planned
from .house import ADA, ADAS, LEA, LEAS, Browser, House


@pytest.fixture
def house(tmp_path: Path, kept_on: str) -> Iterator[House]:
    """A house with routes of an office."""
    house = House(address(tmp_path / "acme.db"), app=planned())
    known_contracts(house.timeline)
    yield house
    house.close()


def program(house: House, key: str) -> Browser:
    """A program with a key; it sends no cookies and says nothing of pages."""
    found = house.browser()
    found.headers.clear()
    found.headers["authorization"] = f"Bearer {key}"
    return found


def test_a_key_speaks_for_its_system(house: House) -> None:
    """A program that sends it is known by the key's id, and by the system."""
    key = house.auth.keys.add(by=ADA, system="billing")
    who = program(house, key).get("/me").json()

    assert who == {
        "kind": "key", "name": key.split("_")[1], "roles": ["system"], "system": "billing"
    }  # fmt: skip


def test_what_a_system_says_for_another_is_refused_message_by_message(house: House) -> None:
    """Its own words are heard beside; an engineer may send anybody's."""
    billing = program(house, house.auth.keys.add(by=ADA, system="billing"))
    mixed = [event("billing", 1), event("contracts", 1), event("billing", 2, "C-2")]
    answers = billing.post("/events", json=mixed).json()

    assert [answer.get("fate") for answer in answers] == ["heard", None, "heard"]
    assert answers[1]["code"] == "no-right"
    assert answers[1]["what"] == "The key of billing may not speak for contracts."
    assert house.office.counts().messages == 4 + 2

    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    assert ada.post("/events", json=[event("contracts", 1)]).json()[0]["fate"] == "heard"


def test_who_may_send_only_what_is_theirs_and_is_no_system_may_send_nothing() -> None:
    """A matrix that lets agents send their own: an agent is no system, and so speaks for none."""
    text = files("onestory.office.auth").joinpath("matrix.toml").read_text("utf-8")
    hears = '"POST /events"                      = ["no",  "no",   "no",  '
    rights = Rights.load(text.replace(f'{hears}"no"', f'{hears}"own"'))
    house = House(whole=True, rights=rights)
    lea = house.browser()
    lea.sign_in(LEA, LEAS)
    named, nameless = {"specversion": "1.0", **event("contracts", 1)}, {"id": "?"}
    batch = {"content-type": "application/cloudevents-batch+json"}
    told = lea.post("/events", json=[named, nameless], headers=batch).json()["results"]
    kept = house.office.counts().messages
    house.close()

    assert rights.rows["POST /events"]["agent"] is Right.OWN
    assert [one["fate"] for one in told] == ["refused", "refused"]
    assert kept == 0


def test_a_revoked_key_is_refused_at_once_here_and_within_seconds_elsewhere(
    tmp_path: Path,
) -> None:
    """A process remembers a key it looked up for five seconds, so that hearing asks no database."""
    here, there = (House(address(tmp_path / "shared.db")) for _ in range(2))
    key = here.auth.keys.add(by=ADA, system="billing")
    asks = [program(house, key) for house in (here, there)]
    assert [one.get("/me").status_code for one in asks] == [200, 200]
    here.auth.keys.revoke(key.split("_")[1], by=ADA)
    assert [one.get("/me").status_code for one in asks] == [401, 200]
    there.wait(5)

    assert [one.get("/me").status_code for one in asks] == [401, 401]
    here.close()
    there.close()


@pytest.mark.parametrize("change", ["cut", "other secret", "other id", "nothing", "no key at all"])
def test_a_key_that_is_not_quite_one_is_refused(change: str, house: House) -> None:
    """By all of it: the id alone, or half a secret, are nobody's key."""
    key = house.auth.keys.add(by=ADA, system="billing")
    start, name, secret = key.split("_", 2)
    other = {
        "cut": key[:-1],
        "other secret": f"{start}_{name}_{secret[::-1]}",
        "other id": f"{start}_{'0' * 12}_{secret}",
        "nothing": "",
        "no key at all": "letmein",
    }[change]
    answer = program(house, other).get("/me")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not-signed-in"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_request_with_a_key_is_the_programs_whatever_cookies_it_carries(house: House) -> None:
    """So that no page can lend its session to a request that sends a key, or the other way round."""
    ada = house.browser()
    ada.sign_in(ADA, ADAS)
    key = house.auth.keys.add(by=ADA, system="billing")

    assert ada.get("/me", headers={"authorization": f"Bearer {key}"}).json()["kind"] == "key"
    assert ada.get("/me", headers={"authorization": "Bearer os_nonsense"}).status_code == 401
    assert ada.get("/me").json()["name"] == ADA


def test_a_program_that_watches_sees_no_subject(house: House) -> None:
    """A key with the role monitor reads figures, and nothing of anybody."""
    watch = program(house, house.auth.keys.add(by=ADA, roles=["monitor"]))

    assert watch.get("/metrics").status_code == 200
    assert watch.get("/stories/Contract/C-1").status_code == 403
    assert watch.post("/events", json=[]).status_code == 403


def test_a_key_that_listens_is_out_once_it_is_revoked(house: House) -> None:
    """A stream asks from time to time whether it is still good, and is not answered from memory."""
    key = house.auth.keys.add(by=ADA, system="billing")
    listens = house.auth.keys.caller(key)
    assert listens is not None
    assert house.auth.still(listens) == listens
    house.auth.keys.revoke(listens.name, by=ADA)

    assert house.auth.still(listens) is None
