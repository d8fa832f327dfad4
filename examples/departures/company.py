"""The airline: what it knows of a departure, who decides it, and how soon the boards follow."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from onestory import Channel, Claims, Company, Entity, Fact, Key, System, nearly, reads

airline = Company("New York Departures")

operations = System(
    "operations",
    of=airline,
    team="operations control",
    about="Where it is decided whether and when a flight leaves.",
)
board = System(
    "board",
    of=airline,
    team="airport information",
    about="The departure boards at Newark, Kennedy and La Guardia.",
)

gate = Channel("gate", of=airline)


class Flight(Entity, of=airline):
    """One departure from a New York airport, on one day."""

    date: Key[str]
    carrier: Key[str]
    number: Key[str]
    origin: Key[str]

    # US law gives a carrier 30 minutes from when it knows of a cancellation, or of a delay of 30
    # minutes or more, to put it on every display it controls (14 CFR 259.8). We ask for that time
    # too, and count a flight as on time within 15 minutes, as the statistics do (14 CFR 234.2).
    departs: Fact[datetime] = operations.decides(
        board.follows(within="30 min"),
        same=nearly("15 min"),
        about="When it leaves (displays must show it within 30 minutes: 14 CFR 259.8).",
    )
    cancelled: Fact[bool] = operations.decides(
        board.follows(within="30 min"),
        about="Whether it is cancelled (displays must show it within 30 minutes: 14 CFR 259.8).",
    )


class Named(TypedDict):
    """The parts of every message that say which flight it is about."""

    date: str
    carrier: str
    number: str
    origin: str


class Timed(Named):
    """A message that says when the flight leaves."""

    departs: datetime


@reads(operations, "flight.scheduled")
def flight_scheduled(flight: Timed) -> Claims:
    """Operations expects a flight to leave as published."""
    yield Flight.departs.claim(key_of(flight), flight["departs"])
    yield Flight.cancelled.claim(key_of(flight), value=False)


@reads(operations, "flight.left")
def flight_left(flight: Timed) -> Claims:
    """A flight has left its gate."""
    yield Flight.departs.claim(key_of(flight), flight["departs"])


@reads(operations, "flight.cancelled")
def flight_cancelled(flight: Named) -> Claims:
    """Operations has cancelled a flight."""
    yield Flight.cancelled.claim(key_of(flight), value=True)


@reads(board, "flight.shown")
def flight_shown(flight: Timed) -> Claims:
    """A flight came up on the board."""
    yield Flight.departs.claim(key_of(flight), flight["departs"])
    yield Flight.cancelled.claim(key_of(flight), value=False)


def key_of(flight: Named) -> tuple[str, str, str, str]:
    """The key of the flight that a message is about."""
    return flight["date"], flight["carrier"], flight["number"], flight["origin"]
