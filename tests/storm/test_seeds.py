"""What storms found in the kernel: each defect is planted again, and its seed must find it again.

A seed that finds a defect that is not there any more proves nothing, so both sides are held: with the
defect the storm breaks a promise, without it every promise holds. When the weather changes, seeds
mean other storms: `python3 do storm --mutants --only NAME` finds new ones.
"""

from __future__ import annotations

from onestory.testing.storm import hunt, rage

FOUND = {
    "money moved anew": 1,
    "written though settled": 25,
    "no repair for what differs anew": 9,
    "settled, and still with the team": 1,
    "credit not cumulative": 37,
}


def seen(defect: str) -> None:
    """Hold a defect against its seed, planted and mended."""
    seed = FOUND[defect]

    assert hunt(defect, [seed]).what is not None
    assert rage(seed).failed is None


def test_money_is_not_moved_again_because_it_is_not_seen_yet() -> None:
    """A credit was made, and billing's message of it was late: it was made anew, with another key."""
    seen("money moved anew")


def test_an_old_value_is_not_written_after_all_is_settled() -> None:
    """The decision went back to what the follower says; the repair still wrote the value between."""
    seen("written though settled")


def test_a_contradiction_that_opens_while_a_repair_ends_has_a_repair() -> None:
    """The repair of the contradiction before was still releasing: the new one was begun by nobody."""
    seen("no repair for what differs anew")


def test_what_is_settled_does_not_stay_with_a_team() -> None:
    """A repair was handed over, then all agreed: it stayed there, and kept the next from beginning."""
    seen("settled, and still with the team")


def test_a_credit_counts_what_was_credited_before() -> None:
    """What was read of a bill before a credit was taken over by the next decision: credited twice."""
    seen("credit not cumulative")
