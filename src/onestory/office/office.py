"""The office: a company, opened. It hears, records, judges and tells."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self, TypeVar

import msgspec

from ..agreement import Agreements, standing
from ..clock import Clock, WallClock, aware, micros, moment
from ..errors import NoSuchName, NotAllowed, OnestoryError, TermsRefused
from ..intake import Arrived
from ..ledger import (
    TOLD,
    Batch,
    Contradiction,
    Counts,
    Draft,
    Excuse,
    Finding,
    Found,
    Incident,
    Ledger,
    Ref,
    View,
    open_database,
    verify,
)
from ..model import (
    COMPANY,
    Alias,
    Change,
    Channel,
    Company,
    DeclaredEntity,
    Entity,
    Fact,
    Followed,
    Link,
    Party,
    People,
    Standing,
    key_text,
    known_remedy,
    plan,
    terms_of,
)
from ..story import Event, Explanation, dossier_as_of, events, explain, story_of
from .hearing import Hearing, Receipt
from .tasks import Worker, queue_new_terms, renamed_facts

E = TypeVar("E", bound=Entity)
Person = tuple[type[Entity], str]
"""A person by entity and key: ``(Customer, "K-7")``."""

TOGETHER = 1_000
"""Messages that share one commit at most: a commit costs some 0.3 ms, a message 0.03."""


class _Waiting:
    """Messages that wait for a commit, and what became of them."""

    def __init__(self, arrived: Sequence[Arrived]) -> None:
        self.arrived = arrived
        self.receipts: list[Receipt] | None = None
        self.error: BaseException | None = None


class Office:
    """A running company. Made by ``onestory.open``.

    Every method may be called from any thread. Messages that wait at the same time share one
    commit; each is acknowledged only after it.
    """

    def __init__(self, company: Company, ledger: Ledger, agreements: Agreements) -> None:
        self.company, self.ledger = company, ledger
        self._agreements = agreements
        self.hearing = Hearing(company, agreements)
        self.worker = Worker(self.hearing)
        self._writer, self._door = threading.Lock(), threading.Lock()
        self._waiting: list[_Waiting] = []

    # Hearing

    def hear(self, *messages: Arrived) -> list[Receipt]:
        """Hear messages; what became of each, told after it is on disk.

        Raises:
            LedgerError: The ledger refused; none of these messages was kept.
        """
        mine = _Waiting(messages)
        with self._door:
            self._waiting.append(mine)
        while mine.receipts is None and mine.error is None:
            with self._writer:
                if mine.receipts is None and mine.error is None:
                    self._hear_together()
        if mine.error is not None:
            raise mine.error
        return mine.receipts or []

    def replay(self) -> list[Receipt]:
        """Read every message again that was set aside; what became of each."""
        receipts: list[Receipt] = []
        after = 0
        while True:
            with self.ledger.view() as view:
                asides = view.asides(after=after)
            if not asides:
                return receipts
            with self.writing() as batch:
                receipts += [self.hearing.replay(batch, aside) for aside in asides]
            after = asides[-1].message

    def tick(self) -> int:
        """Judge what has become due, and do what is queued; how many subjects were judged.

        An office that runs does this by itself.
        """
        judged = 0
        with self._writer:
            while True:
                with self.ledger.batch() as batch:
                    due = self.worker.wake(batch)
                judged += due
                if not due:
                    break
            self._work_off()
        return judged

    @contextmanager
    def writing(self, known: int | None = None) -> Iterator[Batch]:
        """One transaction of the ledger, then the work that it queued.

        Args:
            known: When what happens in it becomes known, for a replay only.
        """
        with self._writer:
            with self.ledger.batch(known=known) as batch:
                yield batch
            if batch.queued:
                self._work_off()

    # Telling

    def tell(
        self,
        entity: type[E],
        key: str | tuple[str, ...] | Alias,
        *,
        to: Channel,
        valid: datetime | None = None,
        known: datetime | None = None,
        person: Person | None = None,
        record: bool = False,
    ) -> E:
        """Tell one subject's story to one channel.

        Args:
            entity: The subject's entity.
            key: Its key, the parts of it, or what a system calls it.
            to: The channel.
            valid: When it was so in the world; as late as ``known``, if left out.
            known: What was known by when; everything until now, if left out.
            person: Whose story it is: what they dispute is told as such.
            record: Whether the person hears it by this telling, so that the ledger keeps it.

        Returns:
            The entity, whose attributes are the values told, and whose items are the tellings:
            ``contract.renewed_until`` and ``contract[Contract.renewed_until].standing``.

        Raises:
            NoSuchName: Nobody ever spoke of this subject, or of this person.
            NotAllowed: ``record`` without a person, or about the past.
        """
        with self.ledger.view() as view:
            found = self._find(view, entity, key)
            now = self.ledger.now()
            agreed = self._agreements.of(entity.__name__)
            who = None if person is None else self._find(view, *person)
            dossier, at = dossier_as_of(
                view,
                found,
                agreed,
                valid=None if valid is None else micros(aware(valid)),
                known=None if known is None else micros(aware(known)),
                now=max(now, found.dossier.at),
            )
            past = valid is not None or known is not None
            disputes = {} if who is None else view.disputes(who.id, found.id)
            people = {} if past else self._people(view, entity, found, who, at)
        story = story_of(
            dossier, agreed, found.ref.key, to=to, at=at, disputes=disputes, people=people
        )
        if record:
            if past or who is None:
                raise NotAllowed(
                    "Only the present can be told to somebody.",
                    fix="Give person=(Customer, key), and neither valid= nor known=.",
                )
            values = {
                name: telling.fact.form.write(telling.said[0])
                for name, telling in story.tellings.items()
                if telling.said
            }
            self._record_told(found, who, values, to)
        return entity(story)

    def standing(
        self,
        fact: Fact[Any] | Link[Any],
        key: str | tuple[str, ...],
        *,
        of: Party,
        person: Person | None = None,
    ) -> Standing:
        """How one follower of a fact stands now.

        Args:
            fact: The fact.
            key: The subject's key.
            of: The follower; for people, say which person.
            person: The person, where the follower is people.
        """
        declared: Fact[Any] = fact  # type: ignore[assignment]
        with self.ledger.view() as view:
            found = self._find(view, declared.entity, key)
            agreed = self._agreements.of(declared.entity.__name__)
            now = max(self.ledger.now(), found.dossier.at)
            dossier, at = dossier_as_of(view, found, agreed, valid=None, known=None, now=now)
            if not isinstance(of, People):
                return standing(dossier, agreed.facts[declared.name], of.name, found.ref.key, at)
            who = None if person is None else self._find(view, *person)
            for how in self._people(view, declared.entity, found, who, at).get(declared.name, []):
                if how.party == of.name and (person is None or how.person == person[1]):
                    return how.standing
        return Standing.UNKNOWN

    def timeline(
        self,
        entity: type[Entity],
        key: str | tuple[str, ...],
        *,
        before: int = 2**62,
        known: datetime | None = None,
        limit: int = 50,
    ) -> list[Event]:
        """What became known of a subject and all that is linked to it, newest first.

        Args:
            entity: The subject's entity.
            key: Its key.
            before: The number of the last event of the page before.
            known: Only what was known by then.
            limit: Events of a page.
        """
        with self.ledger.view() as view:
            found = self._find(view, entity, key)
            until = 2**62 if known is None else micros(aware(known))
            return events(
                view, self.company, self._agreements, found, before=before, known=until, limit=limit
            )

    def contradictions(
        self, *, after: int = 0, settled: bool = False, limit: int = 500
    ) -> list[Contradiction]:
        """Contradictions that are open, or all with ``settled``, in the order of opening."""
        with self.ledger.view() as view:
            return view.contradictions(after=after, settled=settled, limit=limit)

    def contradiction_counts(self) -> list[tuple[str, str, str, int]]:
        """How many contradictions are open: entity, fact, follower, count."""
        with self.ledger.view() as view:
            return view.contradiction_counts()

    def incidents(self) -> list[Incident]:
        """Open contradictions that have one cause: a system that is silent as a whole."""
        with self.ledger.view() as view:
            return view.incidents()

    def explain(self, number: int) -> Explanation:
        """Why a contradiction is or was open.

        Raises:
            NoSuchName: No contradiction was opened by the entry of this number.
        """
        with self.ledger.view() as view:
            found = view.contradictions(after=number - 1, settled=True, limit=1)
            if not found or found[0].number != number:
                raise NoSuchName(
                    f"No contradiction has the number {number}.",
                    fix="`onestory contradictions` lists them with their numbers.",
                )
            return explain(view, self.company, self._agreements, found[0], self.ledger.now())

    # What people of the company say

    def declares_different(
        self,
        follower: Party,
        fact: Fact[Any],
        key: str | tuple[str, ...],
        *,
        because: str,
        until: datetime,
        by: str,
    ) -> None:
        """Declare that a follower may differ on one subject, for a reason, until a moment.

        Raises:
            NotAllowed: There is no reason, or the end has passed.
        """
        if not because.strip() or micros(aware(until)) <= self.ledger.now():
            raise NotAllowed(
                "A difference needs a reason, and an end that is still to come.",
                fix='Write because="..." and until= a later moment.',
            )
        ref = Ref(fact.entity.__name__, "", key_text(fact.entity, key))
        excuse = Excuse(fact.name, follower.name, because, micros(until), by)
        self._say(ref, excuses=[excuse])

    def disputes(self, fact: Fact[Any], key: str | tuple[str, ...], *, by: Person) -> None:
        """Record that a person challenges the decided value; it concerns that person's story only."""
        self._dispute(fact, key, by, "disputes")

    def disputes_no_longer(
        self, fact: Fact[Any], key: str | tuple[str, ...], *, by: Person
    ) -> None:
        """Record that a person challenges it no longer."""
        self._dispute(fact, key, by, "disputes no longer")

    def link(
        self, alias: Alias, entity: type[Entity], key: str | tuple[str, ...], *, by: str
    ) -> None:
        """Record that a system's own name means a subject. What was said under it is heard again."""
        self._mean(alias, entity, key_text(entity, key), by)

    def unlink(self, alias: Alias, entity: type[Entity], *, by: str) -> None:
        """Undo a link; each name's own history is whole again."""
        self._mean(alias, entity, None, by)

    def arm(self, name: str, *, by: str) -> None:
        """Let a remedy run: ``billing/Contract.renewed_until``. The office only watches until then.

        Raises:
            NoSuchName: No follower of a fact is called so.
        """
        known_remedy(self.company, name)
        self._arm({"arms": name, "by": by})

    def disarm(self, name: str, *, by: str) -> None:
        """Let a remedy run no longer."""
        known_remedy(self.company, name)
        self._arm({"disarms": name, "by": by})

    def armed(self) -> list[str]:
        """The names of the remedies that may run: armed in company.py, or by a person since."""
        armed = set(terms_of(self.company).armed)
        with self.ledger.view() as view:
            found = view.find(Ref(COMPANY, "", self.company.name))
            if found is not None:
                for entry in reversed(
                    view.timeline([found.id], before=2**62, known=2**62, limit=10_000)
                ):
                    armed.update([entry.body["arms"]] if "arms" in entry.body else [])
                    armed.difference_update(
                        [entry.body["disarms"]] if "disarms" in entry.body else []
                    )
        return sorted(armed)

    # The ledger

    def counts(self) -> Counts:
        """How large the ledger is, how much is contradicted and set aside."""
        with self.ledger.view() as view:
            return view.counts()

    def verify(self, progress: Callable[[int], None] | None = None) -> list[Finding]:
        """Check the ledger's numbers, chain and seals; what does not hold."""
        with self.ledger.view() as view:
            return list(verify(view, progress))

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Private

    def _hear_together(self) -> None:
        """Let what waits share one commit."""
        with self._door:
            together: list[_Waiting] = []
            size = 0
            while self._waiting and (
                not together or size + len(self._waiting[0].arrived) <= TOGETHER
            ):
                together.append(self._waiting.pop(0))
                size += len(together[-1].arrived)
        try:
            with self.ledger.batch() as batch:
                receipts = self.hearing.hear(batch, [m for one in together for m in one.arrived])
        except BaseException as error:
            for one in together:
                one.error = error
            if not isinstance(error, OnestoryError):
                raise
            return
        start = 0
        for one in together:
            one.receipts = receipts[start : start + len(one.arrived)]
            start += len(one.arrived)
        if batch.queued:
            self._work_off()

    def _work_off(self) -> None:
        more = True
        while more:
            with self.ledger.batch() as batch:
                more = self.worker.work(batch)

    def _say(self, ref: Ref, **said: Any) -> None:
        with self.writing() as batch:
            self.hearing.say(batch, COMPANY, ref=ref, **said)

    def _dispute(self, fact: Fact[Any], key: str | tuple[str, ...], by: Person, verb: str) -> None:
        entity, person = by
        group = entity.__declared__.one_of
        if group is None:
            raise NotAllowed(
                f"{entity.__name__} is not one of any people.",
                where=entity.__declared__.where,
                fix="Declare it with one_of= a People, and let one of those dispute.",
            )
        with self.writing() as batch:
            subject = batch.subject(Ref(fact.entity.__name__, "", key_text(fact.entity, key)))
            who = batch.subject(Ref(entity.__name__, "", key_text(entity, person)))
            entry = {verb: fact.name, "person": who.ref.key}
            number = self.hearing.say(batch, group.name, ref=subject.ref, entry=entry)
            batch.flush()
            if verb == "disputes":
                batch.connection.run(
                    "save_dispute", who.id, subject.id, fact.name, number, batch.known
                )
            else:
                batch.connection.run("delete_dispute", who.id, subject.id, fact.name)

    def _mean(self, alias: Alias, entity: type[Entity], key: str | None, by: str) -> None:
        with self.writing() as batch:
            ref = Ref(entity.__name__, alias.system.name, alias.name)
            subject = batch.subject(ref)
            self.hearing.say(batch, COMPANY, ref=ref, entry={"means": key, "by": by})
            self.worker.link_alias(batch, subject, key)

    def _arm(self, entry: dict[str, Any]) -> None:
        with self.writing() as batch:
            ref = Ref(COMPANY, "", self.company.name)
            subject = batch.subject(ref)
            raw = msgspec.json.encode(entry)
            batch.receive(COMPANY, None, sequence=None, raw=raw, says=[(subject, ())])
            batch.append(subject, Draft(1, COMPANY, entry))

    def _record_told(self, found: Found, who: Found, values: dict[str, Any], to: Channel) -> None:
        with self.writing() as batch:
            subject = batch.by_id(found.id)
            body = {"told": values, "channel": to.name, "person": who.ref.key}
            entry = batch.append(subject, Draft(TOLD, to.name, body))
            for fact, value in values.items():
                self.worker.audience.told(batch, subject, fact, who.id, value, entry)

    def _people(
        self, view: View, entity: type[Entity], found: Found, who: Found | None, at: int
    ) -> dict[str, list[Followed]]:
        """How the people who follow each fact stand: one person, or all."""
        agreed = self._agreements.of(entity.__name__)
        names: dict[str, list[Followed]] = {}
        for fact, agreement in agreed.facts.items():
            for follows in agreement.people:
                hearers = view.hearers(found.id, fact) if who is None else []
                if who is not None and (one := view.hearer(found.id, fact, who.id)) is not None:
                    hearers = [(who.id, one)]
                keys = {f.id: f.ref.key for f in view.by_id([number for number, _ in hearers])}
                form = agreement.declared.form
                names[fact] = [
                    Followed(
                        follows.party,
                        Standing.AGREES
                        if h.due is None
                        else Standing.FOLLOWING
                        if at <= h.due
                        else Standing.LATE,
                        form.read(msgspec.json.decode(h.value)),
                        None if h.told is None else moment(h.told),
                        None if h.since is None else moment(h.since),
                        None if h.due is None else moment(h.due),
                        keys[number],
                    )
                    for number, h in hearers
                ]
        return names

    def _find(self, view: View, entity: type[Entity], key: str | tuple[str, ...] | Alias) -> Found:
        name = entity.__name__
        if isinstance(key, Alias):
            ref = Ref(name, key.system.name, key.name)
        else:
            ref = Ref(name, "", key_text(entity, key))
        found = view.find(ref)
        if found is not None and ref.alias_of:
            meanings = view.connection.rows("alias_meanings", f"[{found.id}]")
            found = view.by_id([meanings[0][1]])[0] if meanings else found
        if found is None:
            near = view.keys_like(name, ref.key[:3], 3)
            raise NoSuchName(
                f"Nobody ever spoke of {name} {ref.key!r}.",
                fix=f"Did you mean {', '.join(near)}?"
                if near
                else "Check the key, or hear of it first.",
            )
        return found


def open(  # noqa: A001 - onestory.open() is what one opens a company with
    company: Company, address: str = "sqlite:///onestory.db", *, clock: Clock | None = None
) -> Office:
    """Open a company's office on its ledger.

    Args:
        company: The company; it takes no more declarations after this.
        address: The ledger: ``sqlite:///acme.db`` for a file here, ``sqlite://`` for memory.
        clock: What tells the time; the wall clock, if left out.

    Raises:
        TermsRefused: The ledger knows other terms, and cannot follow the change.
        OtherCompany: The ledger holds another company.
        ImpossibleTime: The clock tells a time without a zone.
        LedgerError: The ledger cannot be opened.
        DeclarationError: The company's declarations cannot be true.
    """
    company.close_declarations()
    clock = clock or WallClock()
    aware(clock.now())
    terms = terms_of(company)
    Agreements(company)
    database = open_database(address)
    try:
        ledger = Ledger(database, company.name, clock)
        history = ledger.terms()
        changes = plan(history[-1][1] if history else None, terms)
        refused = [change for change in changes if not change.safe]
        if refused:
            raise TermsRefused(
                "; ".join(f"{change.about} {change.sentence}" for change in refused),
                where=company.where,
                fix="`onestory plan` shows every change and what it would do.",
            )
        if not history or history[-1][1] != terms:
            with ledger.batch() as batch:
                ledger.keep_terms(batch, terms)
                if history:
                    renamed = renamed_facts(company.declared(DeclaredEntity))
                    queue_new_terms(batch, terms, renamed)
        office = Office(company, ledger, Agreements(company, ledger.terms()))
    except BaseException:
        database.close()
        raise
    if history:
        office.tick()
    return office


def planned(company: Company, address: str) -> list[Change]:
    """What opening a company on a ledger would change. Nothing is opened or written."""
    database = open_database(address)
    try:
        history = Ledger(database, company.name, WallClock()).terms()
    finally:
        database.close()
    return plan(history[-1][1] if history else None, terms_of(company))
