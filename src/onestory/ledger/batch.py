"""A batch: one transaction of the ledger, from the first dossier read to the seal of the commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

import msgspec

from ..errors import LedgerCorrupt
from .chain import link_hash, message_lines, names_line, seal_hash, subject_line
from .database import Connection, Row
from .dossier import new_dossier, read_dossier, write_dossier
from .entry import HEARD, OPENED, SETTLED, Aside, Draft, aside_of
from .identity import marks_of
from .names import Names
from .subject import Judged, Name, Ref, Subject

WAYPOINT_EVERY = 256
"""Heard entries of a subject between two copies of its dossier: a question about the past reads at
most so many entries, some 0.3 ms; and the copies add less than the entries themselves take."""

_encode = msgspec.json.Encoder().encode


class Batch:
    """One transaction under way. Rows are gathered and written together, in the order of keys."""

    def __init__(self, connection: Connection, names: Names, genesis: bytes, now: int) -> None:
        head = _numbers(connection.rows("head")[0])
        self.connection, self._names = connection, names
        self.message_number: int = head[0] or 0
        self._entry_number: int = head[1] or 0
        self._hash: bytes = head[2] or genesis
        self._last_subject: int = head[3] or 0
        self._seal: tuple[int, bytes] = (head[4] or 0, head[5] or genesis)
        self._head = self._ends
        self.known = max(now, head[6])
        self.terms: int = head[7] or 0
        self.links = {name: heard for name, heard, _ in connection.rows("link_states")}
        self.queued = False
        self.judged: list[Judged] = []
        self.decided: list[tuple[Subject, str]] = []
        self._heard: dict[str, int] = {}
        self._subjects: dict[Name, Subject] = {}
        self._by_id: dict[int, Subject] = {}
        self._touched: dict[int, Subject] = {}
        self._recent: list[Subject] = []
        self._wakes: list[int] = []
        self._messages: list[Row] = []
        self._parties: dict[int, str] = {}
        self._shapes: dict[int, tuple[str, ...]] = {}
        self._sealed: list[bytes] = []
        self._begun: list[bytes] = []
        self._entries: list[Row] = []
        self._contradictions: list[Row] = []
        self._settled: list[Row] = []
        self._waypoints: list[Row] = []
        self._timed: list[Row] = []

    @property
    def last_entry(self) -> int:
        """The number of the last entry there is."""
        return self._entry_number

    def move_to(self, known: int) -> None:
        """Let what comes next be known from this moment, for a replay. Never goes back."""
        self.known = max(self.known, known)

    # Messages

    def known_ids(self, party: str, ids: Sequence[str]) -> set[str]:
        """Which of these ids were heard from a party before."""
        number = self._names.party(self.connection, party)
        return {row[0] for row in self.connection.rows("known_ids", _encode(ids).decode(), number)}

    def asides_named(self, source: str, ids: Sequence[str]) -> list[Aside]:
        """What is set aside of a source under these ids."""
        self.flush()
        rows = self.connection.rows("asides_named", _encode(ids).decode(), source)
        return [aside_of(row) for row in rows]

    def receive(
        self,
        party: str,
        id: str | None,  # noqa: A002 - the attribute's name in CloudEvents
        *,
        sequence: int | None,
        raw: bytes,
        says: Iterable[tuple[Subject, tuple[str, ...]]],
        replays: int | None = None,
    ) -> int:
        """Accept a message; its number of receipt.

        Args:
            party: Who sent it.
            id: Its id, or None for what the company itself does.
            sequence: Its own sequence, if it has one.
            raw: The bytes as they arrived, of which the hash is kept.
            says: The subjects it speaks of, each with the facts it mentions.
            replays: The number of the message that it is read again for.
        """
        connection, names = self.connection, self._names
        self.message_number += 1
        number = names.party(connection, party)
        self._parties[number] = party
        told: list[int] = []
        for subject, facts in says:
            shape = names.shape(connection, facts)
            self._shapes[shape] = facts
            told += (subject.id, shape)
        self._messages.append(
            (
                self.message_number,
                number,
                id,
                sequence,
                self.known,
                sha256(raw).digest(),
                _encode(told).decode(),
                replays,
            )
        )
        self._heard[party] = self._heard.get(party, 0) + 1
        self.links[party] = self.known
        return self.message_number

    def answered(self, party: str) -> None:
        """A system answered that was asked, though it may have had nothing to say: it is not silent."""
        self._heard.setdefault(party, 0)
        self.links[party] = self.known

    # Subjects

    def load(self, refs: Iterable[Name]) -> None:
        """Read the dossiers of these subjects, a query for each entity."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for ref in refs:
            if ref not in self._subjects:
                wanted.setdefault(ref[:2], set()).add(ref[2])
        for (entity, alias_of), keys in wanted.items():
            numbers = (
                self._names.entity(self.connection, entity),
                self._names.party(self.connection, alias_of),
            )
            rows = self.connection.rows("subjects_by_key", _encode(keys).decode(), *numbers)
            for number, key, dossier, wake, latest in rows:
                ref = Ref(entity, alias_of, key)
                self._add(Subject(number, ref, read_dossier(dossier), wake, latest))
            if alias_of:
                self._load_meanings([row[0] for row in rows])

    def load_ids(self, ids: Iterable[int]) -> None:
        """Read the dossiers of subjects by their numbers."""
        missing = [number for number in ids if number not in self._by_id]
        if not missing:
            return
        entities: dict[int, str] = dict(self.connection.rows("entities"))
        parties: dict[int, str] = dict(self.connection.rows("parties"))
        rows = self.connection.rows("subjects_by_id", _encode(missing).decode())
        for number, entity, alias_of, key, dossier, wake, latest in rows:
            ref = Ref(entities[entity], parties.get(alias_of, ""), key)
            self._add(Subject(number, ref, read_dossier(dossier), wake, latest))
        self._load_meanings([row[0] for row in rows if row[2]])

    def subject(self, ref: Name) -> Subject:
        """A subject by its name; one that nobody spoke of before is begun."""
        found = self._subjects.get(ref)
        if found is None:
            self.load([ref])
            found = self._subjects.get(ref)
        if found is None:
            self._last_subject += 1
            found = self._add(
                Subject(self._last_subject, Ref(*ref), new_dossier(), None, fresh=True)
            )
            self.touch(found)
        return found

    def touch(self, subject: Subject) -> None:
        """Keep what became of a subject's dossier."""
        self._touched[subject.id] = subject
        self._recent.append(subject)

    def next_wake(self, never: int) -> int:
        """The earliest moment to judge any subject touched since this was last asked."""
        self._note_wakes()
        earliest = min(self._wakes, default=never)
        self._wakes.clear()
        return earliest

    def by_id(self, number: int) -> Subject:
        """A subject by its number."""
        if number not in self._by_id:
            self.load_ids([number])
        return self._by_id[number]

    def means(self, alias: Subject, target: Subject | None) -> None:
        """Keep what a system's own name means, or that it means nothing known."""
        self.flush()
        now = self._entry_number, self.known
        if target is None:
            self.connection.run("end_alias", *now, alias.id)
        else:
            marks = marks_of(target.dossier, alias.dossier, alias.ref.alias)
            self.connection.run("save_alias", alias.id, target.id, *now, _encode(marks).decode())
        alias.means = None if target is None else target.id

    def rename(self, entity: str, was: str, now: str) -> None:
        """Let rows about a fact of an entity that was called otherwise have its present name."""
        self.flush()
        number = self._names.entity(self.connection, entity)
        for name in ("contradiction", "audience", "dispute", "link"):
            self.connection.run(f"rename_in_{name}", now, was, number)
        path = f"{entity}.{now}"
        self.connection.run("rename_in_repair", now, path, was, number)
        for (remedy,) in [row[:1] for row in self.connection.rows("armed")]:
            follower, _, fact = remedy.partition("/")
            if fact == f"{entity}.{was}":
                self.connection.run("forget_armed", f"{follower}/{path}")
                self.connection.run("rename_armed", f"{follower}/{path}", remedy)
        self.connection.run("forget_waypoints", number)

    # Entries

    def append(
        self, subject: Subject, draft: Draft, *, about: Subject | None = None, person: int = 0
    ) -> int:
        """Append a line; its number.

        Args:
            subject: Whose line it is: the subject, or the alias it was spoken of by.
            draft: The line.
            about: The subject it is about, where that is another than ``subject``.
            person: The number of the person it is about, or 0.
        """
        self._entry_number += 1
        number, ref, kind = self._entry_number, subject.ref, draft.kind
        party = self._names.party(self.connection, draft.party)
        message, known, latest = self.message_number, self.known, subject.latest
        body = _encode(draft.body).decode()
        line = (number, kind, *ref, latest, draft.party, message, known, body)
        self._hash = link_hash(self._hash, line)
        self._entries.append(
            (number, kind, subject.id, latest, party, message, known, body, self._hash)
        )
        subject.latest = number
        self.touch(subject)
        if kind != HEARD:
            self._keep_contradiction(subject, draft, number, person)
        if "times" in draft.body:
            self._timed.append((subject.id, number))
        told = about or subject
        if kind == HEARD and told.dossier.heard % WAYPOINT_EVERY == 0:
            self._waypoints.append((told.id, number, self.known, write_dossier(told.dossier)))
        return number

    # Writing

    def flush(self) -> None:
        """Write what was gathered, so that queries of this transaction see it."""
        connection, names = self.connection, self._names
        fresh, kept, woken = [], [], []
        for _, subject in sorted(self._touched.items()):
            dossier = subject.dossier
            if subject.fresh:
                ref = subject.ref
                numbers = (
                    names.entity(connection, ref.entity),
                    names.party(connection, ref.alias_of),
                )
                row = (write_dossier(dossier), dossier.wake, subject.latest)
                fresh.append((subject.id, *numbers, ref.key, *row))
                self._begun.append(subject_line(subject.id, *ref))
            elif dossier.wake == subject.wake:
                kept.append((write_dossier(dossier), subject.latest, subject.id))
            else:
                woken.append((write_dossier(dossier), dossier.wake, subject.latest, subject.id))
            subject.fresh, subject.wake = False, dossier.wake
        self._touched.clear()
        connection.many("insert_subject", fresh)
        connection.many("save_dossier", kept)
        connection.many("save_dossier_and_wake", woken)
        connection.many("insert_message", self._messages)
        connection.many("insert_entry", self._entries)
        connection.many("insert_waypoint", self._waypoints)
        connection.many("insert_timed", self._timed)
        self._write_contradictions()
        self._sealed.append(message_lines(self._messages))
        self._messages, self._entries, self._waypoints, self._timed = [], [], [], []

    def release(self) -> None:
        """Write what was gathered and let go of all subjects: each is read again when it is asked for."""
        self.flush()
        self._note_wakes()
        self._subjects.clear()
        self._by_id.clear()

    def finish(self) -> None:
        """Write the rest and seal the commit."""
        self.flush()
        for party, count in self._heard.items():
            number = self._names.party(self.connection, party)
            self.connection.run("save_link_state", number, self.links[party], count)
        if self._head != self._ends:
            number, before = self._seal
            row = (number + 1, *self._ends, self.known)
            lines = [*self._sealed, names_line(self._parties, self._shapes), *self._begun]
            seal = seal_hash(before, row, lines, self._hash)
            self.connection.run("insert_seal", *row, seal)

    def _keep_contradiction(self, subject: Subject, draft: Draft, number: int, person: int) -> None:
        """Gather a contradiction that is opened or settled.

        Each list is written before the other grows, so that what is opened again in one commit is
        not settled with what came before it.
        """
        body = draft.body
        if draft.kind in (OPENED, SETTLED):
            judged = Judged(
                draft.kind, subject, body["fact"], body["follower"], person, number, body
            )
            self.judged.append(judged)
        if draft.kind == OPENED:
            if self._settled:
                self._write_contradictions()
            moments = body["since"], body["due"], self.known, body.get("silent_since")
            pair = subject.id, body["fact"], body["follower"], person
            self._contradictions.append((number, *pair, *moments))
        elif draft.kind == SETTLED:
            if self._contradictions:
                self._write_contradictions()
            pair = subject.id, body["fact"], body["follower"], person
            self._settled.append((self.known, body["how"], *pair))

    def _note_wakes(self) -> None:
        self._wakes += [s.dossier.wake for s in self._recent if s.dossier.wake is not None]
        self._recent.clear()

    @property
    def _ends(self) -> tuple[int, int, int]:
        return self.message_number, self._entry_number, self._last_subject

    def _write_contradictions(self) -> None:
        self.connection.many("insert_contradiction", self._contradictions)
        self.connection.many("settle_contradiction", self._settled)
        self._contradictions, self._settled = [], []

    def _add(self, subject: Subject) -> Subject:
        known = self._subjects.setdefault(subject.ref, subject)
        self._by_id.setdefault(known.id, known)
        return known

    def _load_meanings(self, ids: list[int]) -> None:
        rows = self.connection.rows("alias_meanings", _encode(ids).decode())
        for number, means in rows:
            self._by_id[number].means = means
        self.load_ids([means for _, means in rows])


def _numbers(head: Row) -> Row:
    """Where the ledger ends; what it goes on from must be what it was left at.

    Raises:
        LedgerCorrupt: The rows hold something else than numbers and hashes.
    """
    kinds = (int, int, bytes, int, int, bytes, int, int)
    if not all(end is None or type(end) is kind for end, kind in zip(head, kinds, strict=True)):
        raise LedgerCorrupt(
            "The ledger's last rows are damaged.",
            fix="Restore it from a backup; `onestory verify` names what does not hold.",
        )
    return head
