"""People who follow: found through links, each judged by what they were last told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest

from onestory import Channel, Company, Entity, Fact, Key, Link, People, Standing, System
from onestory.errors import NoSuchName, NotAllowed, NotHeard
from onestory.office import Person
from onestory.testing import Timeline

acme = Company("Halcyon Air")
operations = System("operations", of=acme)
bookings = System("bookings", of=acme)
passengers = People("passengers", of=acme)


class Passenger(Entity, of=acme, one_of=passengers):
    """Somebody who flies."""

    passenger_no: Key[str]
    meal: Fact[str] = bookings.decides(passengers.follows(within="1 d"))


class Flight(Entity, of=acme):
    """One flight on one day."""

    flight_no: Key[str]
    departs: Fact[str] = operations.decides(
        bookings.follows(within="2 min"), passengers.follows(within="30 min")
    )
    gate: Fact[str] = operations.decides(passengers.follows(within="10 min"))


class Trip(Entity, of=acme):
    """A passenger's way by one flight."""

    trip_no: Key[str]
    passenger: Link[Passenger] = bookings.decides()
    flight: Link[Flight] = bookings.decides()
    seat: Fact[str] = bookings.decides(passengers.follows(within="1 h"))


class Voucher(Entity, of=acme):
    """What a trip's passenger may eat."""

    voucher_no: Key[str]
    trip: Link[Trip] = bookings.decides()
    worth: Fact[int] = bookings.decides(passengers.follows(within="1 h"))


desk = Channel("gate desk", of=acme)
phone = Channel("phone", of=acme)
DEPARTS = Flight.departs
F, L, A, U = Standing.FOLLOWING, Standing.LATE, Standing.AGREES, Standing.UNKNOWN


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def passenger(number: int) -> Person:
    """A passenger by number."""
    return Passenger, f"P-{number}"


def board(timeline: Timeline, numbers: range, flight: str | None = "HA 1") -> None:
    """These passengers book the flight."""
    timeline.office.hear(
        *[
            timeline.word(bookings, link, f"T-{number}", target)
            for number in numbers
            for link, target in cast(
                "list[tuple[Any, Any]]", [(Trip.passenger, f"P-{number}"), (Trip.flight, flight)]
            )
        ]
    )


def standings(timeline: Timeline, flight: str = "HA 1") -> dict[str, Standing]:
    """How each passenger of a flight stands."""
    told = timeline.office.tell(Flight, flight, to=desk)[DEPARTS]
    return {how.person: how.standing for how in told.followers if how.party == "passengers"}


def late(timeline: Timeline) -> set[str]:
    """Who should have been told."""
    return {c.person for c in timeline.open_contradictions() if c.follower == "passengers"}


def tell(timeline: Timeline, number: int) -> None:
    """One passenger hears the flight's story."""
    timeline.office.tell(Flight, "HA 1", to=phone, person=passenger(number), record=True)


def test_each_of_300_passengers_is_judged(timeline: Timeline) -> None:
    """H24, its judging: 300 on one flight; 5 join and 3 leave while it is late to tell them."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    timeline.says(bookings, DEPARTS, "HA 1", "12:00")
    board(timeline, range(300))
    assert set(standings(timeline).values()) == {A}
    timeline.wait("1 min")
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    timeline.says(bookings, DEPARTS, "HA 1", "13:00")
    assert set(standings(timeline).values()) == {F}
    board(timeline, range(300, 305))
    board(timeline, range(3), flight=None)
    for number in (3, 4):
        tell(timeline, number)
    timeline.wait("31 min")

    found = standings(timeline)
    assert len(found) == 302
    assert {who for who, how in found.items() if how is A} == {
        "P-3", "P-4", "P-300", "P-301", "P-302", "P-303", "P-304"
    }  # fmt: skip
    assert late(timeline) == {f"P-{number}" for number in range(5, 300)}
    assert timeline.office.contradiction_counts() == [("Flight", "departs", "passengers", 295)]


def test_who_is_told_in_time_is_no_contradiction(timeline: Timeline) -> None:
    """Told the new time within 30 minutes."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(2))
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    timeline.wait("20 min")
    tell(timeline, 0)
    timeline.wait("20 min")

    assert standings(timeline) == {"P-0": A, "P-1": L}
    assert late(timeline) == {"P-1"}


def test_who_is_told_late_settles_it(timeline: Timeline) -> None:
    """The contradiction was hers alone, and is settled by telling her."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(2))
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    timeline.wait("31 min")
    tell(timeline, 1)

    assert late(timeline) == {"P-0"}
    settled = [c for c in timeline.office.contradictions(settled=True) if c.settled]
    assert [(c.person, c.how) for c in settled] == [("P-1", "told")]


def test_who_was_told_what_was_so_then_follows_from_there(timeline: Timeline) -> None:
    """She heard 13:00 in time; then it is 14:00, and her time begins anew."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    timeline.wait("20 min")
    tell(timeline, 0)
    timeline.says(operations, DEPARTS, "HA 1", "14:00")
    timeline.wait("29 min")
    assert standings(timeline) == {"P-0": F}
    timeline.wait("2 min")

    assert late(timeline) == {"P-0"}


def test_a_flapping_decision_buys_nobody_time(timeline: Timeline) -> None:
    """12:00, 13:00, 14:00: she was told 12:00, and has 30 minutes from 13:00 on."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    timeline.wait("20 min")
    timeline.says(operations, DEPARTS, "HA 1", "14:00")
    timeline.wait("11 min")

    (opened,) = [c for c in timeline.open_contradictions() if c.follower == "passengers"]
    assert opened.due - opened.since == timedelta(minutes=30)
    assert opened.opened > opened.due


def test_what_she_was_told_is_so_again(timeline: Timeline) -> None:
    """12:00, 13:00, 12:00: nothing is owed, and what was open is settled."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    timeline.wait("31 min")
    assert late(timeline) == {"P-0"}
    timeline.says(operations, DEPARTS, "HA 1", "12:00")

    assert late(timeline) == set()
    assert standings(timeline) == {"P-0": A}


def test_who_leaves_is_owed_nothing(timeline: Timeline) -> None:
    """Rebooked to another flight: what was open of the first is settled."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    timeline.says(operations, DEPARTS, "HA 2", "15:00")
    board(timeline, range(2))
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    timeline.wait("31 min")
    board(timeline, range(1), flight="HA 2")

    assert late(timeline) == {"P-1"}
    assert standings(timeline) == {"P-1": L}
    assert standings(timeline, "HA 2") == {"P-0": A}
    timeline.says(operations, DEPARTS, "HA 2", "16:00")
    assert standings(timeline, "HA 2") == {"P-0": F}


def test_who_comes_back_begins_anew(timeline: Timeline) -> None:
    """What is decided when she joins is her baseline."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    board(timeline, range(1), flight=None)
    assert standings(timeline) == {}
    board(timeline, range(1))

    assert standings(timeline) == {"P-0": A}


def test_who_is_on_a_flight_twice_leaves_it_once(timeline: Timeline) -> None:
    """Two trips of one passenger by one flight: one is cancelled, the other is not."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    for trip in ("T-a", "T-b"):
        timeline.says(bookings, Trip.passenger, trip, "P-0")
        timeline.says(bookings, Trip.flight, trip, "HA 1")
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    timeline.says(bookings, Trip.flight, "T-a", None)
    assert standings(timeline) == {"P-0": F}
    timeline.says(bookings, Trip.passenger, "T-b", None)

    assert standings(timeline) == {}


def test_a_trip_that_changes_hands_changes_who_is_told(timeline: Timeline) -> None:
    """P-1 flies instead of P-0."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))
    timeline.says(bookings, Trip.passenger, "T-0", "P-1")

    assert standings(timeline) == {"P-1": A}


def test_the_order_of_the_links_does_not_matter(timeline: Timeline) -> None:
    """The flight first, then the passenger; the decision before or after both."""
    timeline.says(bookings, Trip.flight, "T-0", "HA 1")
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    timeline.says(bookings, Trip.passenger, "T-0", "P-0")

    assert standings(timeline) == {"P-0": A}
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    assert standings(timeline) == {"P-0": F}


def test_a_person_follows_what_is_her_own(timeline: Timeline) -> None:
    """Her meal, and the seat of her trip."""
    board(timeline, range(1))
    for value in ("vegan", "none"):
        timeline.says(bookings, Passenger.meal, "P-0", value)
        timeline.says(bookings, Trip.seat, "T-0", value)

    standing = timeline.standing
    assert standing(passengers, Passenger.meal, "P-0", person=passenger(0)) is F
    assert standing(passengers, Trip.seat, "T-0", person=passenger(0)) is F


def test_a_person_is_found_through_several_links(timeline: Timeline) -> None:
    """A voucher's trip's passenger; when the trip changes hands, so does the voucher."""
    board(timeline, range(1))
    timeline.says(bookings, Voucher.trip, "V-1", "T-0")
    timeline.says(bookings, Voucher.worth, "V-1", 15)
    standing = timeline.standing
    assert standing(passengers, Voucher.worth, "V-1", person=passenger(0)) is A
    timeline.says(bookings, Trip.passenger, "T-0", "P-1")
    timeline.says(bookings, Voucher.worth, "V-1", 20)

    assert standing(passengers, Voucher.worth, "V-1", person=passenger(1)) is F
    assert standing(passengers, Voucher.worth, "V-1", person=passenger(0)) is U
    timeline.wait("61 min")
    assert late(timeline) == {"P-1"}


def test_to_tell_one_fact_is_not_to_tell_another() -> None:
    """A channel that shows the gate only tells the gate only."""
    with Timeline(acme) as timeline:
        timeline.says(operations, DEPARTS, "HA 1", "12:00")
        timeline.says(operations, Flight.gate, "HA 1", "A1")
        board(timeline, range(1))
        timeline.says(operations, DEPARTS, "HA 1", "13:00")
        timeline.says(operations, Flight.gate, "HA 1", "A2")
        timeline.office.tell(Flight, "HA 1", to=gates, person=passenger(0), record=True)

        standing = timeline.standing
        assert standing(passengers, Flight.gate, "HA 1", person=passenger(0)) is A
        assert standing(passengers, DEPARTS, "HA 1", person=passenger(0)) is F


gates = Channel("gate screen", of=acme, shows=[Flight.gate])


def test_to_look_is_not_to_tell(timeline: Timeline) -> None:
    """A story that an agent reads is told to nobody until it is."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))
    timeline.says(operations, DEPARTS, "HA 1", "13:00")
    timeline.office.tell(Flight, "HA 1", to=desk, person=passenger(0))

    assert standings(timeline) == {"P-0": F}


def test_only_the_present_is_told_and_to_somebody(timeline: Timeline) -> None:
    """Nobody can be told what was so as if it were so."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))
    who, then = passenger(0), timeline.clock.now() - timedelta(minutes=1)
    told = timeline.office.tell

    with pytest.raises(NotAllowed, match="Only the present"):
        told(Flight, "HA 1", to=phone, record=True)
    with pytest.raises(NotAllowed, match="Only the present"):
        told(Flight, "HA 1", to=phone, person=who, known=then, record=True)
    with pytest.raises(NotAllowed, match="Only the present"):
        told(Flight, "HA 1", to=phone, person=who, valid=then, record=True)


def test_a_person_nobody_spoke_of_is_not_found(timeline: Timeline) -> None:
    """With the nearest ones."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))

    with pytest.raises(NoSuchName, match="Nobody ever spoke of Passenger 'P-9'"):
        timeline.office.tell(Flight, "HA 1", to=phone, person=passenger(9))


def test_the_ledger_keeps_who_heard_what(timeline: Timeline) -> None:
    """Exposure: which value, to whom, by which channel."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))
    tell(timeline, 0)

    told = [e for e in timeline.office.timeline(Flight, "HA 1") if e.kind == "told"]
    assert [event.sentence for event in told] == ["departs = 12:00, to P-0 by phone"]


def test_a_dispute_is_hers_in_every_channel(timeline: Timeline) -> None:
    """H23: no value is told to her; to others it is; and what she disputes no longer is told again."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    timeline.says(bookings, DEPARTS, "HA 1", "12:00")
    board(timeline, range(2))
    timeline.wait("1 min")
    timeline.office.disputes(DEPARTS, "HA 1", by=passenger(0))

    told = timeline.office.tell
    for channel in (desk, phone):
        hers = told(Flight, "HA 1", to=channel, person=passenger(0))
        assert hers[DEPARTS].standing is Standing.DISPUTED
        with pytest.raises(NotHeard, match="disputed: no value may be told"):
            _ = hers.departs
        assert told(Flight, "HA 1", to=channel, person=passenger(1)).departs == "12:00"
    timeline.office.disputes_no_longer(DEPARTS, "HA 1", by=passenger(0))
    assert told(Flight, "HA 1", to=desk, person=passenger(0)).departs == "12:00"
    kinds = [
        e.sentence for e in timeline.office.timeline(Flight, "HA 1") if e.party == "passengers"
    ]
    assert kinds == ["disputes no longer departs", "disputes departs"]


def test_before_she_disputed_it_nothing_was_disputed(timeline: Timeline) -> None:
    """As of a moment, her story is what it was."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")
    timeline.says(bookings, DEPARTS, "HA 1", "12:00")
    board(timeline, range(1))
    timeline.wait_until(10)
    timeline.office.disputes(DEPARTS, "HA 1", by=passenger(0))
    timeline.wait_until(20)

    def standing(minute: float) -> Standing:
        known, who = timeline.minute(minute), passenger(0)
        story = timeline.office.tell(Flight, "HA 1", to=desk, person=who, known=known)
        return story[DEPARTS].standing

    assert (standing(5), standing(15)) == (A, Standing.DISPUTED)


def test_only_people_dispute(timeline: Timeline) -> None:
    """A flight is nobody."""
    timeline.says(operations, DEPARTS, "HA 1", "12:00")

    with pytest.raises(NotAllowed, match="Flight is not one of any people"):
        timeline.office.disputes(DEPARTS, "HA 1", by=(Flight, "HA 1"))
