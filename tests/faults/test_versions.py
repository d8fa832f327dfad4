"""Two versions on one ledger: the later brings it up to date while the earlier goes on."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

import onestory
from onestory import Fate, Office
from onestory.errors import LedgerNewer

from ..ledger.acme import Contract, acme, address, desk, state
from ..ledger.postgres_server import fresh, needed, speedy
from ..ledger.test_copying import asking
from . import remedies_at
from .later_version import NUMBER, later_version, started_later
from .process import ROOT, started


@pytest.fixture(params=["file", "server"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger will be."""
    if request.param == "file":
        return address(tmp_path / "acme.db")
    needed()
    return speedy().address(fresh())


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """Where the later version is."""
    return later_version(tmp_path / "later")


def answered(process: Popen[str], word: str = "") -> str:
    """What a process answers to a word, or says of itself."""
    assert process.stdout
    if word:
        assert process.stdin
        process.stdin.write(f"{word}\n")
        process.stdin.flush()
    return process.stdout.readline().strip()


def read_in_many_threads(office: Office) -> list[str]:
    """What as many threads are told as there are connections, all at once, each by its own."""
    together, told = threading.Barrier(6), list[str]()

    def read() -> None:
        with office.ledger.view() as view:
            view.counts()
            together.wait(timeout=30)
            told.append(office.tell(Contract, "C-1", to=desk).renewed_until)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_an_office_that_is_open_goes_on_while_a_later_version_migrates_and_hears(
    at: str, later: Path
) -> None:
    """Both hear, in turns; the earlier reads by connections that it makes after the change."""
    with onestory.open(acme, at) as office, started_later(later, "goes_on_later", at) as process:
        office.hear(state("C-1", "spring", id="first"))
        assert answered(process) == f"version {NUMBER}"

        for number in range(30):
            assert answered(process, f"{number}") == "heard"
            words = [
                state(f"C-{number % 5}", f"here {number}", id=f"here {n} {number}") for n in (0, 1)
            ]
            assert {receipt.fate for receipt in office.hear(*words)} <= {Fate.HEARD, Fate.REPEATED}
        office.hear(*(state(f"D-{n}", "many", id=f"many {n}") for n in range(200)))
        office.hear(state("C-1", "autumn", id="last"))
        assert read_in_many_threads(office) == ["autumn"] * 6
        assert office.verify(dossiers=True) == []
        said, _ = process.communicate()

        assert said.splitlines() == ["[]"]
        assert process.returncode == 0
        assert office.counts().messages == 1 + 30 * 3 + 200 + 1


def test_an_earlier_version_is_not_started_anew_on_what_a_later_one_has_changed(
    at: str, later: Path
) -> None:
    """What runs goes on to its end; a process that is started has the version of the last migration."""
    process = started_later(later, "goes_on_later", at)
    process.communicate()

    with pytest.raises(LedgerNewer, match=f"of version {NUMBER}"):
        onestory.open(acme, at)


def test_two_versions_hear_and_migrate_under_load(at: str, later: Path) -> None:
    """Neither is refused once, nothing is lost or doubled; and the ledger holds."""
    earlier = started("hears_at", at, 0, 1_200, 1)
    first = [answered(earlier) for _ in range(100)]
    process = started_later(later, "hears_at", at, 1_200, 2_400, 2)
    said = [*first, *earlier.communicate()[0].splitlines(), *process.communicate()[0].splitlines()]

    assert (earlier.returncode, process.returncode) == (0, 0)
    assert [line for line in said if line.startswith("refused")] == []
    with asking(at) as ask:
        assert ask("select count(*), count(distinct id) from message") == [(2_400, 2_400)]
        assert ask("select max(number) from migration") == [(NUMBER,)]
    assert holds(later, "tests.faults.acme_load:acme", at)


def test_two_versions_remedy_and_do_each_thing_once(later: Path, tmp_path: Path) -> None:
    """Repairs that both see, one of the two works on."""
    needed()
    at, world = speedy().address(fresh()), tmp_path / "world"
    remedies_at.contradict(at, 150)
    earlier = started("remedies_at", at, world, spoken_to=True)
    assert answered(earlier) == "ready"
    process = started_later(later, "remedies_at", at, world)
    assert answered(process) == "ready"
    calls: dict[str, int] = {}

    def go(name: str, one: Popen[str]) -> Callable[[], None]:
        return lambda: calls.update({name: int(one.communicate("go\n")[0])})

    threads = [threading.Thread(target=go(n, p)) for n, p in (("e", earlier), ("l", process))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    done = [line.split()[0] for line in world.read_text("utf-8").splitlines()]
    assert sum(calls.values()) == len(done) == 150
    assert sorted(done) == sorted(f"C-{n}" for n in range(150))
    assert holds(later, "tests.faults.remedies_at:acme", at)


def holds(version: Path, company: str, at: str) -> bool:
    """Whether a ledger holds, as a version says."""
    words = [
        sys.executable,
        "-m",
        "onestory",
        "verify",
        company,
        "--dossiers",
        "--json",
        "--db",
        at,
    ]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=True,
                          env={"PYTHONPATH": str(version)})  # fmt: skip
    answer: dict[str, bool] = json.loads(done.stdout)
    return answer["holds"]
