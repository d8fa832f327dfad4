"""Thirty-eight flight websites as one company: airlines decide their flights, the others follow.

A fact has one authority for all subjects of its entity, and each airline's site knows only its own
flights. So there is an entity for each airline, with its four facts written out as in any
company.py: lines that differ in one word are read faster than a function that makes classes.

**What following in time means here.** `told.csv` is one look at each site when the day was over. So
all sites are judged at one moment: `load.py` lets the airlines speak first, and the others in the
last moment of their half hour. Then

* a site that says another minute than the airline **contradicts**: these are the contradictions
  that the example counts;
* a site that says nothing where the airline speaks is **late**, as anyone is who should follow and
  does not. But no website owes anybody every flight of three airlines, so the example counts
  these apart, as silent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeAlias, TypedDict

from flight_status.rows import FactName, read_fact
from onestory import Channel, Claims, Company, Entity, Fact, Key, OnestoryError, System, reads

websites: Final = Company("Flight websites")

aa: Final = System("aa", of=websites, about="American Airlines' own site.")
ua: Final = System("ua", of=websites, about="United Airlines' own site.")
co: Final = System("CO", of=websites, about="Continental Airlines' own site.")

_NAMES: Final = """
    airtravelcenter allegiantair boston businesstravellogue den dfw flightarrival flightaware
    flightexplorer flights flightstats flightview flightwise flylouisville flytecomm foxbusiness
    gofox helloflight iad ifly mco mia myrateplan mytripandmore orbitz ord panynj phl quicktrip
    sfo travelocity usatoday weather world-flight-tracker wunderground
"""
OTHERS: Final = tuple(System(name, of=websites) for name in _NAMES.split())
"""The sites of airports, papers, portals and agencies. None decides anything."""

# An airline that knows of a delay has half an hour to tell of it (14 CFR 259.8); we ask no more of
# those who only repeat what it says.
FOLLOW: Final = tuple(site.follows(within="30 min") for site in OTHERS)


class AmericanFlight(Entity, of=websites):
    """A flight of American Airlines on 1 December 2011."""

    flight: Key[str]
    scheduled_departure: Fact[datetime] = aa.decides(*FOLLOW)
    actual_departure: Fact[datetime] = aa.decides(*FOLLOW)
    scheduled_arrival: Fact[datetime] = aa.decides(*FOLLOW)
    actual_arrival: Fact[datetime] = aa.decides(*FOLLOW)


class UnitedFlight(Entity, of=websites):
    """A flight of United Airlines on 1 December 2011."""

    flight: Key[str]
    scheduled_departure: Fact[datetime] = ua.decides(*FOLLOW)
    actual_departure: Fact[datetime] = ua.decides(*FOLLOW)
    scheduled_arrival: Fact[datetime] = ua.decides(*FOLLOW)
    actual_arrival: Fact[datetime] = ua.decides(*FOLLOW)


class ContinentalFlight(Entity, of=websites):
    """A flight of Continental Airlines on 1 December 2011."""

    flight: Key[str]
    scheduled_departure: Fact[datetime] = co.decides(*FOLLOW)
    actual_departure: Fact[datetime] = co.decides(*FOLLOW)
    scheduled_arrival: Fact[datetime] = co.decides(*FOLLOW)
    actual_arrival: Fact[datetime] = co.decides(*FOLLOW)


Flight: TypeAlias = AmericanFlight | UnitedFlight | ContinentalFlight

OWN_SITES: Final[dict[str, System]] = {"AA": aa, "UA": ua, "CO": co}
"""The site that decides the flights of each carrier."""

_ENTITIES: Final[dict[str, type[Flight]]] = {
    "AA": AmericanFlight,
    "UA": UnitedFlight,
    "CO": ContinentalFlight,
}


def carrier_of(flight: str) -> str:
    """Return the carrier of a flight, by the start of its key: `AA` of `AA-3859-IAH-ORD`.

    Raises:
        NobodysFlight: None of the three airlines flies it.
    """
    carrier = flight.partition("-")[0]
    if carrier not in OWN_SITES:
        raise NobodysFlight(
            f"Nobody decides the flight {flight!r:.60}.",
            where=f"OWN_SITES, {__name__}",
            fix=f"Add its airline beside {', '.join(OWN_SITES)}, with an entity for its flights.",
        )
    return carrier


def entity_of(flight: str) -> type[Flight]:
    """Return the entity that a flight belongs to.

    Raises:
        NobodysFlight: None of the three airlines flies it.
    """
    return _ENTITIES[carrier_of(flight)]


def fact_of(flight: str, name: FactName) -> Fact[datetime]:
    """Return the fact of this name on the entity that a flight belongs to.

    Raises:
        NobodysFlight: None of the three airlines flies it.
    """
    entity = entity_of(flight)
    match name:
        case "scheduled_departure":
            return entity.scheduled_departure
        case "actual_departure":
            return entity.actual_departure
        case "scheduled_arrival":
            return entity.scheduled_arrival
        case "actual_arrival":
            return entity.actual_arrival


class NobodysFlight(OnestoryError):
    """A flight of an airline that the company does not know."""


class Cell(TypedDict):
    """The payload of one message: one cell, with the part of its row that its reading rests on."""

    fact: FactName
    row: dict[str, str]


def cell_shown(cell: Cell) -> Claims:
    """Read one cell. A blank one makes no claim; one that is neither blank nor a time raises."""
    flight = cell["row"]["flight"]
    moment = read_fact(cell["row"], cell["fact"])
    if moment is not None:
        yield fact_of(flight, cell["fact"]).claim(flight, moment)


CELL: Final = "cell.shown"
"""The type of message that carries one cell."""

for _site in (*OWN_SITES.values(), *OTHERS):
    reads(_site, CELL)(cell_shown)

desk: Final = Channel("travel desk", of=websites)
