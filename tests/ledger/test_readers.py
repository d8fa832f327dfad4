"""Connections that read: few, shared by all threads, and refused in words once they are closed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import onestory
from onestory import Office
from onestory.clock import HandClock
from onestory.errors import LedgerBusy, LedgerError
from onestory.ledger.readers import READERS, Readers
from onestory.testing import NINE

from .acme import Contract, acme, address, desk, state


class Connection:
    """A connection that knows whether it is open."""

    made: list[Connection]

    def __init__(self) -> None:
        self.open = True
        self.made.append(self)

    def close(self) -> None:
        """Close it."""
        self.open = False


@pytest.fixture
def made() -> list[Connection]:
    Connection.made = []
    return Connection.made


@pytest.fixture
def readers(made: list[Connection]) -> Readers[Connection]:
    return Readers(
        Connection, wait=0.05, busy=lambda: LedgerBusy("b"), closed=lambda: LedgerError("c")
    )


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with onestory.open(acme, address(tmp_path / "acme.db"), clock=HandClock(NINE)) as office:
        office.hear(state("C-1", "spring", id="one"))
        yield office


def apart(*, times: int, do: Callable[[], None]) -> None:
    """Do something in as many threads, one after the other."""
    for _ in range(times):
        thread = threading.Thread(target=do)
        thread.start()
        thread.join()


def test_threads_that_come_and_go_share_one_connection(
    readers: Readers[Connection], made: list[Connection]
) -> None:
    """A hundred threads, one after the other, leave one connection behind and not a hundred."""

    def read() -> None:
        with readers.lend():
            pass

    apart(times=100, do=read)

    assert len(made) == 1
    readers.close()
    assert not made[0].open


def test_a_thread_that_reads_keeps_to_its_connection(readers: Readers[Connection]) -> None:
    """Reading within reading sees the same moment, and needs no second connection."""
    with readers.lend() as (outer, first), readers.lend() as (inner, second):
        assert inner is outer
        assert (first, second) == (False, True)


def test_no_more_read_at_once_than_there_are_connections(
    readers: Readers[Connection], made: list[Connection]
) -> None:
    """One more waits, and is told so after a while; it reads once another has ended."""
    begun, go_on = threading.Barrier(READERS + 1), threading.Event()

    def hold() -> None:
        with readers.lend():
            begun.wait(10)
            go_on.wait(10)

    threads = [threading.Thread(target=hold) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    with pytest.raises(LedgerBusy), readers.lend():
        pass
    go_on.set()
    for thread in threads:
        thread.join()

    with readers.lend() as (reader, _):
        assert reader in made
    assert len(made) == READERS


def test_what_is_lent_is_closed_when_it_comes_back(
    readers: Readers[Connection], made: list[Connection]
) -> None:
    """Who is reading reads to the end, and nobody begins anew."""
    with readers.lend() as (reader, _):
        readers.close()
        assert reader.open

    assert not made[0].open
    with pytest.raises(LedgerError), readers.lend():
        pass


@pytest.mark.parametrize("where", ["file", "memory"])
def test_an_office_that_was_closed_says_so(where: str, tmp_path: Path) -> None:
    """Asking it, hearing by it and ticking it: three lines, and none of them is sqlite3's."""
    name = address(tmp_path / "acme.db") if where == "file" else "sqlite://"
    office = onestory.open(acme, name, clock=HandClock(NINE))
    office.hear(state("C-1", "spring", id="one"))
    office.close()
    office.close()

    for use in (
        office.counts,
        office.tick,
        lambda: office.tell(Contract, "C-1", to=desk),
        lambda: office.hear(state("C-1", "summer", id="two")),
    ):
        with pytest.raises(LedgerError, match="The ledger was closed") as caught:
            use()
        assert "before its close()" in caught.value.fix


def test_more_threads_than_connections_are_all_answered(office: Office) -> None:
    """They take turns; meanwhile the office hears."""
    told: list[str] = []

    def ask() -> None:
        told.extend(office.tell(Contract, "C-1", to=desk).renewed_until for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4 * READERS)]
    for thread in threads:
        thread.start()
    for number in range(20):
        office.hear(state("C-2", f"{number}", id=f"{number}"))
    for thread in threads:
        thread.join()

    assert told == ["spring"] * (20 * 4 * READERS)


def test_too_many_readers_are_told_what_they_wait_for(tmp_path: Path) -> None:
    """Each holds its view open: one more is refused, as a second writer would be."""
    short = address(tmp_path / "acme.db", "?wait=100ms")
    with onestory.open(acme, short, clock=HandClock(NINE)) as office:
        begun, go_on = threading.Barrier(READERS + 1), threading.Event()

        def hold() -> None:
            with office.ledger.view():
                begun.wait(10)
                go_on.wait(10)

        threads = [threading.Thread(target=hold) for _ in range(READERS)]
        with ExitStack() as stack:
            for thread in threads:
                thread.start()
                stack.callback(thread.join)
            stack.callback(go_on.set)
            begun.wait(10)
            with pytest.raises(LedgerBusy, match=f"{READERS} threads have been reading"):
                office.counts()
        assert office.counts().messages == 0
