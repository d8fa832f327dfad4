"""The hub: renders what is watched once for all who watch it, and sends it when it has changed."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from ...errors import LedgerError, OnestoryError
from .shown import Index, Shown
from .stream import CLOSED, GONE, Stream
from .tail import Moved
from .topic import Rendered, Renderer, Topic

STREAMS = 12_000
"""Streams of one process: 10,000 are promised, and each takes some 30 kB."""

STREAMS_OF_ONE = 100
"""Streams of one caller: a browser needs one for all its tabs, and a shop's address may stand for all
of its tills."""

TOPICS = 50
"""Topics of one stream: all tabs of a busy agent, and an address that servers take."""

BEAT = 15.0
"""Seconds between two signs of life: proxies give up a silent connection after a minute, many after 30
seconds."""

ASKED_AGAIN_AFTER = 2
"""Beats after which it is asked again whether a caller may still see its streams: every 30 seconds."""

RENDERING = 4
"""Threads that render: each holds one of the eight connections that read, and requests need the others."""

TRIED_AGAIN_AFTER = 1.0
"""Seconds after which a topic is rendered again that could not be."""

StillAllowed: TypeAlias = Callable[[Hashable, Collection[Topic]], Collection[Topic]]
"""Says which of the topics that a caller watches it may still see; called in a thread."""

_log = logging.getLogger("onestory.live")


class Hub:
    """All streams of one process, and the topics that they are about. It lives in one event loop.

    ``streams`` is how many are open, ``committed`` the last entry that this process has committed.

    Args:
        renderers: What renders topics, by their kind.
        wake: Called when the first of all streams comes, and may be called from this loop.
        still_allowed: Which of the topics that a caller watches it may still see; all, if left out.
        beat: Seconds between two signs of life.
        room: Streams in all.
        room_of_one: Streams of one caller.
    """

    def __init__(
        self,
        renderers: Mapping[str, Renderer],
        *,
        wake: Callable[[], None] = lambda: None,
        still_allowed: StillAllowed | None = None,
        beat: float = BEAT,
        room: int = STREAMS,
        room_of_one: int = STREAMS_OF_ONE,
    ) -> None:
        self.renderers, self.index = dict(renderers), Index()
        self.room, self.room_of_one, self.beat = room, room_of_one, beat
        self.are_heard: Callable[[], bool] = lambda: True
        self.closing = False
        self.streams = 0
        self.committed = 0
        self._wake, self._still_allowed = wake, still_allowed
        self._number = 0
        self._shown: dict[Topic, Shown] = {}
        self._streams: list[set[Stream]] = [set() for _ in range(round(beat) or 1)]
        self._slot = 0
        self._of: Counter[Hashable] = Counter()
        self._threads = ThreadPoolExecutor(RENDERING, thread_name_prefix="onestory-live")

    @property
    def watched(self) -> bool:
        """Whether anything is watched."""
        return bool(self._shown)

    def full(self, caller: Hashable) -> str:
        """Why a caller cannot have one more stream; empty if it can."""
        if self.streams >= self.room:
            return f"This process has {self.room} live streams, and takes no more."
        if self._of[caller] >= self.room_of_one:
            return f"You have {self.room_of_one} live streams, and may have no more."
        return ""

    def join(self, topics: Sequence[Topic], caller: Hashable, *, after: int = 0) -> Stream:
        """A stream about some topics; all of each is sent first.

        Args:
            topics: The topics.
            caller: Whose stream it is.
            after: The last entry that its reader knows of: nothing older is sent.
        """
        stream, first = Stream(caller), not self._shown
        if self.closing:
            stream.end(CLOSED)
        self._of[caller] += 1
        self.streams += 1
        self._streams[self._slot].add(stream)
        after = max(after, self.committed)
        for topic in topics:
            shown = self._shown.setdefault(topic, Shown(topic))
            is_old = shown.rendered is None or shown.rendered.number < after
            shown.add(stream, fresh=is_old or not self.are_heard())
            if shown.waiting:
                self._poke(shown)
        if first:
            self._wake()
        return stream

    def leave(self, stream: Stream) -> None:
        """Let go of a stream, and of the topics that nobody watches any more."""
        for slot in self._streams:
            slot.discard(stream)
        self._of[stream.caller] -= 1
        self.streams -= 1
        if not self._of[stream.caller]:
            del self._of[stream.caller]
        for shown in stream.sent:
            shown.discard(stream)
            if not shown.streams:
                self._shown.pop(shown.topic, None)
                self.index.drop(shown)

    def moved(self, moved: Moved) -> None:
        """Render again what may have changed."""
        self._number = max(self._number, moved.number)
        everything = moved.subjects is None
        for shown in list(self._shown.values()) if everything else self.index.concerned(moved):
            self._poke(shown)

    def close(self) -> None:
        """End every stream at once; nothing is rendered any more."""
        self.closing = True
        for slot in self._streams:
            for stream in slot:
                stream.end(CLOSED)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def pulse(self) -> None:
        """Send signs of life, a part of all streams after the other, until cancelled."""
        turns = 0
        while True:
            await asyncio.sleep(self.beat / len(self._streams))
            self._slot = (self._slot + 1) % len(self._streams)
            for stream in self._streams[self._slot]:
                stream.beat()
            if not self._slot:
                turns += 1
                if turns % ASKED_AGAIN_AFTER == 0:
                    await self._ask_again()

    async def _ask_again(self) -> None:
        """End the streams of callers who may see them no longer, or some topic of them."""
        allowed = self._still_allowed
        if allowed is None or not self._of:
            return
        watched: dict[Hashable, set[Topic]] = {}
        for stream in self._every():
            watched.setdefault(stream.caller, set()).update(one.topic for one in stream.sent)
        asked = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: {c: t.difference(allowed(c, t)) for c, t in watched.items()}
        )
        try:
            refused = await asked
        except OnestoryError as error:
            _log.warning("nobody can say who may see what: %s", error.code)
            return
        for stream in self._every():
            if any(shown.topic in refused.get(stream.caller, ()) for shown in stream.sent):
                stream.end(GONE)

    def _every(self) -> list[Stream]:
        return [stream for slot in self._streams for stream in slot]

    def _show(self, shown: Shown, rendered: Rendered, round_: int) -> None:
        self.index.drop(shown)
        shown.show(rendered, round_)
        self.index.put(shown)
        # What was said to have changed before this was in the index is looked at again; so is what
        # somebody waits for who came while it was rendered.
        shown.stale |= rendered.number < self._number or bool(shown.waiting)

    def _poke(self, shown: Shown) -> None:
        shown.stale = True
        if shown.rendering is None and shown.later is None and not self.closing:
            loop = asyncio.get_running_loop()
            wait = shown.not_before - loop.time()
            if wait > 0:
                shown.later = loop.call_later(wait, self._begin, shown)
            else:
                self._begin(shown)

    def _begin(self, shown: Shown) -> None:
        shown.later = None
        if shown.streams and not self.closing:
            shown.rendering = asyncio.get_running_loop().create_task(self._render(shown))

    async def _render(self, shown: Shown) -> None:
        """Render a topic until it is what the ledger says; what cannot be rendered is tried again."""
        loop, topic = asyncio.get_running_loop(), shown.topic
        render = self.renderers[topic.kind].render
        try:
            while shown.stale and shown.streams and not self.closing:
                shown.stale = False
                shown.rounds += 1
                round_ = shown.rounds
                try:
                    rendered = await loop.run_in_executor(self._threads, render, topic)
                except Exception as error:  # noqa: BLE001
                    # A renderer may call the company's own code; what it raises is of one topic only.
                    if self.closing:
                        return
                    if not isinstance(error, LedgerError):  # of those, the tail tells, once
                        _log.warning("%s cannot be rendered", topic.kind, exc_info=error)
                    shown.stale = True
                    await asyncio.sleep(TRIED_AGAIN_AFTER)
                    continue
                if not shown.streams:
                    return
                self._show(shown, rendered, round_)
                shown.not_before = loop.time() + rendered.pace
                if rendered.pace:
                    break
        finally:
            shown.rendering = None
        if shown.stale:
            self._poke(shown)
