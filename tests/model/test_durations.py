"""Durations: written as a company writes them, and written back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestory.errors import NoSuchDuration
from onestory.model import duration, spelled


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("0 s", timedelta(0)),
        ("250 ms", timedelta(milliseconds=250)),
        ("10 s", timedelta(seconds=10)),
        ("5 min", timedelta(minutes=5)),
        ("5min", timedelta(minutes=5)),
        ("36 h", timedelta(hours=36)),
        ("1 d", timedelta(hours=24)),
        (timedelta(seconds=90), timedelta(seconds=90)),
    ],
)
def test_a_duration_is_read_as_written(written: str | timedelta, length: timedelta) -> None:
    """A whole number and one of ms, s, min, h, d; or a timedelta."""
    assert duration(written) == length


@pytest.mark.parametrize(
    "written",
    ["", "5", "min", "5 minutes", "5 m", "5  min", "-5 min", "1.5 h", "5 min ", "1 w", None, 5],
    ids=repr,
)
def test_what_is_no_duration_is_refused(written: Any) -> None:
    """Half hours, weeks, months and bare numbers: what was written is named, with its place."""
    with pytest.raises(NoSuchDuration, match="is not a duration") as caught:
        duration(written)

    assert repr(written) in caught.value.what
    assert caught.value.where.startswith("test_durations.py:")
    assert "5 min" in caught.value.fix


def test_a_negative_time_is_refused() -> None:
    """Nobody can follow before it is decided."""
    with pytest.raises(NoSuchDuration, match="negative") as caught:
        duration(timedelta(seconds=-1))

    assert caught.value.where.startswith("test_durations.py:")


@given(st.integers(0, 999_999_999), st.sampled_from(["ms", "s", "min", "h"]))
def test_a_duration_is_spelled_as_it_may_be_written(number: int, unit: str) -> None:
    """What is spelled is read as the same length, whatever unit it was written in."""
    length = duration(f"{number} {unit}")

    assert duration(spelled(length)) == length


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (timedelta(0), "0 s"),
        (timedelta(milliseconds=1500), "1500 ms"),
        (timedelta(seconds=90), "90 s"),
        (timedelta(hours=48), "2 d"),
        (timedelta(minutes=90), "90 min"),
    ],
)
def test_a_duration_is_spelled_in_the_largest_unit(length: timedelta, written: str) -> None:
    """The largest unit that writes it whole."""
    assert spelled(length) == written
