"""Whom a subject concerns: by up to three links, back and on, however they come and go."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from onestory import Channel, Company, Entity, Fact, Key, Link, People, Standing, System
from onestory.office.reach import PAGE
from onestory.office.tells import LISTED
from onestory.testing import Timeline

acme = Company("Halcyon Air")
operations = System("operations", of=acme)
bookings = System("bookings", of=acme)
passengers = People("passengers", of=acme)


class Passenger(Entity, of=acme, one_of=passengers):
    """Somebody who flies."""

    passenger_no: Key[str]


class Airport(Entity, of=acme):
    """Where flights depart."""

    code: Key[str]
    open_until: Fact[str] = operations.decides(passengers.follows(within="30 min"))


class Flight(Entity, of=acme):
    """One flight on one day."""

    flight_no: Key[str]
    airport: Link[Airport] = operations.decides()
    departs: Fact[str] = operations.decides(passengers.follows(within="30 min"))


class Booking(Entity, of=acme):
    """What one passenger booked at once."""

    booking_no: Key[str]
    passenger: Link[Passenger] = bookings.decides()


class Leg(Entity, of=acme):
    """A part of a journey, by one flight."""

    leg_no: Key[str]
    flight: Link[Flight] = bookings.decides()
    booking: Link[Booking] = bookings.decides()


class Seat(Entity, of=acme):
    """A seat on a leg, which may be somebody else's than the booking."""

    seat_no: Key[str]
    leg: Link[Leg] = bookings.decides()
    passenger: Link[Passenger] = bookings.decides()


desk = Channel("gate desk", of=acme)
phone = Channel("phone", of=acme)
A, F, L, U = Standing.AGREES, Standing.FOLLOWING, Standing.LATE, Standing.UNKNOWN
LINKS: dict[Any, tuple[str, str]] = {
    Flight.airport: ("F", "A"),
    Booking.passenger: ("B", "P"),
    Leg.flight: ("L", "F"),
    Leg.booking: ("L", "B"),
    Seat.leg: ("S", "L"),
    Seat.passenger: ("S", "P"),
}
"""Each link, from which kind of subject to which."""


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        timeline.says(operations, Flight.departs, "F1", "12:00")
        yield timeline


def concerned(timeline: Timeline, fact: Any, key: str) -> dict[str, Standing]:
    """Everybody who follows a fact, and how each stands."""
    telling: Any = timeline.office.tell(fact.entity, key, to=desk)[fact]
    return {how.person: how.standing for how in telling.followers}


def link(timeline: Timeline, fact: Any, key: str, to: str | None) -> None:
    """One subject is linked to another."""
    timeline.says(operations if fact is Flight.airport else bookings, fact, key, to)


def test_people_two_links_back_are_concerned(timeline: Timeline) -> None:
    """A flight's leg's seat is somebody's: she is told, from when she has it until she gives it up."""
    link(timeline, Seat.leg, "S1", "L1")
    link(timeline, Seat.passenger, "S1", "P1")
    link(timeline, Leg.flight, "L1", "F1")
    timeline.says(operations, Flight.departs, "F1", "13:00")
    assert concerned(timeline, Flight.departs, "F1") == {"P1": F}
    timeline.wait("31 min")
    assert [c.person for c in timeline.open_contradictions()] == ["P1"]

    link(timeline, Seat.passenger, "S1", "P2")
    assert concerned(timeline, Flight.departs, "F1") == {"P2": A}
    assert timeline.open_contradictions() == []


def test_people_one_link_back_and_two_on_are_concerned_and_leave(timeline: Timeline) -> None:
    """A flight's leg's booking's passenger; the booking is what changes hands."""
    link(timeline, Leg.flight, "L1", "F1")
    link(timeline, Leg.booking, "L1", "B1")
    link(timeline, Booking.passenger, "B1", "P1")
    assert concerned(timeline, Flight.departs, "F1") == {"P1": A}
    link(timeline, Booking.passenger, "B1", "P2")

    assert concerned(timeline, Flight.departs, "F1") == {"P2": A}
    link(timeline, Leg.flight, "L1", "F2")
    assert concerned(timeline, Flight.departs, "F1") == {}


def test_nobody_is_concerned_through_somebody_else(timeline: Timeline) -> None:
    """Two bookings of one passenger: what is told of one flight is not told of the other."""
    for number, other in ((1, "P2"), (2, "P3")):
        link(timeline, Leg.flight, f"L{number}", f"F{number}")
        link(timeline, Leg.booking, f"L{number}", f"B{number}")
        link(timeline, Booking.passenger, f"B{number}", "P1")
        link(timeline, Seat.leg, f"S{number}", f"L{number}")
        link(timeline, Seat.passenger, f"S{number}", other)

    assert set(concerned(timeline, Flight.departs, "F1")) == {"P1", "P2"}


@pytest.mark.parametrize("seed", range(12))
def test_whoever_is_concerned_follows_and_nobody_else(seed: int) -> None:
    """Links come and go at random; whom each subject concerns is always what its links say."""
    draw = random.Random(seed)
    edges: dict[tuple[str, str], str | None] = {}
    with Timeline(acme) as timeline:
        for number in range(3):
            timeline.says(operations, Flight.departs, f"F{number}", "12:00")
            timeline.says(operations, Airport.open_until, f"A{number}", "22:00")
        for _ in range(80):
            fact = draw.choice(list(LINKS))
            source, target = LINKS[fact]
            key = f"{source}{draw.randrange(3)}"
            to = draw.choice([None, *(f"{target}{n}" for n in range(3))])
            link(timeline, fact, key, to)
            edges[key, fact.name] = to
        for number in range(3):
            for whose, fact in (("F", Flight.departs), ("A", Airport.open_until)):
                found = set(concerned(timeline, fact, f"{whose}{number}"))
                assert found == by_definition(edges, f"{whose}{number}"), (whose, number)
        assert timeline.office.verify(dossiers=True) == []


def by_definition(edges: dict[tuple[str, str], str | None], subject: str) -> set[str]:
    """The people at the end of a way of three links at most, back and then on, through nobody."""
    pairs = {(key, to) for (key, _), to in edges.items() if to is not None}
    behind = {subject: 0}
    for far in range(1, 4):
        for key, to in pairs:
            if behind.get(to) == far - 1 and not to.startswith("P"):
                behind.setdefault(key, far)
    people: set[str] = set()
    for start, far in behind.items():
        ends = {start}
        for _ in range(3 - far + 1):
            people |= {end for end in ends if end.startswith("P")}
            ends = {to for key, to in pairs if key in ends and not key.startswith("P")}
    return people


def test_who_was_told_follows_from_then_on(timeline: Timeline) -> None:
    """He is on no flight, but he asked and was told: when that is not so any more, he is owed a word."""
    timeline.says(bookings, Booking.passenger, "B9", "P9")
    told = timeline.office.tell
    told(Flight, "F1", to=phone, person=(Passenger, "P9"), record=True)
    assert concerned(timeline, Flight.departs, "F1") == {"P9": A}
    timeline.says(operations, Flight.departs, "F1", "13:00")
    assert concerned(timeline, Flight.departs, "F1") == {"P9": F}
    timeline.wait("31 min")
    assert [c.person for c in timeline.open_contradictions()] == ["P9"]

    told(Flight, "F1", to=phone, person=(Passenger, "P9"), record=True)
    assert timeline.open_contradictions() == []
    assert concerned(timeline, Flight.departs, "F1") == {"P9": A}


def test_what_nobody_decides_any_more_is_owed_to_nobody(timeline: Timeline) -> None:
    """A time that ended: who was told it stands unknown, until there is another."""
    link(timeline, Leg.flight, "L1", "F1")
    link(timeline, Seat.leg, "S1", "L1")
    link(timeline, Seat.passenger, "S1", "P1")
    timeline.says(operations, Flight.departs, "F2", "15:00", until=timeline.minute(60))
    link(timeline, Leg.flight, "L1", "F2")
    timeline.says(operations, Flight.departs, "F2", "16:00", until=timeline.minute(50))
    timeline.wait("40 min")
    assert [c.person for c in timeline.open_contradictions()] == ["P1"]
    timeline.wait("30 min")

    assert concerned(timeline, Flight.departs, "F2") == {"P1": U}
    assert timeline.open_contradictions() == []
    timeline.says(operations, Flight.departs, "F2", "17:00")
    assert concerned(timeline, Flight.departs, "F2") == {"P1": F}
    assert timeline.office.verify(dossiers=True) == []


def test_a_story_lists_as_many_people_as_fit(timeline: Timeline) -> None:
    """And says how many more there are; page by page, all are judged."""
    more = 15
    words = [
        timeline.word(bookings, fact, f"{kind}{number}", to)
        for number in range(LISTED + more)
        for fact, kind, to in (
            (Leg.flight, "L", "F1"),
            (Leg.booking, "L", f"B{number}"),
            (Booking.passenger, "B", f"P{number}"),
        )
    ]
    timeline.office.hear(*words)
    timeline.says(operations, Flight.departs, "F1", "13:00")
    timeline.wait("31 min")

    telling: Any = timeline.office.tell(Flight, "F1", to=desk)[Flight.departs]
    assert (len(telling.followers), telling.unlisted) == (LISTED, more)
    assert timeline.office.contradiction_counts() == [
        ("Flight", "departs", "passengers", LISTED + more)
    ]


def test_a_booking_of_more_flights_than_a_page_changes_hands(timeline: Timeline) -> None:
    """On each of its flights one passenger follows no longer, and another does."""
    flights = PAGE + 20
    timeline.office.hear(
        *[timeline.word(operations, Flight.departs, f"F{n}", "12:00") for n in range(flights)],
        *[timeline.word(bookings, Leg.flight, f"L{n}", f"F{n}") for n in range(flights)],
        *[timeline.word(bookings, Leg.booking, f"L{n}", "B1") for n in range(flights)],
    )
    for passenger in ("P1", "P2"):
        link(timeline, Booking.passenger, "B1", passenger)

        for number in (0, 1, PAGE, flights - 1):
            assert concerned(timeline, Flight.departs, f"F{number}") == {passenger: A}
