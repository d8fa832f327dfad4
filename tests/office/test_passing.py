"""Authority that passes on: until a fact is so one party decides, then another.

Entities that are linked to each other are declared inside a function, so their annotations are read
at once: hence no ``from __future__ import annotations`` here.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import msgspec
import pytest

from onestory import Channel, Company, Entity, Fact, Key, Link, Money, People, Standing, System
from onestory.testing import Timeline

acme = Company("Acme Retail")
shop = System("shop", of=acme)
warehouse = System("warehouse", of=acme)
carrier = System("carrier", of=acme)
customers = People("customers", of=acme)

parcel_left: Fact[bool] = carrier.decides()


class Order(Entity, of=acme):
    """What somebody bought; hers to change until a parcel of it has left."""

    order_no: Key[str]
    packed: Fact[datetime | None] = warehouse.decides()
    wrapping: Fact[str] = shop.decides(
        warehouse.follows(within="5 min"), until=packed, then=warehouse
    )
    shipping: Fact[str] = customers.decides(
        shop.follows(within="5 min"),
        carrier.follows(within="10 min"),
        until=parcel_left,
        then=carrier,
    )


class Parcel(Entity, of=acme):
    """A box of an order, on its way."""

    parcel_no: Key[str]
    order: Link[Order] = warehouse.decides()
    left: Fact[bool] = parcel_left


desk = Channel("agent desk", of=acme)
F, L, A, U = Standing.FOLLOWING, Standing.LATE, Standing.AGREES, Standing.UNKNOWN


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def told(timeline: Timeline, fact: Fact[Any], **when: Any) -> tuple[Any, str]:
    """What is told of a fact of the order, and by whom it is decided."""
    telling = timeline.office.tell(Order, "O-1", to=desk, **when)[fact]
    return (telling.said[0] if telling.said else None), telling.decided_by


def wrapped(timeline: Timeline) -> None:
    """Shop and warehouse disagree on the wrapping."""
    timeline.says(warehouse, Order.packed, "O-1", None)
    timeline.says(shop, Order.wrapping, "O-1", "gift")
    timeline.says(warehouse, Order.wrapping, "O-1", "plain")


def test_until_it_is_so_the_first_decides(timeline: Timeline) -> None:
    """Said to be empty is not so."""
    wrapped(timeline)

    assert told(timeline, Order.wrapping) == ("gift", "shop")
    assert timeline.standing(warehouse, Order.wrapping, "O-1") is F


def test_once_it_is_so_the_other_decides(timeline: Timeline) -> None:
    """What is packed is packed; and who decides contradicts nobody."""
    wrapped(timeline)
    timeline.wait_until(6)
    assert [c.follower for c in timeline.open_contradictions()] == ["warehouse"]
    timeline.says(warehouse, Order.packed, "O-1", timeline.minute(6))

    assert told(timeline, Order.wrapping) == ("plain", "warehouse")
    assert timeline.standing(warehouse, Order.wrapping, "O-1") is A
    assert timeline.open_contradictions() == []
    assert timeline.office.contradictions(settled=True)[0].how == "decides"


def test_it_comes_back_when_it_is_no_longer_so(timeline: Timeline) -> None:
    """It is unpacked again: the shop decides, and the warehouse has its time anew."""
    wrapped(timeline)
    timeline.says(warehouse, Order.packed, "O-1", timeline.minute(0))
    timeline.wait_until(10)
    timeline.says(warehouse, Order.packed, "O-1", None)

    assert told(timeline, Order.wrapping) == ("gift", "shop")
    assert timeline.standing(warehouse, Order.wrapping, "O-1") is F
    timeline.wait_until(15.01)
    assert timeline.standing(warehouse, Order.wrapping, "O-1") is not F


class Gift(StrEnum):
    """How it is wrapped."""

    NOT = ""
    RED = "red"


class Note(msgspec.Struct, frozen=True):
    """What is written on the box."""

    text: str = ""


ANSWERS: list[tuple[Any, Any, bool]] = [
    (bool | None, None, False),
    (bool | None, False, False),
    (bool | None, True, True),
    (int | None, None, False),
    (int, 0, True),
    (int, 7, True),
    (str, "", True),
    (str, "no", True),
    (Decimal, Decimal(0), True),
    (Money, Money(Decimal(0), "EUR"), True),
    (timedelta, timedelta(0), True),
    (Gift, Gift.NOT, True),
    (Note, Note(), True),
    (Literal["no", "yes"], "no", True),
]


@pytest.mark.parametrize(("holds", "value", "so"), ANSWERS)
def test_every_answer_but_none_and_false_is_so(holds: Any, value: Any, *, so: bool) -> None:
    """Zero, an empty text and an amount of nothing are answers: authority passes on by them."""
    halcyon = Company("Halcyon")
    mill, depot = System("mill", of=halcyon), System("depot", of=halcyon)

    class Load(Entity, of=halcyon):
        """What the mill sends."""

        load_no: Key[str]
        boxes: Fact[holds] = depot.decides()
        size: Fact[str] = mill.decides(until=boxes, then=depot)

    aisle = Channel("aisle", of=halcyon)
    with Timeline(halcyon) as timeline:
        timeline.says(mill, Load.size, "L-1", "large")
        before = timeline.office.tell(Load, "L-1", to=aisle)[Load.size].decided_by
        timeline.says(depot, Load.boxes, "L-1", value)
        after = timeline.office.tell(Load, "L-1", to=aisle)[Load.size].decided_by

    assert (before, after) == ("mill", "depot" if so else "mill")


def test_the_past_keeps_who_decided_then(timeline: Timeline) -> None:
    """As of a moment, authority is where it was."""
    wrapped(timeline)
    timeline.wait_until(10)
    timeline.says(warehouse, Order.packed, "O-1", timeline.minute(10))
    timeline.wait_until(20)

    assert told(timeline, Order.wrapping, known=timeline.minute(5)) == ("gift", "shop")
    assert told(timeline, Order.wrapping, known=timeline.minute(15)) == ("plain", "warehouse")
    assert told(timeline, Order.wrapping, valid=timeline.minute(5)) == ("gift", "shop")


def shipped(timeline: Timeline, *parcels: str) -> None:
    """She and the carrier disagree on the shipping; these parcels belong to her order."""
    timeline.says(customers, Order.shipping, "O-1", "home")
    timeline.says(carrier, Order.shipping, "O-1", "shop")
    for parcel in parcels:
        timeline.says(warehouse, Parcel.order, parcel, "O-1")


def test_a_fact_of_a_linked_subject_passes_authority_on(timeline: Timeline) -> None:
    """Hers to change until a parcel of the order has left."""
    shipped(timeline, "P-1")
    timeline.says(carrier, Parcel.left, "P-1", value=False)
    assert told(timeline, Order.shipping) == ("home", "customers")
    timeline.says(carrier, Parcel.left, "P-1", value=True)

    assert told(timeline, Order.shipping) == ("shop", "carrier")


def test_it_comes_back_when_no_linked_subject_is_so(timeline: Timeline) -> None:
    """One of two parcels came back: the other is still on its way; then both are back."""
    shipped(timeline, "P-1", "P-2")
    for parcel in ("P-1", "P-2"):
        timeline.says(carrier, Parcel.left, parcel, value=True)
    timeline.says(carrier, Parcel.left, "P-1", value=False)
    assert told(timeline, Order.shipping) == ("shop", "carrier")
    timeline.says(carrier, Parcel.left, "P-2", value=False)

    assert told(timeline, Order.shipping) == ("home", "customers")


def test_a_link_may_come_after_what_it_passes_on_by(timeline: Timeline) -> None:
    """The carrier scanned the parcel before the warehouse said whose it is."""
    shipped(timeline)
    timeline.says(carrier, Parcel.left, "P-1", value=True)
    assert told(timeline, Order.shipping) == ("home", "customers")
    timeline.says(warehouse, Parcel.order, "P-1", "O-1")

    assert told(timeline, Order.shipping) == ("shop", "carrier")


def test_a_link_that_moves_takes_authority_with_it(timeline: Timeline) -> None:
    """The parcel was of another order: this one is hers to change again."""
    shipped(timeline, "P-1")
    timeline.says(carrier, Parcel.left, "P-1", value=True)
    timeline.says(customers, Order.shipping, "O-2", "home")
    timeline.says(warehouse, Parcel.order, "P-1", "O-2")

    assert told(timeline, Order.shipping) == ("home", "customers")
    assert timeline.office.tell(Order, "O-2", to=desk)[Order.shipping].decided_by == "carrier"


def test_a_link_that_is_cleared_gives_authority_back(timeline: Timeline) -> None:
    """The parcel belongs to no order."""
    shipped(timeline, "P-1")
    timeline.says(carrier, Parcel.left, "P-1", value=True)
    timeline.says(warehouse, Parcel.order, "P-1", None)

    assert told(timeline, Order.shipping) == ("home", "customers")


def test_the_ledger_says_that_authority_passed_on(timeline: Timeline) -> None:
    """In the order's own timeline, by the company itself."""
    shipped(timeline, "P-1")
    timeline.says(carrier, Parcel.left, "P-1", value=True)

    sentences = [e.sentence for e in timeline.office.timeline(Order, "O-1") if e.party == "company"]
    assert sentences == ["authority over shipping passes on"]
    assert timeline.office.verify(dossiers=True) == []


def test_what_passed_on_by_another_subject_is_known_of_the_past(timeline: Timeline) -> None:
    """As of a moment before it left, it was hers."""
    shipped(timeline, "P-1")
    timeline.wait_until(10)
    timeline.says(carrier, Parcel.left, "P-1", value=True)
    timeline.wait_until(20)

    assert told(timeline, Order.shipping, known=timeline.minute(5)) == ("home", "customers")
    assert told(timeline, Order.shipping, known=timeline.minute(15)) == ("shop", "carrier")
