"""One storm: a company's day under faults, then a quiet half day, then what must be so."""

from __future__ import annotations

import atexit
import heapq
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ..clock import HandClock, micros
from ..office import open  # noqa: A004 - onestory.open() opens a company
from .business import Business
from .processes import TICK, Post, Process
from .systems import Simulated
from .telecom import Means, Telecom, telecom
from .timeline import NINE
from .watch import NEVER, Watch
from .weather import HOUR, SECOND, Weather

DAY = 24 * HOUR
QUIET = 12 * HOUR
START = micros(NINE)

_DECIDED_BETWEEN = 0.3
"""How often something is decided, too, when another office does something between two transactions."""

_LAST = 60
"""Events that a failing storm shows: some of them led to it."""


class Storm:
    """One storm, all of it drawn from its seed.

    Args:
        seed: The seed.
        strike_at: For a sweep: the point at which the office dies once, and nothing else does.
        length: How long the faults last, in microseconds.
        address: An empty place for its ledger, on a server; a file of its own, if left out.
    """

    def __init__(
        self,
        seed: int,
        *,
        strike_at: int | None = None,
        length: int = DAY,
        address: str | None = None,
    ) -> None:
        self.seed, self.length = seed, length
        self.weather = weather = Weather(seed, strike_at=strike_at)
        self.now = START
        self.acme = _company(weather)
        self._file = _folder() / "storm.db" if address is None else None
        self.address = address or f"sqlite:///{self._file}"
        self.nested, self.passed = False, 0
        self.caller: Process | None = None
        self.events: deque[str] = deque(maxlen=_LAST)
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0
        self.watch = Watch(self)
        self.post = Post(self)
        names = ("contracts", "billing", "shop", "desk", "pay", "post")
        self.systems = {
            name: Simulated(self, name, numbered=weather.draw.choice((True, True, False)))
            for name in names
        }
        self.acme.stubborn.clear()
        self.acme.stubborn.update(self.systems)
        wrong = weather.skew // 3
        self.processes = [
            Process(self, f"office {number}", weather.draw.randint(-wrong, wrong))
            for number in range(1, weather.offices + 1)
        ]
        self.business = Business(self)

    def run(self) -> Storm:
        """Let the storm rage, then be quiet; hold what came of it against every promise.

        Raises:
            Violation: A promise was broken.
        """
        if self._file is not None:
            _write_fresh(self._file, self.acme)
        else:
            open(self.acme.company, self.address, clock=HandClock(NINE)).close()
        try:
            self._rage()
            self.watch.finally_()
        finally:
            for process in self.processes:
                process.close()
            self.watch.close()
        return self

    def at(self, moment: int, act: Callable[[], None]) -> None:
        """Let something happen at a moment."""
        self._count += 1
        heapq.heappush(self._heap, (max(moment, self.now), self._count, act))

    def say(self, what: str) -> None:
        """Note an event, for whoever must find out what went wrong."""
        elapsed = (self.now - START) // SECOND
        clock = f"{elapsed // 3600:02}:{elapsed // 60 % 60:02}:{elapsed % 60:02}"
        self.events.append(f"{clock}  {what}")

    def pass_time(self, by: int) -> None:
        """Let time pass in the middle of a call: all that happens meanwhile happens."""
        end = self.now + by
        if self.nested:
            self.now = end
            return
        self.nested = True
        caller = self.caller
        try:
            self._until(end)
        finally:
            self.nested = False
            self.caller = caller

    def meanwhile(self, process: Process) -> None:
        """Let other processes do something, between two transactions of one."""
        others = [p for p in self.processes if p is not process and p.office is not None]
        if not others or self.nested:
            return
        self.nested = True
        try:
            if self.weather.draw.random() < _DECIDED_BETWEEN:
                self.business.change_what_is_repaired()
            for sent in list(self.post.under_way.values())[-2:]:
                self.post.deliver(sent, by=others[0])
            if not process.calling:
                others[0].beat()
        finally:
            self.nested = False

    @property
    def digest(self) -> str:
        """A hash of the ledger and of all that the systems did: the same for the same seed."""
        return self.watch.digest

    @property
    def days(self) -> float:
        """How many days were simulated."""
        return (self.now - START) / DAY

    def _rage(self) -> None:
        for process in self.processes:
            process.start()
        self.business.begin()
        self._until(START + self.length)
        self.weather.calm = True
        self.say("the storm is over")
        self.business.calm_down()
        self._until(START + self.length + QUIET)

    def _until(self, end: int) -> None:
        """Let everything happen until a moment, offices looking whether something is due between."""
        while True:
            event = self._heap[0][0] if self._heap else NEVER
            beat, process = min(
                ((self._next_beat(p), p) for p in self.processes), key=lambda found: found[0]
            )
            if min(event, beat) > end:
                break
            self.passed = 0
            if beat < event:
                self.now = max(self.now, beat)
                process.beat()
            else:
                moment, _, act = heapq.heappop(self._heap)
                self.now = max(self.now, moment)
                act()
            self.watch.look()
        self.now = max(self.now, end)

    def _next_beat(self, process: Process) -> int:
        """When a process looks next. Minutes in which nothing can be due are passed over."""
        if process.office is None or process.calling:
            return NEVER
        due = self.watch.due() - process.clock.wrong
        if process.refused or self.watch.due() <= self.watch.heard.known:
            due = self.now
        at = max(self.now, due, process.beaten + TICK)
        return at + (process.offset - at) % TICK if at < NEVER else NEVER


def _company(weather: Weather) -> Telecom:
    draw = weather.draw
    how = ("asked", "keyed", "deaf")
    again = tuple(name for name in ("billing", "shop", "desk", "pay") if draw.choice((True, False)))
    known = how[:2]
    billing, shop, desk = draw.choice(how), draw.choice(how), draw.choice(how)
    means = Means(billing, shop, desk, draw.choice(known), draw.choice(known), again)
    return telecom(means)


@cache
def _folder() -> Path:
    """A folder of this process, in memory where there is such a place: disks are other tests' matter."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made in it is ours alone
    made = Path(tempfile.mkdtemp(prefix="storm-", dir=memory if memory.is_dir() else None))
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # a process that was forked off leaves it
            shutil.rmtree(made, ignore_errors=True)

    atexit.register(remove)
    return made


def _write_fresh(path: Path, acme: Telecom) -> None:
    """Put the ledger of an office just opened where the storm's will be: quicker than to open one."""
    for more in ("", "-wal", "-shm"):
        path.with_name(path.name + more).unlink(missing_ok=True)
    if not acme.fresh:
        open(acme.company, f"sqlite:///{path}", clock=HandClock(NINE)).close()
        acme.fresh = path.read_bytes()
    path.write_bytes(acme.fresh)
