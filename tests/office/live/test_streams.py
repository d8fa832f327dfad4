"""Streams: whoever watches is sent all there is, and again whatever changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import onestory
from onestory import HandClock, Office

from .halcyon import Flight, bookings, departs, desk_system, flies, halcyon, operations, says
from .served import Served, served

NOON = datetime(2027, 1, 5, 12, tzinfo=UTC)
FLIGHT, PERSON = "subject/Flight/HA-1", "person/Passenger/P-1"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
def office(clock: HandClock) -> Iterator[Office]:
    with onestory.open(halcyon, "sqlite://", clock=clock) as office:
        yield office


@pytest.fixture
def here(office: Office) -> Iterator[Served]:
    with served(office) as here:
        yield here


def departure(data: object) -> object:
    """When the flight departs, by the story that was sent; None while nobody spoke of it."""
    assert isinstance(data, dict)
    story = data["story"]
    return None if story is None else story["facts"]["departs"].get("value")


def standing(data: object) -> object:
    """How the departure stands, by the story that was sent."""
    assert isinstance(data, dict)
    return data["story"]["facts"]["departs"]["standing"]


def concerning(data: object) -> set[str]:
    """What changed for a person, by what was sent."""
    assert isinstance(data, dict)
    return {f"{one['entity']} {one['key']}" for one in data["subjects"]}


def test_a_claim_is_pushed_to_who_watches_its_subject(office: Office, here: Served) -> None:
    """The reader is sent that nobody spoke of the flight; then what was said of it."""
    reader = here.read(FLIGHT)
    first = reader.next()
    office.hear(departs("HA-1", "14:00"))
    then = reader.until("subject", departure)

    assert first.data == {"topic": FLIGHT, "story": None}
    assert (then.id, departure(then.data)) == (1, "14:00")


def test_whoever_comes_back_is_sent_all_there_is(office: Office, here: Served) -> None:
    """What changed while nobody read is in the first event that a reader is sent who comes again."""
    office.hear(departs("HA-1", "14:00"))
    before = here.read(FLIGHT)
    assert departure(before.next().data) == "14:00"
    before.close()
    office.hear(departs("HA-1", "15:00"))

    assert departure(here.read(FLIGHT).next().data) == "15:00"


def test_one_stream_is_about_many_topics(office: Office, here: Served) -> None:
    """A browser has one stream for all its tabs."""
    reader = here.read(FLIGHT, "subject/Flight/HA-2", "counters", PERSON)
    first = {reader.next().data["topic"] for _ in range(4)}
    office.hear(departs("HA-2", "09:00"))
    changed = reader.until("subject", lambda data: data["story"])

    assert first == {FLIGHT, "subject/Flight/HA-2", "counters", PERSON}
    assert changed.data["topic"] == "subject/Flight/HA-2"


def test_a_channel_is_told_what_it_shows(office: Office, here: Served) -> None:
    """The portal is told one fact, and not how each party stands."""
    office.hear(departs("HA-1", "14:00"))

    story = here.read(FLIGHT, channel="portal").next().data["story"]

    assert story["channel"] == "portal"
    assert list(story["facts"]) == ["departs"]
    assert "followers" not in story["facts"]["departs"]


def test_what_changes_of_a_flight_reaches_those_who_fly(office: Office, here: Served) -> None:
    """A trip names its passenger and its flight: what is said of the flight concerns the passenger."""
    office.hear(departs("HA-1", "14:00"), flies("T-1", "HA-1", "P-1"), flies("T-2", "HA-1", "P-2"))
    reader = here.read(PERSON)
    reader.until("person", lambda data: "Flight HA-1" in concerning(data))
    office.hear(departs("HA-1", "16:00"))

    last = reader.until("person", lambda data: data["subjects"][0]["entity"] == "Flight")

    assert last.data["subjects"][0]["number"] == office.counts().entries


def test_whom_a_subject_begins_to_concern_is_sent_it(office: Office, here: Served) -> None:
    """Somebody who is watched joins a flight that others watched before."""
    office.hear(departs("HA-1", "14:00"), says(bookings, "passenger", passenger="P-1", email="a@b"))
    watcher, reader = here.read(FLIGHT), here.read(PERSON)
    watcher.next()
    assert concerning(reader.next().data) == {"Passenger P-1"}
    office.hear(flies("T-1", "HA-1", "P-1"))

    reader.until("person", lambda data: concerning(data) >= {"Flight HA-1", "Trip T-1"})


def test_counters_count_what_leaves_no_entry(office: Office, here: Served) -> None:
    """A message that could not be heard adds nothing to the number line, and is counted."""
    reader = here.read("counters")
    assert reader.next().data["asides"] == 0
    office.hear(says(bookings, "unheard of"))

    counted = reader.until("counters", lambda data: data["asides"] == 1)
    assert counted.id == 0


def test_a_contradiction_is_pushed_when_it_is_opened(
    office: Office, here: Served, clock: HandClock
) -> None:
    """S14: the desk has ten seconds to follow; at the eleventh its standing is pushed, and counted."""
    office.hear(departs("HA-1", "14:00"), departs("HA-1", "14:00", desk_system))
    office.hear(departs("HA-1", "15:00"))
    reader = here.read(FLIGHT, "counters")
    clock.move(timedelta(seconds=11))
    office.tick()

    reader.until("subject", lambda data: standing(data) in ("late", "contradicts"))


def test_a_story_that_changes_by_the_clock_alone_is_pushed(
    office: Office, here: Served, clock: HandClock
) -> None:
    """A departure that holds from one o'clock on is told at one o'clock, though nothing is heard then."""
    one = (NOON + timedelta(hours=1)).isoformat()
    office.hear(departs("HA-1", "14:00"))
    office.hear(says(operations, "flight", flight="HA-1", departs="15:00", since=one))
    reader = here.read(FLIGHT)
    assert departure(reader.next().data) == "14:00"
    clock.move(timedelta(hours=1, seconds=1))

    reader.until("subject", lambda data: departure(data) == "15:00")


def test_what_a_name_is_found_to_mean_is_pushed(office: Office, here: Served) -> None:
    """The desk spoke of its own name; once that is known to mean the flight, the story tells so."""
    office.hear(departs("HA-1", "14:00"))
    office.hear(says(desk_system, "flight", called="D-9", departs="14:00"))
    reader = here.read(FLIGHT)
    reader.next()
    office.link(desk_system.calls("D-9"), Flight, "HA-1", by="Ann")

    reader.until("subject", lambda data: standing(data) == "agrees")


def test_what_a_name_no_longer_means_is_pushed(office: Office, here: Served) -> None:
    """A link that is undone leaves the flight without what was said by that name."""
    office.hear(departs("HA-1", "14:00"))
    office.hear(says(desk_system, "flight", called="D-9", departs="14:00"))
    office.link(desk_system.calls("D-9"), Flight, "HA-1", by="Ann")
    reader = here.read(FLIGHT)
    assert standing(reader.next().data) == "agrees"
    office.unlink(desk_system.calls("D-9"), Flight, by="Ann")

    reader.until("subject", lambda data: standing(data) == "following")


def test_another_process_on_the_same_ledger_is_heard(office: Office, tmp_path: Path) -> None:
    """What is heard by one process is pushed by the other."""
    address = f"sqlite:///{tmp_path}/acme.db"
    with (
        onestory.open(halcyon, address) as mine,
        onestory.open(halcyon, address) as other,
        served(mine) as here,
    ):
        reader = here.read(FLIGHT)
        reader.next()
        other.hear(departs("HA-1", "14:00"))

        reader.until("subject", lambda data: departure(data) == "14:00")


def test_many_who_watch_while_much_is_heard_all_see_the_last(office: Office, here: Served) -> None:
    """However changes and readers cross, what a reader was sent last is what is so."""
    readers = [here.read(FLIGHT) for _ in range(10)]
    hearers = [
        threading.Thread(
            target=lambda n=n: [office.hear(departs("HA-1", f"{n}:{i}")) for i in range(30)]
        )
        for n in range(3)
    ]
    for thread in hearers:
        thread.start()
    readers += [here.read(FLIGHT) for _ in range(10)]
    for thread in hearers:
        thread.join()
    office.hear(departs("HA-1", "23:59"))

    for reader in readers:
        reader.until("subject", lambda data: departure(data) == "23:59")
