"""Opening a ledger, and being refused: each refusal is one clear error, and nothing is lost."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

import onestory
from onestory import Company, Entity, Fact, Fate, Key, Message, Office, System
from onestory.errors import (
    LedgerBusy,
    LedgerFull,
    LedgerNewer,
    LedgerReadOnly,
    NotALedger,
    OtherCompany,
    TermsRefused,
)
from onestory.ledger.sqlite import APPLICATION_ID
from onestory.testing import Timeline


def made(*, within: str = "5 min", name: str = "Acme") -> Company:
    """A company of one fact."""
    company = Company(name)
    contracts = System("contracts", of=company)
    billing = System("billing", of=company)

    class Contract(Entity, of=company):
        """One subscription."""

        contract_no: Key[str]
        plan: Fact[str] = contracts.decides(billing.follows(within=within))

    return company


def made_with_numbers() -> Company:
    """The same company, whose fact holds a number."""
    company = Company("Acme")
    contracts = System("contracts", of=company)

    class Contract(Entity, of=company):
        """One subscription."""

        contract_no: Key[str]
        plan: Fact[int] = contracts.decides()

    return company


@pytest.fixture
def address(tmp_path: Path) -> str:
    """Where a ledger may be kept."""
    return f"sqlite:///{tmp_path / 'acme.db'}"


def word(timeline: Timeline, value: str, name: str = "") -> Message:
    """A message of contracts."""
    (contracts,) = [s for s in timeline.company.declared(System) if s.name == "contracts"]
    (entity,) = [e.kind for e in timeline.company.declared(onestory.model.DeclaredEntity)]
    fact = entity.__declared__.facts["plan"]
    return timeline.word(contracts, fact, "C-1", value, id=name or None)


@pytest.mark.sqlite
def test_a_ledger_is_told_from_other_files(address: str, tmp_path: Path) -> None:
    """It has an application id and the number of its newest migration, each kept once."""
    for _ in range(2):
        onestory.open(made(), address).close()
    with closing(sqlite3.connect(tmp_path / "acme.db")) as database:
        application = database.execute("pragma application_id").fetchone()
        (version,) = database.execute("pragma user_version").fetchone()
        rows = database.execute("select number from migration order by number").fetchall()

    assert application == (APPLICATION_ID,)
    numbers = [row[0] for row in rows]
    assert numbers == list(range(1, version + 1))


@pytest.mark.sqlite
def test_a_newer_ledger_is_refused(address: str, tmp_path: Path) -> None:
    """A ledger that a later version wrote to is not touched."""
    onestory.open(made(), address).close()
    with closing(sqlite3.connect(tmp_path / "acme.db")) as database:
        database.execute("pragma user_version = 999")

    with pytest.raises(LedgerNewer, match="999"):
        onestory.open(made(), address)


def test_another_company_is_refused(address: str) -> None:
    """One ledger holds one company."""
    onestory.open(made(), address).close()
    with pytest.raises(OtherCompany, match="holds Acme, not Halcyon"):
        onestory.open(made(name="Halcyon"), address)


def test_a_fact_of_another_type_is_refused(address: str) -> None:
    """Terms that the ledger cannot follow are refused, with the way out."""
    onestory.open(made(), address).close()
    with pytest.raises(TermsRefused, match="holds int; it was str"):
        onestory.open(made_with_numbers(), address)


@pytest.mark.sqlite
def test_other_files_are_refused(tmp_path: Path) -> None:
    """Neither another database, nor random bytes, nor a folder that is not there."""
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as database:
        database.execute("create table a (b)")
    noise = tmp_path / "noise.db"
    noise.write_bytes(bytes(range(256)) * 64)
    for path in (other, noise, tmp_path / "nowhere" / "acme.db", tmp_path):
        with pytest.raises(NotALedger):
            onestory.open(made(), f"sqlite:///{path}")
    with pytest.raises(NotALedger, match="not the address"):
        onestory.open(made(), "mysql://somewhere")


def test_a_ledger_that_may_only_be_read_answers_and_refuses_to_write(address: str) -> None:
    """``?mode=ro`` tells; hearing is refused with the reason."""
    with Timeline(made(), address=address) as timeline:
        timeline.office.hear(word(timeline, "small"))
    company = made()
    with Timeline(company, address=f"{address}?mode=ro") as timeline:
        assert timeline.office.counts().messages == 1
        with pytest.raises(LedgerReadOnly):
            timeline.office.hear(word(timeline, "large", "another"))


@pytest.mark.sqlite
def test_a_second_writer_waits_and_is_then_refused(address: str, tmp_path: Path) -> None:
    """While another holds the ledger, hearing waits; after that it says who is in the way."""
    with (
        Timeline(made(), address=f"{address}?wait=100ms") as timeline,
        closing(sqlite3.connect(tmp_path / "acme.db", isolation_level=None)) as other,
    ):
        other.execute("begin immediate")
        with pytest.raises(LedgerBusy):
            timeline.office.hear(word(timeline, "small", "1"))
        other.execute("rollback")

        (receipt,) = timeline.office.hear(word(timeline, "small", "1"))
        assert receipt.fate is Fate.HEARD


@pytest.mark.sqlite
def test_a_full_disk_refuses_and_loses_nothing(address: str) -> None:
    """What was acknowledged is kept, the refusal is explicit, and it works again without restart."""
    with Timeline(made(), address=address) as timeline:
        office = timeline.office
        office.hear(word(timeline, "small", "1"))
        writer = office.ledger._database._writer.database  # type: ignore[attr-defined]
        (pages,) = writer.execute("pragma page_count").fetchone()
        (most,) = writer.execute("pragma max_page_count").fetchone()
        writer.execute(f"pragma max_page_count = {pages}")
        large = [word(timeline, "x" * 40_000 + str(n), f"large {n}") for n in range(20)]
        with pytest.raises(LedgerFull):
            office.hear(*large)
        assert office.counts().messages == 1
        assert office.verify(dossiers=True) == []

        writer.execute(f"pragma max_page_count = {most}")
        assert {receipt.fate for receipt in office.hear(*large)} == {Fate.HEARD}
        assert office.verify(dossiers=True) == []


def test_a_process_with_old_terms_stops_writing(address: str) -> None:
    """Once another has opened the ledger with newer terms, the older one is told so."""
    with Timeline(made(), address=address) as old:
        old.office.hear(word(old, "small"))
        with Timeline(made(within="10 min"), address=address) as new:
            new.office.hear(word(new, "large", "new 1"))
        with pytest.raises(TermsRefused, match="newer terms"):
            old.office.hear(word(old, "small"))


def test_a_message_is_known_for_ever(address: str) -> None:
    """Its system and id are known after reopening, and twice in one call."""
    with Timeline(made(), address=address) as timeline:
        sent = word(timeline, "small", "same")
        fates = [receipt.fate for receipt in timeline.office.hear(sent, sent)]
        assert fates == [Fate.HEARD, Fate.KNOWN]
    with Timeline(made(), address=address) as timeline:
        (receipt,) = timeline.office.hear(word(timeline, "large", "same"))
        assert receipt.fate is Fate.KNOWN


def test_messages_that_wait_share_a_commit(address: str) -> None:
    """Many threads hear at once: each is acknowledged once, all are kept, in fewer commits."""
    threads, each = 16, 20
    with Timeline(made(), address=address) as timeline:
        words = [
            [word(timeline, f"{t}-{n}", f"{t}-{n}") for n in range(each)] for t in range(threads)
        ]
        fates: list[Fate] = []
        start = threading.Barrier(threads)

        def speak(office: Office, said: list[Message]) -> None:
            start.wait()
            for message in said:
                (receipt,) = office.hear(message)
                fates.append(receipt.fate)

        speakers = [threading.Thread(target=speak, args=(timeline.office, said)) for said in words]
        for speaker in speakers:
            speaker.start()
        for speaker in speakers:
            speaker.join()

        assert fates == [Fate.HEARD] * (threads * each)
        assert timeline.office.counts().messages == threads * each
        with timeline.office.ledger.view() as view:
            commits = len(view.connection.rows("seals"))
        assert commits < threads * each
        assert timeline.office.verify(dossiers=True) == []


def test_a_sameness_that_fails_concerns_its_own_message_only() -> None:
    """Others that wait for the same commit are heard; the error names the fact."""
    company = Company("Acme")
    contracts = System("contracts", of=company)
    billing = System("billing", of=company)

    def fails(one: str, other: str) -> bool:
        raise ValueError(one + other)

    class Contract(Entity, of=company):
        """One subscription."""

        contract_no: Key[str]
        plan: Fact[str] = contracts.decides(billing.follows(within="5 min"), same=fails)

    with Timeline(company) as timeline:
        timeline.says(contracts, Contract.plan, "C-1", "small")
        with pytest.raises(onestory.OnestoryError, match=r"The sameness of Contract\.plan failed"):
            timeline.says(billing, Contract.plan, "C-1", "large")
        timeline.says(contracts, Contract.plan, "C-2", "small")
        assert timeline.office.counts().messages == 2
