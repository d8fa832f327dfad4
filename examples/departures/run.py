"""Load the flights of a day, or of the year, and show where the departure board was wrong.

The ledger is kept in var/, so that a second start has nothing to load.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from datetime import date
from pathlib import Path

import onestory
from departures import data
from departures.company import airline
from onestory import Contradiction
from onestory.office.cli import app
from onestory.office.progress import progress

STORM = date(2013, 2, 8)
"""The day that is loaded unless another is named: a blizzard, and half of all flights cancelled."""

COMPANY = "departures.company:airline"
COMMAND = "python3 do onestory"
ZONE = "America/New_York"
ROWS = 3


def main(words: list[str]) -> int:
    """Load what is asked for, show it, name what to try next; the exit code."""
    asked = _arguments(words)
    day: date | None = None if asked.year else asked.day
    file: Path = asked.db or Path("var") / f"{day or '2013'}.db"
    try:
        fresh = not file.exists()
        if fresh:
            load(file, day)
        if asked.json:
            print(json.dumps(_document(file, day, fresh=fresh)))
        else:
            _show(file, day, fresh=fresh)
    except onestory.OnestoryError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def load(file: Path, day: date | None) -> None:
    """Load a day, or the year, into a new ledger, judged as if each message was heard at its time.

    The file gets its name when it is whole; what an interrupted load left behind is begun again.
    """
    part = file.with_suffix(".part.db")
    file.parent.mkdir(parents=True, exist_ok=True)
    for left in file.parent.glob(f"{part.name}*"):
        left.unlink()
    flights = data.Flights(day)
    total = len(flights) * data.MESSAGES_PER_FLIGHT
    with (
        onestory.open(airline, f"sqlite:///{part}") as office,
        progress(f"hearing {total:,} messages", total) as done,
    ):
        onestory.load(office, data.messages(flights), replay=True, progress=done)
    part.replace(file)


def _show(file: Path, day: date | None, *, fresh: bool) -> None:
    with onestory.open(airline, f"sqlite:///{file}") as office:
        counts, found = office.counts(), _telling(office)
    print(
        f"Flights from New York {f'on {day}' if day else 'in 2013'}: {counts.subjects:,}, with "
        f"{counts.messages:,} messages of two systems,\n"
        f"{'loaded into' if fresh else 'kept in'} {file}, each judged as if heard at its time.\n\n"
        "Operations decides whether and when a flight leaves; the departure board has\n"
        "30 minutes to follow. Nobody tells it, so it goes on showing what was published."
    )
    ledger, zone = ["--db", str(file)], ["--zone", ZONE]
    commands = [["contradictions", COMPANY, "--limit", str(ROWS), *zone, *ledger]]
    if found is not None:
        story = ["story", COMPANY, "Flight", found.key]
        commands += [[*story, *zone, *ledger]]
        commands += [["explain", COMPANY, str(found.number), *zone, *ledger]]
    for words in commands:
        print(f"\n$ {COMMAND} {shlex.join(words)}\n", flush=True)
        app(words, prog_name="onestory", standalone_mode=False)
    print("\nThree commands to try next:\n")
    for command in next_commands(file):
        print(f"  {command}")


def next_commands(file: Path) -> list[str]:
    """Three commands to try next; each works as it stands."""
    with onestory.open(airline, f"sqlite:///{file}") as office:
        first, found = office.contradictions(limit=ROWS), _telling(office)
    ledger, zone = ["--db", str(file)], ["--zone", ZONE]
    after = ["--after", str(first[-1].number)] if first else ["--all"]
    asked = [["contradictions", COMPANY, *after, *zone, *ledger]]
    if found is not None:
        story = ["story", COMPANY, "Flight", found.key]
        asked += [[*story, "--timeline", *zone, *ledger]]
    asked += [["verify", COMPANY, *ledger]]
    return [f"{COMMAND} {shlex.join(words)}" for words in asked]


def _telling(office: onestory.Office) -> Contradiction | None:
    """A contradiction to look at: the first cancelled flight that the board still shows."""
    found = office.contradictions()
    return next((c for c in found if c.fact == "cancelled"), found[0] if found else None)


def _document(file: Path, day: date | None, *, fresh: bool) -> dict[str, object]:
    with onestory.open(airline, f"sqlite:///{file}") as office:
        counts, by_fact = office.counts(), office.contradiction_counts()
    return {
        "day": day and day.isoformat(),
        "ledger": str(file),
        "loaded": fresh,
        "flights": counts.subjects,
        "messages": counts.messages,
        "open": {f"{entity}.{fact}": count for entity, fact, _, count in by_fact},
        "next": next_commands(file),
    }


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 do run", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--day",
        type=date.fromisoformat,
        default=STORM,
        metavar="DAY",
        help=f"a day of 2013; {STORM} if left out",
    )
    which.add_argument(
        "--year", action="store_true", help="all 336,776 flights, which takes a minute or two"
    )
    parser.add_argument(
        "--db", type=Path, metavar="FILE", help="the ledger; var/DAY.db if left out"
    )
    parser.add_argument("--json", action="store_true", help="write one JSON document")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
