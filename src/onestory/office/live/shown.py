"""A topic as it is shown to all who watch it, and the index of what such topics rest on."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import TypeVar

from ...ledger import Ref
from .stream import WAITS, Stream
from .tail import Moved
from .topic import Rendered, Topic

K = TypeVar("K")


class Shown:
    """One topic that somebody watches: rendered once, the same bytes for all.

    ``rounds`` counts how often it was begun to be rendered; a stream in ``waiting`` is sent nothing
    before the round that is named there.

    Args:
        topic: The topic.
    """

    __slots__ = (
        "frame",
        "later",
        "not_before",
        "rendered",
        "rendering",
        "rounds",
        "stale",
        "streams",
        "topic",
        "version",
        "waiting",
    )

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.streams: set[Stream] = set()
        self.rendered: Rendered | None = None
        self.frame, self.version = b"", 0
        self.waiting: dict[Stream, int] = {}
        self.rounds = 0
        self.stale = False
        self.rendering: asyncio.Task[None] | None = None
        self.later: asyncio.TimerHandle | None = None
        self.not_before = 0.0

    def add(self, stream: Stream, *, fresh: bool) -> None:
        """Let a stream have what is shown now; or, if that may be old, what is rendered from now on."""
        self.streams.add(stream)
        stream.sent[self] = WAITS if fresh else 0
        if fresh:
            self.waiting[stream] = self.rounds + 1

    def discard(self, stream: Stream) -> None:
        """Let a stream have no more."""
        self.streams.discard(stream)
        self.waiting.pop(stream, None)

    def show(self, rendered: Rendered, round_: int) -> None:
        """Take on what was rendered, and let those look to whom it is news."""
        before, self.rendered = self.rendered, rendered
        if before is None or (before.same or before.data) != (rendered.same or rendered.data):
            lines = rendered.data.replace(b"\n", b"\ndata: ")
            event = self.topic.kind.encode()
            self.frame = b"id: %d\nevent: %s\ndata: %s\n\n" % (rendered.number, event, lines)
            self.version += 1
            for stream in self.streams:
                stream.wake()
        for stream in [s for s, needed in self.waiting.items() if needed <= round_]:
            del self.waiting[stream]
            stream.sent[self] = 0
            stream.wake()


class Index:
    """Which of the topics that are watched a change concerns.

    Whoever follows the ledger reads ``people`` and ``missing`` from another thread: whether it is to
    look for the people whom a change concerns, and for the names of what is new.
    """

    def __init__(self) -> None:
        self._by_subject: dict[int, set[Shown]] = {}
        self._by_person: dict[int, set[Shown]] = {}
        self._by_name: dict[Ref, set[Shown]] = {}
        self._by_moment: list[tuple[int, int, Shown]] = []
        self._everything: set[Shown] = set()
        self._places = count()

    @property
    def people(self) -> bool:
        """Whether any topic is about a person."""
        return bool(self._by_person)

    @property
    def missing(self) -> bool:
        """Whether any topic is about what nobody spoke of yet."""
        return bool(self._by_name)

    def put(self, shown: Shown) -> None:
        """Keep what a topic rests on."""
        rendered = shown.rendered
        assert rendered is not None
        for number in rendered.rests:
            self._by_subject.setdefault(number, set()).add(shown)
        if rendered.person:
            self._by_person.setdefault(rendered.person, set()).add(shown)
        if rendered.missing is not None:
            self._by_name.setdefault(rendered.missing, set()).add(shown)
        if rendered.everything:
            self._everything.add(shown)
        if rendered.until is not None:
            heapq.heappush(self._by_moment, (rendered.until, next(self._places), shown))

    def drop(self, shown: Shown) -> None:
        """Forget what a topic rested on."""
        rendered = shown.rendered
        if rendered is None:
            return
        for number in rendered.rests:
            _take_out(self._by_subject, number, shown)
        _take_out(self._by_person, rendered.person, shown)
        if rendered.missing is not None:
            _take_out(self._by_name, rendered.missing, shown)
        self._everything.discard(shown)

    def concerned(self, moved: Moved) -> set[Shown]:
        """The topics that may have changed."""
        return {
            *self._everything,
            *_under(self._by_subject, moved.subjects),
            *_under(self._by_person, moved.people),
            *_under(self._by_name, moved.begun),
            *self._due(moved.now),
        }

    def _due(self, now: int) -> Iterator[Shown]:
        """Those whose moment has come; of a topic rendered since, only its latest moment counts."""
        while self._by_moment and self._by_moment[0][0] <= now:
            until, _, shown = heapq.heappop(self._by_moment)
            if shown.rendered is not None and shown.rendered.until == until and shown.streams:
                yield shown


def _under(index: Mapping[K, set[Shown]], keys: Iterable[K] | None) -> Iterator[Shown]:
    """The topics under some keys, or under all."""
    for key in index if keys is None else keys:
        yield from index.get(key, ())


def _take_out(index: dict[K, set[Shown]], key: K, shown: Shown) -> None:
    found = index.get(key)
    if found is not None:
        found.discard(shown)
        if not found:
            del index[key]
