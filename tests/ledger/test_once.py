"""Once: each message is in the ledger once, for ever, however often and by whomever it is sent."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

import onestory
from onestory import Fate, Message, Office, message
from onestory.clock import HandClock
from onestory.errors import LedgerError
from onestory.office.hearing import AT_ONCE
from onestory.office.hears import TOGETHER
from onestory.testing import NINE

from .acme import Contract, acme, address, asked, billing, contracts, desk, state


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "acme.db"


def opened(file: Path) -> Office:
    return onestory.open(acme, address(file), clock=HandClock(NINE))


def fates(office: Office, *messages: Message) -> list[Fate]:
    return [receipt.fate for receipt in office.hear(*messages)]


def messages_of(file: Path, source: str) -> list[str]:
    """The ids that were heard of a system, in the order of receipt."""
    query = "select message.id from message join party on party.id = party where name = ? order by number"
    return [row[0] for row in asked(file, query, source)]


def test_the_first_word_under_an_id_is_the_one_that_counts(file: Path) -> None:
    """An id that comes again with another text is the same message: the text is not read."""
    with opened(file) as office:
        assert fates(office, state("C-1", "spring", id="one")) == [Fate.HEARD]
    with opened(file) as office:
        assert fates(office, state("C-1", "summer", id="one")) == [Fate.KNOWN]
        assert office.tell(Contract, "C-1", to=desk).renewed_until == "spring"
    assert messages_of(file, "contracts") == ["one"]


def test_an_id_is_one_systems_own(file: Path) -> None:
    """Two systems may number their messages alike; each is a message of its own."""
    with opened(file) as office:
        same = [state("C-1", "spring", id="1", source=source) for source in (contracts, billing)]

        assert fates(office, *same, *same) == [Fate.HEARD, Fate.HEARD, Fate.KNOWN, Fate.KNOWN]
    assert messages_of(file, "contracts") == messages_of(file, "billing") == ["1"]


def test_of_two_alike_in_one_call_the_first_is_heard(file: Path) -> None:
    """Also where others stand between them, and where the second says something else."""
    with opened(file) as office:
        said = fates(
            office,
            state("C-1", "spring", id="one"),
            state("C-2", "spring", id="two"),
            state("C-1", "summer", id="one"),
        )
    assert said == [Fate.HEARD, Fate.HEARD, Fate.KNOWN]
    assert messages_of(file, "contracts") == ["one", "two"]


def test_many_heard_in_one_call_are_heard_as_one_after_the_other(tmp_path: Path) -> None:
    """More than are read at once, of few contracts, so that each is written and read again."""
    terms = ["spring", "summer", "autumn"]
    sent = [
        state(f"C-{n % 5}", terms[n // 5 % 3], id=f"{n}", source=(contracts, billing)[n % 2])
        for n in range(4 * AT_ONCE)
    ]
    together, apart = tmp_path / "together.db", tmp_path / "apart.db"
    with opened(together) as office:
        office.hear(*sent)
        assert office.verify(dossiers=True) == []
    with opened(apart) as office:
        for one in sent:
            office.hear(one)

    for query in (
        "select number, hash from entry order by number",
        "select key, dossier, wake from subject order by id",
    ):
        assert asked(together, query) == asked(apart, query)


@pytest.mark.parametrize("id", ["1", "01", " 1", "1 ", "é", "É", "e\u0301", "x" * 256, "'; drop"])
def test_ids_that_look_alike_are_not_alike(id: str, file: Path) -> None:
    """An id is compared letter by letter: no folding, no trimming, no numbers."""
    others = {"1", "01", " 1", "1 ", "é", "É", "e\u0301", "x" * 256, "'; drop", "x" * 255} - {id}
    with opened(file) as office:
        office.hear(*(state("C-1", "spring", id=other) for other in sorted(others)))

        assert fates(office, state("C-1", "summer", id=id)) == [Fate.HEARD]
        assert fates(office, state("C-1", "winter", id=id)) == [Fate.KNOWN]


def test_a_message_that_was_set_aside_is_known_too(file: Path) -> None:
    """Sent again it is not set aside twice; it waits for its replay."""
    lost = message("contracts", "contract.lost", {"contract": "C-1"}, id="lost")
    with opened(file) as office:
        assert fates(office, lost, lost) == [Fate.ASIDE, Fate.KNOWN]
        assert fates(office, lost) == [Fate.KNOWN]
        assert office.counts().asides == 1


def test_sources_that_nobody_declared_do_not_hide_each_others_messages(file: Path) -> None:
    """Two unknown systems with the same id are two messages, both kept."""
    strange = [message(source, "x", None, id="1") for source in ("till:1", "till", "kiosk")]
    with opened(file) as office:
        assert fates(office, *strange) == [Fate.ASIDE] * 3
        assert fates(office, *strange) == [Fate.KNOWN] * 3
        assert fates(office, message("till", "x", None, id="1:1")) == [Fate.ASIDE]


def test_messages_that_wait_share_one_commit(file: Path) -> None:
    """While one commit is under way, messages gather; all of them are kept by the next one."""
    many, receipts = 50, list[Fate]()
    with opened(file) as office:

        def hear(number: int) -> None:
            receipts.extend(fates(office, state(f"C-{number}", "spring", id=f"{number}")))

        threads = [threading.Thread(target=hear, args=(number,)) for number in range(many)]
        with office.writing():
            for thread in threads:
                thread.start()
            while len(office._waiting) < many:
                threads[0].join(timeout=0.001)
            assert receipts == []
        for thread in threads:
            thread.join()

        assert receipts == [Fate.HEARD] * many
        assert asked(file, "select messages from seal") == [(many,)]
        assert office.verify(dossiers=True) == []


@pytest.mark.sqlite
def test_a_refused_batch_is_told_to_all_who_waited_for_it(file: Path) -> None:
    """Nobody is acknowledged of what was undone; sent again, each is heard."""
    many, refusals = 20, list[onestory.OnestoryError]()
    with opened(file) as office:
        writer = office.ledger._database._writer.database  # type: ignore[attr-defined]
        (most,) = writer.execute("pragma max_page_count").fetchone()
        words = [state(f"C-{n}", "x" * 60_000, id=f"{n}") for n in range(many)]

        def hear(number: int) -> None:
            try:
                office.hear(words[number])
            except onestory.OnestoryError as error:
                refusals.append(error)

        threads = [threading.Thread(target=hear, args=(number,)) for number in range(many)]
        with office.writing():
            for thread in threads:
                thread.start()
            while len(office._waiting) < many:
                threads[0].join(timeout=0.001)
            (pages,) = writer.execute("pragma page_count").fetchone()
        writer.execute(f"pragma max_page_count = {pages}")
        for thread in threads:
            thread.join()
        writer.execute(f"pragma max_page_count = {most}")

        kept = office.counts().messages
        assert len(refusals) == many - kept
        assert {error.code for error in refusals} == {"ledger-full"}
        assert fates(office, *words).count(Fate.HEARD) == many - kept
        assert office.counts().messages == many
        assert office.verify(dossiers=True) == []


def test_more_than_a_commit_holds_is_heard_in_several(file: Path) -> None:
    """The receipts come in the order of the messages, and each commit has its seal."""
    with opened(file) as office:
        seals = seals_of(office)
        messages = [state(f"C-{n}", "spring", id=f"m {n}") for n in range(2 * TOGETHER + 5)]
        receipts = office.hear(*messages, messages[0])

        assert [receipt.id for receipt in receipts] == [*(m.id for m in messages), "m 0"]
        assert {receipt.fate for receipt in receipts[:-1]} == {Fate.HEARD}
        assert receipts[-1].fate is Fate.KNOWN
        assert seals_of(office) - seals == 3
        assert office.hear() == []


@pytest.mark.sqlite
def test_of_many_what_was_committed_before_a_refusal_is_kept(file: Path) -> None:
    """The disk is full after the first thousand: those are known when all are sent again."""
    messages = [state(f"C-{n}", "spring", id=f"m {n}") for n in range(TOGETHER + 5)]
    with opened(file) as office, closing(sqlite3.connect(file)) as other:
        before = office.counts().messages
        other.execute(
            "create trigger full before insert on message when new.id = 'm 1003'"
            " begin select raise(abort, 'no room'); end"
        )
        with pytest.raises(LedgerError):
            office.hear(*messages)
        assert office.counts().messages - before == TOGETHER
        other.execute("drop trigger full")

        fates = [receipt.fate for receipt in office.hear(*messages)]
        assert fates == [Fate.KNOWN] * TOGETHER + [Fate.HEARD] * 5


def seals_of(office: Office) -> int:
    """How many commits there were."""
    with office.ledger.view() as view:
        return len(view.connection.rows("seals"))
