"""Arming: an office watches until a remedy is armed by name, in company.py or by a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onestory import Channel, Company, Entity, Fact, Key, System, arm
from onestory.errors import NoSuchName
from onestory.testing import Timeline

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("shop", of=acme)


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    term: Fact[str] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="1 min")
    )


arm(shop, Contract.term)
desk = Channel("agent desk", of=acme)
BILLING, SHOP = "billing/Contract.term", "shop/Contract.term"


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def test_an_office_watches_but_for_what_company_py_arms(timeline: Timeline) -> None:
    """Nothing is armed unsaid."""
    assert timeline.office.armed() == [SHOP]


def test_a_person_arms_and_disarms_by_name(timeline: Timeline) -> None:
    """Also what company.py armed; the last word counts."""
    office = timeline.office
    office.arm(BILLING, by="Ines")
    assert office.armed() == [BILLING, SHOP]
    office.disarm(SHOP, by="Ines")
    assert office.armed() == [BILLING]
    office.disarm(BILLING, by="Ines")
    office.arm(SHOP, by="Omar")

    assert office.armed() == [SHOP]


def test_arming_twice_is_arming_once(timeline: Timeline) -> None:
    """And one word disarms it."""
    timeline.office.arm(BILLING, by="Ines")
    timeline.office.arm(BILLING, by="Omar")
    timeline.office.disarm(BILLING, by="Ines")

    assert timeline.office.armed() == [SHOP]


def test_what_was_armed_is_armed_when_the_company_is_opened_again(tmp_path: object) -> None:
    """It is kept in the ledger, with who said so; the chain covers it."""
    address = f"sqlite:///{tmp_path}/acme.db"
    with Timeline(acme, address=address) as timeline:
        timeline.office.arm(BILLING, by="Ines")
    with Timeline(acme, address=address) as timeline:
        assert timeline.office.armed() == [BILLING, SHOP]
        assert timeline.office.verify(dossiers=True) == []


@pytest.mark.parametrize(
    "name", ["billing/Contract.tern", "contracts/Contract.term", "billing", ""]
)
def test_what_is_no_remedy_cannot_be_armed(name: str, timeline: Timeline) -> None:
    """Named by its follower and its fact; a slip is answered with a guess."""
    with pytest.raises(NoSuchName, match="has no remedy named"):
        timeline.office.arm(name, by="Ines")
    with pytest.raises(NoSuchName, match="has no remedy named"):
        timeline.office.disarm(name, by="Ines")
