"""The reckoning of a storm: its books, and all that must be so when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import moment
from ..ledger import View
from ..ledger.journal import ATTEMPTED, HANDED_OVER, LIVE, Journal
from ..model import Ability, Charge, Credit, Fact, Goodwill, MovesMoney, Refund, Send
from ..office import Office
from .oracle import differing
from .systems import SIGN, Sent
from .telecom import systems_that_follow

if TYPE_CHECKING:
    from .watch import Watch


def within(fact: Fact[Any], follower: str) -> int:
    """The time of a follower, in microseconds."""
    (found,) = (f for f in fact.followers if f.party.name == follower)
    return int(found.within.total_seconds() * 1_000_000)


def concerns(system: str, request: Ability[Any]) -> tuple[str, str]:
    """The fact and the subject that a request is about."""
    if isinstance(request, MovesMoney):
        return ("Order.total" if system == "pay" else "Bill.amount"), request.record
    if isinstance(request, Send):
        return "Contract.term", request.subject.split()[1]
    bill = getattr(request, "bill", None)
    if bill is not None:
        return "Bill.amount", bill
    kind = type(request).__name__
    path = "Contract.term" if kind == "SetTerm" else "Contract.price"
    return path, request.key  # type: ignore[attr-defined]


def books(watch: Watch, journal: Journal) -> None:
    """Our books are what the systems moved, but for what is still without an answer (I5, I6)."""
    unbalanced = journal.unbalanced()
    watch.must("I5 each entry sums to nought", not unbalanced, unbalanced)
    moved: dict[str, tuple[str, int]] = {}
    for name in ("billing", "pay"):
        for effect in watch.storm.systems[name].effects:
            if isinstance(effect.request, MovesMoney):
                account, sign = _account(name, effect.request)
                minor = sign * int(effect.request.amount.amount * 100)
                moved[effect.key] = account, minor
    ours: dict[str, tuple[str, int]] = {}
    for account in {account for account, _ in moved.values()} | {"goodwill", "cash at pay"}:
        for posting in journal.postings(account, after=0, limit=10_000):
            watch.must("I6 posted once", posting.key not in ours, posting)
            ours[posting.key] = account, posting.minor
    for key, posted in ours.items():
        watch.must("I6 nothing is booked that was not moved", moved.get(key) == posted, key, posted)
    for key in moved.keys() - ours.keys():
        number = int(key.split("-")[1])
        steps = journal.steps([number]).get(number, [])
        unknown = any(step.key == key and step.state == ATTEMPTED for step in steps)
        watch.must("I6 what was moved is booked or asked about", unknown, key, moved[key])


def _account(system: str, request: MovesMoney[Any]) -> tuple[str, int]:
    """The account that shows what was moved, and on which side; written from the accounts' meaning."""
    if isinstance(request, Credit):
        return f"credited for {request.record}", 1
    if isinstance(request, Goodwill):
        return "goodwill", 1
    return f"cash at {system}", 1 if isinstance(request, Charge) else -1


def all_at_the_end(watch: Watch) -> None:
    """What must be so when faults have stopped and half a day has passed."""
    storm, heard = watch.storm, watch.heard
    lost = watch.sent.keys() - heard.ids
    watch.must("liveness: every message is heard", not lost, sorted(lost)[:5])
    agreed = {
        path: (fact.authority.name, systems_that_follow(fact))
        for path, fact in storm.acme.facts.items()
    }
    apart = differing(heard.words, agreed, lambda one, other: bool(one == other))
    watch.must("liveness: nothing still differs", not apart, sorted(apart))
    watch.must("I4 the oracle's two sides agree", not heard.differing(), heard.differing())
    with watch.view() as connection:
        still = connection.rows("contradictions_open", 0, 100)
        watch.must("I4 nothing is open that agrees", not still, still)
        journal = Journal(connection)
        left = journal.page(states=[LIVE, HANDED_OVER], after=0, limit=100)
        watch.must("liveness: no repair is left", not left, left)
        _no_step_is_left(watch, journal)
        watch.mailed.all_at_the_end(View(connection, b""))
    watch.must("I10 no hold is left", not storm.systems["billing"].held)
    _money(watch)
    _ledger(watch)


def _no_step_is_left(watch: Watch, journal: Journal) -> None:
    states = ["done", "settled", "superseded"]
    rows = journal.page(states=states, after=0, limit=10_000)
    steps = journal.steps([row.number for row in rows])
    for row in rows:
        for step in steps.get(row.number, []):
            resolved = step.state != ATTEMPTED or not step.place
            watch.must("I7 no outcome is left unknown", resolved, row, step)


def _money(watch: Watch) -> None:
    """At rest each bill and each order shows what is right, by what was posted and moved."""
    for name, path in (("billing", "Bill.amount"), ("pay", "Order.total")):
        system = watch.storm.systems[name]
        for (of, key), shown in system.holds.items():
            if of != path:
                continue
            right = watch.decided(path, key)
            watch.must("I6 charged is what was quoted", shown == right, path, key, shown, right)
            moved = sum(
                SIGN[type(e.request)] * e.request.amount.amount
                for e in system.effects
                if isinstance(e.request, (Charge, Refund, Credit, Goodwill))
                and e.request.record == key
            )
            first = watch.posted[key].amount
            watch.must("I6 moved is what is shown", first + moved == shown.amount, path, key)


def _ledger(watch: Watch) -> None:
    """The ledger holds, its dossiers are what it says, and it tells what is decided (I2, I3)."""
    storm = watch.storm
    for process in storm.processes:
        watch.must("liveness: every office is up", process.office is not None, process.name)
    office = storm.processes[0].office
    assert office is not None
    findings = office.verify(dossiers=True)
    watch.must("I2, I3 the ledger holds", not findings, findings)
    for bill in storm.business.bills:
        right = watch.heard.right(bill)
        watch.must("I3 what is derived is right", watch.decided("Bill.amount", bill) == right, bill)
    for (path, key), value in watch.all_decided().items():
        entity, _, name = path.partition(".")
        told = office.tell(storm.acme.kinds[entity], key, to=storm.acme.desk)
        watch.must("only what is decided is told", getattr(told, name) == value, path, key)
    _as_of(watch, office)


def _as_of(watch: Watch, office: Office) -> None:
    """What was so at a moment is what was said of it, late claims included (I3)."""
    storm = watch.storm
    if not storm.business.dated or not storm.systems["contracts"].numbered:
        return
    kind, path = storm.acme.kinds["Contract"], "Contract.term"
    said: dict[str, list[Sent]] = {}
    for sent in watch.sent.values():
        if (sent.system, sent.path) == ("contracts", path):
            said.setdefault(sent.key, []).append(sent)
    for key, claims in said.items():
        for at in sorted({claim.since for claim in claims if claim.since is not None}):
            so = [c for c in claims if c.since is not None and c.since <= at]
            expected = max(so, key=lambda c: c.sequence or 0).value
            told: Any = office.tell(kind, key, to=storm.acme.desk, valid=moment(at))
            watch.must("I3 as of a moment", told.term == expected, key, moment(at), expected)
