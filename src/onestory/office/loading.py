"""Loading many messages: in commits of a thousand, now or with the replay clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ..clock import micros, moment
from ..errors import NotAllowed
from ..intake import Arrived, Message
from ..ledger import Batch
from .hearing import Fate, Receipt
from .hears import TOGETHER
from .office import Office

NEVER = 2**62
"""A moment after all others."""


@dataclass(slots=True)
class Loaded:
    """What a load did.

    Args:
        fates: How many messages met each fate.
        reasons: How many were set aside, by what was wrong; one receipt of each as an example.
    """

    fates: Counter[Fate] = field(default_factory=Counter)
    reasons: dict[str, tuple[int, Receipt]] = field(default_factory=dict)

    def add(self, receipts: Iterable[Receipt]) -> None:
        """Count what became of messages."""
        for receipt in receipts:
            self.fates[receipt.fate] += 1
            if receipt.reason is not None:
                known = self.reasons.get(receipt.reason.code, (0, receipt))
                self.reasons[receipt.reason.code] = (known[0] + 1, known[1])

    @property
    def messages(self) -> int:
        """How many messages there were."""
        return sum(self.fates.values())


def load(
    office: Office,
    messages: Iterable[Arrived],
    *,
    replay: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Loaded:
    """Hear many messages, in memory that does not grow with their number.

    Args:
        office: The office.
        messages: The messages, in order of time where ``replay`` is asked for.
        replay: Let each be known from its own time, as if heard then, and judge in between. Only
            for a ledger that has heard nothing yet.
        progress: Called after each commit with the number of messages so far.

    Raises:
        NotAllowed: A replay into a ledger that has heard something, or of what is still to come.
        LedgerError: The ledger refused; what was acknowledged before is kept.
    """
    if replay:
        office.ledger.refuse_replay_unless_fresh()
    loaded, rest = Loaded(), iter(messages)
    while together := list(islice(rest, TOGETHER)):
        fresh = not loaded.messages
        loaded.add(_replay(office, together, fresh) if replay else office.hear(*together))
        if progress:
            progress(loaded.messages)
    if replay:
        _pass_the_time(office)
    else:
        office.tick()
    return loaded


def _replay(office: Office, together: list[Arrived], fresh: bool) -> list[Receipt]:  # noqa: FBT001
    """Hear messages each at its own time, in one transaction; judge what becomes due in between."""
    receipts: list[Receipt] = []
    # Only the first begins at its own time: a later one begins where the one before it ended, so
    # that what becomes due between the two is judged at its moment.
    start = next((_time(m, 0) for m in together if fresh and _time(m, 0)), 0)
    start = start or (office.ledger.now() if fresh else 0)
    with office.writing(start) as batch:
        due = _next_moment(batch)
        for time, group in _by_time(together, batch.known, office.ledger.now()):
            if due <= time:
                _wake_until(office, batch, time)
                due = _next_moment(batch)
            batch.move_to(time)
            receipts += office.hearing.hear(batch, group)
            due = min(due, batch.next_wake(NEVER))
            if batch.queued:
                _work_off(office, batch)
                due = _next_moment(batch)
    return receipts


def _pass_the_time(office: Office) -> None:
    """After the last message, let what is still due become due at its moment."""
    now = office.ledger.now()
    while True:
        with office.writing(0) as batch:
            if not _wake_until(office, batch, now, at_most=TOGETHER):
                return


def _wake_until(office: Office, batch: Batch, time: int, *, at_most: int = 2**62) -> int:
    """Judge what becomes due up to a moment, each at its own; at how many moments."""
    moments = 0
    batch.flush()
    while moments < at_most and (moment := _next_moment(batch)) <= time:
        batch.move_to(moment)
        office.worker.wake(batch)
        _work_off(office, batch)
        moments += 1
    return moments


def _next_moment(batch: Batch) -> int:
    """When something must be judged or done next, of what is written."""
    queries = ("next_wake", "next_moment", "next_hearer")
    moments = [batch.connection.rows(query)[0][0] for query in queries]
    wake, task, hearer = (NEVER if moment is None else moment for moment in moments)
    return min(wake, task, hearer + 1)


def _work_off(office: Office, batch: Batch) -> None:
    """Do what is queued or due, within the transaction."""
    batch.flush()
    while office.worker.work(batch):
        batch.flush()
    batch.queued = False
    batch.flush()


def _by_time(
    messages: list[Arrived], start: int, latest: int
) -> Iterator[tuple[int, list[Arrived]]]:
    group: list[Arrived] = []
    time = start
    for message in messages:
        at = max(_time(message, time), time)
        if at > latest:
            raise NotAllowed(
                f"The message {message.id!r} is of {moment(at).isoformat()}, which is still to come.",
                fix="Replay what has happened; a claim about the future says so with since=.",
            )
        if group and at != time:
            yield time, group
            group = []
        time = at
        group.append(message)
    if group:
        yield time, group


def _time(message: Arrived, otherwise: int) -> int:
    if isinstance(message, Message) and message.time is not None:
        return micros(message.time)
    return otherwise
