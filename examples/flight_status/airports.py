"""The time zone of each airport that the hundred flights leave from or go to."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["ZONES", "UnknownAirport", "UnreadableFlight", "zone_of", "zones_of"]

_EASTERN: Final = ZoneInfo("America/New_York")
_CENTRAL: Final = ZoneInfo("America/Chicago")
_MOUNTAIN: Final = ZoneInfo("America/Denver")
_PACIFIC: Final = ZoneInfo("America/Los_Angeles")

# Detroit, Phoenix and Calgary have zones of their own: their clocks kept other rules than those of
# their neighbours.
ZONES: Final[dict[str, ZoneInfo]] = {
    "ATL": _EASTERN,
    "BOS": _EASTERN,
    "CLE": _EASTERN,
    "CLT": _EASTERN,
    "CVG": _EASTERN,
    "DAL": _CENTRAL,
    "DEN": _MOUNTAIN,
    "DFW": _CENTRAL,
    "DTW": ZoneInfo("America/Detroit"),
    "EDI": ZoneInfo("Europe/London"),
    "EWR": _EASTERN,
    "FLL": _EASTERN,
    "GUA": ZoneInfo("America/Guatemala"),
    "IAD": _EASTERN,
    "IAH": _CENTRAL,
    "JFK": _EASTERN,
    "LAX": _PACIFIC,
    "MCO": _EASTERN,
    "MIA": _EASTERN,
    "MRY": _PACIFIC,
    "MSP": _CENTRAL,
    "ORD": _CENTRAL,
    "ORF": _EASTERN,
    "PHL": _EASTERN,
    "PHX": ZoneInfo("America/Phoenix"),
    "PVG": ZoneInfo("Asia/Shanghai"),
    "SAN": _PACIFIC,
    "SFO": _PACIFIC,
    "SLC": _MOUNTAIN,
    "SNA": _PACIFIC,
    "YYC": ZoneInfo("America/Edmonton"),
}
"""IATA code to zone. CVG, Cincinnati, lies in Kentucky and keeps Eastern time."""


def zone_of(airport: str) -> ZoneInfo:
    """Return the zone whose clocks hang in an airport.

    Args:
        airport: Its IATA code, such as `ORD`.

    Raises:
        UnknownAirport: `ZONES` has no line for it.
    """
    try:
        return ZONES[airport]
    except KeyError:
        raise UnknownAirport(airport) from None


def zones_of(flight: str) -> tuple[ZoneInfo, ZoneInfo]:
    """Return the zones a flight leaves from and goes to.

    Args:
        flight: Its key: carrier, number, origin and destination, such as `AA-3859-IAH-ORD`.

    Raises:
        UnreadableFlight: The key has other parts than these four.
        UnknownAirport: `ZONES` has no line for one of its airports.
    """
    match flight.split("-"):
        case [_, _, origin, destination]:
            return zone_of(origin), zone_of(destination)
        case _:
            raise UnreadableFlight(flight)


class UnknownAirport(LookupError):
    """An airport whose zone is not known, so that none of its times can be placed.

    Args:
        airport: The code as the flight names it.
    """

    def __init__(self, airport: str) -> None:
        self.airport = airport
        super().__init__(airport)

    def __str__(self) -> str:
        return (
            f"No time zone is known for the airport {self.airport!r}.\n"
            f"  looked up in ZONES, {__name__}\n"
            f'  Add a line for it there, such as {self.airport!r}: ZoneInfo("America/Chicago").'
        )


class UnreadableFlight(ValueError):
    """A flight's key that does not name one origin and one destination.

    Args:
        flight: The key as it was written.
    """

    def __init__(self, flight: str) -> None:
        self.flight = flight
        super().__init__(flight)

    def __str__(self) -> str:
        return (
            f"The flight {self.flight!r} does not say where it leaves from and where it goes.\n"
            "  in the column flight\n"
            "  Write carrier, number, origin and destination: AA-3859-IAH-ORD."
        )
