"""The contradictions among 38 flight websites, computed a second time and by other means.

Nothing here is shared with the example or with onestory: no zone database (the offsets of December
2011 are written out), no grammar (each format is tried with `strptime` in turn), no ledger (three
nested loops). A slip on either side shows as a difference between the two.

The rules are those of `cells.py` and `rows.py` in `examples/flight_status`, written again:

* A cell that is blank, or says "Not Available" or "Contact Airline", makes no claim.
* What a site remarks about a time (estimated, runway, on time, delayed, a star) does not change it.
* A cell that names a day means that day. A cell that names none means 1 December 2011, unless the
  scheduled departure in its own row shows that it must be the day after: a flight does not land
  before it was to leave, nor does it leave more than twelve hours early.
* The airline's own site decides. Each other site that says another minute contradicts.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Row: TypeAlias = dict[str, str]

FACTS: Final = {
    "scheduled_departure": "sched_dep_time",
    "actual_departure": "act_dep_time",
    "scheduled_arrival": "sched_arr_time",
    "actual_arrival": "act_arr_time",
}
OWN_SITE: Final = {"AA": "aa", "UA": "ua", "CO": "CO"}

# Standard time everywhere: no airport here keeps summer time in December.
_OFFSETS: Final = {
    "-0500": "ATL BOS CLE CLT CVG DTW EWR FLL IAD JFK MCO MIA ORF PHL",
    "-0600": "DAL DFW GUA IAH MSP ORD",
    "-0700": "DEN PHX SLC YYC",
    "-0800": "LAX MRY SAN SFO SNA",
    "+0000": "EDI",
    "+0800": "PVG",
}
_OFFSET_OF: Final = {
    airport: offset for offset, airports in _OFFSETS.items() for airport in airports.split()
}

# Without a day, with all of one, with a day but no year.
_BARE: Final = ("%I:%M %p", "%H:%M")
_DATED: Final = (
    "%m/%d/%Y %I:%M %p",  # aa, flightexplorer
    "%m/%d/%y %I:%M %p",  # helloflight and three more
    "%I:%M %p %m-%d-%y",  # mia
    "%I:%M %p %a %d-%b-%Y",  # flights, flylouisville, businesstravellogue
)
_WITHOUT_YEAR: Final = (
    "%m/%d %I:%M %p",  # ord
    "%I:%M %p %b %d",  # flightview and many more
    "%b %d %I:%M %p",  # travelocity
    "%a %b %d %I:%M %p",  # ua
)


@dataclass(frozen=True, slots=True)
class Tally:
    """What the second computation found.

    Args:
        heard: Cells that say a time.
        empty: Cells that make no claim.
        unreadable: Cells that say something that is no time.
        contradictions: For each fact and site, on how many flights the site differs from the
            airline's own.
    """

    heard: int
    empty: int
    unreadable: int
    contradictions: dict[tuple[str, str], int]

    @property
    def total(self) -> int:
        """All contradictions."""
        return sum(self.contradictions.values())

    def per_fact(self) -> dict[str, int]:
        """Contradictions of each fact, over all sites."""
        return {
            fact: sum(n for (of, _), n in self.contradictions.items() if of == fact)
            for fact in FACTS
        }

    def per_site(self) -> dict[str, int]:
        """Contradictions of each site that has any, over all facts."""
        sites: Counter[str] = Counter()
        for (_, site), n in self.contradictions.items():
            sites[site] += n
        return dict(sites)


def rows_of(path: Path) -> list[Row]:
    """Read `told.csv` or `truth.csv`."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tally(rows: Iterable[Row]) -> Tally:
    """Count cells by kind, and contradictions by fact and site."""
    said, kinds = _said(rows)
    found: Counter[tuple[str, str]] = Counter()
    for (flight, fact), by_site in said.items():
        own = OWN_SITE.get(flight[:2], "")
        for site, moment in by_site.items():
            if own in by_site and moment != by_site[own]:
                found[fact, site] += 1
    return Tally(kinds["heard"], kinds["empty"], kinds["unreadable"], dict(found))


def deciding_site_wrong(
    told: Iterable[Row], truth: Iterable[Row]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Compare the airlines' own sites with `truth.csv`.

    Returns:
        For each fact and deciding site: on how many flights it is wrong, and on how many both
        of them speak.
    """
    true_rows = {(row["src"], row["flight"]): row for row in truth}
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for row in told:
        if row["src"] != OWN_SITE.get(row["flight"][:2]):
            continue
        for fact in FACTS:
            mine, true = moment_of(row, fact), moment_of(true_rows[row["src"], row["flight"]], fact)
            if mine is not None and true is not None:
                wrong, compared = found.get((fact, row["src"]), (0, 0))
                found[fact, row["src"]] = wrong + (mine != true), compared + 1
    return found


def outvoted(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    """Count the flights on which more than half of the other sites say one other minute.

    The airline still decides. The figure says how often it stands against most of the rest.

    Returns:
        For each fact and deciding site that is ever outvoted, on how many flights it is.
    """
    said, _ = _said(rows)
    found: Counter[tuple[str, str]] = Counter()
    for (flight, fact), by_site in said.items():
        own = OWN_SITE.get(flight[:2], "")
        if own in by_site and len(by_site) > 1:
            others = Counter(moment for site, moment in by_site.items() if site != own)
            value, votes = others.most_common(1)[0]
            if value != by_site[own] and votes * 2 > others.total():
                found[fact, own] += 1
    return dict(found)


def moment_of(row: Row, fact: str) -> datetime | None:
    """Read one fact of one row by the rules above.

    Raises:
        ValueError: The cell is not blank and is no time.
    """
    _, _, origin, destination = row["flight"].split("-")
    offset = _OFFSET_OF[destination if fact.endswith("arrival") else origin]
    moment, named = _parse(row[FACTS[fact]], offset)
    if moment is None or named or fact == "scheduled_departure":
        return moment
    try:
        leaves, _ = _parse(row["sched_dep_time"], _OFFSET_OF[origin])
    except ValueError:
        return moment
    if leaves is not None and moment < leaves - timedelta(hours=12 * (fact == "actual_departure")):
        return moment + timedelta(days=1)
    return moment


def _said(
    rows: Iterable[Row],
) -> tuple[dict[tuple[str, str], dict[str, datetime]], Counter[str]]:
    """Give what each site says for each flight and fact, and how many cells are of which kind."""
    said: dict[tuple[str, str], dict[str, datetime]] = {}
    kinds: Counter[str] = Counter()
    for row in rows:
        for fact in FACTS:
            try:
                moment = moment_of(row, fact)
            except ValueError:
                kinds["unreadable"] += 1
                continue
            kinds["empty" if moment is None else "heard"] += 1
            if moment is not None:
                said.setdefault((row["flight"], fact), {})[row["src"]] = moment
    return said, kinds


def _parse(cell: str, offset: str) -> tuple[datetime | None, bool]:
    """Give the moment a cell says, on 1 December if it names no day, and whether it names one."""
    text = _plain(cell, offset)
    if re.fullmatch(r"(\w{3} \d+ )?(not available|contact airline)|", text):
        return None, False
    if (weekday := re.fullmatch(r"(wed|thu|fri) (\S+)", text)) is not None:
        day = {"wed": "30 nov", "thu": "1 dec", "fri": "2 dec"}[weekday[1]]
        return _read(f"{weekday[2]} {day} 2011", "%H:%M %d %b %Y", offset), True
    for form in _BARE:
        if (moment := _try(f"{text} 1 dec 2011", f"{form} %d %b %Y", offset)) is not None:
            return moment, False
    for form in _WITHOUT_YEAR:
        if (moment := _try(f"{text} 2011", f"{form} %Y", offset)) is not None:
            return moment, True
    for form in _DATED:
        if (moment := _try(text, form, offset)) is not None:
            return moment, True
    raise ValueError(f"no format fits {cell!r}")


def _plain(cell: str, offset: str) -> str:
    """Write a cell in one hand: no remarks, single spaces, `am` and `pm`."""
    text = cell.lower().replace("&nbsp", " ")
    for shown in re.findall(r"\(([+-]\d+):(\d\d)\)$", text):
        if f"{int(shown[0]):+03d}{shown[1]}" != offset:
            raise ValueError(f"{cell!r} is not in the airport's own zone")
    text = re.sub(
        r"(\((estimated|runway|estimated runway|[+-]\d+:\d\d)\)|\*|\bdelayed|\bon time)\s*$",
        "",
        text,
    )
    text = re.sub(r"(\d) ?([ap])(\.m\.|(?=dec| \d|$))", r"\1 \2m ", text)
    text = text.replace("12:00noon", "12:00 pm")
    return " ".join(text.split())


def _read(text: str, form: str, offset: str) -> datetime:
    moment = datetime.strptime(f"{text} {offset}", f"{form} %z")
    if "%a" in form and moment.strftime("%a").lower() not in text.split():
        raise ValueError(f"{text!r} names a weekday that its date is not")
    return moment.astimezone(UTC)


def _try(text: str, form: str, offset: str) -> datetime | None:
    try:
        return _read(text, form, offset)
    except (ValueError, OverflowError):
        return None
