"""Pages and documents about what is rarer: people who follow, aliases, facts that are gone, types."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

import onestory
from onestory import HandClock, Money
from onestory.office.cli import app
from onestory.office.words import Words

pytestmark = pytest.mark.sqlite  # commands look whether the file is there

COMPANY = "acme_air:air"
NINE = datetime(2021, 1, 5, 9, tzinfo=UTC)

AIR = '''
"""Acme Air: operations decides when a flight leaves; the board and the passengers follow."""

from datetime import datetime
from typing import TypedDict

from onestory import Channel, Claims, Company, Entity, Fact, Key, Link, People, System, reads

air = Company("Acme Air")
operations = System("operations", of=air)
board = System("board", of=air)
passengers = People("passengers", of=air)
desk = Channel("desk", of=air)


class Flight(Entity, of=air):
    number: Key[str]
    departs: Fact[datetime] = operations.decides(
        board.follows(within="5 min"), passengers.follows(within="30 min"), about="When it leaves."
    )


class Passenger(Entity, of=air, one_of=passengers):
    ticket: Key[str]
    flight: Link[Flight] = operations.decides()


class Left(TypedDict):
    flight: str
    departs: datetime


class Ticket(TypedDict):
    ticket: str
    flight: str


@reads(operations, "departs")
def departs(left: Left) -> Claims:
    yield Flight.departs.claim(left["flight"], left["departs"])


@reads(operations, "ticket")
def ticket(ticket: Ticket) -> Claims:
    yield Passenger.flight.claim(ticket["ticket"], ticket["flight"])


@reads(operations, "own")
def own(left: Left) -> Claims:
    yield Flight.departs.claim(operations.calls(left["flight"]), left["departs"])
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a company of its own."""
    (tmp_path / "acme_air.py").write_text(AIR)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    importlib.invalidate_caches()
    yield tmp_path
    sys.modules.pop("acme_air", None)


def page(*words: str) -> str:
    """What a command writes for people."""
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "80"}, prog_name="onestory")
    assert result.exit_code == 0, result.output
    return result.stdout


def document(*words: str) -> Any:
    """What a command writes for programs."""
    return json.loads(page(*words, "--json"))


def leaves(hour: int, number: int, *, at: datetime) -> onestory.Message:
    """Operations says when flight AA 1 leaves."""
    data = {"flight": "AA 1", "departs": NINE.replace(hour=hour)}
    return onestory.message("operations", "departs", data, id=f"d-{number}", time=at)


@pytest.fixture
def untold(here: Path) -> None:
    """H18 without the telling: a passenger heard 10:00 at the desk; since 9:01 it is 12:00."""
    module: Any = importlib.import_module("acme_air")
    clock = HandClock(NINE)
    with onestory.open(module.air, "sqlite:///onestory.db", clock=clock) as office:
        ticket = {"ticket": "T-7", "flight": "AA 1"}
        office.hear(leaves(10, 1, at=NINE))
        office.hear(onestory.message("operations", "ticket", ticket, id="t-1"))
        person = (module.Passenger, "T-7")
        office.tell(module.Flight, "AA 1", to=module.desk, person=person, record=True)
        clock.move(timedelta(minutes=1))
        office.hear(leaves(12, 2, at=NINE))
        clock.move(timedelta(minutes=31))
        office.tick()


def test_a_person_who_was_not_told_is_a_contradiction_of_her_own(untold: None) -> None:
    """The page names her, what she heard and by which channel; the document too."""
    rows = document("contradictions", COMPANY)["contradictions"]
    (hers,) = [row for row in rows if row["person"] == "T-7"]
    text = page("explain", COMPANY, str(hers["number"]))

    assert (hers["follower"], hers["decided"], hers["said"]) == (
        "passengers",
        "2021-01-05T12:00:00Z",
        "2021-01-05T10:00:00Z",
    )
    assert "operations: 2021-01-05 12:00, T-7: 2021-01-05 10:00" in page("contradictions", COMPANY)
    assert "T-7 was last told 2021-01-05 10:00 UTC" in " ".join(text.split())
    assert "Who heard it" in text
    assert "T-7 was not told in time" in text


def test_a_story_shows_how_people_stand_and_a_timeline_what_is_linked(untold: None) -> None:
    """A passenger is a party like any system, by her key; her ticket is told under its own name."""
    told = document("story", COMPANY, "Flight", "AA 1")["facts"]["departs"]["followers"]
    timeline = page("story", COMPANY, "Flight", "AA 1", "--timeline", "--zone", "Europe/Berlin")

    assert [(one["party"], one["person"]) for one in told] == [
        ("board", None),
        ("passengers", "T-7"),
    ]
    assert "T-7" in page("story", COMPANY, "Flight", "AA 1")
    assert "Passenger T-7: flight = AA 1" in timeline
    assert "told" in timeline


def test_a_contradiction_under_a_systems_own_name_is_shown_by_that_name(here: Path) -> None:
    """Until operations' own name for a flight is linked, the board can follow it nowhere."""
    module: Any = importlib.import_module("acme_air")
    with onestory.open(module.air, "sqlite:///onestory.db", clock=HandClock(NINE)) as office:
        data = {"flight": "A1", "departs": NINE}
        office.hear(onestory.message("operations", "own", data, id="o-1"))
    (row,) = document("contradictions", COMPANY)["contradictions"]

    assert row["subject"] == "Flight called A1 by operations"
    assert row["decided"] == "2021-01-05T09:00:00Z"
    assert "said" not in row
    assert "operations: 2021-01-05 09:00, board: (nothing)" in page("contradictions", COMPANY)


def test_what_is_no_longer_declared_is_still_listed(untold: None, here: Path) -> None:
    """A contradiction outlives the fact it was about; it is told without values."""
    text = AIR.replace("departs: Fact[datetime]", "leaves: Fact[datetime]")
    (here / "acme_air.py").write_text(text.replace("Flight.departs", "Flight.leaves"))
    sys.modules.pop("acme_air", None)
    rows = document("contradictions", COMPANY, "--all")["contradictions"]

    assert {row["fact"] for row in rows} == {"departs"}
    assert all("decided" not in row for row in rows)
    assert "departs" in page("contradictions", COMPANY, "--all")


def test_a_timeline_is_told_to_nobody_in_particular(here: Path) -> None:
    """It is what became known; a channel or a moment in the world would change nothing of it."""
    words = ["story", COMPANY, "Flight", "AA 1", "--timeline", "--channel", "desk"]
    result = CliRunner().invoke(app, words, env={"COLUMNS": "80"})

    assert result.exit_code == 2
    assert "leave out" in result.stderr


class Size(Enum):
    """A size."""

    LARGE = "large"


@dataclass(frozen=True)
class Street:
    """A part of an address."""

    name: str
    number: int | None


class Address(msgspec.Struct, frozen=True):
    """An address."""

    street: Street
    town: str


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "(empty)"),
        (True, "yes"),
        ("C-1", "C-1"),
        (Decimal("49.90"), "49.90"),
        (Money(Decimal("49.90"), "EUR"), "49.90 EUR"),
        (NINE.date(), "2021-01-05"),
        (NINE, "2021-01-05 10:00"),
        (NINE + timedelta(seconds=7), "2021-01-05 10:00:07"),
        (timedelta(minutes=5), "5 min"),
        (Size.LARGE, "large"),
        (Address(Street("High Street", None), "York"), "High Street, York"),
    ],
)
def test_a_value_is_written_for_people(value: object, written: str) -> None:
    """Each type a fact may hold, in the zone of the page."""
    assert Words(timezone(timedelta(hours=1))).value(value) == written
