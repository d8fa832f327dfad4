"""Links between subjects: decided, changed and cleared like any fact, and followed by whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from onestory import Channel, Company, Entity, Fact, Key, Link, Standing, System
from onestory.errors import NotHeard
from onestory.testing import Timeline

acme = Company("Acme Retail")
shop = System("shop", of=acme)
depot = System("warehouse", of=acme)


class Store(Entity, of=acme):
    """A place where things are sold."""

    town: Key[str]
    street: Key[str]
    opens: Fact[str] = shop.decides()


class Order(Entity, of=acme):
    """What somebody bought."""

    order_no: Key[str]
    store: Link[Store] = shop.decides(depot.follows(within="5 min"))
    returned_to: Link[Store] = shop.decides()
    paid: Fact[bool] = shop.decides()


desk = Channel("agent desk", of=acme)
ULM, BONN = ("Ulm", "Ring 5"), ("Bonn", "Am 1/2")
F, A = Standing.FOLLOWING, Standing.AGREES


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def near(timeline: Timeline, store: tuple[str, str]) -> set[str]:
    """The subjects that a store's timeline shows."""
    return {event.subject for event in timeline.office.timeline(Store, store)}


def open_stores(timeline: Timeline) -> None:
    """Both stores are known."""
    for store in (ULM, BONN):
        timeline.says(shop, Store.opens, store, "9:00")


def test_a_link_is_told_as_the_key_of_its_target(timeline: Timeline) -> None:
    """As a text that names the target, with all parts of its key."""
    timeline.says(shop, Order.store, "O-1", BONN)

    told = timeline.office.tell(Order, "O-1", to=desk)
    assert told.store == "Bonn/Am 1%2F2"
    assert told[Order.store].decided_by == "shop"


def test_a_link_is_followed_like_any_fact(timeline: Timeline) -> None:
    """The warehouse has five minutes to know the store."""
    timeline.says(shop, Order.store, "O-1", ULM)
    timeline.says(depot, Order.store, "O-1", BONN)
    assert timeline.standing(depot, Order.store, "O-1") is F
    timeline.wait("5 min")
    timeline.wait("1 s")
    (opened,) = timeline.open_contradictions()
    assert (opened.path, opened.follower) == ("Order.store", "warehouse")

    timeline.says(depot, Order.store, "O-1", ULM)
    assert timeline.standing(depot, Order.store, "O-1") is A


def test_what_is_linked_is_seen_from_both_ends(timeline: Timeline) -> None:
    """The store's timeline shows its orders; the order's shows its store."""
    open_stores(timeline)
    timeline.says(shop, Order.store, "O-1", ULM)

    assert near(timeline, ULM) == {"Store Ulm Ring 5", "Order O-1"}
    assert near(timeline, BONN) == {"Store Bonn Am 1/2"}
    assert {e.subject for e in timeline.office.timeline(Order, "O-1")} == near(timeline, ULM)


def test_a_link_that_changes_leaves_the_one_for_the_other(timeline: Timeline) -> None:
    """From now on it is the other store's order."""
    open_stores(timeline)
    timeline.says(shop, Order.store, "O-1", ULM)
    timeline.says(shop, Order.store, "O-1", BONN)

    assert near(timeline, ULM) == {"Store Ulm Ring 5"}
    assert near(timeline, BONN) == {"Store Bonn Am 1/2", "Order O-1"}


def test_a_link_that_is_cleared_leads_nowhere(timeline: Timeline) -> None:
    """Said to be of no store, which is an answer."""
    open_stores(timeline)
    timeline.says(shop, Order.store, "O-1", ULM)
    timeline.says(shop, Order.store, "O-1", None)

    assert near(timeline, ULM) == {"Store Ulm Ring 5"}
    said: tuple[object, ...] = timeline.office.tell(Order, "O-1", to=desk)[Order.store].said
    assert said == (None,)


def test_two_links_to_one_target_are_two_links(timeline: Timeline) -> None:
    """Cleared, the one leaves the other."""
    open_stores(timeline)
    timeline.says(shop, Order.store, "O-1", ULM)
    timeline.says(shop, Order.returned_to, "O-1", ULM)
    timeline.says(shop, Order.store, "O-1", None)

    assert near(timeline, ULM) == {"Store Ulm Ring 5", "Order O-1"}


def test_who_does_not_decide_a_link_does_not_link(timeline: Timeline) -> None:
    """What the warehouse says of the store is its claim."""
    open_stores(timeline)
    timeline.says(depot, Order.store, "O-1", ULM)

    assert near(timeline, ULM) == {"Store Ulm Ring 5"}


def test_a_link_may_lead_to_what_nobody_spoke_of(timeline: Timeline) -> None:
    """The store is told when somebody does."""
    timeline.says(shop, Order.store, "O-1", ULM)
    with pytest.raises(NotHeard):
        _ = timeline.office.tell(Store, ULM, to=desk).opens
    timeline.says(shop, Store.opens, ULM, "9:00")

    assert timeline.office.tell(Store, ULM, to=desk).opens == "9:00"


def test_a_link_from_the_future_links_when_its_time_comes(timeline: Timeline) -> None:
    """The order moves to Bonn at minute 30."""
    open_stores(timeline)
    timeline.says(shop, Order.store, "O-1", ULM)
    timeline.says(shop, Order.store, "O-1", BONN, since=timeline.minute(30))
    assert "Order O-1" in near(timeline, ULM)

    timeline.wait_until(31)
    assert near(timeline, ULM) == {"Store Ulm Ring 5"}
    assert "Order O-1" in near(timeline, BONN)


def test_a_link_that_ends_links_no_longer(timeline: Timeline) -> None:
    """Until minute 30 only."""
    open_stores(timeline)
    timeline.says(shop, Order.store, "O-1", ULM, until=timeline.minute(30))
    assert "Order O-1" in near(timeline, ULM)

    timeline.wait_until(31)
    assert near(timeline, ULM) == {"Store Ulm Ring 5"}


def test_what_a_link_was_is_known_of_the_past(timeline: Timeline) -> None:
    """As of a moment, the order is of the store it was of."""
    timeline.says(shop, Order.store, "O-1", ULM)
    timeline.wait_until(10)
    timeline.says(shop, Order.store, "O-1", BONN)
    timeline.wait_until(20)

    tell = timeline.office.tell
    assert tell(Order, "O-1", to=desk, known=timeline.minute(5)).store == "Ulm/Ring 5"
    assert tell(Order, "O-1", to=desk, known=timeline.minute(15)).store == "Bonn/Am 1%2F2"
