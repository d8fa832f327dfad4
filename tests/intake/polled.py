"""A source that is polled and swept by hand, without an office."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from onestory import Arrived, Asked, Message, Source

NOW = datetime(2027, 1, 5, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Polled:
    """What a source gave, poll by poll, with the cursor that an office would keep."""

    def __init__(self, source: Source) -> None:
        self.source, self.now = source, NOW
        self.reading = 0
        self.cursor: str | None = None

    def poll(self, *, sweep: bool = False, wait: timedelta = MINUTE) -> list[Message]:
        """The messages of one reading that can be read."""
        return [m for m in self.all(sweep=sweep, wait=wait) if isinstance(m, Message)]

    def all(self, *, sweep: bool = False, wait: timedelta = MINUTE) -> list[Arrived]:
        """All that one reading gave."""
        asked = self.asked(sweep=sweep, wait=wait)
        found: list[Arrived] = []
        for page in self.source.pages(asked):
            found += page.messages
            if not sweep:
                self.cursor = page.cursor
        return found

    def asked(self, *, sweep: bool = False, wait: timedelta = MINUTE) -> Asked:
        """What an office would ask now."""
        self.now += wait
        self.reading += 1
        cursor, polled = (None, self.cursor) if sweep else (self.cursor, None)
        number = self.reading
        return Asked("billing/row", "billing", "row", cursor, sweep, number, self.now, polled)
