"""Contact: whether and when a person may be contacted, for a purpose. Pure: rules, facts, a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from ..model import Purpose

LOOK_AHEAD = timedelta(days=3)
"""How far ahead a permitted hour is sought: three nights, so that no change of clocks hides one."""


class Allowed(NamedTuple):
    """The person may be contacted now."""


class NotBefore(NamedTuple):
    """The person may be contacted from a moment on, and why not now."""

    moment: datetime
    rule: str


class Blocked(NamedTuple):
    """The person may not be contacted, and by which rule."""

    rule: str


Verdict: TypeAlias = Allowed | NotBefore | Blocked


class Rules(NamedTuple):
    """The rules for one purpose, with what is known of the person.

    Args:
        purpose: Why the person is to be contacted.
        quiet: From when until when nobody is disturbed.
        zone: The person's zone; None where it is not known.
        zones: The zones it may be then: it must be a permitted hour in all.
        consent: Whether the person may be contacted for this purpose; None if never asked.
        at_most: How many messages in which time; None without a limit.
    """

    purpose: Purpose
    quiet: tuple[time, time]
    zone: tzinfo | None
    zones: Sequence[tzinfo]
    consent: bool | None
    at_most: tuple[int, timedelta] | None


def may_contact(rules: Rules, now: datetime, sent: Sequence[datetime]) -> Verdict:
    """Whether a person may be contacted now, later or not at all.

    Args:
        rules: The rules.
        now: The moment, aware.
        sent: When messages of this purpose went to the person before.
    """
    if rules.purpose is Purpose.SAFETY:
        return Allowed()
    if rules.purpose is Purpose.SALES and rules.consent is not True:
        return Blocked("sales: the person did not say that we may")
    if rules.consent is False:
        return Blocked(f"{rules.purpose.value}: the person said that we may not")
    if rules.at_most is not None:
        most, within = rules.at_most
        recent = sorted(moment for moment in sent if moment > now - within)
        if len(recent) >= most:
            again = recent[-most] + within
            return NotBefore(again, f"at most {most} of {rules.purpose.value} in {within}")
    zones = [rules.zone] if rules.zone is not None else list(rules.zones)
    moment = next_permitted(rules.quiet, zones, now)
    if moment is None:
        return Blocked("no hour is permitted in every zone that the person may live in")
    return Allowed() if moment == now else NotBefore(moment, "quiet hours")


def next_permitted(
    quiet: tuple[time, time], zones: Sequence[tzinfo], now: datetime
) -> datetime | None:
    """The next moment outside the quiet hours of every zone; None if there is none in sight."""
    ends = {
        datetime.combine(
            now.astimezone(zone).date() + timedelta(days=day), quiet[1], zone
        ).astimezone(UTC)
        for zone in zones
        for day in range(-1, LOOK_AHEAD.days + 1)
    }
    for moment in (now, *sorted(end for end in ends if end > now)):
        if not any(_is_quiet(quiet, moment.astimezone(zone).time()) for zone in zones):
            return moment
    return None


def known_zone(name: object) -> tzinfo | None:
    """A person's zone by its name; None for what is no zone, which is judged as unknown."""
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (LookupError, ValueError, OSError):
        return None


def _is_quiet(quiet: tuple[time, time], at: time) -> bool:
    begins, ends = quiet
    at = at.replace(tzinfo=None)
    if begins <= ends:
        return begins <= at < ends
    return at >= begins or at < ends
