"""Simulated systems: what each holds, what it does when it is asked, and how it misbehaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import NotDone, Refused
from ..model import (
    Ability,
    Charge,
    Credit,
    Goodwill,
    HoldBill,
    Money,
    MovesMoney,
    Refund,
    ReleaseBill,
    SayAgain,
    Send,
)
from .telecom import ReadAmount, SetPrice, SetTerm
from .weather import HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from .simulation import Storm

SIGN = {Credit: -1, Goodwill: 1, Charge: 1, Refund: -1}
"""Whether a request adds to what the system shows, or takes from it."""

REFUSING, DEAD, MUTE, SILENT = "refusing", "dead", "mute", "silent"
"""How a system is out for hours: it says no; nothing arrives; it does all and answers nothing; it
tells nothing of itself."""


class Effect(NamedTuple):
    """Something that a system did: when, with which key (empty for a deaf one), what."""

    at: int
    key: str
    request: Ability[Any]


class Sent(NamedTuple):
    """A message that a system sent: it stays true for ever, whatever becomes of it on the way."""

    id: str
    system: str
    path: str
    key: str
    value: Any
    sequence: int | None
    at: int
    since: int | None


class Simulated:
    """One system of record.

    Args:
        storm: The storm it stands in.
        name: Its name.
        numbered: Whether it numbers its messages.
    """

    def __init__(self, storm: Storm, name: str, *, numbered: bool) -> None:
        self.storm, self.name, self.numbered = storm, name, numbered
        self.weather = storm.weather
        skew = self.weather.skew
        self.skew = self.weather.draw.randint(-skew, skew)
        self.holds: dict[tuple[str, str], Any] = {}
        self.held: dict[str, str] = {}
        self.keys: dict[str, tuple[Ability[Any], Any]] = {}
        self.effects: list[Effect] = []
        self.out: list[tuple[int, int, str]] = []
        self.sent = 0

    # What it tells of itself

    def put(self, path: str, key: str, value: Any, *, since: int | None = None) -> None:
        """Hold another value, and tell of it."""
        self.holds[path, key] = value
        self.tell(path, key, since=since)

    def tell(self, path: str, key: str, *, since: int | None = None) -> None:
        """Send a message with what it holds of one fact."""
        self.sent += 1
        sequence = self.sent if self.numbered else None
        value = self.holds[path, key]
        made = self.storm.now + self.skew
        sent = Sent(f"{self.name} {self.sent}", self.name, path, key, value, sequence, made, since)
        self.storm.post.send(sent)

    def is_out(self, *kinds: str) -> int:
        """Until when it is out in one of these ways; 0 if it is not."""
        now = self.storm.now
        if self.weather.calm:
            return 0
        return max((e for b, e, kind in self.out if b <= now < e and kind in kinds), default=0)

    # What others ask of it

    def perform(self, request: Ability[Any], key: str) -> Any:
        """Fulfil a request, unless a fault strikes on the way in, in it, or on the way out."""
        self.storm.watch.called(self, request, key)
        try:
            return self._answer(request, key)
        finally:
            self.storm.watch.returned(key)

    def _answer(self, request: Ability[Any], key: str) -> Any:
        weather = self.weather
        if self.is_out(REFUSING):
            raise NotDone("connection refused")
        if self.is_out(DEAD) or weather.strikes("request lost"):
            self.storm.watch.unanswered(self, request)
            raise TimeoutError("no answer")
        if weather.strikes("not done"):
            raise NotDone("the nightly run is on")
        if not isinstance(request, ReadAmount) and weather.strikes("refused for good"):
            raise Refused("no such thing")
        self._take_time()
        answer = self._once(request, key)
        if self.is_out(MUTE) or weather.strikes("answer lost"):
            self.storm.watch.unanswered(self, request)
            raise TimeoutError("no answer")
        return answer

    def asked(self, key: str) -> Any:
        """Say what became of a key."""
        if self.is_out(DEAD, MUTE, REFUSING) or self.weather.strikes("answer lost"):
            raise TimeoutError("no answer")
        self._take_time()
        if key not in self.keys:
            raise NotDone("never got it")
        return self.keys[key][1]

    def _take_time(self) -> None:
        if self.weather.strikes("slow answer"):
            self.storm.pass_time(self.weather.between(SECOND, 4 * MINUTE))

    def _once(self, request: Ability[Any], key: str) -> Any:
        if isinstance(request, ReadAmount):
            path = "Bill.amount" if self.name == "billing" else "Order.total"
            return self.holds.get((path, request.key), Money.of_minor(0, "EUR"))
        if isinstance(request, SayAgain):
            for path, subject in list(self.holds):
                if subject == request.key and path.startswith(f"{request.entity}."):
                    self.tell(path, subject)
            return None
        if key in self.keys:
            self.storm.watch.known_again(self, request, key, self.keys[key][0])
            return self.keys[key][1]
        answer = self._do(request, key)
        self.effects.append(Effect(self.storm.now, key, request))
        if key:
            self.keys[key] = request, answer
        return answer

    def _do(self, request: Ability[Any], key: str) -> Any:
        self.storm.say(f"{self.name} does {request} {key}")
        if isinstance(request, (SetTerm, SetPrice)):
            path = "Contract.term" if isinstance(request, SetTerm) else "Contract.price"
            self._write(path, request.key, request.value)
        elif isinstance(request, HoldBill):
            self.held[request.bill] = key
        elif isinstance(request, ReleaseBill):
            self.held.pop(request.bill, None)
        elif isinstance(request, Send):
            self.storm.watch.mailed.take(request)
            return f"mail {len(self.effects) + 1}"
        elif isinstance(request, MovesMoney):
            path = "Bill.amount" if self.name == "billing" else "Order.total"
            before = self.holds.get((path, request.record), Money.of_minor(0, "EUR"))
            moved = SIGN[type(request)] * request.amount.amount
            shown = Money(before.amount + moved, before.currency)
            self.storm.watch.moved(path, request.record, shown)
            self.put(path, request.record, shown)
            return f"{type(request).__name__} {len(self.effects) + 1}"
        return None

    def _write(self, path: str, key: str, value: Any) -> None:
        before = self.holds.get((path, key))
        if self.weather.strikes("answered, not done"):
            return
        self.put(path, key, value)
        if before is not None and self.weather.strikes("undone at night"):
            later = self.storm.now + self.weather.between(MINUTE, HOUR)
            self.storm.at(later, lambda: self.put(path, key, before))
