"""Mistakes in what a company.py says of agreements: times, followers, differences, derivations.

Entities are declared inside functions, so their annotations are read at once: hence no
``from __future__ import annotations`` here.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from onestory import Entity, Fact, Key, Link, System, declares_different, derives, latest_of
from onestory.errors import DeclarationError, DerivedInCircles, ImpossibleTime, NoSuchDuration
from onestory.testing import Timeline

from .mistakes import Acme, Mistake, Wrong, assert_three_parts, called

LATER = datetime(2027, 6, 1, tzinfo=UTC)


def a_time_that_cannot_be_read(acme: Acme) -> None:
    acme.billing.follows(within="5 minutes")


def a_negative_time(acme: Acme) -> None:
    acme.billing.follows(within=LATER - datetime(2028, 1, 1, tzinfo=UTC))


def a_system_heard_now_and_then(acme: Acme) -> None:
    System("till", of=acme.company, heard_every="nightly")


def a_time_shorter_than_the_system_is_heard(acme: Acme) -> None:
    System("till", of=acme.company, heard_every="1 d").follows(within="23 h")


def the_latest_of_systems_heard_too_seldom(acme: Acme) -> None:
    till = System("till", of=acme.company, heard_every="1 d")
    latest_of(acme.contracts, till).decides()


def a_moment_without_a_zone(acme: Acme) -> None:
    acme.contracts.decides(since=datetime(2027, 1, 1))  # noqa: DTZ001 - that is the mistake


def a_difference_that_ends_nowhere_in_the_world(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides(acme.billing.follows(within="1 h"))

    end = datetime(2027, 1, 1)  # noqa: DTZ001 - that is the mistake
    declares_different(acme.billing, Contract.price, because="Old plan.", until=end)


def a_follower_twice(acme: Acme) -> None:
    acme.contracts.decides(acme.billing.follows(within="1 h"), acme.billing.follows(within="2 h"))


def an_authority_that_follows_itself(acme: Acme) -> None:
    acme.contracts.decides(acme.contracts.follows(within="1 h"))


def a_member_that_follows_twice(acme: Acme) -> None:
    latest_of(acme.contracts, acme.billing).decides(acme.billing.follows(within="1 h"))


def the_latest_of_one(acme: Acme) -> None:
    latest_of(acme.contracts)


def the_latest_of_one_twice(acme: Acme) -> None:
    latest_of(acme.contracts, acme.contracts)


def until_without_then(acme: Acme) -> None:
    left: Fact[bool] = acme.billing.decides()
    acme.contracts.decides(until=left)


def then_without_until(acme: Acme) -> None:
    acme.contracts.decides(then=acme.billing)


def until_a_fact_of_a_subject_that_is_not_linked(acme: Acme) -> None:
    class Parcel(Entity, of=acme.company):
        no: Key[str]
        left: Fact[bool] = acme.billing.decides()

    class Order(Entity, of=acme.company):
        no: Key[str]
        shipping: Fact[str] = acme.contracts.decides(until=Parcel.left, then=acme.billing)


def a_difference_without_a_reason(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides(acme.billing.follows(within="1 h"))

    declares_different(acme.billing, Contract.price, because=" ", until=LATER)


def a_difference_of_who_does_not_follow(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides()

    declares_different(acme.billing, Contract.price, because="Old plan.", until=LATER)


def a_derivation_by_who_does_not_answer(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        months: Fact[int] = acme.contracts.decides()
        price: Fact[int] = acme.contracts.decides()

    derives(acme.billing, Contract.price, Contract.months)(lambda months: months * 10)


def a_derivation_from_what_is_not_linked(acme: Acme) -> None:
    class Plan(Entity, of=acme.company):
        no: Key[str]
        fee: Fact[int] = acme.contracts.decides()

    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Plan.fee)(lambda fee: fee)


def a_derivation_from_what_is_linked_twice(acme: Acme) -> None:
    class Plan(Entity, of=acme.company):
        no: Key[str]
        fee: Fact[int] = acme.contracts.decides()

    class Contract(Entity, of=acme.company):
        no: Key[str]
        plan: Link[Plan] = acme.contracts.decides()
        old_plan: Link[Plan] = acme.contracts.decides()
        price: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Plan.fee)(lambda fee: fee)


def derived_in_a_circle(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.billing.decides()
        fee: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Contract.fee)(lambda fee: fee)
    derives(acme.billing, Contract.fee, Contract.price)(lambda price: price)
    Timeline(acme.company)


def derived_from_itself(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Contract.price)(lambda price: price + 1)
    Timeline(acme.company)


def derived_in_a_circle_by_one_of_the_latest(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = latest_of(acme.contracts, acme.billing).decides()
        fee: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Contract.fee)(lambda fee: fee)
    derives(acme.billing, Contract.fee, Contract.price)(lambda price: price + 1)
    Timeline(acme.company)


def derived_in_a_circle_by_who_decides_later(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        left: Fact[bool] = acme.contracts.decides()
        price: Fact[int] = acme.contracts.decides(
            acme.billing.follows(within="1 h"), until=left, then=acme.billing
        )
        fee: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Contract.fee)(lambda fee: fee)
    derives(acme.billing, Contract.fee, Contract.price)(lambda price: price + 1)
    Timeline(acme.company)


MISTAKES: list[Mistake] = [
    (a_time_that_cannot_be_read, NoSuchDuration, "'5 minutes' is not a duration"),
    (a_negative_time, NoSuchDuration, "negative"),
    (a_system_heard_now_and_then, NoSuchDuration, "'nightly' is not a duration"),
    (a_time_shorter_than_the_system_is_heard, ImpossibleTime, "till is heard every 1 d"),
    (the_latest_of_systems_heard_too_seldom, ImpossibleTime, "till is heard every 1 d"),
    (a_moment_without_a_zone, ImpossibleTime, "has no time zone"),
    (a_difference_that_ends_nowhere_in_the_world, ImpossibleTime, "has no time zone"),
    (a_follower_twice, DeclarationError, "billing stands twice"),
    (an_authority_that_follows_itself, DeclarationError, "contracts stands twice"),
    (a_member_that_follows_twice, DeclarationError, "billing stands twice"),
    (the_latest_of_one, DeclarationError, "two systems or more"),
    (the_latest_of_one_twice, DeclarationError, "two systems or more"),
    (until_without_then, DeclarationError, "until= and then= belong together"),
    (then_without_until, DeclarationError, "until= and then= belong together"),
    (until_a_fact_of_a_subject_that_is_not_linked, DeclarationError, "Parcel.left"),
    (a_difference_without_a_reason, DeclarationError, "No reason is given"),
    (a_difference_of_who_does_not_follow, DeclarationError, "billing does not follow"),
    (a_derivation_by_who_does_not_answer, DeclarationError, "billing derives Contract.price"),
    (a_derivation_from_what_is_not_linked, DeclarationError, "0 links to Plan"),
    (a_derivation_from_what_is_linked_twice, DeclarationError, "2 links to Plan"),
    (derived_in_a_circle, DerivedInCircles, "Contract.price from Contract.fee"),
    (derived_from_itself, DerivedInCircles, "Contract.price from Contract.price"),
    (derived_in_a_circle_by_one_of_the_latest, DerivedInCircles, "Contract.price"),
    (derived_in_a_circle_by_who_decides_later, DerivedInCircles, "Contract.price"),
]


@pytest.mark.parametrize(("mistake", "error", "what"), MISTAKES, ids=called(MISTAKES))
def test_a_mistake_in_an_agreement_is_an_error_in_three_parts(
    mistake: Wrong, error: type[DeclarationError], what: str
) -> None:
    """It says what happened, where it is declared, and what to write instead; and it pickles."""
    assert_three_parts(mistake, error, what)


def test_a_system_that_can_be_asked_may_have_less_time_than_it_is_heard_in() -> None:
    """Between two nightly files it can be asked, so that five minutes can be kept."""
    acme = Acme()
    till = System("till", of=acme.company, heard_every="1 d", can_be_asked=True)

    assert till.follows(within="5 min").party is till


def test_a_system_may_have_just_the_time_it_is_heard_in() -> None:
    """Heard every day, it may follow within a day."""
    till = System("till", of=Acme().company, heard_every="24 h")

    assert till.follows(within="1 d").party is till


def declared(acme: Acme) -> Any:
    """An entity whose authority passes on by a fact of a subject that is linked to it."""
    parcel_left: Fact[bool] = acme.billing.decides()

    class Order(Entity, of=acme.company):
        no: Key[str]
        shipping: Fact[str] = acme.contracts.decides(until=parcel_left, then=acme.billing)

    class Parcel(Entity, of=acme.company):
        no: Key[str]
        order: Link[Order] = acme.billing.decides()
        left: Fact[bool] = parcel_left

    return Order, Parcel


def test_authority_may_pass_on_by_a_fact_that_is_declared_later() -> None:
    """The fact of a parcel is made first, then used by its order, then given to the parcel."""
    order, parcel = declared(Acme())

    assert order.shipping.passing.fact is parcel.left
    assert parcel.left.path == "Parcel.left"
