"""Several processes on one PostgreSQL ledger: what one hears, the readers of another are sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import onestory
from onestory import Office

from ...ledger.postgres_server import Server, fresh, needed, speedy
from .halcyon import departs, flies, halcyon
from .served import served

FLIGHT, PERSON = "subject/Flight/HA-1", "person/Passenger/P-1"


@pytest.fixture
def server() -> Server:
    needed()
    return speedy()


@pytest.fixture
def offices(server: Server) -> Iterator[list[Office]]:
    address = server.address(fresh())
    offices = [onestory.open(halcyon, address) for _ in range(2)]
    yield offices
    for office in offices:
        office.close()


def test_what_one_process_hears_is_pushed_by_the_other(offices: list[Office]) -> None:
    """A reader of one, a message to the other: a claim, and whom it concerns."""
    with served(offices[0]) as mine, served(offices[1]):
        reader = mine.read(FLIGHT, PERSON)
        offices[1].hear(departs("HA-1", "14:00"), flies("T-1", "HA-1", "P-1"))

        reader.until("person", lambda data: len(data["subjects"]) == 3)


def test_nothing_is_lost_while_nobody_listens(offices: list[Office], server: Server) -> None:
    """The connection that listens is cut, again and again; each change is pushed all the same."""
    cut = (
        "select count(pg_terminate_backend(pid)) from pg_stat_activity "
        "where query like 'listen onestory%'"
    )
    with served(offices[0]) as mine, served(offices[1]):
        reader = mine.read(FLIGHT)
        for number in range(5):
            server.ask(cut)
            offices[1].hear(departs("HA-1", str(number)))
            reader.until(
                "subject",
                lambda data, at=str(number): (
                    data["story"] and data["story"]["facts"]["departs"]["value"] == at
                ),
            )
        assert mine.get("/readyz")[0].status == 200


def test_who_comes_while_nobody_listens_is_sent_what_is_so(offices: list[Office]) -> None:
    """What others watch may be old while no wake is heard: for who comes it is rendered anew."""
    with served(offices[0]) as mine:
        here = mine.read(FLIGHT)
        here.next()
        live = mine.serving.live
        live.hub.are_heard = lambda: False
        offices[1].hear(departs("HA-1", "14:00"))

        story = mine.read(FLIGHT).next().data["story"]
        assert story["facts"]["departs"]["value"] == "14:00"
