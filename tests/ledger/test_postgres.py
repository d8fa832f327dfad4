"""A ledger on PostgreSQL: whose schema it is, what is refused, and how; and what outlives a connection."""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import onestory
from onestory import Fate, Office
from onestory.clock import HandClock
from onestory.errors import (
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerNewer,
    LedgerReadOnly,
    LedgerUnreachable,
    NotALedger,
    NotInstalled,
    OnestoryError,
)
from onestory.ledger import open_database
from onestory.ledger.session import COPIED_FROM
from onestory.ledger.statements import migrations
from onestory.office.cli_names import existing
from onestory.testing import NINE, Timeline

from .acme import Contract, Customer, acme, billing, contracts, desk, state
from .postgres_server import Server, fresh, needed, speedy


@pytest.fixture(scope="module")
def server() -> Server:
    needed()
    return speedy()


@pytest.fixture
def schema() -> str:
    return fresh()


@pytest.fixture
def office(server: Server, schema: str) -> Iterator[Office]:
    """An office that has heard one message."""
    with opened(server.address(schema)) as office:
        office.hear(state("C-1", "spring", id="one"))
        yield office


def opened(address: str) -> Office:
    return onestory.open(acme, address, clock=HandClock(NINE))


def refused(address: str, kind: type[OnestoryError]) -> str:
    """What is said when a ledger cannot be opened: three lines, the last of which helps."""
    with pytest.raises(kind) as caught:
        opened(address)
    assert type(caught.value) is kind
    assert len(str(caught.value).splitlines()) == 3
    return str(caught.value)


def cut(server: Server, schema: str) -> None:
    """Cut every connection to a ledger."""
    server.ask(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        f" where application_name = 'onestory' and query not like '%{schema} is not cut%'"
    )


# Whose schema it is


def test_each_schema_is_a_ledger_of_its_own(server: Server, office: Office) -> None:
    """One server holds several; what one hears, another does not know."""
    with opened(server.address(fresh())) as other:
        assert other.counts().messages == 0
        assert office.counts().messages == 1


def test_a_ledger_is_there_when_it_is_opened_again(server: Server, schema: str) -> None:
    """With its marks: the comment by which it is known, and one row a migration."""
    for fate in (Fate.HEARD, Fate.KNOWN):
        with opened(server.address(schema)) as office:
            assert office.hear(state("C-1", "spring", id="one"))[0].fate is fate
            assert office.verify(dossiers=True) == []
    assert server.ask(f"select obj_description('{schema}.migration'::regclass)") == [("ONES",)]
    assert server.ask(f"select number from {schema}.migration order by 1") == [
        (number,) for number, _, _ in migrations()
    ]


def test_tables_of_others_are_left_alone(server: Server, schema: str) -> None:
    """Also where one of theirs is called migration."""
    server.ask(f"create schema {schema}; create table {schema}.migration (number int)")

    assert "tables of others" in refused(server.address(schema), NotALedger)
    assert server.ask(f"select count(*) from pg_class where relnamespace = '{schema}'::regnamespace"
                      ) == [(1,)]  # fmt: skip


def test_a_newer_ledger_is_refused(server: Server, schema: str) -> None:
    """A ledger that a later version wrote to is not touched."""
    opened(server.address(schema)).close()
    server.ask(f"insert into {schema}.migration values (999, 'later')")

    assert "version 999" in refused(server.address(schema), LedgerNewer)


def test_many_may_make_one_ledger_at_once(server: Server, schema: str) -> None:
    """One makes it, the others wait, and all have it open."""
    made: list[int] = []

    def make() -> None:
        with opened(server.address(schema)) as office:
            made.append(office.counts().messages)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [0] * 6


def test_a_ledger_that_may_only_be_read_answers_and_refuses_to_write(
    server: Server, schema: str, office: Office
) -> None:
    """``mode=ro`` tells; hearing is refused; and what is not there is not made."""
    with opened(server.address(schema, options="&mode=ro")) as reader:
        assert reader.tell(Contract, "C-1", to=desk).renewed_until == "spring"
        with pytest.raises(LedgerReadOnly, match="to be read"):
            reader.hear(state("C-1", "summer", id="two"))
    assert "no ledger in this schema yet" in refused(
        server.address(fresh(), options="&mode=ro"), NotALedger
    )


def test_a_user_who_may_not_write_is_told_so(server: Server, schema: str, office: Office) -> None:
    """The server's own rights hold."""
    server.ask(f"create role {schema}_reader login; grant usage on schema {schema} to {schema}_reader; "
               f"grant select on all tables in schema {schema} to {schema}_reader")  # fmt: skip
    address = server.address(schema).replace("postgres@", f"{schema}_reader@")
    database = open_database(address)
    with pytest.raises(LedgerReadOnly, match="permission denied"), database.writing() as connection:
        connection.run("insert_company", "Another", 1)
    database.close()


def test_a_question_makes_no_empty_ledger(server: Server, schema: str) -> None:
    """A command that asks something of a ledger says that there is none yet, and makes none."""
    address = server.address(schema)
    with pytest.raises(NotALedger, match=f"(?s)no ledger here yet.*schema={schema}.*onestory hear"):
        existing(address)
    opened(address).close()

    assert existing(address) == address
    with pytest.raises(LedgerError, match="cannot be reached"):
        existing("postgresql://postgres@127.0.0.1:1/acme")


KEPT = {
    "entries_between": (0, 2**62),
    "messages_between": (0, 2**62),
    "subjects_between": (0, 2**62),
    "subject_page": (0, 1_000),
    "seals": (),
    "parties": (),
    "entities": (),
    "shapes": (),
    "contradictions_kept": (),
    "incidents": (1,),
    "links_kept": (0, 2**62),
    "asides": (0, 1_000),
    "terms": (),
    "link_states": (),
    "counts": (),
}
"""What the two ledgers must have alike: the record, and what follows from it."""

BY_NAME = {"parties", "entities", "shapes", "link_states", "links_kept"}
"""Of these, what is in no order."""


def kept(address: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that is in a ledger after a history of everything there can be."""
    with Timeline(acme, address=address) as timeline:
        timeline.says(contracts, Contract.holder, "C-1", "K-7")
        for number in range(60):
            timeline.says(contracts, Contract.seats, f"C-{number}", number)
        timeline.office.hear(*(state(f"C-{n % 45}", f"{n % 7}", id=f"m {n}") for n in range(300)))
        timeline.says(contracts, Contract.renewed_until, billing.calls("B-1"), "winter")
        timeline.says(billing, Contract.renewed_until, "C-1", "spring")
        timeline.wait("6 min")
        timeline.office.tell(Contract, "C-1", to=desk, person=(Customer, "K-7"), record=True)
        timeline.says(contracts, Contract.renewed_until, "C-1", "summer")
        timeline.office.hear(onestory.message("contracts", "contract.lost", {"no": 1}, id="two"))
        timeline.office.replay()
        timeline.wait("2 d")
        with timeline.office.ledger.view() as view:
            return {
                name: sorted(view.connection.rows(name, *values))
                if name in BY_NAME
                else view.connection.rows(name, *values)
                for name, values in KEPT.items()
            }


def test_a_ledger_is_line_for_line_what_it_is_on_sqlite(server: Server, schema: str) -> None:
    """Numbers, hashes, seals, dossiers and all that follows from them: the same, to the byte."""
    there, here = kept(server.address(schema)), kept("sqlite://")

    for name, rows in here.items():
        assert rows, name
        assert [tuple(map(_same, row)) for row in there[name]] == rows, name


def _same(cell: Any) -> Any:
    return int(cell) if isinstance(cell, bool) else cell


# What is refused


@pytest.mark.parametrize(
    ("wrong", "kind", "says"),
    [
        ("postgresql://postgres@/postgres?schema=Acme", NotALedger, "is not the address"),
        ("postgresql://postgres@/postgres?schema=a;b", NotALedger, "is not the address"),
        ("postgresql://postgres@/postgres?mode=rw", NotALedger, "is not the address"),
        ("postgresql://postgres@/postgres?wait=long", NotALedger, "is not the address"),
        ("postgresql://postgres@/postgres?cache=shared", NotALedger, "is not the address"),
        ("postgresql://ann:secret@127.0.0.1:1/acme", LedgerError, "cannot be reached"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(
    wrong: str, kind: type[OnestoryError], says: str
) -> None:
    """A misspelt option is refused, not passed over; and no password is shown."""
    needed()
    with pytest.raises(kind, match=says) as caught:
        opened(wrong)

    assert caught.value.fix
    assert "secret" not in str(caught.value)


def test_a_database_or_a_user_that_is_not_there_is_refused(server: Server, schema: str) -> None:
    """Each with its own way out."""
    assert "no such database" in refused(server.address(schema, database="nowhere"), NotALedger)
    nobody = server.address(schema).replace("postgres@", "nobody_here@")
    assert "does not let this user in" in refused(nobody, LedgerReadOnly)


def test_a_database_that_loses_letters_is_refused(server: Server, schema: str) -> None:
    """Only UTF8 keeps every text."""
    server.ask(f"create database {schema} encoding 'LATIN1' template template0 locale 'C'")

    assert "LATIN1" in refused(server.address(schema, database=schema), NotALedger)


def test_without_psycopg_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is an extra: whoever keeps a ledger in a file does not need it."""
    real = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "psycopg":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NotInstalled, match="needs psycopg") as caught:
        open_database("postgresql://postgres@/postgres")

    assert caught.value.where == sys.executable
    assert "onestory[postgres]" in caught.value.fix


def test_a_second_writer_waits_and_is_then_refused(server: Server, schema: str) -> None:
    """While another holds the ledger, hearing waits; after that it says so, and can be repeated."""
    address = server.address(schema, options="&wait=100ms")
    with opened(address) as office, opened(address) as other:
        with other.writing(), pytest.raises(LedgerBusy, match="for 100 ms"):
            office.hear(state("C-1", "spring", id="one"))

        assert office.hear(state("C-1", "spring", id="one"))[0].fate is Fate.HEARD


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("53100", LedgerFull),
        ("XX001", LedgerCorrupt),
        ("58030", LedgerError),
        ("25006", LedgerReadOnly),
        ("25P03", LedgerUnreachable),
    ],
)
def test_what_a_server_refuses_is_told_and_nothing_of_the_batch_is_kept(
    code: str, kind: type[LedgerError], server: Server, schema: str, office: Office
) -> None:
    """A full disk, a damaged page, a broken disk: told as what they are; then it works again."""
    server.ask(
        f"set search_path = {schema}; "
        f"create function refuse() returns trigger language plpgsql as "
        f"'begin raise exception ''no'' using errcode = ''{code}''\x3bend'; "
        f"create trigger refuse before insert on seal for each row execute function refuse()"
    )
    words = [state(f"C-{n}", "summer", id=f"{n}") for n in range(100)]
    with pytest.raises(kind) as caught:
        office.hear(*words)
    assert type(caught.value) is kind
    assert office.counts().messages == 1

    server.ask(f"drop trigger refuse on {schema}.seal")
    assert {receipt.fate for receipt in office.hear(*words)} == {Fate.HEARD}
    assert office.verify(dossiers=True) == []


def test_a_changed_row_is_found(server: Server, schema: str, office: Office) -> None:
    """The chain is the same, and tells of the same."""
    office.hear(*(state(f"C-{n}", "spring", id=f"{n}") for n in range(50)))
    for change, where in (
        ("update entry set body = replace(body, 'spring', 'winter') where number = 7", "entry 7"),
        ("update entry set known = known + 1 where number = 9", "entry 9"),
        ("delete from message where number = 11", "message 11"),
        ("update seal set subjects = subjects + 1 where number = 1", "seal 1"),
    ):
        with server.link() as link:
            link.execute(f"create schema {schema}_kept")
            for table in ("entry", "message", "seal"):
                link.execute(f"create table {schema}_kept.{table} as table {schema}.{table}")
            link.execute(f"set search_path = {schema}")
            link.execute(change)

            assert where in [finding.where for finding in office.verify()]
            for table in ("entry", "message", "seal"):
                link.execute(f"truncate {table}")
                link.execute(f"insert into {table} table {schema}_kept.{table}")
            link.execute(f"drop schema {schema}_kept cascade")
    assert office.verify(dossiers=True) == []


# What outlives a connection


def test_a_connection_that_was_cut_is_made_again(
    server: Server, schema: str, office: Office
) -> None:
    """Between two transactions nothing is lost with it, and nobody notices."""
    for number in range(3):
        cut(server, schema)
        assert office.hear(state("C-1", "summer", id=f"{number}"))[0].fate is not Fate.KNOWN
        cut(server, schema)
        assert office.counts().messages == 2 + number


def test_a_batch_whose_connection_is_cut_is_not_kept_and_can_be_sent_again(
    server: Server, schema: str, office: Office
) -> None:
    """In the middle of a transaction it is told, and nothing was kept."""

    def hear_and_be_cut() -> None:
        with office.writing() as batch:
            office.hearing.hear(batch, [state("C-1", "summer", id="two")])
            cut(server, schema)

    with pytest.raises(LedgerError, match=r"broke off|was lost"):
        hear_and_be_cut()

    assert office.hear(state("C-1", "summer", id="two"))[0].fate is Fate.HEARD
    assert office.verify(dossiers=True) == []


def test_a_reader_that_was_cut_off_is_told_and_reads_again(
    server: Server, schema: str, office: Office
) -> None:
    """A view is of one moment, so that it cannot go on by another connection."""

    def read_and_be_cut() -> None:
        with office.ledger.view() as view:
            cut(server, schema)
            view.counts()

    with pytest.raises(LedgerError, match=r"broke off|was lost"):
        read_and_be_cut()

    assert office.counts().messages == 1


# What is written together


@pytest.mark.parametrize("many", [1, COPIED_FROM - 1, COPIED_FROM, 3 * COPIED_FROM])
def test_rows_that_are_written_together_are_those_written_one_by_one(
    many: int, server: Server, office: Office
) -> None:
    """Copied, set by one statement, or run row by row: the same ledger."""
    words = [state(f"C-{n % 40}", f"{n % 3}", id=f"{n}", source=contracts) for n in range(many)]
    office.hear(*words)

    assert office.counts().messages == 1 + many
    assert office.verify(dossiers=True) == []


def test_of_two_changes_to_one_row_the_last_counts(office: Office) -> None:
    """Also where they are set by one statement."""
    with office.writing() as batch:
        batch.connection.run("insert_task", "judge", 1, "{}", 1)
        ((number, *_),) = batch.connection.rows("last_task")
        batch.connection.many(
            "move_task", [(f'{{"n": {n}}}', number) for n in range(2 * COPIED_FROM)]
        )
        ((_, _, _, body, _),) = batch.connection.rows("last_task")
        batch.connection.run("delete_task", number)

    assert body == f'{{"n": {2 * COPIED_FROM - 1}}}'


def test_the_one_character_that_postgresql_cannot_keep_is_shown_instead(office: Office) -> None:
    """A reason why something failed may hold anything; a key and an id hold no zero."""
    with office.writing() as batch:
        batch.connection.run("insert_task", "judge", 1, "{}", 1)
        ((number, *_),) = batch.connection.rows("last_task")
        batch.connection.run("put_off_task", 2_000_000_000_000_000, "half\0 a word", number)
    (off,) = office.put_off()

    assert off.error == "half\N{SYMBOL FOR NULL} a word"
