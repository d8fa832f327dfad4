"""People who follow: who is told of a subject, what each was told, and who should have been by now.

People are not in the dossier. A subject's audience are the people it names by its links, and those
named by what is linked to it: a contract's holder; a flight's passengers, by their trips. A first
value is a baseline: nobody is told because they were never told.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..agreement import Agreement, Agreements, EntityAgreements, Follows
from ..ledger import OPENED, SETTLED, Batch, Draft, Subject
from ..ledger.batch import AGREES, DIFFERS, Judged
from ..model import Company, DeclaredEntity, Json

PAGE = 500
"""People judged in one transaction: a flight's passengers at once, and no lock held for long."""

DEPTH = 3
"""Links followed from a subject to a person: a bill's contract's holder, and one more."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Audience:
    """Finds and judges the people who follow a company's facts."""

    def __init__(self, company: Company, agreements: Agreements) -> None:
        self._agreements = agreements
        self._groups = {
            entity.name: entity.one_of.name
            for entity in company.declared(DeclaredEntity)
            if entity.one_of is not None
        }
        self._entities: dict[int, str] = {}

    def named_by(self, batch: Batch, subject: int, entity: str, depth: int = DEPTH) -> set[int]:
        """The people that a subject names: itself, or those its links lead to."""
        if entity in self._groups:
            return {subject}
        people: set[int] = set()
        if depth:
            for _, target, number in batch.connection.rows("links_from", subject):
                people |= self.named_by(batch, target, self._entity(batch, number), depth - 1)
        return people

    def page(self, batch: Batch, subject: Subject, after: int) -> tuple[set[int], int | None]:
        """A page of a subject's audience, and where the next begins; None when there is no more."""
        people = self.named_by(batch, subject.id, subject.ref.entity) if after == 0 else set()
        if subject.ref.entity in self._groups:
            return people, None
        rows = batch.connection.rows("links_to", subject.id, after, PAGE)
        for number, entity in rows:
            people |= self.named_by(batch, number, self._entity(batch, entity))
        return people, rows[-1][0] if len(rows) == PAGE else None

    def tell_due(
        self, batch: Batch, subject: Subject, people: set[int], fact: str, value: Json, at: int
    ) -> None:
        """A decided value changed: judge these people, each by what they were last told."""
        agreed = self._agreements.of(subject.ref.entity)
        for follows in agreed.facts[fact].people:
            for person in sorted(people):
                if self._group(batch, person) == follows.party:
                    self._judge(
                        batch, agreed, subject, agreed.facts[fact], follows, person, value, at
                    )

    def join(self, batch: Batch, subject: Subject, people: set[int]) -> None:
        """People came to a subject: what is decided now is their baseline."""
        agreed = self._agreements.of(subject.ref.entity)
        for agreement in agreed.facts.values():
            decided = agreed.decided(subject.dossier, agreement.fact, batch.known)
            if decided is not None and agreement.people:
                self.tell_due(batch, subject, people, agreement.fact, decided[0], batch.known)

    def leave(self, batch: Batch, subject: Subject, people: set[int]) -> None:
        """People left a subject, unless another link still leads to it: they follow it no longer."""
        agreed = self._agreements.of(subject.ref.entity)
        gone = [person for person in people if not self._follows(batch, subject, person)]
        for agreement in agreed.facts.values():
            for person in gone if agreement.people else ():
                rows = batch.connection.rows("hearer", subject.id, agreement.fact, person)
                batch.connection.run("delete_hearer", subject.id, agreement.fact, person)
                for follows in agreement.people:
                    batch.judged.append(
                        Judged(AGREES, subject, agreement.fact, follows.party, person, 0)
                    )
                if rows and rows[0][5] is not None:
                    group = self._group(batch, person)
                    self._settle(batch, subject, agreement.fact, group, person, "left")

    def keep_to_terms(self, batch: Batch, subject: Subject) -> list[str]:
        """Let those follow no longer who do not by the company's terms; the facts newly followed."""
        facts = (
            self._agreements.of(subject.ref.entity).facts
            if subject.ref.entity in self._agreements
            else {}
        )
        follows = {(fact, f.party) for fact, agreed in facts.items() for f in agreed.people}
        rows = batch.connection.rows("audience_of", subject.id)
        for fact, person, party, opened in rows:
            if (fact, party) not in follows:
                batch.connection.run("delete_hearer", subject.id, fact, person)
                if opened is not None:
                    how = "follows no longer" if fact in facts else "no longer declared"
                    self._settle(batch, subject, fact, party, person, how)
        return sorted({fact for fact, _ in follows - {(row[0], row[2]) for row in rows}})

    def told(
        self, batch: Batch, subject: Subject, fact: str, person: int, value: Json, entry: int
    ) -> None:
        """A person was told a value: what they follow from now on."""
        agreed = self._agreements.of(subject.ref.entity)
        agreement = agreed.facts[fact]
        group = self._group(batch, person)
        if group not in [follows.party for follows in agreement.people]:
            return
        rows = batch.connection.rows("hearer", subject.id, fact, person)
        decided = agreed.decided(subject.dossier, fact, batch.known)
        same = decided is not None and agreement.agree(decided[0], value)
        since, due, opened = rows[0][3:] if rows and not same else (None, None, None)
        self._save(
            batch, subject, fact, person, group, (value, batch.known, entry, since, due, opened)
        )
        batch.judged.append(Judged(AGREES, subject, fact, group, person, 0))
        if rows and rows[0][5] is not None and same:
            self._settle(batch, subject, fact, group, person, "told")

    def before(self, batch: Batch, subject: int, person: int, facts: list[str]) -> dict[str, Json]:
        """What a person was told of facts so far."""
        known = {fact: batch.connection.rows("hearer", subject, fact, person) for fact in facts}
        return {fact: _decode(rows[0][0]) for fact, rows in known.items() if rows}

    def not_told(self, batch: Batch, subject: Subject, person: int, body: dict[str, Any]) -> None:
        """A message did not reach its person: they know what they were told before it."""
        agreed = self._agreements.of(subject.ref.entity)
        for fact, value in body["told"].items():
            rows = batch.connection.rows("hearer", subject.id, fact, person)
            if fact not in agreed.facts or not rows or _decode(rows[0][0]) != value:
                continue
            before = body["before"].get(fact)
            party = self._group(batch, person)
            self._save(batch, subject, fact, person, party, (before, None, None, None, None, None))
            decided = agreed.decided(subject.dossier, fact, batch.known)
            if decided is not None:
                self.tell_due(batch, subject, {person}, fact, decided[0], batch.known)

    def open_late(self, batch: Batch) -> int:
        """Open a contradiction for each person who should have been told by now; how many."""
        rows = batch.connection.rows("late_hearers", batch.known, PAGE)
        for number, fact, person, party, value, told, entry, since, due in rows:
            subject = batch.by_id(number)
            if subject.ref.entity not in self._agreements:
                batch.connection.run("delete_hearer", number, fact, person)
                continue
            agreed = self._agreements.of(subject.ref.entity)
            decided = (
                agreed.decided(subject.dossier, fact, batch.known) if fact in agreed.facts else None
            )
            if decided is None:
                batch.connection.run("delete_hearer", number, fact, person)
                continue
            body = {
                "fact": fact,
                "follower": party,
                "person": batch.by_id(person).ref.key,
                "authority": agreed.facts[fact].authority(subject.dossier, batch.known),
                "since": since,
                "due": due,
                "decided": decided[0],
                "said": _decode(value),
            }
            opened = batch.append(subject, Draft(OPENED, party, body), person=person)
            self._save(
                batch,
                subject,
                fact,
                person,
                party,
                (_decode(value), told, entry, since, due, opened),
            )
        return len(rows)

    def _judge(
        self,
        batch: Batch,
        agreed: EntityAgreements,
        subject: Subject,
        agreement: Agreement,
        follows: Follows,
        person: int,
        value: Json,
        at: int,
    ) -> None:
        fact = agreement.fact
        rows = batch.connection.rows("hearer", subject.id, fact, person)
        if not rows:
            self._save(
                batch, subject, fact, person, follows.party, (value, None, None, None, None, None)
            )
            return
        known, told, entry, since, _, opened = rows[0]
        decided = agreed.decided(subject.dossier, fact, batch.known)
        if decided is not None and agreement.agree(decided[0], _decode(known)):
            if since is not None:
                batch.judged.append(Judged(AGREES, subject, fact, follows.party, person, 0))
                same = (_decode(known), told, entry, None, None, None)
                self._save(batch, subject, fact, person, follows.party, same)
                if opened is not None:
                    self._settle(batch, subject, fact, follows.party, person, "agreed")
        elif since is None:
            row = (_decode(known), told, entry, at, at + follows.within, None)
            self._save(batch, subject, fact, person, follows.party, row)
            batch.judged.append(Judged(DIFFERS, subject, fact, follows.party, person, 0))

    def _save(
        self,
        batch: Batch,
        subject: Subject,
        fact: str,
        person: int,
        party: str,
        row: tuple[Any, ...],
    ) -> None:
        value, *rest = row
        batch.connection.run(
            "save_hearer", subject.id, fact, person, party, _encode(value).decode(), *rest
        )

    def _settle(
        self, batch: Batch, subject: Subject, fact: str, party: str, person: int, how: str
    ) -> None:
        body = {"fact": fact, "follower": party, "person": batch.by_id(person).ref.key, "how": how}
        batch.append(subject, Draft(SETTLED, party, body), person=person)

    def _follows(self, batch: Batch, subject: Subject, person: int) -> bool:
        """Whether some link still leads from this subject, or what is linked to it, to a person."""
        if person in self.named_by(batch, subject.id, subject.ref.entity):
            return True
        after = 0
        while rows := batch.connection.rows("links_to", person, after, PAGE):
            for number, _ in rows:
                targets = {row[1] for row in batch.connection.rows("links_from", number)}
                if number == subject.id or subject.id in targets:
                    return True
            after = rows[-1][0]
        return False

    def _group(self, batch: Batch, person: int) -> str:
        return self._groups.get(batch.by_id(person).ref.entity, "")

    def _entity(self, batch: Batch, number: int) -> str:
        if number not in self._entities:
            self._entities = dict(batch.connection.rows("entities"))
        return self._entities[number]
