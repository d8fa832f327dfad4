"""The latest of several systems decides: whoever was told last, and the others follow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onestory import (
    Channel,
    Company,
    Entity,
    Fact,
    Key,
    Standing,
    System,
    ignoring_case,
    latest_of,
)
from onestory.testing import Timeline

acme = Company("Acme Telecom")
shop = System("shop", of=acme)
desk_system = System("desk", of=acme)
billing = System("billing", of=acme)


class Customer(Entity, of=acme):
    """Somebody who tells the shop or the desk, not both."""

    customer_no: Key[str]
    email: Fact[str | None] = latest_of(shop, desk_system, within="10 min").decides(
        billing.follows(within="1 h"), same=ignoring_case
    )


desk = Channel("agent desk", of=acme)
EMAIL, KEY = Customer.email, "K-7"
F, L, X, A, U = (
    Standing.FOLLOWING,
    Standing.LATE,
    Standing.CONTRADICTS,
    Standing.AGREES,
    Standing.UNKNOWN,
)


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def standings(timeline: Timeline) -> tuple[Standing, ...]:
    """How shop, desk and billing stand."""
    return tuple(timeline.standing(party, EMAIL, KEY) for party in (shop, desk_system, billing))


def told(timeline: Timeline) -> str | None:
    """What is told of the address."""
    return timeline.office.tell(Customer, KEY, to=desk).email


def test_whoever_was_told_last_decides(timeline: Timeline) -> None:
    """The shop first, then the desk, then the shop again."""
    for party, value in [(shop, "a"), (desk_system, "b"), (shop, "c")]:
        timeline.wait("1 min")
        timeline.says(party, EMAIL, KEY, value)
        assert told(timeline) == value


def test_the_members_follow_each_other(timeline: Timeline) -> None:
    """Who was told last agrees with itself; the other has ten minutes, billing an hour."""
    timeline.says(shop, EMAIL, KEY, "a")
    timeline.says(desk_system, EMAIL, KEY, "b")
    assert standings(timeline) == (F, A, F)

    timeline.wait("11 min")
    assert standings(timeline) == (L, A, F)
    timeline.says(shop, EMAIL, KEY, "b")
    assert standings(timeline) == (A, A, F)
    timeline.wait("50 min")
    assert standings(timeline) == (A, A, L)


def test_a_repeat_is_not_a_change(timeline: Timeline) -> None:
    """A shop that says its old address every night was told nothing new."""
    timeline.says(shop, EMAIL, KEY, "a")
    timeline.says(desk_system, EMAIL, KEY, "b")
    timeline.wait("11 min")
    timeline.says(shop, EMAIL, KEY, "a")

    assert told(timeline) == "b"
    assert standings(timeline) == (X, A, F)


def test_to_be_told_the_same_again_later_is_a_change_back(timeline: Timeline) -> None:
    """She says a, then b, then a again to the same shop: a."""
    for value in ("a", "b", "a"):
        timeline.says(shop, EMAIL, KEY, value)

    assert told(timeline) == "a"


def test_what_counts_as_the_same_does_so_among_members(timeline: Timeline) -> None:
    """Capitals are no difference."""
    timeline.says(shop, EMAIL, KEY, "ann@example.org")
    timeline.says(desk_system, EMAIL, KEY, "Ann@Example.org")

    assert standings(timeline)[:2] == (A, A)
    assert told(timeline) == "Ann@Example.org"


def test_said_to_be_empty_decides_too(timeline: Timeline) -> None:
    """Who has no address any more says so."""
    timeline.says(shop, EMAIL, KEY, "a")
    timeline.says(desk_system, EMAIL, KEY, None)

    assert told(timeline) is None
    assert standings(timeline) == (F, A, F)


def test_only_a_member_decides(timeline: Timeline) -> None:
    """Billing follows; what it says last is what it says last."""
    timeline.says(billing, EMAIL, KEY, "x")
    assert standings(timeline) == (U, U, U)
    timeline.says(shop, EMAIL, KEY, "a")
    timeline.says(billing, EMAIL, KEY, "y")

    assert told(timeline) == "a"


def test_the_latest_is_the_ledgers_number_and_not_a_members_sequence(timeline: Timeline) -> None:
    """Sequences order what one member says, not members among each other."""
    timeline.says(shop, EMAIL, KEY, "a", sequence=900)
    timeline.says(desk_system, EMAIL, KEY, "b", sequence=3)
    assert told(timeline) == "b"

    timeline.says(desk_system, EMAIL, KEY, "old", sequence=2)
    assert told(timeline) == "b"


def test_a_claim_about_the_future_decides_when_its_time_comes(timeline: Timeline) -> None:
    """Her new address counts from the day she moves."""
    timeline.says(shop, EMAIL, KEY, "a")
    timeline.says(desk_system, EMAIL, KEY, "b", since=timeline.minute(60))
    assert told(timeline) == "a"

    timeline.wait_until(61)
    assert told(timeline) == "b"
    assert standings(timeline)[:2] == (F, A)


def test_what_was_told_before_is_known_of_the_past(timeline: Timeline) -> None:
    """As of a moment, the latest then decides."""
    timeline.says(shop, EMAIL, KEY, "a")
    timeline.wait_until(10)
    timeline.says(desk_system, EMAIL, KEY, "b")
    timeline.wait_until(20)

    tell = timeline.office.tell
    assert tell(Customer, KEY, to=desk, known=timeline.minute(5)).email == "a"
    assert tell(Customer, KEY, to=desk, valid=timeline.minute(5)).email == "a"
    assert tell(Customer, KEY, to=desk, valid=timeline.minute(15)).email == "b"


def test_what_was_so_before_it_was_told_is_known_afterwards(timeline: Timeline) -> None:
    """Told at minute 10 that it was so since minute 2: at minute 5 it was so, as we know now."""
    timeline.says(shop, EMAIL, KEY, "a")
    timeline.wait_until(10)
    timeline.says(desk_system, EMAIL, KEY, "b", since=timeline.minute(2))
    timeline.wait_until(20)

    tell = timeline.office.tell
    assert tell(Customer, KEY, to=desk, known=timeline.minute(5)).email == "a"
    assert tell(Customer, KEY, to=desk, valid=timeline.minute(5)).email == "b"


def test_the_story_says_who_decides(timeline: Timeline) -> None:
    """The authority is the latest of both, since it said so, and as of then."""
    timeline.wait_until(3)
    timeline.says(desk_system, EMAIL, KEY, "b")

    telling = timeline.office.tell(Customer, KEY, to=desk)[EMAIL]
    assert telling.decided_by == "latest of shop, desk"
    assert telling.since == timeline.minute(3)
    assert [how.party for how in telling.followers] == ["shop", "desk", "billing"]
