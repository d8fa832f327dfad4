"""The cells of 38 flight websites: how each way of writing is read, and that no cell is lost."""

from __future__ import annotations

import pickle
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight_status.airports import ZONES, UnknownAirport, UnreadableFlight, zone_of, zones_of
from flight_status.cells import UnreadableCell, read_cell
from flight_status.rows import COLUMNS, FactName, read_fact

from . import independent_flights as independent
from .flights_data import data

ORD: Final = ZONES["ORD"]
"""Chicago: six hours behind UTC in December."""


def day(number: int, hour: int, minute: int) -> datetime:
    """Return a moment of December 2011 in UTC; day 0 is 30 November."""
    return datetime(2011, 12, 1, hour, minute, tzinfo=UTC) + timedelta(days=number - 1)


WAYS: Final = {
    "7:10 a.m.": day(1, 13, 10),
    "11:50 a.m.": day(1, 17, 50),
    "7:45 p.m.": day(2, 1, 45),
    "12:15 a.m.": day(1, 6, 15),
    "12:15 p.m.": day(1, 18, 15),
    "7:10aDec 1": day(1, 13, 10),
    "12:29aDec 2": day(2, 6, 29),
    "8:02pDec 1": day(2, 2, 2),
    "12:21 a.m. Dec 02": day(2, 6, 21),
    "5:50 a.m.Dec 02": day(2, 11, 50),
    "Dec 02 12:21 a.m.": day(2, 6, 21),
    "Fri Dec 2 5:11 a.m.": day(2, 11, 11),
    "5:50 a.m.  Fri 02-Dec-2011": day(2, 11, 50),
    "11/30 8:00 p.m.": day(1, 2, 0),
    "12/2/11 6:35 a.m.": day(2, 12, 35),
    "12/2/2011 6:55 a.m.": day(2, 12, 55),
    "12/02/2011 12:15 a.m.": day(2, 6, 15),
    "11/30/2011 11:34 p.m.": day(1, 5, 34),
    "2:45P 12-01-11": day(1, 20, 45),
    "10:34A 12-01-11": day(1, 16, 34),
    "2:46P": day(1, 20, 46),
    "10:08A": day(1, 16, 8),
    "Thu  22:15": day(2, 4, 15),
    "Thu  7:45": day(1, 13, 45),
    "Fri  0:05": day(2, 6, 5),
    "Wed  23:59": day(1, 5, 59),
    "12:30": day(1, 18, 30),
    "12:00noon": day(1, 18, 0),
    "6:47 p.m. (Estimated runway)": day(2, 0, 47),
    "9:52 p.m. (Estimated)": day(2, 3, 52),
    "3:20 p.m. (runway)": day(1, 21, 20),
    "3:20 p.m. (Runway)": day(1, 21, 20),
    "10:39 p.m.&nbsp(Estimated)": day(2, 4, 39),
    "10:30 p.m.*": day(2, 4, 30),
    "1:32 p.m.            Delayed": day(1, 19, 32),
    "11:08 p.m.            On Time": day(2, 5, 8),
    "9:05 a.m. (-06:00)": day(1, 15, 5),
    " 7:10 a.m.\r": day(1, 13, 10),
}

SILENT: Final = [
    "",
    "  ",
    "&nbsp",
    "\r",
    "Not Available",
    "Contact Airline",
    "Dec 02 Not Available",
    "Dec 02 Contact Airline",
]

UNREADABLE: Final = {
    "Cancelled": "there is not one clock time in it",
    "7:10 a.m. 7:20 a.m.": "there is not one clock time in it",
    "7:10 a.m. Cancelled": "'Cancelled' is neither a day nor a known remark",
    "7:10 a.m. (Gate B4)": "'(Gate B4)' is neither a day nor a known remark",
    "Gate Not Available": "'Gate' is neither a day nor a known remark",
    "13:10 p.m.": "no half of a day has an hour 13",
    "0:10 a.m.": "no half of a day has an hour 0",
    "12:30noon": "noon is at 12:00",
    "7:60 a.m.": "minute must be in 0..59",
    "24:00": "hour must be in 0..23",
    "Thu Dec 2 5:11 a.m.": "02 December 2011 is not a Thu",
    "5:50 a.m.  Thu 02-Dec-2011": "02 December 2011 is not a Thu",
    "Dec 32 5:11 a.m.": "day",
    "13/02/2011 5:11 a.m.": "month must be in 1..12",
    "Foo 02 5:11 a.m.": "'Foo' is not in the calendar",
    "Foo 5:11": "'Foo' is not in the calendar",
    "1:50 p.m. (+8:00)": "+8:00 is not the offset of America/Chicago",
    "12/31/9999 11:00 p.m.": "date value out of range",
}


@pytest.mark.parametrize(("text", "moment"), WAYS.items(), ids=WAYS)
def test_every_way_of_writing_is_read_as_the_same_kind_of_moment(
    text: str, moment: datetime
) -> None:
    """A cell gives a moment in UTC, by the airport's clock; the second reader agrees."""
    row = _row(act_dep_time=text)

    assert read_cell(text, ORD) == moment
    assert independent.moment_of(row, "actual_departure") == moment


@pytest.mark.parametrize("text", SILENT)
def test_a_cell_that_is_blank_or_says_it_is_not_available_makes_no_claim(text: str) -> None:
    """Who does not know has not said anything, with a day or without."""
    assert read_cell(text, ORD) is None
    assert independent.moment_of(_row(act_dep_time=text), "actual_departure") is None


@pytest.mark.parametrize(("text", "reason"), UNREADABLE.items(), ids=UNREADABLE)
def test_a_cell_that_cannot_be_read_is_set_aside_with_its_reason(text: str, reason: str) -> None:
    """No word, no day that does not exist and no cell against itself is guessed at."""
    with pytest.raises(UnreadableCell) as caught:
        read_cell(text, ORD, where="row 7, site aa, column act_dep_time")
    what, where, fix = str(caught.value).splitlines()

    assert reason in caught.value.reason
    assert what.startswith(f"The cell {text!r} is no time: ")
    assert where == "  heard in row 7, site aa, column act_dep_time"
    assert "12/02/2011 6:55 a.m." in fix
    with pytest.raises(ValueError, match=r"no format fits|own zone"):
        independent.moment_of(_row(act_dep_time=text), "actual_departure")


def test_a_cell_too_long_to_be_a_time_is_set_aside_and_shown_in_part() -> None:
    """A page that was saved in the place of a cell does not fill the list of what was set aside."""
    with pytest.raises(UnreadableCell) as caught:
        read_cell("<html>" + " " * 1_000_000, ORD)

    assert caught.value.reason == "it has 1000006 characters, and a time at most 80"
    assert len(str(caught.value)) < 400


def test_an_unreadable_cell_travels_between_processes() -> None:
    """The error pickles with its parts, as every error that a worker hands back must."""
    error = UnreadableCell("Cancelled", "there is not one clock time in it", "row 7")

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - these bytes are our own

    assert (again.text, again.reason, again.where) == (error.text, error.reason, error.where)
    assert str(again) == str(error)


def test_an_arrival_after_midnight_belongs_to_the_day_after() -> None:
    """AA-204 leaves Los Angeles at 11:25 p.m.: its bare 6:55 a.m. is that of 2 December."""
    row = _row("AA-204-LAX-MCO", sched_dep_time="11:25 p.m.", sched_arr_time="6:55 a.m.")

    assert read_fact(row, "scheduled_arrival") == read_cell("12/02/2011 6:55 a.m.", ZONES["MCO"])


def test_an_arrival_at_an_earlier_hour_may_be_of_the_same_day() -> None:
    """UA-858 leaves Shanghai at 1:45 p.m. and reaches San Francisco at 8:27 a.m. the same day."""
    row = _row("UA-858-PVG-SFO", sched_dep_time="1:45 p.m.", sched_arr_time="8:27 a.m.")

    assert read_fact(row, "scheduled_arrival") == day(1, 16, 27)


def test_a_departure_after_midnight_belongs_to_the_day_after() -> None:
    """AA-1522 was to leave at 11:55 p.m. At 12:11 a.m. it is 16 minutes late, not a day early."""
    row = _row("AA-1522-SFO-ORD", sched_dep_time="11:55 p.m.", act_dep_time="12:11 a.m.")

    assert read_fact(row, "actual_departure") == day(2, 8, 11)


def test_a_departure_twelve_hours_early_is_still_of_the_same_day() -> None:
    """Midnight beside a schedule of noon is twelve hours early or late; 1 December is meant."""
    row = _row("AA-3-JFK-LAX", sched_dep_time="12:00noon", act_dep_time="12:00 a.m.")

    assert read_fact(row, "actual_departure") == day(1, 5, 0)


def test_a_departure_may_be_early() -> None:
    """UA-37 left Edinburgh at 8:52 a.m., thirteen minutes before its schedule, on 1 December."""
    row = _row("UA-37-EDI-EWR", sched_dep_time="9:05 a.m. (-00:00)", act_dep_time="8:52 a.m.")

    assert read_fact(row, "actual_departure") == day(1, 8, 52)


def test_a_day_that_the_cell_names_is_heard_even_where_it_cannot_be() -> None:
    """A passenger was told Thursday. It is heard, and contradicts the airline's Friday."""
    row = _row("AA-204-LAX-MCO", sched_dep_time="11:25 p.m.", sched_arr_time="Thu  6:55")

    assert read_fact(row, "scheduled_arrival") == day(1, 11, 55)


def test_without_a_readable_departure_the_first_of_december_stands() -> None:
    """Nothing in the row says that it was another day; no other row is asked."""
    silent = _row("AA-3823-LAX-DEN", sched_arr_time="12:15 a.m.")
    unreadable = _row("AA-3823-LAX-DEN", sched_dep_time="Cancelled", sched_arr_time="12:15 a.m.")

    assert read_fact(silent, "scheduled_arrival") == day(1, 7, 15)
    assert read_fact(unreadable, "scheduled_arrival") == day(1, 7, 15)


def test_a_flight_knows_the_zones_of_both_its_airports() -> None:
    """The key of a flight ends in the airport it leaves from and the one it goes to."""
    assert zones_of("UA-858-PVG-SFO") == (ZONES["PVG"], ZONES["SFO"])


def test_an_airport_or_flight_that_is_not_known_says_what_to_write() -> None:
    """Three lines each: what is missing, where it was sought, what to write."""
    with pytest.raises(UnknownAirport) as airport:
        zone_of("XYZ")
    with pytest.raises(UnreadableFlight) as flight:
        zones_of("AA-204-LAX")

    assert str(airport.value).splitlines()[0] == "No time zone is known for the airport 'XYZ'."
    assert "'XYZ': ZoneInfo(" in str(airport.value).splitlines()[2]
    assert (
        str(flight.value).splitlines()[2]
        == "  Write carrier, number, origin and destination: AA-3859-IAH-ORD."
    )


@given(
    way=st.sampled_from(
        [
            "{h12}:{m:02} {half}.m.",
            "{h12}:{m:02}{half}Dec {d}",
            "{h12}:{m:02} {half}.m. Dec 0{d}",
            "Dec 0{d} {h12}:{m:02} {half}.m.",
            "12/{d}/11 {h12}:{m:02} {half}.m.",
            "{h12}:{m:02}{half} 12-0{d}-11",
            "{h}:{m:02}",
            "{h12}:{m:02} {half}.m. (Estimated runway)",
        ]
    ),
    minute=st.integers(0, 24 * 60 - 1),
    number=st.sampled_from([1, 2, 3]),
    leaves=st.sampled_from(
        ["", "12:00noon", "11:55 p.m.", "11/30 8:00 p.m.", "Not Available", "12:10 a.m."]
    ),
    flight=st.sampled_from(
        ["AA-204-LAX-MCO", "UA-858-PVG-SFO", "UA-37-EDI-EWR", "AA-3809-PHX-LAX", "UA-1500-IAH-GUA"]
    ),
    fact=st.sampled_from(list(COLUMNS)),
)
def test_both_readers_agree_on_times_that_no_site_wrote(
    *, way: str, minute: int, number: int, leaves: str, flight: str, fact: FactName
) -> None:
    """Every minute of the day, in every common way, beside every kind of departure."""
    hour, minute = divmod(minute, 60)
    half, h12 = "ap"[hour // 12], hour % 12 or 12
    cells = {
        "sched_dep_time": leaves,
        COLUMNS[fact]: way.format(h=hour, h12=h12, m=minute, half=half, d=number),
    }
    row = _row(flight, **cells)

    assert read_fact(row, fact) == independent.moment_of(row, fact)


@pytest.mark.parametrize("name", ["told.csv", "truth.csv"])
def test_no_cell_is_lost_and_both_readers_agree_on_each(name: str) -> None:
    """Every cell is read, empty or set aside, by two readers that share no line."""
    ours: Counter[str] = Counter()
    for row in independent.rows_of(data(name)):
        for fact in COLUMNS:
            moment = _heard(row, fact)
            assert moment == _heard_independently(row, fact), (row, fact)
            ours["unreadable" if moment == "unreadable" else "heard" if moment else "empty"] += 1

    theirs = independent.tally(independent.rows_of(data(name)))
    assert (ours["heard"], ours["empty"], ours["unreadable"]) == (
        theirs.heard,
        theirs.empty,
        theirs.unreadable,
    )
    assert ours.total() == 4 * 2376


def test_the_figures_that_the_example_states_are_those_of_the_data() -> None:
    """The docstrings of `cells.py` and `rows.py` argue with figures; here they are counted."""
    rows = independent.rows_of(data("told.csv"))
    count: Counter[str] = Counter()
    moved: list[str] = []
    for row in rows:
        for fact, column in COLUMNS.items():
            text, moment = row[column], read_fact(row, fact)
            if moment is not None:
                count["heard"] += 1
                count["dated"] += any(sign in text for sign in ("Dec", "/", "Thu", "-11"))
                count["remarked"] += any(sign in text for sign in ("(", "*", "Delayed", "On Time"))
                if moment != read_cell(text, zones_of(row["flight"])[fact.endswith("arrival")]):
                    moved.append(row["flight"])

    assert (count["heard"], count["heard"] - count["dated"], count["remarked"]) == (7102, 6739, 95)
    assert (len(moved), len(set(moved))) == (78, 6)
    assert len({(row["src"], row["flight"]) for row in rows}) == len(rows)


def test_the_second_computation_finds_what_the_example_reports() -> None:
    """38 sites, 100 flights, one day: how often a customer would hear two stories."""
    found = independent.tally(independent.rows_of(data("told.csv")))

    assert (found.heard, found.empty, found.unreadable, found.total) == (7102, 2402, 0, 2070)
    assert found.per_fact() == {
        "scheduled_departure": 38,
        "actual_departure": 1056,
        "scheduled_arrival": 178,
        "actual_arrival": 798,
    }
    assert sum(found.per_site().values()) == found.total


def test_the_deciding_sites_are_never_wrong_by_a_truth_that_repeats_them() -> None:
    """United wrote midnight for UA-2945 where 19 sites wrote noon, and so does `truth.csv`.

    So none wrong of 386 says little; that most others say one other minute 51 times says more.
    """
    told, truth = independent.rows_of(data("told.csv")), independent.rows_of(data("truth.csv"))

    compared = independent.deciding_site_wrong(told, truth).values()
    midnight = {row["sched_dep_time"] for row in truth if row["flight"] == "UA-2945-PHL-CLT"}
    noon = [
        row["src"]
        for row in told
        if row["flight"] == "UA-2945-PHL-CLT"
        and row["sched_dep_time"] in {"12:00 p.m.", "12:00noon"}
    ]

    assert (sum(wrong for wrong, _ in compared), sum(both for _, both in compared)) == (0, 386)
    assert (midnight, len(noon)) == ({"12:00 a.m."}, 19)
    assert sum(independent.outvoted(told).values()) == 51


def _row(flight: str = "AA-484-ORD-MIA", **cells: str) -> dict[str, str]:
    return (
        {"tuple_id": "1", "src": "aa", "flight": flight}
        | dict.fromkeys(COLUMNS.values(), "")
        | cells
    )


def _heard(row: dict[str, str], fact: FactName) -> datetime | str | None:
    try:
        return read_fact(row, fact)
    except UnreadableCell:
        return "unreadable"


def _heard_independently(row: dict[str, str], fact: FactName) -> datetime | str | None:
    try:
        return independent.moment_of(row, fact)
    except ValueError:
        return "unreadable"
