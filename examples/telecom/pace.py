"""The story's own clock: it began at a moment of the story, and goes so many times as fast as ours."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from onestory import WallClock

BEGINS: Final = datetime(2025, 3, 12, 7, 38, tzinfo=ZoneInfo("Europe/Berlin"))
"""When the story begins. It is past, so that what it leaves behind can be looked at on any day."""


class Pace:
    """A clock for the office: minutes of the story take seconds.

    Args:
        began: When the story began, by the clock outside.
        times: How many times as fast it goes.
    """

    def __init__(self, began: datetime, times: float) -> None:
        self._began, self._times = began, times

    def now(self) -> datetime:
        """The present moment of the story."""
        return BEGINS + (WallClock().now() - self._began) * self._times
