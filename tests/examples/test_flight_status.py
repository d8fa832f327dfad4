"""Thirty-eight websites on a hundred flights: the product and a second computation agree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

import onestory
from flight_status import run
from flight_status.company import OTHERS, OWN_SITES, AmericanFlight, desk, websites
from flight_status.findings import (
    Told,
    contradictions,
    deciding_site_wrong,
    outvoted,
    schedule_in_its_place,
    silent,
    told_of,
)
from flight_status.load import JUDGED, NotTheFlights, cells_of, hear_websites, truth_of
from onestory import Fate, HandClock, Loaded, Office
from onestory.errors import NotHeard

from . import independent_flights as independent
from .flights_data import data

ROOT: Final = Path(__file__).resolve().parents[2]
HEADER: Final = "tuple_id,src,flight,sched_dep_time,act_dep_time,sched_arr_time,act_arr_time\n"
AIRLINE: Final = "1,aa,AA-204-LAX-MCO,7:10 a.m.,7:16 a.m.,2:40 p.m.,2:32 p.m.\n"
DIVERTED: Final = "2,orbitz,AA-204-LAX-MCO,7:10 a.m.,7:18 a.m.,2:40 p.m.,2:32 p.m. Diverted\n"


@pytest.fixture(scope="module")
def heard() -> Iterator[tuple[Office, Loaded]]:
    """An office that has heard all of `told.csv`, and what became of it."""
    told = data("told.csv")
    with onestory.open(websites, "sqlite://", clock=HandClock(JUDGED)) as office:
        yield office, hear_websites(office, told)


@pytest.fixture(scope="module")
def told(heard: tuple[Office, Loaded]) -> list[Told]:
    """All four facts of all hundred flights, as they are told."""
    return list(told_of(heard[0], truth_of(data("truth.csv"))))


@pytest.fixture(scope="module")
def tally() -> independent.Tally:
    """What the second computation found."""
    return independent.tally(independent.rows_of(data("told.csv")))


def test_every_cell_is_heard_or_empty_or_set_aside(
    heard: tuple[Office, Loaded], tally: independent.Tally
) -> None:
    """9,504 cells: each is a message in the ledger, and none is lost."""
    office, loaded = heard

    assert loaded.fates == {Fate.HEARD: tally.heard, Fate.REPEATED: tally.empty}
    assert loaded.messages == tally.heard + tally.empty == 4 * 2376
    assert (office.counts().messages, office.counts().asides) == (loaded.messages, 0)


def test_contradictions_are_those_of_the_second_computation(
    told: list[Told], tally: independent.Tally
) -> None:
    """For each fact and each site, two programs that share no line count the same."""
    found = contradictions(told)

    assert found == tally.contradictions
    assert found.total() == tally.total == 2070


def test_the_ledger_holds_each_contradiction_and_each_silence(
    heard: tuple[Office, Loaded], told: list[Told], tally: independent.Tally
) -> None:
    """A site that says nothing where the airline speaks is late, and told apart from the rest."""
    office, _ = heard
    decided = sum(bool(telling.said) for _, _, telling in told)
    agreed = sum(
        follower.said == telling.value
        for _, _, telling in told
        if telling.said
        for follower in telling.followers
    )

    assert silent(told) == decided * len(OTHERS) - agreed - tally.total
    assert office.counts().contradictions == tally.total + silent(told)
    incidents = office.incidents()
    assert not any(incident.silent for incident in incidents)
    links = Counter((c.follower) for c in office.contradictions(limit=100_000))
    of_incidents = Counter[str]()
    for incident in incidents:
        of_incidents[incident.follower] += incident.members
    # All cells are heard in one load, so that a site that differs often differs as one incident.
    assert all(of_incidents[site] <= count for site, count in links.items())
    assert {site for site, count in links.items() if count >= 30} <= of_incidents.keys()


def test_each_flight_is_decided_by_its_own_airline(told: list[Told]) -> None:
    """Where the airline is silent, nobody decides, and no value is told, whatever others say."""
    unknown = [telling for _, _, telling in told if not telling.said]

    assert {telling.decided_by == OWN_SITES[flight[:2]].name for flight, _, telling in told} == {
        True
    }
    assert (len(told), len(unknown)) == (400, 14)
    with pytest.raises(NotHeard):
        _ = unknown[0].value


def test_the_deciding_sites_are_as_right_as_the_second_computation_says(told: list[Told]) -> None:
    """None wrong of 386 by a truth that repeats them; 51 times most others say otherwise."""
    rows = independent.rows_of(data("told.csv"))
    true_rows = independent.rows_of(data("truth.csv"))
    wrong = deciding_site_wrong(told, truth_of(data("truth.csv")))

    assert wrong == independent.deciding_site_wrong(rows, true_rows)
    assert (sum(w for w, _ in wrong.values()), sum(both for _, both in wrong.values())) == (0, 386)
    assert outvoted(told) == independent.outvoted(rows)
    assert outvoted(told).total() == 51
    assert schedule_in_its_place(told, truth_of(data("truth.csv"))) == 14


def test_a_second_load_adds_nothing(tmp_path: Path) -> None:
    """The cells of a file are known by row and column, also after the office was closed."""
    address = f"sqlite:///{tmp_path / 'flights.db'}"
    with onestory.open(websites, address, clock=HandClock(JUDGED)) as office:
        hear_websites(office, data("told.csv"))
        before = office.counts()
    with onestory.open(websites, address, clock=HandClock(JUDGED)) as office:
        loaded = hear_websites(office, data("told.csv"))

        assert loaded.fates == {Fate.KNOWN: 4 * 2376}
        assert office.counts() == before
        assert office.verify() == []


def test_a_cell_that_is_no_time_is_set_aside_alone(tmp_path: Path) -> None:
    """The other cells of its row are heard; it keeps its reason, and nothing is told of it."""
    office, loaded = _hear(tmp_path, AIRLINE + DIVERTED)
    with office, office.ledger.view() as view:
        (aside,) = view.asides()
        arrival = office.tell(AmericanFlight, "AA-204-LAX-MCO", to=desk)[
            AmericanFlight.actual_arrival
        ]

        assert loaded.fates == {Fate.HEARD: 7, Fate.ASIDE: 1}
        assert (aside.source, aside.id, aside.code) == ("orbitz", "2:act_arr_time", "reader-failed")
        assert "'2:32 p.m. Diverted' is no time: 'Diverted' is neither a day nor" in aside.what
        assert [follower.said for follower in arrival.followers if follower.party == "orbitz"] == [
            None
        ]


@pytest.mark.parametrize(
    ("row", "fates", "reason"),
    [
        ("2,orbitz,AA-204-LAX-XYZ,7:10 a.m.,,,", {Fate.ASIDE: 4}, "No time zone is known"),
        (
            "2,orbitz,XX-204-LAX-MCO,7:10 a.m.,,,",
            {Fate.ASIDE: 1, Fate.REPEATED: 3},
            "Nobody decides",
        ),
        ("2,orbitz,AA-204,7:10 a.m.,,,", {Fate.ASIDE: 4}, "does not say where it leaves from"),
        ("2,expedia,AA-204-LAX-MCO,7:10 a.m.,,,", {Fate.ASIDE: 4}, "Nobody reads"),
        ("2,,AA-204-LAX-MCO,7:10 a.m.,,,", {Fate.ASIDE: 4}, "must be given"),
        ("2,ua,AA-204-LAX-MCO,7:10 a.m.,,,", {Fate.ASIDE: 1, Fate.REPEATED: 3}, "neither decides"),
        ("2,orbitz,AA-204-LAX-MCO", {Fate.ASIDE: 1}, "3 cells and the header 7"),
    ],
)
def test_a_row_that_cannot_be_heard_is_set_aside_and_the_rest_flows(
    tmp_path: Path, row: str, fates: dict[Fate, int], reason: str
) -> None:
    """An unknown airport, airline, flight or site, and a row that was cut off."""
    office, loaded = _hear(tmp_path, f"{row}\n{AIRLINE}")
    with office, office.ledger.view() as view:
        assert loaded.fates == Counter(fates) + Counter({Fate.HEARD: 4})
        assert all(reason in aside.what for aside in view.asides())
        assert len(view.asides()) == fates[Fate.ASIDE]


def test_what_was_set_aside_is_heard_once_the_example_is_mended(tmp_path: Path) -> None:
    """Somebody decides that `Diverted` is a remark like others, adds a word, and starts again."""
    copy = shutil.copytree(ROOT / "examples" / "flight_status", tmp_path / "flight_status")
    (tmp_path / "told.csv").write_text(HEADER + AIRLINE + DIVERTED)
    (tmp_path / "truth.csv").write_text(HEADER + AIRLINE)
    first = _start(tmp_path)
    cells = (copy / "cells.py").read_text()
    (copy / "cells.py").write_text(cells.replace(r"delayed|on\ time", r"delayed|diverted|on\ time"))
    second, third = _start(tmp_path), _start(tmp_path)

    assert "  set aside          1\n" in first
    assert "The cell '2:32 p.m. Diverted' is no time" in first
    assert "read again: 1; 1 heard now" in second
    assert "  heard before       8\n" in second
    assert "Set aside" not in third
    with onestory.open(websites, _ledger(tmp_path), clock=HandClock(JUDGED)) as office:
        arrival = office.tell(AmericanFlight, "AA-204-LAX-MCO", to=desk)[
            AmericanFlight.actual_arrival
        ]
        assert {follower.said for follower in arrival.followers if follower.party == "orbitz"} == {
            datetime(2011, 12, 1, 19, 32, tzinfo=UTC)
        }


def test_the_example_shows_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    """The figures, whether the airline is right, and a story in which it plainly is not."""
    code = run.main([str(data("told.csv").parent)])
    lines = capsys.readouterr().out.splitlines()

    assert code == 0
    assert "Contradictions with the airline's own site: 2,070" in lines
    assert "  all        0 of 386                   51" in lines
    assert "  scheduled departure   00:00           00:00       12:00 (19)" in lines


def test_without_its_data_the_example_says_where_to_put_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three lines: what is missing, where it was sought, what to write."""
    code = run.main([str(tmp_path)])

    assert code == 2
    assert capsys.readouterr().err.splitlines() == [
        "There is no truth.csv here.",
        f"  at {tmp_path}",
        "  Name the folder that holds told.csv and truth.csv, as the first word.",
    ]


def test_a_flight_that_nobody_spoke_of_ends_in_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped flight is refused before anything is shown."""
    for name in ("told.csv", "truth.csv"):
        (tmp_path / name).write_text(HEADER + AIRLINE)
    code = run.main([str(tmp_path), "--flight", "AA-205-LAX-MCO"])

    assert code == 2
    assert capsys.readouterr().err.startswith("Nobody ever spoke of AmericanFlight")


def test_a_file_of_other_columns_is_refused(tmp_path: Path) -> None:
    """A column that is not there would be a quarter of all cells lost without a word."""
    (tmp_path / "told.csv").write_text("tuple_id,src,flight,sched_dep_time\n1,aa,AA-204-LAX-MCO,\n")

    with pytest.raises(NotTheFlights, match="no column act_dep_time and no sched_arr_time and no"):
        list(cells_of(tmp_path / "told.csv"))


def _hear(folder: Path, rows: str) -> tuple[Office, Loaded]:
    (folder / "told.csv").write_text(HEADER + rows)
    office = onestory.open(websites, "sqlite://", clock=HandClock(JUDGED))
    return office, hear_websites(office, folder / "told.csv")


def _start(folder: Path) -> str:
    """Start the copy of the example in a folder as a user would, with the same ledger each time."""
    words = ["flight_status/run.py", ".", "--ledger", _ledger(folder), "--flight", "AA-204-LAX-MCO"]
    paths = os.pathsep.join([str(ROOT / "src"), str(folder)])
    ran = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout


def _ledger(folder: Path) -> str:
    return f"sqlite:///{folder / 'flights.db'}"
