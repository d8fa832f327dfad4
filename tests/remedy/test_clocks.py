"""Repairs on clocks that are wrong: the ledger's time never goes back, whatever a clock shows."""

from __future__ import annotations

from datetime import datetime, timedelta

from onestory import RepairState
from onestory.ledger import Batch
from onestory.testing import NINE, Timeline

from .acme import SPRING, SUMMER, acme

MOST = 50  # commits of one round of repairs that come to an end


class SetBack:
    """A clock that shows another clock's time, less what it is behind."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline, self.behind = timeline, timedelta(0)

    def now(self) -> datetime:
        """What it shows."""
        return self.timeline.clock.now() - self.behind


def test_a_clock_set_back_does_not_keep_a_repair_going_round() -> None:
    """A retry is due by the last commit, and not yet by the clock: it is made, once."""
    here = acme(how="keyed")
    here.system.lose = ["request"]
    fact = here.Contract.renewed_until
    with Timeline(here.company, start=NINE) as timeline:
        clock = SetBack(timeline)
        timeline.office.ledger._clock = clock
        timeline.office.arm("billing/Contract.renewed_until", by="the test")
        timeline.says(here.contracts, fact, "C-1", SPRING)
        timeline.says(here.billing, fact, "C-1", SPRING)
        timeline.says(here.contracts, fact, "C-1", SUMMER)
        timeline.wait("6 min")
        timeline.says(here.billing, fact, "C-0", SPRING)
        timeline.office.tick()
        timeline.office.remedy()
        timeline.wait("1 min")
        timeline.says(here.billing, fact, "C-0", SPRING)
        clock.behind = timedelta(seconds=50)
        commits: list[int] = []
        follow = timeline.office.ledger.before_commit

        def counted(batch: Batch) -> None:
            commits.append(1)
            assert len(commits) < MOST, "a repair goes round in circles"
            if follow is not None:
                follow(batch)

        timeline.office.ledger.before_commit = counted

        timeline.office.remedy()

        assert [e.until for e in here.system.effects] == [SUMMER]
        assert [r.state for r in timeline.office.repairs()] == [RepairState.LIVE]
