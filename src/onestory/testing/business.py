"""Business: what people and systems do on the day of a storm, and what a team mends."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ..clock import moment
from ..errors import NotAllowed
from ..model import Money
from ..office import Office, RepairState
from .systems import DEAD, MUTE, REFUSING, SILENT, Simulated
from .telecom import CUSTOMERS
from .weather import HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from .simulation import Storm

CONTRACTS = ("C-1", "C-2")
ORDERS = ("O-1",)
FOLLOWERS = {
    "Contract.term": ("billing", "shop", "desk"),
    "Contract.price": ("billing",),
    "Order.total": ("pay",),
}
"""The systems that follow what is decided by themselves, unless they miss it."""

DECIDES = {"Contract.term": "contracts", "Contract.price": "contracts", "Order.total": "shop"}
MOST_BILLS = 3
MENDED_BY_HAND = 3  # Times that a team lets a repair try again before it writes the value itself.


class Business:
    """What happens on one day."""

    def __init__(self, storm: Storm) -> None:
        self.storm, self.draw = storm, storm.weather.draw
        self.bills: list[str] = []
        self.dated = self.draw.choice((True, False))
        self._retried: dict[int, int] = {}

    def begin(self) -> None:
        """Every system says what it holds; then the day is filled with events."""
        storm, draw = self.storm, self.draw
        storm.post.together(self._first_words)
        share = storm.length / (24 * HOUR)
        events = (self._renews, self._reprices, self._bills, self._amends, self._drifts)
        people = (self._differs, self._team_tries, *(self._disarms,) * 3 * self.draw.randint(0, 1))
        for kind, least, most in (
            (events, 4, 9),
            (people, 0, 4),
            ((self._repeats, self._asks), 5, 10),
        ):
            for _ in range(max(1, round(draw.randint(least, most) * max(share, 0.25)))):
                at = storm.now + draw.randint(10 * SECOND, storm.length)
                storm.at(at, draw.choice(kind))
        self._put_systems_out()
        for _ in range(storm.weather.clocks_back):
            at = storm.now + draw.randint(0, storm.length)
            storm.at(at, self._clock_back)

    def _first_words(self) -> None:
        storm, systems = self.storm, self.storm.systems
        for contract in CONTRACTS:
            term, price = self._any_date(), self._any_price()
            for name in ("contracts", "billing", "shop", "desk"):
                since = storm.now - 6 * HOUR if self.dated and name == "contracts" else None
                systems[name].put("Contract.term", contract, term, since=since)
            for name in ("contracts", "billing"):
                systems[name].put("Contract.price", contract, price)
            holder = f"K-{contract}"
            systems["contracts"].put("Customer.email", holder, f"{holder}@customers.example")
            systems["contracts"].put("Contract.holder", contract, holder)
        for order in ORDERS:
            total = self._any_price()
            storm.watch.posted[order] = total
            for name in ("shop", "pay"):
                systems[name].put("Order.total", order, total)

    def calm_down(self) -> None:
        """The storm is over: everything is up, armed, and tells in full what it holds."""
        storm = self.storm
        for process in storm.processes:
            process.clock.wrong = 0
            if process.office is None:
                storm.at(storm.now, process.start)
        for name in storm.acme.remedies:
            storm.at(storm.now + 2 * MINUTE, partial(self._arm, name))
        storm.at(storm.now + 4 * HOUR, self._full_feed)
        for half_hours in range(9, 24):
            storm.at(storm.now + half_hours * HOUR // 2, self._team_mends)
        storm.at(storm.now + 8 * HOUR, self._full_feed)
        # What is unnumbered may have overtaken what was told before it; the next full feed says it again.
        storm.at(storm.now + 10 * HOUR, self._full_feed)

    def change_what_is_repaired(self) -> None:
        """Another value is decided of something that is contradicted, and may just be repaired."""
        storm = self.storm
        if storm.weather.calm or not storm.watch.posted:
            return
        found = sorted({(c.path, c.key) for c in storm.watch.open_now()})
        path, key = self.draw.choice(found or [("Contract.term", CONTRACTS[0])])
        if path == "Bill.amount":
            path, key = "Contract.price", storm.systems["billing"].holds["Bill.contract", key]
        if path in DECIDES:
            self._decide(path, key, self._any_of(path))

    # What the company does

    def _renews(self) -> None:
        self._decide("Contract.term", self.draw.choice(CONTRACTS), self._any_date())

    def _reprices(self) -> None:
        self._decide("Contract.price", self.draw.choice(CONTRACTS), self._any_price())

    def _amends(self) -> None:
        self._decide("Order.total", self.draw.choice(ORDERS), self._any_price())

    def _decide(self, path: str, key: str, value: Any) -> None:
        storm, weather = self.storm, self.storm.weather
        decides = storm.systems[DECIDES[path]]
        before = decides.holds[path, key]
        if value == before:
            return
        storm.say(f"{decides.name} decides {path} {key}: {value}")
        decides.put(path, key, value, since=self._since(path))
        for name in FOLLOWERS[path]:
            if not weather.strikes("follower misses"):
                later = storm.now + weather.between(SECOND, 20 * MINUTE)
                storm.at(later, partial(self._follow, name, path, key, value))
        if weather.strikes("decision flaps"):
            back = self.draw.choice((before, before, self._any_of(path)))
            later = storm.now + weather.between(10 * SECOND, 30 * MINUTE)
            storm.at(later, lambda: self._decide(path, key, back))

    def _follow(self, name: str, path: str, key: str, value: Any) -> None:
        system = self.storm.systems[name]
        if name == "pay":
            return  # money moves only when it is asked to
        if system.holds.get((path, key)) != value:
            system.put(path, key, value)

    def _since(self, path: str) -> int | None:
        if not self.dated or path != "Contract.term":
            return None
        return self.storm.now - self.draw.randint(2 * HOUR, 5 * HOUR)

    def _bills(self) -> None:
        storm, billing = self.storm, self.storm.systems["billing"]
        if len(self.bills) >= MOST_BILLS:
            return
        bill, contract = f"B-{len(self.bills) + 1}", self.draw.choice(CONTRACTS)
        self.bills.append(bill)
        storm.watch.posted[bill] = billing.holds["Contract.price", contract]
        billing.put("Bill.contract", bill, contract)
        billing.put("Bill.amount", bill, billing.holds["Contract.price", contract])

    def _drifts(self) -> None:
        """A follower comes to hold another value by itself."""
        path = self.draw.choice(("Contract.term", "Contract.price"))
        system = self.storm.systems[self.draw.choice(FOLLOWERS[path])]
        system.put(path, self.draw.choice(CONTRACTS), self._any_of(path))

    def _repeats(self) -> None:
        system = self.draw.choice(list(self.storm.systems.values()))
        if system.holds:
            path, key = self.draw.choice(sorted(system.holds))
            system.tell(path, key, since=self._said_since(system.name, path))

    def _said_since(self, name: str, path: str) -> int | None:
        """A dated claim is repeated with a date, too: an undated one would hold for all time."""
        return self._since(path) if name == "contracts" else None

    # What its people do

    def _differs(self) -> None:
        """Somebody declares that a follower may differ for a while."""
        storm = self.storm
        path = self.draw.choice(("Contract.term", "Contract.price"))
        name, key = self.draw.choice(FOLLOWERS[path]), self.draw.choice(CONTRACTS)
        until = storm.now + self.draw.randint(5 * MINUTE, 3 * HOUR)
        storm.watch.excused[path, key, name] = storm.now, until
        storm.say(f"a person declares that {name} may differ on {path} {key}")
        follower, fact = storm.acme.systems[name], storm.acme.facts[path]
        self._by_hand(
            lambda office: office.declares_different(
                follower, fact, key, because="agreed", until=moment(until + HOUR), by="Ada"
            )
        )
        storm.watch.excused[path, key, name] = (
            storm.now,
            until + 6 * HOUR,
        )  # an office's clock may be far behind

    def _asks(self) -> None:
        """An agent asks what is so: never is a follower's value told for the decided one."""
        storm = self.storm
        path = self.draw.choice(("Contract.term", "Contract.price", "Order.total"))
        entity = path.partition(".")[0]
        key = self.draw.choice(ORDERS if entity == "Order" else CONTRACTS)
        if not storm.watch.heard.knows(entity, key):
            return
        told = self._by_hand(
            lambda office: office.tell(storm.acme.kinds[entity], key, to=storm.acme.desk)
        )
        decided = storm.watch.decided(path, key)
        if told is not None:
            said = told[storm.acme.facts[path]].said
            right = () if decided is None else (decided,)
            storm.watch.must("only what is decided is told", said == right, path, key, said)

    def _disarms(self) -> None:
        storm = self.storm
        name = self.draw.choice(storm.acme.remedies)
        storm.say(f"{name} is disarmed")
        if self._by_hand(lambda office: office.disarm(name, by="Ada") or True):
            storm.watch.disarmed.add(name)
        later = storm.now + self.draw.randint(MINUTE, 4 * HOUR)
        storm.at(later, lambda: self._arm(name))

    def _arm(self, name: str) -> None:
        self.storm.watch.disarmed.discard(name)
        if not self._by_hand(lambda office: office.arm(name, by="Ada") or True):
            self.storm.at(self.storm.now + MINUTE, lambda: self._arm(name))

    def _team_tries(self) -> None:
        """A team looks at what was handed over to it, and lets it try again."""
        found = self._by_hand(lambda office: office.repairs(states=(RepairState.HANDED_OVER,)))
        for repair in found or ():
            self._by_hand(lambda office, n=repair.number: _retried(office, n))

    def _team_mends(self) -> None:
        """A team tries again, or writes the value itself; money it never moves by hand."""
        storm = self.storm
        found = self._by_hand(lambda office: office.repairs(states=(RepairState.HANDED_OVER,)))
        for repair in found or ():
            name, _, path = repair.remedy.partition("/")
            key = repair.key[0]
            tried = self._retried[repair.number] = self._retried.get(repair.number, 0) + 1
            storm.say(f"the team of {name} looks at repair {repair.number}: {repair.reason}")
            decided = storm.watch.decided(path, key)
            if name == CUSTOMERS:
                self._by_hand(lambda office, n=repair.number: _retried(office, n))
            elif tried > MENDED_BY_HAND and path in {"Contract.term", "Contract.price"}:
                storm.systems[name].put(path, key, decided)
            else:
                self._by_hand(lambda office, n=repair.number: _retried(office, n))

    def _by_hand(self, act: Any) -> Any:
        alive = [p for p in self.storm.processes if p.office is not None]
        return self.draw.choice(alive).run(act) if alive else None

    # What goes wrong for hours

    def _put_systems_out(self) -> None:
        storm, draw = self.storm, self.draw
        for _ in range(storm.weather.outages):
            system = draw.choice(list(storm.systems.values()))
            begin = storm.now + draw.randint(0, storm.length)
            end = begin + draw.randint(10 * MINUTE, 4 * HOUR)
            kind = draw.choice((REFUSING, DEAD, MUTE, SILENT, SILENT))
            system.out.append((begin, end, kind))
            storm.weather.struck[f"system {kind}"] += 1

    def _clock_back(self) -> None:
        storm = self.storm
        by = self.draw.randint(SECOND, HOUR)
        if self.draw.choice((True, False)):
            self.draw.choice(storm.processes).clock.wrong -= by
        else:
            self.draw.choice(list(storm.systems.values())).skew -= by
        storm.weather.struck["clock set back"] += 1

    def _full_feed(self) -> None:
        """Every system sends a file with all that it holds."""
        for system in self.storm.systems.values():
            self.storm.post.together(partial(self._tell_all, system))

    def _tell_all(self, system: Simulated) -> None:
        for path, key in list(system.holds):
            system.tell(path, key, since=self._said_since(system.name, path))

    def _any_of(self, path: str) -> Any:
        return self._any_date() if path == "Contract.term" else self._any_price()

    def _any_date(self) -> date:
        return date(2027, 3, 31) + timedelta(days=self.draw.randint(0, 4))

    def _any_price(self) -> Money:
        return Money.of_minor(self.draw.choice((3999, 4900, 4999, 5250, 6900)), "EUR")


def _retried(office: Office, number: int) -> bool:
    """Let a team try again, unless the repair went on since it looked."""
    try:
        office.retry(number, by="team")
    except NotAllowed:
        return office.repair(number).state is not RepairState.HANDED_OVER
    return True
