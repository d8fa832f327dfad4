"""Explaining: why a contradiction is open, in words that can be shown to a customer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from onestory import (
    Channel,
    Company,
    Entity,
    Explanation,
    Fact,
    Fault,
    Key,
    Link,
    People,
    Standing,
    System,
    latest_of,
)
from onestory.errors import NoSuchName
from onestory.testing import Timeline

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("shop", of=acme)
customers = People("customers", of=acme)


class Customer(Entity, of=acme, one_of=customers):
    """Somebody who holds contracts."""

    customer_no: Key[str]


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    holder: Link[Customer] = contracts.decides()
    term: Fact[str] = contracts.decides(
        billing.follows(within="5 min"), about="The last day of the term."
    )
    price: Fact[int] = contracts.decides(
        billing.follows(within="5 min"), customers.follows(within="1 h")
    )
    email: Fact[str] = latest_of(shop, billing).decides()


desk = Channel("agent desk", of=acme)
phone = Channel("phone", of=acme)
TERM, KEY = Contract.term, "C-1042"
ALICE, BOB = (Customer, "K-7"), (Customer, "K-8")


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def explained(timeline: Timeline, number: int = 0) -> Explanation:
    """Why one contradiction is or was open."""
    return timeline.office.explain(timeline.office.contradictions(settled=True)[number].number)


def test_who_is_late_is_told_with_its_time(timeline: Timeline) -> None:
    """It spoke of other things since, so its link is alive; it missed this."""
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.says(billing, TERM, KEY, "spring")
    timeline.wait("1 min")
    timeline.says(contracts, TERM, KEY, "summer")
    timeline.wait("1 min")
    timeline.says(billing, TERM, "other", "x")
    timeline.wait("5 min")

    why = explained(timeline)
    assert (why.standing, why.cause.fault) == (Standing.LATE, Fault.MISSED)
    assert why.cause.link == "contracts → billing"
    assert (why.since, why.due) == (timeline.minute(1), timeline.minute(6))
    assert (why.opened, why.settled, why.how) == (timeline.minute(7), None, "")
    assert why.sentence == (
        "The last day of the term: contracts decided summer, and billing, which had 5 min to follow, "
        "still says spring."
    )


def test_who_never_spoke_of_it_has_said_nothing(timeline: Timeline) -> None:
    """There is no claim of it to show."""
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.wait("1 min")
    timeline.says(billing, TERM, "other", "x")
    timeline.wait("5 min")

    why = explained(timeline)
    assert (why.followed.party, why.followed.value, why.followed.entry) == ("billing", "", 0)
    assert why.sentence.endswith("has said nothing of it.")


def test_who_contradicts_differs(timeline: Timeline) -> None:
    """It has spoken since, and says something else."""
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.says(billing, TERM, KEY, "winter")
    timeline.wait("6 min")

    why = explained(timeline)
    assert (why.standing, why.cause.fault) == (Standing.CONTRADICTS, Fault.DIFFERS)
    assert why.sentence.endswith("still says winter.")


def test_a_system_that_is_silent_as_a_whole_is_said_to_be(timeline: Timeline) -> None:
    """Since when, or ever; and how many more are of the same cause."""
    timeline.says(billing, TERM, "other", "x")
    timeline.wait("1 min")
    for key in (KEY, "C-2", "C-3"):
        timeline.says(contracts, TERM, key, "spring")
    timeline.wait("6 min")

    why = explained(timeline)
    assert (why.cause.fault, why.others) == (Fault.SILENT, 2)
    assert why.sentence.endswith(
        "Nothing at all was heard from billing since 2027-01-05 09:00 UTC."
    )


def test_a_system_that_was_never_heard_is_said_to_be(timeline: Timeline) -> None:
    """No date stands for never."""
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.wait("6 min")

    assert explained(timeline).sentence.endswith("Nothing at all was heard from billing ever.")


def test_once_it_speaks_again_a_system_is_silent_no_longer(timeline: Timeline) -> None:
    """The cause is what it is now: it missed this one."""
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.wait("6 min")
    timeline.says(billing, TERM, "other", "x")

    assert explained(timeline).cause.fault is Fault.MISSED


def test_each_side_has_its_source(timeline: Timeline) -> None:
    """S4: the entry, the message, when it was heard, and its hash."""
    timeline.says(billing, TERM, KEY, "winter", id="B-1")
    timeline.wait("1 min")
    timeline.says(contracts, TERM, KEY, "spring", id="R-1")
    timeline.wait("6 min")

    why = explained(timeline)
    assert (why.decided.party, why.decided.value, why.decided.message) == (
        "contracts",
        "spring",
        "R-1",
    )
    assert (why.followed.party, why.followed.value, why.followed.message) == (
        "billing",
        "winter",
        "B-1",
    )
    assert why.decided.known == timeline.minute(1)
    assert (why.decided.entry, why.followed.entry) == (2, 1)
    assert len(why.decided.hash) == 64


def test_the_source_under_another_name_is_found(timeline: Timeline) -> None:
    """What billing says of B-991 is its source, where that means the contract."""
    timeline.says(billing, TERM, billing.calls("B-991"), "winter", id="B-1")
    timeline.office.link(billing.calls("B-991"), Contract, KEY, by="Ines")
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.wait("6 min")

    assert explained(timeline).followed.message == "B-1"


def test_where_the_latest_decides_its_source_is_whoever_was_told(timeline: Timeline) -> None:
    """The shop was told last; billing still says the old address."""
    timeline.says(billing, Contract.email, KEY, "old", id="B-1")
    timeline.wait("1 min")
    timeline.says(shop, Contract.email, KEY, "new", id="S-1")
    timeline.wait("6 min")

    why = explained(timeline)
    assert (why.decided.party, why.decided.message) == ("shop", "S-1")
    assert (why.followed.party, why.followed.message) == ("billing", "B-1")


def test_exposure_says_who_heard_which_value(timeline: Timeline) -> None:
    """S9: newest first, each with channel and moment."""
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.says(contracts, Contract.holder, "C-2", "K-8")
    timeline.office.tell(Contract, KEY, to=phone, person=ALICE, record=True)
    timeline.wait("6 min")
    timeline.says(contracts, TERM, KEY, "summer")
    timeline.office.tell(Contract, KEY, to=desk, person=BOB, record=True)

    assert explained(timeline).heard_by == (
        "2027-01-05 09:06 UTC: K-8 heard summer by agent desk",
        "2027-01-05 09:00 UTC: K-7 heard spring by phone",
    )


def not_told(timeline: Timeline) -> None:
    """Alice was told 49; it is 59, and she should have heard it a minute ago."""
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    timeline.says(contracts, Contract.price, KEY, 49)
    timeline.says(billing, Contract.price, KEY, 49)
    timeline.office.tell(Contract, KEY, to=phone, person=ALICE, record=True)
    timeline.says(contracts, Contract.price, KEY, 59)
    timeline.says(billing, Contract.price, KEY, 59)
    timeline.wait("61 min")


def test_a_person_who_was_not_told_is_named_with_what_she_was_told(timeline: Timeline) -> None:
    """She heard 49, it is 59, and she should have heard it within the hour."""
    not_told(timeline)

    why = explained(timeline)
    assert (why.cause.fault, why.followed.party, why.followed.value) == (Fault.UNTOLD, "K-7", "49")
    assert why.followed.message == "phone"
    assert why.sentence == (
        "price: it is 59, but K-7 was last told 49, and should have heard it within 1 h."
    )


def test_what_a_person_was_told_since_is_not_what_she_had_been_told(timeline: Timeline) -> None:
    """She is told 59 at last: that settled it, and it was opened for the 49 she had heard."""
    not_told(timeline)
    number = timeline.open_contradictions()[0].number
    timeline.office.tell(Contract, KEY, to=phone, person=ALICE, record=True)

    why = timeline.office.explain(number)
    assert (why.how, why.followed.value) == ("told", "49")
    assert why.sentence == (
        "price: it was 59, but until then K-7 was last told 49, and should have heard it within 1 h."
    )


def test_a_person_who_was_never_told_by_us_was_told_nothing(timeline: Timeline) -> None:
    """Her baseline was no telling."""
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    timeline.says(contracts, Contract.price, KEY, 49)
    timeline.says(contracts, Contract.price, KEY, 59)
    timeline.wait("61 min")

    why = explained(timeline, 1)
    assert "K-7 was told nothing" in why.sentence


def test_what_is_settled_is_explained_as_it_was(timeline: Timeline) -> None:
    """How it was settled and when; and what the two said then, not what they say now."""
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.says(billing, TERM, KEY, "winter")
    timeline.wait("6 min")
    timeline.says(billing, TERM, KEY, "spring")
    timeline.wait("1 min")

    why = explained(timeline)
    assert (why.how, why.settled) == ("agreed", timeline.minute(6))
    assert (why.decided.value, why.followed.value) == ("spring", "winter")
    assert why.sentence.endswith("billing, which had 5 min to follow, said winter.")
    assert why.others == 0


def test_a_number_that_no_contradiction_has_is_not_found(timeline: Timeline) -> None:
    """The entry of a claim opened nothing."""
    timeline.says(contracts, TERM, KEY, "spring")

    for number in (1, 99):
        with pytest.raises(NoSuchName, match=f"No contradiction has the number {number}"):
            timeline.office.explain(number)


def test_a_contradiction_that_is_declared_is_explained_by_its_reason(timeline: Timeline) -> None:
    """Settled as declared."""
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.wait("6 min")
    until = timeline.clock.now() + timedelta(hours=1)
    timeline.office.declares_different(
        billing, TERM, KEY, because="Old plan.", until=until, by="Ines"
    )

    why = explained(timeline)
    assert (why.how, why.standing) == ("declared", Standing.DECLARED)
