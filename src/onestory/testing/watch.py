"""The watch: what a storm must never break, checked by code that shares no line with the kernel.

The numbers are those of the promises: I1 once, I2 chain, I3 order-free, I4 contradictions as the
oracle has them, I5 double entry, I6 money agrees, I7 once done, I8 told is supported and complete,
I10 holds end, I12 in time. I9 (closed by the customer) is checked here, too, as soon as there are
cases: ``remedied`` is its place after each event, ``finally_`` at the end.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ..clock import EPOCH, micros
from ..ledger import Contradiction, View, open_database
from ..ledger.journal import HANDED_OVER, LIVE, Journal, RepairRow
from ..model import Ability, ReleaseBill, SayAgain, Send
from . import reckoning
from .heard import Heard
from .mailed import Mailed
from .systems import Sent, Simulated
from .telecom import CUSTOMERS, ReadAmount, SetPrice, SetTerm
from .weather import MINUTE

if TYPE_CHECKING:
    from .processes import Process
    from .simulation import Storm

NEVER = 2**62


class Violation(BaseException):
    """A promise was broken. No error: nothing that catches errors may swallow it."""


class Watch:
    """Looks after every event at what the ledger holds and what the systems did."""

    def __init__(self, storm: Storm) -> None:
        self.storm, self.acme = storm, storm.acme
        self.sent: dict[tuple[str, str], Sent] = {}
        self.excused: dict[tuple[str, str, str], tuple[int, int]] = {}
        self.disarmed: set[str] = set()
        self.posted: dict[str, Any] = {}
        self.heard, self.mailed = Heard(self), Mailed(self)
        self.changed = True
        self.digest = ""
        self._database: Any = None
        self._due: int | None = None
        self._open: dict[int, Contradiction] = {}
        self._silent: dict[tuple[str, str, str], int] = {}
        self._called: set[str] = set()
        self._calling: dict[str, Process] = {}
        self._unanswered: dict[tuple[str, str, str], int] = {}
        self._supported: dict[tuple[str, str], list[Any]] = {}

    def must(self, promise: str, holds: object, *about: object) -> None:
        """Hold what was promised against what is so.

        Raises:
            Violation: It is not so.
        """
        if not holds:
            raise Violation(f"{promise}: {', '.join(map(str, about))}")

    # After every event

    def look(self) -> None:
        """Take in what became known, and check what is cheap to check."""
        if not self.changed:
            return
        self.changed, self._due = False, None
        with self.view() as connection:
            view = View(connection, b"")
            self.heard.take_in(view)
            found_open = view.contradictions(limit=1_000)
        unheard = self.storm.post.acknowledged - self.heard.ids
        self.must("I1 acknowledged after commit", not unheard, unheard)
        now_open = {found.number: found for found in found_open}
        for number, found in now_open.items():
            if number not in self._open:
                self._opened(found)
        for number, found in self._open.items():
            if number not in now_open:
                self._settled(found)
        self._open = now_open
        self._silent = {
            (c.path, c.key, c.follower): 0 if c.silent_since is None else micros(c.silent_since)
            for c in now_open.values()
            if c.silent
        }

    def _opened(self, found: Contradiction) -> None:
        pair = found.path, found.key, found.follower
        self.must("I4 what is open differs", self.heard.differs(*pair), found)
        within = reckoning.within(self.acme.facts[found.path], found.follower)
        self.must(
            "I12 not before its time", micros(found.opened - found.since + EPOCH) > within, found
        )
        if not self.heard.muddled(*pair[:2]):
            since = {self.heard.since(*pair), *self.heard.before.get(pair, ())}
            self.must(
                "I12 counted from the first difference", micros(found.since) in since, found, since
            )

    def _settled(self, found: Contradiction) -> None:
        pair = found.path, found.key, found.follower
        agreed = pair in self.heard.agreed or not self.heard.differs(*pair)
        self.must("I4 open until they agree", agreed or self._excused(pair), found)
        with self.view() as connection:
            repairs = Journal(connection).of_contradiction(found.number)
        with_a_team = [r for r in repairs if r.state == HANDED_OVER]
        self.must("what is settled leaves the team", not with_a_team, found)

    def _excused(self, pair: tuple[str, str, str]) -> bool:
        begin, end = self.excused.get(pair, (NEVER, NEVER))
        return begin <= self.storm.now <= end

    def overdue(self, known: int) -> dict[tuple[str, str, str], int]:
        """Since when differs what an office must open that looks at a moment, by its own clock."""
        self.look()
        known = max(known, self.heard.known)
        since = {
            pair: self.heard.since(*pair)
            for pair in self.heard.differing()
            if not self._excused(pair) and not self.heard.muddled(*pair[:2])
        }
        return {
            pair: began
            for pair, began in since.items()
            if known > began + reckoning.within(self.acme.facts[pair[0]], pair[2])
        }

    def ticked(self, overdue: dict[tuple[str, str, str], int]) -> None:
        """Everything overdue when an office looked is open, unless it agreed meanwhile (I12, I4)."""
        self.look()
        is_open = {(c.path, c.key, c.follower) for c in self._open.values()}
        for pair, began in overdue.items():
            agreed = not self.heard.differs(*pair) or self.heard.since(*pair) != began
            opened = agreed or self._excused(pair) or pair in is_open
            self.must("I12 opened in time", opened, pair)

    def remedied(self) -> None:
        """Repairs, holds and books after a round of remedies."""
        self.look()
        with self.view() as connection:
            journal = Journal(connection)
            repairs = journal.page(states=[LIVE, HANDED_OVER], after=0, limit=1_000)
            self._each_contradiction_has_a_repair(repairs)
            self._holds_have_a_reason(View(connection, b""), repairs)
            reckoning.books(self, journal)

    def _each_contradiction_has_a_repair(self, repairs: list[RepairRow]) -> None:
        under_way = {(row.subject, row.fact, row.follower) for row in repairs}
        for found in self._open.values():
            there = (found.subject, found.fact, found.follower) in under_way
            self.must("liveness: a contradiction has a repair", there, found)

    def _holds_have_a_reason(self, view: View, repairs: list[RepairRow]) -> None:
        held = self.storm.systems["billing"].held
        if not held:
            return
        reasons = {found.ref.key for found in view.by_id({r.subject for r in repairs})}
        reasons |= {c.key for c in self._open.values()}
        for bill in held:
            self.must("I10 a hold has a repair or a contradiction", bill in reasons, bill)

    # What is asked of the systems

    def called(self, system: Simulated, request: Ability[Any], key: str) -> None:
        """A request is about to arrive."""
        caller = self.storm.caller
        if caller is not None and key:
            other = self._calling.setdefault(key, caller)
            apart = abs(other.clock.wrong - caller.clock.wrong)
            over = self.storm.now - other.called + apart > 5 * MINUTE  # its lease, by their clocks
            self.must("one office at a time", other is caller or over, request)
        if isinstance(request, (SayAgain, ReadAmount)):
            return
        path, subject = reckoning.concerns(system.name, request)
        first = key not in self._called or not key
        name = f"{CUSTOMERS if isinstance(request, Send) else system.name}/{path}"
        self.must("armed before it runs", name not in self.disarmed, name)
        silent_since = self._silent.get((path, subject, system.name))
        if silent_since is not None and first:
            heard = self.heard.last_heard.get(system.name, 0)
            asked = heard > silent_since or (key and self._marked_before(key))
            self.must("H9 a silent system is asked first", asked, request)
        if isinstance(request, (SetTerm, SetPrice)) and caller is not None:
            decided = caller.decided.get((path, subject))
            self.must("H15 only what is decided is written", request.value == decided, request)
        if isinstance(request, Send) and first and caller and not self._marked_before(key):
            # What was attempted before is sent again, whatever is so since: nothing else resolves it.
            self.mailed.asked_for(request, caller.decided.get((path, subject)))
        if isinstance(request, ReleaseBill) and first and caller is not None:
            still = [c for c in self._open.values() if (c.path, c.key) == (path, subject)]
            self.must(
                "I10 held while it is contradicted", not still or self._marked_before(key), request
            )
        if not key:
            since = self._unanswered.pop((system.name, path, subject), None)
            heard = self.heard.last_of.get((system.name, path, subject), 0)
            self.must("H16 a deaf system is read back", since is None or heard > since, request)
        self._called.add(key)

    def returned(self, key: str) -> None:
        """A request is no longer under way, whatever came of it."""
        self._calling.pop(key, None)

    def _marked_before(self, key: str) -> bool:
        """Whether a step was attempted before, so that it must be resolved, whatever is so since."""
        number = int(key.split("-")[1])
        with self.view() as connection:
            steps = Journal(connection).steps([number]).get(number, [])
        return any(step.key == key and step.tries > 1 for step in steps)

    def unanswered(self, system: Simulated, request: Ability[Any]) -> None:
        """The outcome of a request is unknown to whoever asked."""
        if not isinstance(request, (SayAgain, ReadAmount)):
            path, subject = reckoning.concerns(system.name, request)
            self._unanswered[system.name, path, subject] = self.heard.known

    def forgot(self) -> None:
        """An office died in a call: it knows when the call began, not when it ended."""
        self._unanswered.clear()

    def known_again(self, system: Simulated, request: Any, key: str, before: Any) -> None:
        """A request came again with its key."""
        self.must("I7 one key, one request", request == before, system.name, key, request, before)

    def moved(self, path: str, key: str, shown: Any) -> None:
        """Money moved; what the system shows now was right at some moment."""
        right = self.heard.ever_decided(path, key)
        self.must("I6 what was moved was owed at some moment", shown in right, path, key, shown)

    # What the rest of the storm asks

    def decided(self, path: str, key: str) -> Any:
        """What is decided, by the oracle."""
        return self.heard.decided(path, key)

    def all_decided(self) -> dict[tuple[str, str], Any]:
        """All that is decided, by the oracle."""
        return self.heard.all_decided()

    def open_now(self) -> list[Contradiction]:
        """The contradictions that are open."""
        return list(self._open.values())

    def due(self) -> int:
        """When an office must look next; for the simulator only, which passes over idle minutes."""
        if self._due is not None and not self.changed:
            return self._due
        self.look()
        with self.view() as connection:
            armed = [name for name in self.acme.remedies if name not in self.disarmed]
            moments = [View(connection, b"").next_moment(), Journal(connection).next_moment(armed)]
        self._due = min((m for m in moments if m is not None), default=NEVER)
        return self._due

    def finally_(self) -> None:
        """Everything, once the storm is over."""
        self.changed = True
        self.look()
        self.remedied()
        reckoning.all_at_the_end(self)
        with self.view() as connection:
            head = connection.rows("head")[0]
        effects = {name: system.effects for name, system in self.storm.systems.items()}
        self.digest = f"{head[2].hex()} {head[5].hex()} {hash_of(effects)}"

    def close(self) -> None:
        """Let go of the ledger's file."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def view(self) -> Any:
        """What is committed; read beside the offices, by the ledger's own statements."""
        if self._database is None:
            address = self.storm.address
            self._database = open_database(f"{address}{'&' if '?' in address else '?'}mode=ro")
        return self._database.reading()


def hash_of(what: Any) -> str:
    """A short hash of anything that has a stable form."""
    return sha256(repr(what).encode()).hexdigest()[:16]
