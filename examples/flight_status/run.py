"""Hears 38 flight websites on the same hundred flights, and shows where they tell two stories."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import onestory
from flight_status.airports import UnknownAirport, UnreadableFlight, zones_of
from flight_status.cells import DAY, UnreadableCell
from flight_status.company import OTHERS, OWN_SITES, desk, websites
from flight_status.findings import (
    Told,
    contradictions,
    deciding_site_wrong,
    minutes,
    outvoted,
    schedule_in_its_place,
    silent,
    story_of,
    told_of,
)
from flight_status.load import JUDGED, Row, hear_websites, truth_of
from flight_status.rows import COLUMNS, read_fact
from onestory import Fate, HandClock, Loaded, OnestoryError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

ROOT: Final = Path(__file__).resolve().parents[2]
FLIGHTS: Final = ROOT.parent / "shared" / "data" / "flights"
DATA: Final = Path("..", *FLIGHTS.parts[-3:])


def main(words: Sequence[str] | None = None) -> int:
    """Run the example and return its exit code."""
    asked = _parser().parse_args(words)
    try:
        truth = truth_of(asked.folder / "truth.csv")
        with onestory.open(websites, asked.ledger, clock=HandClock(JUDGED)) as office:
            replayed = Counter(receipt.fate for receipt in office.replay())
            loaded = hear_websites(office, asked.folder / "told.csv")
            told = list(told_of(office, truth))
            story = story_of(office, asked.flight)
            show_cells(loaded, replayed)
            show_contradictions(told)
            show_the_airlines(told, truth)
            show_flight(story, truth.get(asked.flight))
    except (OnestoryError, UnreadableCell, UnreadableFlight, UnknownAirport) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def show_cells(loaded: Loaded, replayed: Counter[Fate]) -> None:
    """Show what became of every cell. A cell that makes no claim says nothing new: it is empty."""
    if replayed:
        again = replayed.total() - replayed[Fate.ASIDE]
        print(f"Set aside before and read again: {replayed.total():,}; {again:,} heard now.\n")
    print(f"Cells of {len(OWN_SITES) + len(OTHERS)} websites: {loaded.messages:,}")
    print(f"  heard         {loaded.fates[Fate.HEARD]:>6,}")
    print(f"  empty         {loaded.fates[Fate.REPEATED]:>6,}   blank, or said to be not available")
    print(f"  set aside     {loaded.fates[Fate.ASIDE]:>6,}")
    if loaded.fates[Fate.KNOWN]:
        print(f"  heard before  {loaded.fates[Fate.KNOWN]:>6,}")
    for code, (times, example) in loaded.reasons.items():
        print(f"\nSet aside, {code}: {times:,}. The first of them:\n{example.reason}")


def show_contradictions(told: Sequence[Told]) -> None:
    """Show how often the sites that follow say another minute than the airline."""
    found = contradictions(told)
    facts: Counter[str] = Counter()
    sites: Counter[str] = Counter()
    for (fact, site), times in found.items():
        facts[_words(fact)] += times
        sites[site] += times
    print(f"\nContradictions with the airline's own site: {found.total():,}")
    for words, times in facts.most_common():
        print(f"  {words:<20}{times:>6,}")
    print()
    ranked = [f"{site:<21}{times:>4,}" for site, times in sites.most_common()]
    lines = -(-len(ranked) // 3)
    for line in range(lines):
        print("  " + "     ".join(ranked[line::lines]))
    print(f"\n  {silent(told):,} times more, a site is silent where the airline speaks. The ledger")
    print("  calls it late; it cannot know that no website owes anybody every flight.")


def show_the_airlines(told: Sequence[Told], truth: Mapping[str, Row]) -> None:
    """Show whether the sites that decide are right, as far as these data can tell."""
    compared = deciding_site_wrong(told, truth)
    votes = outvoted(told)
    decided = sum(bool(telling.said) for _, _, telling in told)
    print(f"\nIs the airline right? It decides {decided:,} of {len(COLUMNS) * len(truth):,} facts.")
    print("        wrong against truth.csv    most others say one other minute")
    for name in ("all", *(site.name for site in OWN_SITES.values())):
        mine = [counts for (_, site), counts in compared.items() if name in {site, "all"}]
        against = sum(times for (_, site), times in votes.items() if name in {site, "all"})
        wrong, both = sum(wrong for wrong, _ in mine), sum(both for _, both in mine)
        print(f"  {name:<6}{wrong:>6,} of {both:<18,}{against:>6,}")
    kept = schedule_in_its_place(told, truth)
    print("  truth.csv repeats the airlines' own words, so it cannot prove them wrong; where they")
    print(f"  are silent, it takes the schedule for what happened, {kept} times.")
    print("  The second figure asks all other sites instead. They may repeat one mistake.")


def show_flight(story: Sequence[Told], truth: Row | None) -> None:
    """Show one flight as the desk tells it, beside what `truth.csv` and the other sites say."""
    print(f"\n{story[0].flight}, as the {desk.name} tells it at {JUDGED:%H:%M} UTC, in local times")
    print(f"  {'':<22}{'told':<16}{'truth.csv':<12}the other sites")
    for flight, fact, telling in story:
        zone = zones_of(flight)[fact.endswith("arrival")]
        true = None if truth is None else read_fact(truth, fact)
        others = [
            f"{_clock(minute, zone)} ({sites})" for minute, sites in minutes(telling).most_common(4)
        ]
        print(
            f"  {_words(fact):<22}"
            f"{_clock(telling.value, zone) if telling.said else 'not known':<16}"
            f"{'' if true is None else _clock(true, zone):<12}"
            f"{', '.join(others) or 'say nothing'}"
        )
    unsettled = [telling for _, _, telling in story if not telling.standing.settled]
    if unsettled:
        print(f'  Whoever asks hears too: "{unsettled[0].sentence}"')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flight_status", description=__doc__)
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=FLIGHTS,
        help=f"the folder with told.csv and truth.csv; {DATA} beside this project, if left out",
    )
    parser.add_argument(
        "--ledger",
        default="sqlite://",
        help="where to keep what was heard, like sqlite:///flights.db; nowhere, if left out",
    )
    parser.add_argument(
        "--flight",
        default="UA-2945-PHL-CLT",
        help="the flight whose story is told at the end; %(default)s, if left out",
    )
    return parser


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment as an airport's clocks show it, with its day if it is not 1 December."""
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == DAY else f"{local:%H:%M %d %b}"


def _words(fact: str) -> str:
    return fact.replace("_", " ")


if __name__ == "__main__":
    sys.exit(main())
