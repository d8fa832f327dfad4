"""Time zones: where the people are whom a sentence is told to."""

from __future__ import annotations

import difflib
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from ..errors import DeclarationError


def zone_of(zone: str | tzinfo, *, where: str = "") -> tzinfo:
    """A time zone, by its name in the IANA database, or as it is given.

    Args:
        zone: The name, like ``Europe/Berlin``, or the zone itself.
        where: Where it is declared, if it is.

    Raises:
        DeclarationError: No zone has this name; the error guesses at what was meant.
    """
    if isinstance(zone, tzinfo):
        return zone
    if zone == "UTC":
        return UTC
    try:
        return ZoneInfo(zone)
    except (LookupError, ValueError, OSError, TypeError) as error:
        near = difflib.get_close_matches(str(zone), available_timezones(), n=1)
        raise DeclarationError(
            f"{zone!r} is not a time zone.",
            where=where,
            fix=f"Did you mean {near[0]}?" if near else "Write one like Europe/Berlin.",
        ) from error
