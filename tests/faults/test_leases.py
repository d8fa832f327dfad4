"""A process is killed in the middle of repairs: what it held goes on, at once or when its lease ends."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from onestory import RepairState
from onestory.remedy.worker import LEASE

from ..ledger.acme import address
from ..ledger.postgres_server import fresh, needed, speedy
from ..ledger.test_copying import asking
from . import remedies_at
from .process import started

REPAIRS = 5


@pytest.fixture(params=["file", "server"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger will be."""
    if request.param == "file":
        return address(tmp_path / "acme.db")
    needed()
    return speedy().address(fresh())


def killed_while_it_held(at: str, *name: str) -> None:
    """A process takes up all repairs, attempts their first steps, and is killed with -9 meanwhile."""
    with started("holds_at", at, *name, spoken_to=True) as process:
        assert process.stdout
        assert process.stdout.readline() == f"holding {REPAIRS}\n"
        process.send_signal(signal.SIGKILL)


def held(at: str) -> list[tuple[str, int]]:
    """By whom repairs are held, and until when."""
    with asking(at) as ask:
        return ask("select holder, held from repair where holder is not null order by number")


@pytest.mark.parametrize("name", [(), ("elsewhere/17/4711/ab",)], ids=["here", "elsewhere"])
def test_a_killed_process_holds_nothing_for_longer_than_its_lease(
    name: tuple[str, ...], at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On its own host it is seen to be gone; on another its lease ends, five minutes after it took it."""
    monkeypatch.setattr(remedies_at, "WORLD", [tmp_path / "world"])
    remedies_at.contradict(at, REPAIRS)
    killed_while_it_held(at, *name)
    holder, until = zip(*held(at), strict=True)
    assert len(set(holder)) == 1
    assert len(holder) == REPAIRS
    with remedies_at.opened(at, minutes=6) as office:
        assert set(until) == {office.ledger.now() + LEASE}
        office.remedy()
        assert len(held(at)) == (REPAIRS if name else 0)
    with remedies_at.opened(at, minutes=12) as office:
        office.remedy()
        assert held(at) == []
    for minutes in range(13, 20):
        with remedies_at.opened(at, minutes=minutes) as office:
            office.remedy()

    done = [line.split()[0] for line in (tmp_path / "world").read_text("utf-8").splitlines()]
    assert sorted(done) == [f"C-{n}" for n in range(REPAIRS)]
    with remedies_at.opened(at, minutes=20) as office:
        states = [(step.state, step.tries) for r in office.repairs() for step in r.steps]
        assert states == [("done", 2)] * REPAIRS
        assert {repair.state for repair in office.repairs()} == {RepairState.LIVE}
