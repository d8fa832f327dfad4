"""The telecom example: what a bill should be, how it gets there, and the command that shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from subprocess import TimeoutExpired
from urllib.error import HTTPError

import pytest

import onestory
from onestory import Money, Repaired, RepairState
from telecom.company import acme, rated
from telecom.stage import CONTRACT, NEW, OLD, Stage

ROOT = Path(__file__).resolve().parents[2]
PACE = 300.0
BILL = f"B-2025-03-{CONTRACT}"
MARCH = date(2025, 3, 1)


def euros(amount: str) -> Money:
    """An amount of euros."""
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("since", "right"),
    [
        (date(2024, 4, 1), "39.90"),
        (date(2025, 3, 1), "39.90"),
        (date(2025, 3, 2), "40.19"),  # 49.00 / 31 + 39.90 * 30 / 31 = 40.1935
        (date(2025, 3, 12), "43.13"),  # (49.00 * 11 + 39.90 * 20) / 31 = 43.1290
        (date(2025, 3, 31), "48.71"),  # (49.00 * 30 + 39.90) / 31 = 48.7064
        (date(2025, 4, 1), "49.00"),
        (date(2026, 1, 1), "49.00"),
    ],
)
def test_a_bill_is_rated_by_the_day(since: date, right: str) -> None:
    """The days before the change at the old price, the rest at the new; rounded to the cent, once."""
    assert rated(MARCH, euros("39.90"), since, euros("49.00")) == euros(right)


@contextmanager
def telecom(folder: Path, *, faults: float = 0.3, seed: int = 1) -> Iterator[Stage]:
    """The processes of the story."""
    with Stage(folder, pace=PACE, faults=faults, seed=seed) as stage:
        yield stage


def repairs_of(stage: Stage, remedy: str) -> list[Repaired]:
    """The repairs of one remedy, as the ledger has them now."""
    with onestory.open(acme, f"sqlite:///{stage.folder / 'acme.db'}?mode=ro") as office:
        return [r for r in office.repairs(states=tuple(RepairState)) if r.remedy == remedy]


def until(stage: Stage, seen: Callable[[], bool]) -> None:
    """Let the office work until something is seen, half a minute at most."""
    office = stage.open_office()
    for _ in range(300):
        with pytest.raises(TimeoutExpired):
            office.wait(0.1)
        if seen():
            break
    office.terminate()
    assert office.wait() == 0
    assert seen()


def billed(stage: Stage) -> tuple[str, str]:
    """Until when and at what price billing bills the contract."""
    rows = stage.in_billing("select contract, until, price from contract")
    return next((until, price) for contract, until, price in rows if contract == CONTRACT)


def ended(stage: Stage, remedy: str, *states: RepairState) -> Callable[[], bool]:
    """Whether the repairs of a remedy came to these states, in order."""
    return lambda: tuple(r.state for r in repairs_of(stage, remedy)) == states


def test_a_draft_is_rated_anew_and_not_credited(tmp_path: Path) -> None:
    """A bill that was not posted yet is written with the right amount; there is nothing to credit."""
    with telecom(tmp_path) as stage:
        stage.before_the_story("draft")
        stage.renew()
        until(stage, ended(stage, "billing/Bill.amount", RepairState.DONE))

        rated_anew = dict(stage.in_billing("select bill, amount from bill"))
        assert rated_anew[BILL] == "43.13 EUR"
        assert stage.in_billing("select * from credit") == []


def test_a_bill_that_is_too_low_is_held_and_left_to_a_person(tmp_path: Path) -> None:
    """The new price is higher, and the bill was posted: nobody is charged more unasked."""
    with telecom(tmp_path) as stage:
        stage.before_the_story()
        stage.renew({**NEW, "price": "59.90 EUR"})
        until(stage, ended(stage, "billing/Bill.amount", RepairState.HANDED_OVER))

        (repair,) = repairs_of(stage, "billing/Bill.amount")
        assert "nobody is charged more unasked" in repair.reason
        assert stage.in_billing("select * from credit") == []
        holds = stage.in_billing("select on_what from hold where released = 0")
        assert (BILL,) in holds
        assert BILL not in stage.ask("collections")


@pytest.mark.parametrize("seed", range(3))
def test_another_price_meanwhile_leaves_what_is_right_in_the_end(seed: int, tmp_path: Path) -> None:
    """A second renewal comes while the first is put right: all credits together are the difference."""
    right = rated(MARCH, euros("29.90"), date(2025, 3, 12), euros("49.00"))
    again = {**NEW, "price": "29.90 EUR"}
    with telecom(tmp_path, faults=0.5, seed=seed) as stage:
        stage.before_the_story()
        stage.renew()
        renewed = False

        def renew_again_then_wait() -> bool:
            nonlocal renewed
            if not renewed and stage.in_billing("select * from hold"):
                stage.renew(again)
                renewed = True
            wrong = ("billing/Bill.amount", "billing/Contract.monthly_price")
            live = [r for remedy in wrong for r in repairs_of(stage, remedy) if r.ended is None]
            owed = sum(Decimal(a) for (a,) in stage.in_billing("select amount from credit"))
            right_price = billed(stage)[1] == again["price"]
            return not live and right_price and owed == Decimal("49.00") - right.amount

        until(stage, renew_again_then_wait)
        assert billed(stage) == (NEW["until"], "29.90 EUR")
        with onestory.open(acme, f"sqlite:///{tmp_path / 'acme.db'}", clock=stage.clock) as office:
            credited = Money(Decimal("49.00") - right.amount, "EUR")
            assert office.balances()["credited for K-7"] == (credited,)
            assert office.verify(dossiers=True) == []


def test_billing_forgets_what_it_is_told_during_its_run(tmp_path: Path) -> None:
    """It says that it took it, as such systems do."""
    with telecom(tmp_path) as stage:
        stage.before_the_story()
        stage.renew()

        assert billed(stage) == (OLD["until"], OLD["price"])
        stage.sign(CONTRACT, "K-7", NEW, OLD["price"])
        assert billed(stage) == (NEW["until"], NEW["price"])


def test_billing_credits_no_more_than_is_owed(tmp_path: Path) -> None:
    """A credit note over what is left on a bill is refused."""
    with telecom(tmp_path) as stage:
        stage.before_the_story()
        asked = {"bill": BILL, "because": "a test"}
        stage.ask("credits", amount="48.00 EUR", **asked)
        with pytest.raises(HTTPError, match="422"):
            stage.ask("credits", amount="1.01 EUR", **asked)


def test_the_command_plays_the_story_and_what_it_names_next_works(tmp_path: Path) -> None:
    """One command from the renewal to the mail, with two kills; each command it shows then answers."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'examples'}"}
    words = ["--pace", str(PACE), "--kill", "2", "--folder", str(tmp_path / "telecom")]
    command = [sys.executable, "examples/telecom/run.py", *words]
    played = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert played.returncode == 0, played.stderr
    said = played.stdout
    told = [
        "contracts renews C-1042 until 2027-03-31",
        f"contradiction: billing has not followed Bill.amount of {BILL}",
        f"billing holds {BILL}",
        "billing is given the term of C-1042: until 2027-03-31",
        f"billing credits 5.87 EUR on {BILL}",
        "kill -9",
        "is told by mail",
        "none is left",
        f"43.13 EUR on {BILL}",
        "credited for K-7: 5.87 EUR",
        "0 open",
        f"Your bill {BILL} is 43.13 EUR",
    ]
    assert [words for words in told if words not in said] == []
    shown = [
        line.split()[3:] for line in said.splitlines() if line.startswith("  python3 do onestory")
    ]
    assert len(shown) == 4
    for words in shown:
        answer = subprocess.run(
            [sys.executable, "-m", "onestory", *words],
            check=False,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert answer.returncode == 0, f"{words}: {answer.stdout}{answer.stderr}"
