"""The journal: repairs under way, the steps they took, and the books, within the ledger's commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from ..errors import KeyReused
from .database import Connection, Row

LIVE, DONE, SETTLED = "live", "done", "settled"
SUPERSEDED, HANDED_OVER = "superseded", "handed over"
"""The states of a repair: under way; gone through; not needed; begun anew; with the team."""

ATTEMPTED, MADE, NOT_MADE, REFUSED, VOID = "attempted", "done", "not done", "refused", "void"
"""The states of a step: called, outcome not known; done; surely not done; refused for good;
overwritten since, so that its outcome matters no more."""

_encode = msgspec.json.Encoder().encode


class RepairRow(msgspec.Struct, array_like=True, gc=False):
    """One repair, as its row keeps it."""

    number: int
    remedy: str
    subject: int
    fact: str
    follower: str
    person: int
    contradiction: int
    generation: int
    decided: str
    version: str
    state: str
    moment: int | None
    woken: int
    holder: str | None
    held: int | None
    reason: str
    begun: int
    ended: int | None


class StepRow(msgspec.Struct, array_like=True, gc=False):
    """One step of a repair, as its row keeps it.

    Args:
        repair: The repair.
        place: Its place among the repair's steps, from 1 on.
        name: What is done: the request's or the function's name.
        system: The system that is asked; empty for a step of the company's own.
        params: What it was given, as JSON.
        key: What the system knows it by.
        state: Attempted, done, not done or void.
        tries: How often it was called since it was last surely not done.
        again: How often it was done anew, because it was not seen to have any effect.
        attempted: When it was last called.
        asked: How often it was asked about.
        moment: Not to be called before this.
        result: What it answered, as JSON.
        reason: Why it was not done.
        taken: The repair it was taken over from, if it was.
    """

    repair: int
    place: int
    name: str
    system: str
    params: str
    key: str
    state: str
    tries: int
    again: int
    attempted: int | None
    asked: int
    moment: int
    result: str | None
    reason: str
    taken: int | None


class TellingRow(msgspec.Struct, array_like=True, gc=False):
    """A message that went to a person, by what the person may ask about."""

    reference: str
    entry: int
    person: int
    subject: int
    purpose: str
    channel: str
    address: str
    known: int
    lost: int | None


class PostingRow(msgspec.Struct, array_like=True, gc=False):
    """One line of the books: so many minor units of a currency, on one account."""

    number: int
    entry: int
    account: str
    record: str
    currency: str
    minor: int
    key: str


class Journal:
    """Repairs and their steps, in one transaction or one view."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._rows: list[Row] = []
        self._going: list[Row] = []
        self._steps: dict[tuple[int, int], Row] = {}

    # Gathering

    def keep(self, row: RepairRow) -> None:
        """Gather what became of a repair, to be written with the rest."""
        self._rows.append(_kept(row))

    def keep_going(self, row: RepairRow) -> None:
        """Gather a repair that goes on at once, so that its state and its moment are as they were."""
        self._going.append((row.holder, row.held, row.reason, row.version, row.woken, row.number))

    def keep_step(self, step: StepRow) -> None:
        """Gather a step as it is now, to be written with the rest. Its key is not looked at."""
        self._steps[step.repair, step.place] = msgspec.structs.astuple(step)

    def write(self) -> None:
        """Write what was gathered, so that queries of this transaction see it."""
        self.connection.many("save_repair", self._rows)
        self.connection.many("save_going_repair", self._going)
        self.connection.many("save_step", list(self._steps.values()))
        self._rows, self._going, self._steps = [], [], {}

    # Repairs

    def begin(self, row: RepairRow) -> int | None:
        """Put a repair; its number, or None if this generation has one."""
        if self._rows:
            self.write()  # the one that it takes the place of is over
        found = self.connection.rows("insert_repair", *msgspec.structs.astuple(row)[1:])
        return int(found[0][0]) if found else None

    def wake(self, subject: int, fact: str, moment: int) -> int:
        """Let every repair of a fact be entered at a moment; how many there are."""
        return self.connection.run("wake_repairs", moment, moment, subject, fact)

    def live(self, subject: int, fact: str, follower: str, person: int) -> RepairRow | None:
        """The repair under way, or with the team, of one follower of a fact."""
        rows = self.connection.rows("live_repair", subject, fact, follower, person)
        return _repair(rows[0]) if rows else None

    def wake_one(self, number: int, moment: int) -> None:
        """Let one repair be entered at a moment, be it with a team."""
        self.connection.run("wake_repair", moment, moment, number)

    def name_contradiction(self, number: int, contradiction: int) -> None:
        """Keep which contradiction was opened for what a repair is already about."""
        self.connection.run("name_contradiction", contradiction, number)

    def wake_person(self, person: int, moment: int) -> None:
        """Let the repairs that tell a person be entered: something was decided about that person."""
        self.connection.run("wake_person", moment, person)

    def is_telling(self, person: int, subject: int) -> bool:
        """Whether a message to a person is under way: about a subject, or any, if that is 0."""
        return bool(self.connection.rows("is_telling", person, subject, subject))

    # Incidents

    def join_incident(
        self, authority: str, follower: str, silent_since: int | None, now: int, window: int
    ) -> tuple[int, int]:
        """The incident that a contradiction opened now belongs to, and how many have been in it."""
        after = now - window if silent_since is None else 0
        rows = self.connection.rows("last_incident", follower, authority, after, silent_since)
        if not rows:
            begun = authority, follower, silent_since, now, now
            rows = self.connection.rows("insert_incident", *begun)
        ((members,),) = self.connection.rows("join_incident", now, rows[0][0])
        return rows[0][0], members

    def name_incident(self, contradiction: int, incident: int) -> None:
        """Keep which incident a contradiction belongs to."""
        self.connection.run("name_incident", incident, contradiction)

    def incidents_of(self, contradictions: Iterable[int]) -> dict[int, int]:
        """The incidents that contradictions belong to."""
        rows = self.connection.rows("incident_of", _encode(list(contradictions)).decode())
        return dict(rows)

    def wake_members(self, incident: int, moment: int, apart: int) -> None:
        """Let the repairs of an incident's contradictions be entered, so many microseconds apart."""
        self.write()  # what is written after would undo it
        members = [number for (number,) in self.connection.rows("members", incident)]
        moments = [(moment + place * apart, number) for place, number in enumerate(members)]
        self.connection.many("wake_member", moments)

    def incident(self, number: int) -> tuple[str, str, int | None, int, int]:
        """An incident: authority, follower, silent since, began, how many are open."""
        authority, follower, silent, began, members = self.connection.rows("incident", number)[0]
        return authority, follower, silent, began, members

    # Work

    def unremedied(self, entity: str, fact: str, follower: str) -> list[tuple[int, int, int]]:
        """Open contradictions of a fact in a follower without a repair: number, subject, person."""
        rows = self.connection.rows("unremedied", entity, fact, follower)
        return [(number, subject, person) for number, subject, person in rows]

    def unremedied_of(self, subject: int, fact: str, follower: str, person: int) -> int | None:
        """The open contradiction of one follower of a fact, if it has no repair."""
        rows = self.connection.rows("unremedied_of", subject, fact, follower, person)
        return int(rows[0][0]) if rows else None

    def did_before(self, row: RepairRow) -> bool:
        """Whether earlier generations of a repair did something that it must bring to an end."""
        return bool(self.connection.rows("did_before", row.number))

    def last_turn(self, follower: str, now: int) -> int | None:
        """When the last repair in a follower was begun, or has its turn to be."""
        moment: int | None = self.connection.rows("last_repair", now, follower)[0][0]
        return moment

    def counts(self) -> list[tuple[str, str, int]]:
        """How many repairs there are: remedy, state, count."""
        return [(r, s, c) for r, s, c in self.connection.rows("repair_counts")]

    def arm(self, remedy: str, by: str, now: int, *, armed: bool) -> None:
        """Keep that a person lets a remedy run, or no longer."""
        self.connection.run("save_armed", remedy, int(armed), by, now)

    def armed(self) -> dict[str, bool]:
        """What people said of remedies: whether each may run."""
        return {remedy: bool(armed) for remedy, armed in self.connection.rows("armed")}

    def holders(self, now: int) -> list[str]:
        """The processes that hold repairs which are due."""
        return [holder for (holder,) in self.connection.rows("holders", now, now)]

    def release(self, holder: str) -> int:
        """Let go of what a process held that is gone; how many repairs."""
        return self.connection.run("release_repairs", holder)

    def due(self, armed: Iterable[str], now: int, limit: int) -> list[RepairRow]:
        """Repairs of armed remedies whose moment has come and that nobody works on."""
        names = _encode(list(armed)).decode()
        return [_repair(r) for r in self.connection.rows("due_repairs", now, now, names, limit)]

    def next_moment(self, armed: Iterable[str]) -> int | None:
        """When a repair of an armed remedy is to be entered next."""
        rows = self.connection.rows("next_repair", _encode(list(armed)).decode())
        moment: int | None = rows[0][0]
        return moment

    def hold(self, numbers: Iterable[int], holder: str, until: int) -> None:
        """Let one process work on repairs until a moment."""
        self.connection.many("hold_repair", [(holder, until, number) for number in numbers])

    def save(self, row: RepairRow) -> None:
        """Keep what became of a repair."""
        self.connection.run("save_repair", *_kept(row))

    def repairs(self, numbers: Iterable[int]) -> dict[int, RepairRow]:
        """Repairs by number."""
        rows = self.connection.rows("repairs_by_number", _encode(list(numbers)).decode())
        return {row[0]: _repair(row) for row in rows}

    def stand(self, numbers: Iterable[int]) -> dict[int, tuple[str | None, int]]:
        """Who holds repairs, and how often they were woken."""
        rows = self.connection.rows("repairs_stand", _encode(list(numbers)).decode())
        return {number: (holder, woken) for number, holder, woken in rows}

    def page(self, *, states: Sequence[str], after: int, limit: int) -> list[RepairRow]:
        """Repairs in some states, in the order of their numbers."""
        rows = self.connection.rows("repairs_page", _encode(states).decode(), after, limit)
        return [_repair(row) for row in rows]

    def of_contradiction(self, contradiction: int) -> list[RepairRow]:
        """The repairs of one contradiction, each generation, oldest first."""
        rows = self.connection.rows("repairs_of_contradiction", contradiction)
        return [_repair(row) for row in rows]

    # Steps

    def steps(self, numbers: Iterable[int]) -> dict[int, list[StepRow]]:
        """The steps of repairs, by repair, in the order of their places."""
        found: dict[int, list[StepRow]] = {}
        for row in self.connection.rows("steps_of", _encode(list(numbers)).decode()):
            found.setdefault(row[0], []).append(StepRow(*row))
        return found

    def save_step(self, step: StepRow) -> None:
        """Keep a step. A key is kept for ever with what it was used for.

        Raises:
            KeyReused: The key was used with other parameters.
        """
        if self.use_keys([step]):
            raise key_reused(step)
        self.connection.run("save_step", *msgspec.structs.astuple(step))

    def use_keys(self, steps: Iterable[StepRow]) -> set[str]:
        """Keep the keys of steps for ever, with what each is used for; those used for another step."""
        digests = {step.key: _digest(step) for step in steps if step.taken is None}
        if not digests:
            return set()
        self.connection.many("use_key", list(digests.items()))
        rows = self.connection.rows("used_keys", _encode(list(digests)).decode())
        return {key for key, digest in rows if digest != digests[key]}

    def drop_steps(self, repair: int, place: int) -> None:
        """Forget steps that were taken over, from a place on."""
        self.connection.run("drop_steps", repair, place)

    # Messages to people

    def tell(self, row: TellingRow) -> None:
        """Keep that a message went."""
        self.connection.run("insert_telling", *msgspec.structs.astuple(row))

    def telling(self, reference: str) -> TellingRow | None:
        """The message with a reference."""
        rows = self.connection.rows("telling", reference)
        return msgspec.convert(rows[0], TellingRow) if rows else None

    def tellings_to(self, person: int, purpose: str, limit: int) -> list[int]:
        """When the last messages of a purpose to a person went."""
        return [known for (known,) in self.connection.rows("tellings_to", person, purpose, limit)]

    def last_telling(self, person: int) -> int:
        """The line of the last message to a person; 0 if none went."""
        return self.connection.rows("last_telling", person)[0][0] or 0

    def lost_addresses(self, person: int) -> set[tuple[str, str]]:
        """The channels and addresses by which messages did not reach a person."""
        return {(c, a) for c, a in self.connection.rows("lost_addresses", person)}

    def lose(self, reference: str, entry: int) -> None:
        """Keep that a message did not reach its person."""
        self.connection.run("lose_telling", entry, reference)

    # Books

    def post(self, entry: int, key: str, lines: Iterable[tuple[str, str, str, int]]) -> None:
        """Post one transaction of money: account, record, currency, minor units of each line."""
        self.connection.many(
            "insert_posting",
            [
                (entry, account, record, currency, minor, key)
                for account, record, currency, minor in lines
            ],
        )

    def balances(self, record: str = "") -> list[tuple[str, str, int]]:
        """The balance of every account, or of those of one record: account, currency, minor units."""
        name = "balances_of" if record else "balances"
        return [(a, c, m) for a, c, m in self.connection.rows(name, *([record] if record else []))]

    def postings(self, account: str, *, after: int, limit: int) -> list[PostingRow]:
        """The postings on one account, in order."""
        rows = self.connection.rows("postings", account, after, limit)
        return [PostingRow(*row) for row in rows]

    def unbalanced(self) -> list[tuple[int, str, int]]:
        """Entries whose postings do not sum to nought: entry, currency, sum. There must be none."""
        return [(e, c, m) for e, c, m in self.connection.rows("unbalanced")]


def key_reused(step: StepRow) -> KeyReused:
    """What is wrong when a step's key was used for another."""
    return KeyReused(
        f"The key {step.key} was used for another {step.name}.",
        fix="A remedy's steps must follow from what is kept: give each the same "
        "arguments every time it is entered.",
    )


def _digest(step: StepRow) -> bytes:
    return sha256(f"{step.system}\n{step.name}\n{step.params}".encode()).digest()


def _kept(row: RepairRow) -> Row:
    when = row.state, row.moment, row.holder, row.held, row.reason, row.ended
    return (*when, row.version, row.woken, row.number)


def _repair(row: tuple[Any, ...]) -> RepairRow:
    return RepairRow(*row)
