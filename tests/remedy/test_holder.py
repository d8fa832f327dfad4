"""Who works on repairs: a process that ended leaves nothing behind for longer than it must."""

from __future__ import annotations

import subprocess
import sys

from onestory.ledger.journal import Journal
from onestory.remedy.holder import _started, holder_name, is_gone
from onestory.remedy.worker import LEASE

from .acme import acme
from .test_repairs import NAME, renewed

NAMES_ITSELF = "from onestory.remedy.holder import holder_name; print(holder_name())"


def ended() -> str:
    """The name of a process that is gone."""
    run = subprocess.run(
        [sys.executable, "-c", NAMES_ITSELF], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_a_process_is_gone_when_its_number_is_nobodys_or_anothers() -> None:
    """Ours is not; one that ended is; of one elsewhere nobody knows; a number may be given anew."""
    mine = holder_name()
    host, pid, _, chance = mine.split("/")

    assert not is_gone(mine)
    assert is_gone(ended())
    assert not is_gone(f"elsewhere-{host}/{pid}/1/{chance}")
    assert is_gone(f"{host}/{pid}/1/{chance}")
    assert not is_gone(f"{host.partition(':')[0]}:1/{pid}/1/{chance}"), "another container's"
    assert not is_gone("the test")


def test_what_a_process_held_goes_on_at_once_if_it_ended_here_and_after_its_lease_if_not() -> None:
    """A repair is held: by a process that was killed here, or by one on another machine."""
    for holder, at_once in ((ended(), True), ("elsewhere/17/4711/ab", False)):
        here = acme()
        with renewed(here) as timeline:
            with timeline.office.writing() as batch:
                journal = Journal(batch.connection)
                (due,) = journal.due([NAME], batch.known, 10)
                journal.hold([due.number], holder, batch.known + LEASE)
            timeline.office.remedy()
            assert here.system.calls == int(at_once)

            timeline.wait("5 min")
            timeline.wait("1 s")
            timeline.office.remedy()
            assert here.system.calls == 1


def test_a_number_that_another_users_process_has_now_is_no_sign_of_life() -> None:
    """The first process of a machine is not ours and never ends; one that began otherwise is gone."""
    host = holder_name().split("/")[0]

    assert is_gone(f"{host}/1/never/ab")


def test_where_nobody_says_when_a_process_began_it_is_not_taken_for_gone() -> None:
    """Of a process that ended no start is told: then its number alone decides."""
    gone = int(ended().split("/")[1])

    assert _started(gone) == ""
