"""What commits set in motion: repairs are begun, woken and paced, within the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..agreement import Agreements
from ..ledger import OPENED, SETTLED, Batch, Ref, Subject
from ..ledger.journal import LIVE, Journal, RepairRow
from ..ledger.subject import DIFFERS, Judged
from ..model import COMPANY, Company, Remedy, System

INCIDENT_WINDOW = 300_000_000
"""Microseconds between two contradictions of one link within which they are of one incident: five
minutes, the time that followers are mostly given, so that one failure does not look like several."""


class Follow:
    """Begins and wakes the repairs of a company.

    Args:
        company: The company.
        remedies: Its remedies, by name.
        agreements: Its agreements.
    """

    def __init__(
        self, company: Company, remedies: Mapping[str, Remedy], agreements: Agreements
    ) -> None:
        self._company, self.remedies, self._agreements = company, remedies, agreements

    def __call__(self, batch: Batch) -> None:
        """Begin, wake or end repairs by what a batch judged and decided; before it is committed."""
        if batch.judged:
            batch.flush()
        journal, turns = Journal(batch.connection), dict[str, int | None]()
        for judged in batch.judged:
            if judged.kind == OPENED and not judged.person:
                self._join(batch, journal, judged)
            if not self.remedies:
                continue
            if judged.kind in (OPENED, DIFFERS):
                self.begin(batch, journal, judged, turns)
            else:
                self._wake(batch, journal, judged)
        for subject, fact in batch.decided if self.remedies else ():
            journal.wake(subject.id, fact, batch.known)
            journal.wake_person(subject.id, batch.known)
        batch.judged.clear()
        batch.decided.clear()

    def catch_up(self, batch: Batch) -> int:
        """Begin repairs of contradictions that were open before their remedy was declared; how many."""
        journal, begun, turns = Journal(batch.connection), 0, dict[str, int | None]()
        for remedy in self.remedies.values():
            if remedy.fact is None:
                continue
            entity, fact, follower = remedy.fact.entity, remedy.fact.name, remedy.follower.name
            for number, subject, person in journal.unremedied(entity.__name__, fact, follower):
                found = batch.by_id(subject)
                judged = Judged(OPENED, found, fact, follower, person, number)
                begun += self.begin(batch, journal, judged, turns)
        return begun

    def begin(
        self, batch: Batch, journal: Journal, judged: Judged, turns: dict[str, int | None]
    ) -> bool:
        """Begin a repair, unless one is under way; that one is woken.

        Args:
            batch: The transaction.
            journal: The repairs in it.
            judged: What the repair is for.
            turns: The last turn in each follower, as far as it was looked up in this transaction.
        """
        entity = judged.subject.ref.entity
        remedy = self.remedies.get(f"{judged.follower}/{entity}.{judged.fact}")
        if remedy is None:
            return False
        dossier = batch.by_id(judged.subject.id).dossier
        decided = self._agreements.of(entity).decided(dossier, judged.fact, batch.known)
        if decided is None:
            return False
        if self._wake(batch, journal, judged):
            return False
        moment = self._paced(journal, remedy, turns, batch.known)
        generation = judged.number or batch.last_entry
        row = new_row(remedy, judged, decided[0], generation, moment, batch.known)
        return journal.begin(row) is not None

    def _join(self, batch: Batch, journal: Journal, judged: Judged) -> None:
        """Let a contradiction join those of its link that were opened about the same time."""
        link = judged.body["authority"], judged.follower, judged.body.get("silent_since")
        incident, members = journal.join_incident(*link, batch.known, INCIDENT_WINDOW)
        journal.name_incident(judged.number, incident)
        remedy = self.remedies.get(judged.follower)
        if remedy is not None and members == remedy.members:
            company = self._of_company(batch)
            whole = Judged(OPENED, company, "", judged.follower, 0, 0)
            journal.begin(new_row(remedy, whole, None, incident, batch.known, batch.known))

    def _of_company(self, batch: Batch) -> Subject:
        """The company itself, whose repairs are those of incidents."""
        company = batch.subject(Ref(COMPANY, "", self._company.name))
        batch.flush()
        return company

    def _wake(self, batch: Batch, journal: Journal, judged: Judged) -> bool:
        if judged.kind == SETTLED and judged.follower in self.remedies:
            whole = journal.live(self._of_company(batch).id, "", judged.follower, 0)
            if whole is not None:
                journal.wake_one(whole.number, batch.known)
        row = journal.live(judged.subject.id, judged.fact, judged.follower, judged.person)
        if row is None:
            return False
        if judged.kind == OPENED and judged.person:
            journal.name_contradiction(row.number, judged.number)
        journal.wake_one(row.number, batch.known)
        return True

    def _paced(
        self, journal: Journal, remedy: Remedy, turns: dict[str, int | None], now: int
    ) -> int:
        """When a new repair is entered: at once, or so that the follower is not asked too often."""
        apart = interval(remedy)
        if not apart:
            return now
        follower = remedy.follower.name
        if follower not in turns:
            turns[follower] = journal.last_turn(follower, now)
        last = turns[follower]
        turns[follower] = turn = now if last is None else max(now, last + apart)
        return turn


def interval(remedy: Remedy) -> int:
    """Microseconds between two repairs that are begun in a follower; 0 if it takes any number."""
    follower = remedy.follower
    rate = follower.repairs_per_second if isinstance(follower, System) else None
    return 0 if rate is None else int(1_000_000 / rate)


def new_row(
    remedy: Remedy, judged: Judged, decided: Any, generation: int, moment: int, now: int
) -> RepairRow:
    """The row of a new repair.

    Args:
        remedy: The remedy.
        judged: What it is for.
        decided: The decided value, as its JSON form.
        generation: The entry that made it due.
        moment: When it is entered first.
        now: When it is begun.
    """
    contradiction = judged.number if judged.kind == OPENED else 0
    return RepairRow(
        0,
        remedy.name,
        judged.subject.id,
        judged.fact,
        judged.follower,
        judged.person,
        contradiction,
        generation,
        msgspec.json.encode(decided).decode(),
        remedy.version,
        LIVE,
        moment,
        0,
        None,
        None,
        "",
        now,
        None,
    )
