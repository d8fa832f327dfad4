"""People who follow: who is told of a subject, what each was told, and who should have been by now.

People are not in the dossier. A subject's audience are the people that links lead to from it, and
those who were told of it. A first value is a baseline: nobody is told because they were never told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..agreement import Agreement, Agreements, EntityAgreements
from ..ledger import OPENED, SETTLED, Batch, Draft, Hearer, Subject, audience
from ..ledger.subject import AGREES, DIFFERS, Judged
from ..model import Company, DeclaredEntity, Json
from .reach import DEPTH, PAGE, Reach


class Audience:
    """Finds and judges the people who follow a company's facts."""

    def __init__(self, company: Company, agreements: Agreements) -> None:
        self._agreements = agreements
        self._groups = {
            entity.name: entity.one_of.name
            for entity in company.declared(DeclaredEntity)
            if entity.one_of is not None
        }
        self.reach = Reach(frozenset(self._groups))

    def tell(self, batch: Batch, subject: Subject, body: dict[str, Any]) -> dict[str, Any] | None:
        """A decided value changed: judge a page of those who follow it; what is left to do.

        Args:
            batch: The transaction.
            subject: The subject.
            body: The ``fact``; the ``value`` that was decided, unless nobody decides it any more;
                ``at`` which moment; and how far it was done: ``after`` a place in the reach of the
                subject, or ``told`` up to a person.
        """
        seen: set[int] = set()
        if "value" in body and "told" not in body:
            nodes, after = self.reach.page(batch, subject, body.get("after"))
            for node in nodes:
                left = DEPTH - node.links
                seen.update(self.reach.people_of(batch, node.subject, node.entity, left))
            self._tell_due(batch, subject, seen, body["fact"], body["value"], body["at"])
            if after is not None:
                return {**body, "after": after}
        agreed = self._agreements.of(subject.ref.entity)
        agreement = agreed.facts[body["fact"]]
        hearers = audience.hearers(
            batch.connection, subject.id, agreement.fact, after=body.get("told", 0), limit=PAGE
        )
        for hearer in hearers:
            if hearer.person not in seen:
                self._judge(batch, agreed, subject, agreement, hearer, body["at"])
        return {**body, "told": hearers[-1].person} if len(hearers) == PAGE else None

    def move(self, batch: Batch, subject: Subject, body: dict[str, Any]) -> dict[str, Any] | None:
        """A subject was linked to another: let people come and go, a page; what is left to do.

        Args:
            batch: The transaction.
            subject: The subject whose link changed.
            body: The people it names no longer (``gone``) or only now (``come``, each with how many
                links); the subjects it was linked to (``old``) and is (``new``); and the place that
                it was done ``after``.
        """
        nodes, after = self.reach.page(batch, subject, body.get("after"))
        come: dict[int, int] = dict(body["come"])
        for node in nodes:
            left = DEPTH - node.links
            if body["gone"] or come:
                near = self.reach.subjects_of(batch, node.subject, node.entity, left)
                self._leave_all(batch, near, body["gone"])
                self._join_all(batch, near, come, left)
            named = self.reach.people_of(batch, node.subject, node.entity, left - 1)
            for end, leaves in ((body["old"], True), (body["new"], False)):
                if end is None or not named:
                    continue
                entity = batch.by_id(end).ref.entity
                near = self.reach.subjects_of(batch, end, entity, left - 1)
                if leaves:
                    self._leave_all(batch, near, named)
                else:
                    self._join_all(batch, near, named, left - 1)
        return None if after is None else {**body, "after": after}

    def keep_to_terms(self, batch: Batch, subject: Subject) -> list[str]:
        """Let those follow no longer who do not by the company's terms; the facts newly followed."""
        facts = (
            self._agreements.of(subject.ref.entity).facts
            if subject.ref.entity in self._agreements
            else {}
        )
        follows = {(fact, f.party) for fact, agreed in facts.items() for f in agreed.people}
        kept = set(audience.followed(batch.connection, subject.id))
        for fact, party in sorted(kept - follows):
            how = "follows no longer" if fact in facts else "no longer declared"
            after = 0
            while page := audience.hearers(
                batch.connection, subject.id, fact, after=after, limit=PAGE
            ):
                for hearer in page:
                    if hearer.party == party:
                        self._forget(batch, subject, fact, hearer, how)
                after = page[-1].person
        return sorted({fact for fact, _ in follows - kept})

    def told(
        self, batch: Batch, subject: Subject, fact: str, person: int, value: Json, entry: int
    ) -> None:
        """A person was told a value: what they follow from now on, be they linked to it or not."""
        agreed = self._agreements.of(subject.ref.entity)
        fact = _present_name(agreed, fact)
        if fact not in agreed.facts:
            return
        agreement = agreed.facts[fact]
        within = {follows.party: follows.within for follows in agreement.people}
        group, now = self._group(batch, person), batch.known
        if group not in within:
            return
        known = audience.hearer(batch.connection, subject.id, fact, person)
        decided = agreed.decided(subject.dossier, fact, now)
        hearer = Hearer(person, group, value, now, entry)
        if decided is None or agreement.agree(decided[0], value):
            if known is not None and known.opened is not None:
                self._settle(batch, subject, fact, known, "told")
        elif known is not None and known.since is not None:
            hearer = hearer._replace(since=known.since, due=known.due, opened=known.opened)
        else:
            hearer = hearer._replace(since=now, due=now + within[group])
        audience.save(batch.connection, subject.id, fact, hearer)
        _judged(batch, AGREES if hearer.since is None else DIFFERS, subject, fact, hearer)

    def before(self, batch: Batch, subject: int, person: int, facts: list[str]) -> dict[str, Json]:
        """What a person was told of facts so far."""
        known = [audience.hearer(batch.connection, subject, fact, person) for fact in facts]
        return {fact: h.value for fact, h in zip(facts, known, strict=True) if h is not None}

    def not_told(
        self,
        batch: Batch,
        subject: Subject,
        person: int,
        body: dict[str, Any],
        before: Sequence[dict[str, Any]],
    ) -> None:
        """A message did not reach its person: they know what reached them before it.

        Args:
            batch: The transaction.
            subject: The subject.
            person: The person.
            body: What the message told, and what they were told before, as its entry holds it.
            before: The same of the messages before it, newest first; those that were lost tell nothing.
        """
        agreed = self._agreements.of(subject.ref.entity)
        for name, value in body["told"].items():
            fact = _present_name(agreed, name)
            hearer = audience.hearer(batch.connection, subject.id, fact, person)
            if fact not in agreed.facts or hearer is None or hearer.value != value:
                continue
            known = Hearer(person, hearer.party, _knew(name, body, before))
            audience.save(batch.connection, subject.id, fact, known)
            self._judge(batch, agreed, subject, agreed.facts[fact], known, batch.known)

    def open_late(self, batch: Batch) -> int:
        """Open a contradiction for each person who should have been told by now; how many."""
        late = list(audience.late(batch.connection, batch.known, PAGE))
        for number, fact, hearer in late:
            subject = batch.by_id(number)
            known = subject.ref.entity in self._agreements
            agreed = self._agreements.of(subject.ref.entity) if known else None
            if agreed is None or fact not in agreed.facts:
                audience.delete(batch.connection, number, fact, hearer.person)
                continue
            decided = agreed.decided(subject.dossier, fact, batch.known)
            if decided is None:
                kept = hearer._replace(since=None, due=None)
                audience.save(batch.connection, number, fact, kept)
                continue
            body = {
                "fact": fact,
                "follower": hearer.party,
                "person": batch.by_id(hearer.person).ref.key,
                "authority": agreed.facts[fact].authority(subject.dossier, batch.known),
                "since": hearer.since,
                "due": hearer.due,
                "decided": decided[0],
                "said": hearer.value,
            }
            draft = Draft(OPENED, hearer.party, body)
            opened = batch.append(subject, draft, person=hearer.person)
            audience.save(batch.connection, number, fact, hearer._replace(opened=opened))
        return len(late)

    def _tell_due(
        self,
        batch: Batch,
        subject: Subject,
        people: Collection[int],
        fact: str,
        value: Json,
        at: int,
    ) -> None:
        """Judge these people, each by what they were last told; who was told nothing knows this."""
        agreed = self._agreements.of(subject.ref.entity)
        agreement = agreed.facts[fact]
        groups = {follows.party for follows in agreement.people}
        for person in sorted(people):
            group = self._group(batch, person)
            if group not in groups:
                continue
            hearer = audience.hearer(batch.connection, subject.id, fact, person)
            if hearer is None:
                first = Hearer(person, group, value)
                audience.save(batch.connection, subject.id, fact, first)
            else:
                self._judge(batch, agreed, subject, agreement, hearer, at)

    def _judge(
        self,
        batch: Batch,
        agreed: EntityAgreements,
        subject: Subject,
        agreement: Agreement,
        hearer: Hearer,
        at: int,
    ) -> None:
        """Judge a person by what they were last told."""
        fact = agreement.fact
        decided = agreed.decided(subject.dossier, fact, batch.known)
        within = {follows.party: follows.within for follows in agreement.people}
        if decided is None or agreement.agree(decided[0], hearer.value):
            if hearer.since is not None:
                same = hearer._replace(since=None, due=None, opened=None)
                audience.save(batch.connection, subject.id, fact, same)
                _judged(batch, AGREES, subject, fact, hearer)
                if hearer.opened is not None:
                    how = "undecided" if decided is None else "agreed"
                    self._settle(batch, subject, fact, hearer, how)
        elif hearer.since is None and hearer.party in within:
            due = hearer._replace(since=at, due=at + within[hearer.party], opened=None)
            audience.save(batch.connection, subject.id, fact, due)
            _judged(batch, DIFFERS, subject, fact, due)

    def _join_all(
        self, batch: Batch, near: Mapping[int, int], people: Mapping[int, int], depth: int
    ) -> None:
        """People came to subjects that are so many links away: what is decided is their baseline."""
        for number, far in near.items() if people else ():
            subject = batch.by_id(number)
            joined = [person for person, links in people.items() if far + links <= depth]
            for agreed, agreement in self._told_of(subject):
                decided = agreed.decided(subject.dossier, agreement.fact, batch.known)
                if decided is not None:
                    self._tell_due(batch, subject, joined, agreement.fact, decided[0], batch.known)

    def _leave_all(self, batch: Batch, near: Collection[int], people: Collection[int]) -> None:
        """People left subjects, unless another way leads to them: they follow them no longer."""
        for number in near if people else ():
            subject = batch.by_id(number)
            facts = [agreement.fact for _, agreement in self._told_of(subject)]
            for person in people if facts else ():
                heard = [(f, audience.hearer(batch.connection, number, f, person)) for f in facts]
                if any(h for _, h in heard) and not self.reach.concerns(batch, subject, person):
                    for fact, hearer in heard:
                        if hearer is not None:
                            self._forget(batch, subject, fact, hearer, "left")

    def _told_of(self, subject: Subject) -> list[tuple[EntityAgreements, Agreement]]:
        """The facts of a subject that people follow."""
        if subject.ref.entity not in self._agreements:
            return []
        agreed = self._agreements.of(subject.ref.entity)
        return [(agreed, agreement) for agreement in agreed.facts.values() if agreement.people]

    def _forget(self, batch: Batch, subject: Subject, fact: str, hearer: Hearer, how: str) -> None:
        audience.delete(batch.connection, subject.id, fact, hearer.person)
        _judged(batch, AGREES, subject, fact, hearer)
        if hearer.opened is not None:
            self._settle(batch, subject, fact, hearer, how)

    def _settle(self, batch: Batch, subject: Subject, fact: str, hearer: Hearer, how: str) -> None:
        key = batch.by_id(hearer.person).ref.key
        body = {"fact": fact, "follower": hearer.party, "person": key, "how": how}
        batch.append(subject, Draft(SETTLED, hearer.party, body), person=hearer.person)

    def _group(self, batch: Batch, person: int) -> str:
        return self._groups.get(batch.by_id(person).ref.entity, "")


def _present_name(agreed: EntityAgreements, fact: str) -> str:
    """What a fact is called now that was called so when a message told it."""
    renamed = (name for name, one in agreed.facts.items() if one.declared.was == fact)
    return fact if fact in agreed.facts else next(renamed, fact)


def _judged(batch: Batch, kind: int, subject: Subject, fact: str, hearer: Hearer) -> None:
    """Say how a person was judged, so that what follows is put in motion before the commit."""
    batch.judged.append(Judged(kind, subject, fact, hearer.party, hearer.person, 0))


def _knew(fact: str, lost: dict[str, Any], before: Sequence[dict[str, Any]]) -> Json:
    """What a person knew of a fact before a message that was lost, and maybe others before it."""
    knew: Json = lost["before"].get(fact)
    for body in before:
        if fact in body["told"]:
            told: Json = body["told"][fact]
            return told
        knew = body.get("before", {}).get(fact, knew)
    return knew
