"""The answer to a commit is lost on the way from a server: the office finds out what became of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

import onestory
from onestory import Fate
from onestory.errors import LedgerError
from onestory.ledger.outcome import SERVER, outcome

from ..ledger.acme import acme, state
from ..ledger.postgres_server import Server, durable, fresh, with_pid
from .proxy import Cut, Proxy, proxy


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that keeps what it says it keeps."""
    with durable() as server:
        yield server


@pytest.fixture
def between(server: Server) -> Iterator[Proxy]:
    """What lies between the office and the server."""
    with proxy(server.data / ".s.PGSQL.5432") as between:
        yield between


def test_a_commit_whose_answer_was_lost_is_acknowledged(server: Server, between: Proxy) -> None:
    """The server kept it, and says so when it is asked again: nobody need send anything twice."""
    schema = fresh()
    with onestory.open(acme, between.address(schema)) as office:
        for number in range(20):
            between.cut = Cut.AFTER
            assert office.hear(state("C-1", f"{number}", id=f"{number}"))[0].fate is Fate.HEARD
        assert between.cuts == 20
        assert office.counts().messages == 20
        assert office.hear(state("C-1", "0", id="0"))[0].fate is Fate.KNOWN
        assert office.verify(dossiers=True) == []


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.HANGING])
def test_a_commit_that_was_lost_itself_is_refused(cut: Cut, server: Server, between: Proxy) -> None:
    """The server did not keep it; and where it still holds the ledger for the lost one, that is ended."""
    schema = fresh()
    with onestory.open(acme, between.address(schema)) as office:
        for number in range(5):
            between.cut = cut
            with pytest.raises(LedgerError, match="connection to the server was lost") as caught:
                office.hear(state("C-1", f"{number}", id=f"{number}"))
            assert "Nothing of this batch was kept" in caught.value.fix
            assert office.hear(state("C-1", f"{number}", id=f"{number}"))[0].fate is Fate.HEARD
        assert between.cuts == 5
        assert office.verify(dossiers=True) == []


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
def test_a_server_that_is_killed_at_the_commit_says_what_became_of_it_once_it_is_back(
    cut: Cut,
) -> None:
    """Kill -9: it recovers within the time that the office goes on asking for."""
    with durable() as server, proxy(server.data / ".s.PGSQL.5432") as between:

        def killed() -> None:
            server.kill()
            server.start()

        with onestory.open(acme, between.address(fresh())) as office:
            office.hear(state("C-1", "spring", id="one"))
            between.cut, between.meanwhile = cut, killed
            try:
                kept = office.hear(state("C-1", "summer", id="two"))[0].fate is Fate.HEARD
            except LedgerError as error:
                assert "Nothing of this batch was kept" in error.fix
                kept = False
            again = office.hear(state("C-1", "summer", id="two"))[0].fate

            assert again is (Fate.KNOWN if kept else Fate.HEARD)
            assert kept or cut is Cut.BEFORE
            assert office.verify(dossiers=True) == []


def test_where_the_server_cannot_be_asked_it_is_said_that_it_is_not_known(
    between: Proxy, server: Server
) -> None:
    """Another server has taken its place, and knows nothing of that transaction."""
    with durable() as other, onestory.open(acme, between.address(fresh())) as office:
        between.cut = Cut.AFTER
        between.meanwhile = lambda: between.lead_to(other.data / ".s.PGSQL.5432")
        with pytest.raises(LedgerError, match="is not known") as caught:
            office.hear(state("C-1", "spring", id="one"))
        between.lead_to(server.data / ".s.PGSQL.5432")

        assert "not kept twice" in caught.value.fix


def test_a_number_that_another_transaction_was_given_since_a_crash_proves_nothing() -> None:
    """A crashed server may give it out again: then the seal tells, and without a seal nobody can."""
    with durable() as server, onestory.open(acme, server.address(fresh())) as office:
        office.hear(state("C-1", "spring", id="one"))
        session = office.ledger._database._writer  # type: ignore[attr-defined]
        with office.ledger.view() as view:
            *_, (number, *_, digest) = view.connection.rows("seals")
        sent = session.sent._replace(seal=(number, digest))
        unsealed, sealed_otherwise = sent._replace(seal=None), sent._replace(seal=(1, b"another"))
        assert outcome(session, sent) is True
        assert outcome(session, unsealed) is True
        assert outcome(session, sealed_otherwise) is False

        walwriter = "select pid from pg_stat_activity where backend_type = 'walwriter'"
        ((process,),) = server.ask(walwriter)
        crashed = server.ask(SERVER)
        with_pid(process, signal.SIGKILL)
        assert outcome(session, unsealed) is None
        assert outcome(session, sent) is True
        assert outcome(session, sealed_otherwise) is False
        assert server.ask(SERVER) != crashed
        never_given_out = unsealed._replace(number="99999")
        assert outcome(session, never_given_out) is False
