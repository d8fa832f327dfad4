"""The offices of a storm: real ones on a real file, that die and are opened again; and the post."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ..clock import micros, moment
from ..errors import LedgerError
from ..intake import message
from ..ledger import open_database
from ..office import Office, open  # noqa: A004 - onestory.open() opens a company
from ..remedy import Answer, one_by_one
from .systems import SILENT, Sent
from .telecom import SAID, Said
from .weather import HOUR, MINUTE, SECOND, Crash, Struck

if TYPE_CHECKING:
    from .simulation import Storm

T = TypeVar("T")

TICK = MINUTE  # How often an office looks whether something is due.


ENDLESS = (
    20_000  # Writes that one event of a storm can never take: some work goes round in circles.
)


class Clock:
    """An office's own clock: that of the storm, and what it is wrong by."""

    def __init__(self, storm: Storm, wrong: int) -> None:
        self.storm, self.wrong = storm, wrong

    def now(self) -> datetime:
        """What it shows."""
        return moment(self.storm.now + self.wrong)


class Process:
    """One process with an office open on the ledger's file; when it dies, all it had in memory is gone."""

    def __init__(self, storm: Storm, name: str, wrong: int) -> None:
        self.storm, self.name, self.clock = storm, name, Clock(storm, wrong)
        self.office: Office | None = None
        self.calling = 0
        self.decided: dict[tuple[str, str], Any] = {}
        self.opened = 0
        self.offset = len(name) * 7 * SECOND + int(name[-1]) * 11 * SECOND
        self.beaten = self.called = 0
        self.refused = True

    def start(self) -> None:
        """Open the office; it may die of that, too, and is then started later."""
        storm = self.storm
        self.opened += 1
        try:
            database = Struck(open_database(storm.address), self._point, self._before)
            office = open(storm.acme.company, database=database, clock=self.clock)
        except Crash as crash:
            if crash.process is not self:
                raise
            storm.say(f"{self.name} dies {crash} while it opens")
            storm.at(storm.now + MINUTE, self.start)
            return
        except LedgerError as error:
            storm.say(f"{self.name} cannot open: {error.what}")
            storm.at(storm.now + MINUTE, self.start)
            return
        office.calls_by(self._call)
        self.refused = True
        office.repairing.holder = f"{self.name} {self.opened}"
        self.office = office
        storm.watch.changed = True

    def run(self, act: Callable[[Office], T]) -> T | None:
        """Let the office do something; None if it is not open, dies of it, or its disk is full."""
        if self.office is None:
            return None
        try:
            return act(self.office)
        except Crash as crash:
            if crash.process is not self:
                raise
            self._die(crash)
            if self.calling:
                raise
            return None
        except LedgerError as error:
            self.storm.say(f"{self.name} was refused: {error.what}")
            return None
        finally:
            self.storm.watch.changed = True

    def beat(self) -> None:
        """Judge what is due and move repairs on, as ``onestory work`` does."""
        if self.calling or self.office is None:
            return
        self.beaten, self.refused = self.storm.now, True
        overdue = self.storm.watch.overdue(micros(self.clock.now()))
        judged = self.run(lambda office: office.tick())
        if judged is None:
            return
        self.storm.watch.ticked(overdue)
        made = self.run(lambda office: office.remedy())
        if made:
            self.storm.say(f"{self.name} made {made} calls")
        self.storm.watch.remedied()
        self.refused = made is None

    def close(self) -> None:
        """Let go of the office, as if it had died."""
        if self.office is not None:
            self.office.close()
            self.office = None

    def _die(self, crash: Crash) -> None:
        if self.office is None:
            return
        self.storm.say(f"{self.name} dies {crash}")
        if self.calling:
            self.storm.watch.forgot()
        self.close()
        storm = self.storm
        storm.at(storm.now + storm.weather.between(SECOND, 30 * MINUTE), self.start)

    def _point(self, point: str) -> None:
        self.storm.passed += 1
        if self.storm.passed > ENDLESS:
            self.storm.watch.must("liveness: work comes to an end", holds=False)
        self.storm.weather.at_point(self, point)

    def _before(self) -> None:
        """Between two transactions of this process another one may do anything."""
        alone = len(self.storm.processes) == 1 or self.storm.nested
        if not alone and self.storm.weather.strikes("another office between"):
            self.storm.meanwhile(self)

    def _call(self, calls: Sequence[Callable[[], Any]]) -> list[Answer]:
        """Make calls in any order; the process may die before and after each."""
        self.storm.watch.changed = True
        self.storm.watch.look()
        self.decided = self.storm.watch.all_decided()
        answers: list[Answer] = [Answer()] * len(calls)
        order = list(range(len(calls)))
        self.storm.weather.draw.shuffle(order)
        before, self.storm.caller = self.storm.caller, self
        self.calling += 1
        self.called = self.storm.now
        try:
            for place in order:
                self._point("before a call")
                (answers[place],) = one_by_one([calls[place]])
                self.storm.caller = self
                self._point("after a call")
            if calls and self.storm.weather.strikes("decision during a call"):
                self.storm.business.change_what_is_repaired()
                self.storm.pass_time(10 * SECOND)
        finally:
            self.calling -= 1
            self.storm.caller = before
        return answers


class Post:
    """Carries messages: twice, late, lost and sent again, until each is acknowledged."""

    def __init__(self, storm: Storm) -> None:
        self.storm, self.weather = storm, storm.weather
        self.acknowledged: set[tuple[str, str]] = set()
        self.under_way: dict[str, Sent] = {}
        self._gathered: list[Sent] | None = None

    def together(self, tell: Callable[[], None]) -> None:
        """Let what is told at once go as one batch, as a nightly file does."""
        gathered: list[Sent] = []
        self._gathered = gathered
        tell()
        self._gathered = None
        at = self.storm.now + self.weather.between(SECOND, MINUTE)
        if gathered:
            self.storm.at(at, lambda: self.deliver(*gathered))

    def send(self, sent: Sent) -> None:
        """Let a system send a message; it is sent again until it is acknowledged."""
        self.storm.watch.sent[sent.system, sent.id] = sent
        self.under_way[sent.id] = sent
        if self._gathered is not None:
            self._gathered.append(sent)
            return
        weather, now = self.weather, self.storm.now
        at = now + weather.between(SECOND // 10, 3 * SECOND)
        if weather.strikes("message late"):
            at = now + weather.between(MINUTE, 3 * HOUR)
        if weather.strikes("message lost"):
            at = now + weather.between(30 * SECOND, HOUR)
        at = max(at, self.storm.systems[sent.system].is_out(SILENT))
        self.storm.at(at, lambda: self.deliver(sent))
        if weather.strikes("message twice"):
            again = at + weather.between(SECOND, 2 * HOUR)
            self.storm.at(again, lambda: self.deliver(sent))

    def deliver(self, *sent: Sent, by: Process | None = None) -> None:
        """Hand messages to an office; whatever is not acknowledged comes again."""
        alive = [p for p in self.storm.processes if p.office is not None]
        process = by or (self.weather.draw.choice(alive) if alive else None)
        written = [self._written(one) for one in sent]
        receipts = None
        try:
            receipts = process and process.run(lambda office: office.hear(*written))
        finally:
            if receipts is None or self.weather.strikes("acknowledgement lost"):
                later = self.storm.now + self.weather.between(5 * SECOND, 5 * MINUTE)
                self.storm.at(later, lambda: self.deliver(*sent))
        if process and receipts and process.clock.wrong > -HOUR:
            process.clock.wrong -= self.weather.steps_back_by()
        for receipt, one in zip(receipts or (), sent, strict=bool(receipts)):
            self.acknowledged.add((one.system, one.id))
            self.under_way.pop(one.id, None)
            self.storm.watch.must(
                "I1 every message is heard", receipt.reason is None, one, receipt.reason
            )

    def _written(self, sent: Sent) -> Any:
        fact = self.storm.acme.facts[sent.path]
        since = None if sent.since is None else moment(sent.since)
        said = Said(sent.path, sent.key, fact.form.write(sent.value), since)
        return message(
            sent.system, SAID, said, id=sent.id, sequence=sent.sequence, time=moment(sent.at)
        )
