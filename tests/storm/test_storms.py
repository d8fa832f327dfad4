"""Storms: a company's day under faults, by seed; and the office's death at every point of some."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from onestory.testing.storm import SCENARIOS, Outcome, rage, sweep
from onestory.testing.weather import HOUR

SHARD = 20
SHARDS = range(0, 300, SHARD)
LONG = range(0, 10_000, 250)


def broken(outcomes: list[Outcome]) -> list[str]:
    """What was broken, with the seed to see it again."""
    return [f"seed {o.failed.seed}: {o.failed.what}" for o in outcomes if o.failed]


@pytest.mark.parametrize("first", SHARDS)
def test_no_promise_is_broken_in_a_storm(first: int) -> None:
    """Crashes, full disks, lost answers, wrong clocks: every promise holds, and all heals after it."""
    assert broken([rage(seed) for seed in range(first, first + SHARD)]) == []


@pytest.mark.parametrize("seed", SCENARIOS[:5])
def test_the_office_may_die_at_any_point(seed: int) -> None:
    """The office dies once: before each write, around each commit, before and after each call."""
    points, failed = sweep(seed, length=HOUR)

    assert [f"seed {f.seed} at {f.strike_at}: {f.what}" for f in failed] == []
    assert points > 50


def test_storms_are_not_still() -> None:
    """A simulator that injects nothing proves nothing: every kind of fault strikes in these seeds."""
    outcomes = [rage(seed) for seed in range(400, 430)]
    struck = {fault for outcome in outcomes for fault in outcome.struck}

    assert broken(outcomes) == []
    assert struck >= {
        "crash at a write",
        "crash before a commit",
        "crash after a commit",
        "crash before a call",
        "crash after a call",
        "disk full",
        "message twice",
        "message late",
        "message lost",
        "request lost",
        "answer lost",
        "slow answer",
        "not done",
        "decision during a call",
        "another office between",
        "clock set back",
        "system silent",
    }


@pytest.mark.parametrize("first", [0, 10])
def test_one_seed_replays_everything(first: int) -> None:
    """The same seed gives the same ledger, hash by hash, and the same calls; another gives another."""
    seeds = range(first, first + 10)
    once = [rage(seed).digest for seed in seeds]
    twice = [rage(seed).digest for seed in seeds]

    assert once == twice
    assert len(set(once)) == len(once)


def test_a_seed_replays_in_another_process() -> None:
    """What a storm does hangs on no hash seed, no process id and no order of a set."""
    program = "from onestory.testing.storm import rage; print([rage(s).digest for s in range(3)])"

    def digests(seed: str) -> str:
        env = {**os.environ, "PYTHONPATH": "src", "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", program]
        return subprocess.run(command, check=True, env=env, capture_output=True, text=True).stdout

    assert digests("1") == digests("2")


@pytest.mark.long
@pytest.mark.parametrize("first", LONG)
def test_no_promise_is_broken_in_ten_thousand_storms(first: int) -> None:
    """As above, for 10,000 seeds."""
    assert broken([rage(seed) for seed in range(first, first + LONG.step)]) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", SCENARIOS)
def test_the_office_may_die_at_any_point_of_longer_scenarios(seed: int) -> None:
    """As above, for scenarios of three hours."""
    points, failed = sweep(seed)

    assert [f"seed {f.seed} at {f.strike_at}: {f.what}" for f in failed] == []
    assert points > 50
