"""The telecom example through kill -9: whatever moment it hits, the story ends the same.

Billing is a real process that forgets a renewal, answers 500 after doing what it was asked and drops
connections; the office is a real process that is killed at random moments and started again; mail
goes to a real SMTP server.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from subprocess import Popen, TimeoutExpired

import pytest

import onestory
from onestory import Money, RepairState
from telecom.company import acme
from telecom.stage import CONTRACT, CUSTOMER, Stage

from ..channel.servers import Mailbox, mail_server

PACE = 300.0  # a second is five minutes: the time in which billing should have followed
STORY = 30.0  # seconds in which every story ends; without a kill it is some five
BUSY = [(0.0, 5.0), (0.9, 2.2), (4.2, 4.8)]  # seconds: all of it, the remedies, the mail
BILL = f"B-2025-03-{CONTRACT}"
CREDIT = Money(Decimal("5.87"), "EUR")
"""49.00 for 11 days of March and 39.90 for 20 are 43.13; 49.00 was posted."""


def go_on(office: Popen[str], seconds: float) -> None:
    """Let an office work for some time; it must not end by itself."""
    try:
        office.wait(seconds)
    except TimeoutExpired:
        return
    raise AssertionError(f"the office ended by itself: {office.returncode}")


def steps_under_way(ledger: Path) -> int:
    """How many repairs have begun and not ended, as the file says."""
    with closing(sqlite3.connect(ledger)) as database:
        sql = "select count(distinct repair) from step join repair on number = repair where ended is null"
        return int(database.execute(sql).fetchone()[0])


def played(folder: Path, seed: int) -> int:
    """Play the story with kills drawn from a seed, and check its end; how many kills hit a repair."""
    draw, mailbox, hit = random.Random(seed), Mailbox(), 0
    with (
        mail_server(mailbox) as port,
        Stage(folder, pace=PACE, faults=0.4, seed=seed, mail_port=port) as stage,
    ):
        stage.before_the_story()
        office = stage.open_office()
        go_on(office, 0.5)
        stage.renew()
        moments = sorted(draw.uniform(*draw.choice(BUSY)) for _ in range(draw.randint(1, 3)))
        for before, moment in zip([0.0, *moments], moments, strict=False):
            go_on(office, moment - before)
            office.kill()
            office.wait()
            hit += steps_under_way(folder / "acme.db") > 0
            office = stage.open_office()
        for _ in range(int(STORY / 0.1)):
            go_on(office, 0.1)
            if mailbox.taken and is_over(stage):
                break
        office.terminate()
        assert office.wait() == 0
        check_the_end(stage, mailbox)
    return hit


def is_over(stage: Stage) -> bool:
    """Whether all is settled, and no repair is under way."""
    with onestory.open(acme, f"sqlite:///{stage.folder / 'acme.db'}?mode=ro") as office:
        every = office.contradictions(settled=True)
        return bool(every) and not office.contradictions() and not office.repairs()


def check_the_end(stage: Stage, mailbox: Mailbox) -> None:
    """The term agrees, one credit note, no hold, one mail, no contradiction, and the books agree."""
    with onestory.open(acme, f"sqlite:///{stage.folder / 'acme.db'}", clock=stage.clock) as office:
        repairs = office.repairs(states=tuple(RepairState))
        assert [
            (r.remedy, r.state, r.reason) for r in repairs if r.state is not RepairState.DONE
        ] == []
        assert office.contradictions() == []
        assert office.verify(dossiers=True) == []
        books = office.balances()
    terms = {
        row[0]: row[1:] for row in stage.in_billing("select contract, until, price from contract")
    }
    assert terms[CONTRACT] == ("2027-03-31", "39.90 EUR")
    assert stage.in_billing("select bill, amount from credit") == [(BILL, str(CREDIT.amount))]
    assert stage.in_billing("select hold from hold where released = 0") == []
    assert books[f"credited for {CUSTOMER}"] == (CREDIT,)
    assert books[f"owed by {CUSTOMER}"] == (Money(-CREDIT.amount, "EUR"),)
    assert len({message["Message-ID"] for message in mailbox.taken}) == 1
    assert {message["Subject"] for message in mailbox.taken} == {f"Your bill {BILL} is 43.13 EUR"}


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_office_ends_the_story_all_the_same(seed: int, tmp_path: Path) -> None:
    """Killed one to three times: one credit to the cent, one mail, no hold, no contradiction."""
    played(tmp_path, seed)


@pytest.mark.long
def test_fifty_killed_offices_end_the_story_all_the_same(tmp_path: Path) -> None:
    """Fifty stories; at least ten of the kills hit an office in the middle of a repair."""
    hit = 0
    for seed in range(100, 150):
        folder = tmp_path / str(seed)
        folder.mkdir()
        hit += played(folder, seed)

    assert hit >= 10
