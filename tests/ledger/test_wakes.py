"""Wakes: one process of a ledger on PostgreSQL commits, the others are woken, outside all transactions."""

from __future__ import annotations

import threading

import pytest

from onestory.ledger import open_database

from .postgres_server import Server, fresh, needed, speedy

PATIENCE = 20


@pytest.fixture
def server() -> Server:
    needed()
    return speedy()


class Woken:
    """Counts how often it was woken."""

    def __init__(self) -> None:
        self.times = 0
        self._signal = threading.Semaphore(0)

    def __call__(self) -> None:
        """Be woken."""
        self.times += 1
        self._signal.release()

    def wait(self) -> bool:
        """Wait for one more time."""
        return self._signal.acquire(timeout=PATIENCE)


@pytest.fixture
def schema(server: Server) -> str:
    schema = fresh()
    open_database(server.address(schema)).close()
    return schema


def test_one_process_wakes_another(server: Server, schema: str) -> None:
    """Each has a connection to listen and one to send; neither is the one that hears."""
    mine, other = (open_database(server.address(schema)) for _ in range(2))
    woken = Woken()
    listens, sends = mine.wakes(woken), other.wakes(lambda: None)
    assert woken.wait()  # it listens
    sends.send(7)

    assert woken.wait()
    assert listens.are_heard
    for end in (listens, sends, mine, other):
        end.close()


def test_what_concerns_another_ledger_wakes_nobody(server: Server, schema: str) -> None:
    """Ledgers of one database share its channel, and know their own wakes by the schema."""
    mine = open_database(server.address(schema))
    woken = Woken()
    listens = mine.wakes(woken)
    assert woken.wait()
    with server.link() as link:
        link.execute("select pg_notify('onestory', 'another_schema 7')")
        link.execute("select pg_notify('onestory', %s)", [f"{schema} 8"])

    assert woken.wait()
    assert woken.times == 2
    listens.close()
    mine.close()


def test_many_commits_are_one_wake(server: Server, schema: str) -> None:
    """A thousand commits within a tenth of a second take the server's lock a few times, not a thousand."""
    mine = open_database(server.address(schema))
    woken = Woken()
    wakes = mine.wakes(woken)
    assert woken.wait()
    for number in range(1_000):
        wakes.send(number)
    assert woken.wait()
    wakes.close()
    mine.close()

    assert woken.times < 10


def test_a_lost_connection_is_made_anew_and_wakes(server: Server, schema: str) -> None:
    """What was said while nobody listened is looked for once somebody does; what was to be sent is sent."""
    mine = open_database(server.address(schema))
    woken = Woken()
    wakes = mine.wakes(woken)
    assert woken.wait()
    wakes.send(1)
    assert woken.wait()
    before = woken.times
    listening = "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like %s"
    server.ask(listening, "listen onestory%")
    server.ask(listening, "select pg_notify('onestory'%")
    assert woken.wait()
    wakes.send(2)

    assert woken.wait()
    assert woken.times >= before + 2
    wakes.close()
    mine.close()


def test_a_file_wakes_nobody(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A process that is alone on its file needs no wakes, and misses none."""
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('l')}/acme.db")
    wakes = database.wakes(lambda: None)
    wakes.send(1)

    assert wakes.are_heard
    wakes.close()
    database.close()
