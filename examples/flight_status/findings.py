"""What is told of the flights: who contradicts, who is silent, and whether the airline is right."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from flight_status.company import desk, entity_of, fact_of
from flight_status.rows import COLUMNS, FactName, read_fact
from onestory import Office, Standing, Telling
from onestory.errors import NoSuchName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

__all__ = [
    "Told",
    "contradictions",
    "deciding_site_wrong",
    "minutes",
    "outvoted",
    "schedule_in_its_place",
    "silent",
    "story_of",
    "told_of",
]


class Told(NamedTuple):
    """One fact of one flight, as it is told."""

    flight: str
    fact: FactName
    telling: Telling[datetime]


def told_of(office: Office, flights: Iterable[str]) -> Iterator[Told]:
    """Tell each fact of some flights; of a flight that nobody spoke of there is nothing to tell.

    Raises:
        NobodysFlight: None of the three airlines flies it.
    """
    for flight in flights:
        try:
            yield from story_of(office, flight)
        except NoSuchName:  # all its cells are empty or set aside, and counted as such
            continue


def story_of(office: Office, flight: str) -> list[Told]:
    """Tell each fact of one flight.

    Raises:
        NobodysFlight: None of the three airlines flies it.
        NoSuchName: Nobody ever spoke of it.
    """
    story = office.tell(entity_of(flight), flight, to=desk)
    return [Told(flight, fact, story[fact_of(flight, fact)]) for fact in COLUMNS]


def contradictions(told: Iterable[Told]) -> Counter[tuple[FactName, str]]:
    """Count, for each fact and site, on how many flights the site says another minute."""
    return Counter(
        (fact, follower.party)
        for _, fact, telling in told
        for follower in telling.followers
        if follower.standing is Standing.CONTRADICTS
    )


def silent(told: Iterable[Told]) -> int:
    """Count how often a site says nothing where the airline speaks: it is late, and no more."""
    return sum(
        follower.standing is Standing.LATE
        for _, _, telling in told
        for follower in telling.followers
    )


def outvoted(told: Iterable[Told]) -> Counter[tuple[FactName, str]]:
    """Count, for each fact and deciding site, how often most others say one other minute.

    The airline still decides, and the others may repeat one mistake. But `truth.csv` repeats the
    airlines, down to the midnight that United wrote for UA-2945, which left about noon; so this is
    what can be said of the airlines without asking them.
    """
    found: Counter[tuple[FactName, str]] = Counter()
    for _, fact, telling in told:
        others = minutes(telling)
        if telling.said and others:
            minute, sites = others.most_common(1)[0]
            if minute != telling.value and 2 * sites > others.total():
                found[fact, telling.decided_by] += 1
    return found


def minutes(telling: Telling[datetime]) -> Counter[datetime]:
    """Count how many of the sites that follow say each minute."""
    return Counter(follower.said for follower in telling.followers if follower.said is not None)


def deciding_site_wrong(
    told: Iterable[Told], truth: Mapping[str, Mapping[str, str]]
) -> dict[tuple[FactName, str], tuple[int, int]]:
    """Compare what the airlines decided with `truth.csv`.

    Returns:
        For each fact and deciding site: on how many flights it is wrong, and on how many it speaks
        and `truth.csv` does.
    """
    found: dict[tuple[FactName, str], tuple[int, int]] = {}
    for flight, fact, telling in told:
        true = read_fact(truth[flight], fact)
        if telling.said and true is not None:
            wrong, compared = found.get((fact, telling.decided_by), (0, 0))
            found[fact, telling.decided_by] = wrong + (telling.value != true), compared + 1
    return found


def schedule_in_its_place(told: Iterable[Told], truth: Mapping[str, Mapping[str, str]]) -> int:
    """Count the facts that the airline is silent on and `truth.csv` answers by the schedule."""
    return sum(
        not telling.said
        and fact in _SCHEDULE
        and read_fact(truth[flight], fact) == read_fact(truth[flight], _SCHEDULE[fact])
        for flight, fact, telling in told
    )


_SCHEDULE: Final[dict[FactName, FactName]] = {
    "actual_departure": "scheduled_departure",
    "actual_arrival": "scheduled_arrival",
}
