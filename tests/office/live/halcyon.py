"""The company of these tests: flights, the trips that are made by them, and what passengers booked."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from onestory import (
    Channel,
    Claims,
    Company,
    Entity,
    Fact,
    Key,
    Link,
    Message,
    People,
    System,
    message,
    reads,
)

halcyon = Company("Halcyon Air")
operations = System("operations", of=halcyon)
bookings = System("bookings", of=halcyon)
desk_system = System("desk", of=halcyon)
passengers = People("passengers", of=halcyon)


class Passenger(Entity, of=halcyon, one_of=passengers):
    """Somebody who flies."""

    passenger_no: Key[str]
    email: Fact[str] = bookings.decides()


class Flight(Entity, of=halcyon):
    """One flight on one day."""

    flight_no: Key[str]
    departs: Fact[str] = operations.decides(
        desk_system.follows(within="10 s"), passengers.follows(within="30 min")
    )


class Trip(Entity, of=halcyon):
    """What one passenger flies."""

    trip_no: Key[str]
    flight: Link[Flight] = bookings.decides()
    passenger: Link[Passenger] = bookings.decides()


portal = Channel("portal", of=halcyon, shows=[Flight.departs])

_ids = count()


@reads(operations, "flight")
@reads(desk_system, "flight")
def flight(said: dict[str, Any]) -> Claims:
    """When a flight departs, and from when on that is so."""
    key = desk_system.calls(said["called"]) if "called" in said else said["flight"]
    since = datetime.fromisoformat(said["since"]) if "since" in said else None
    yield Flight.departs.claim(key, said["departs"], since=since)


@reads(bookings, "trip")
def trip(said: dict[str, str]) -> Claims:
    """Who flies by what."""
    yield Trip.flight.claim(said["trip"], said["flight"])
    yield Trip.passenger.claim(said["trip"], said["passenger"])


@reads(bookings, "passenger")
def passenger(said: dict[str, str]) -> Claims:
    """Where somebody is reached."""
    yield Passenger.email.claim(said["passenger"], said["email"])


def says(system: System, kind: str, **data: str) -> Message:
    """A message of a system."""
    return message(system.name, kind, data, id=str(next(_ids)))


def departs(flight_no: str, at: str, system: System = operations) -> Message:
    """A system says when a flight departs."""
    return says(system, "flight", flight=flight_no, departs=at)


def flies(trip_no: str, flight_no: str, who: str) -> Message:
    """Somebody flies."""
    return says(bookings, "trip", trip=trip_no, flight=flight_no, passenger=who)
