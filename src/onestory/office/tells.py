"""What an office tells: stories, standings, timelines, contradictions and why they are open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from ..agreement import standing
from ..clock import aware, micros, moment
from ..errors import NoSuchName, NotAllowed
from ..ledger import (
    TOLD,
    Aside,
    Contradiction,
    Counts,
    Draft,
    Finding,
    Found,
    Hearer,
    Incident,
    PutOff,
    Ref,
    View,
    tasks,
    verify,
)
from ..model import Alias, Channel, Entity, Fact, Followed, Link, Party, People, Standing
from ..story import (
    Event,
    Explanation,
    SubjectStory,
    disputed_as_of,
    dossier_as_of,
    events,
    events_of_person,
    explain,
    story_of,
    while_linked,
)
from .opened import Opened, Person
from .reach import Seen
from .rebuild import differing

E = TypeVar("E", bound=Entity)

LISTED = 600
"""People of a fact who are listed with a story: all of the largest aircraft. How many more follow it
is told as a number."""


class Tells(Opened):
    """The part of an office that answers."""

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
            group = None if person is None else person[0].__declared__.one_of
            if past and who is not None and group is not None:
                until = now if known is None else micros(known)
                key = who.ref.key
                disputes = disputed_as_of(view, found, agreed, group.name, key, at=at, known=until)
            people = {} if past else self._people(view, entity, found, who, at)
            unlisted = _unlisted(view, found, people)
        told_of: dict[str, Any] = {"disputes": disputes, "people": people, "unlisted": unlisted}
        story = story_of(dossier, agreed, found.ref.key, to=to, at=at, **told_of)
        if record:
            self._record_told(found, None if past else who, story)
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
                if how.party == of.name and (who is None or how.person == who.ref.key):
                    return how.standing
        return Standing.UNKNOWN

    def concerns(
        self, entity: type[Entity], key: str | tuple[str, ...] | Alias, person: Person
    ) -> bool:
        """Whether a subject concerns a person: by up to three links, through nobody else.

        Args:
            entity: The subject's entity.
            key: Its key, the parts of it, or what a system calls it.
            person: The person.

        Raises:
            NoSuchName: Nobody ever spoke of this subject, or of this person.
        """
        with self.ledger.view() as view:
            found, who = self._find(view, entity, key), self._find(view, *person)
            return self.worker.audience.reach.concerns(Seen(view), found, who.id)

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

    def timeline_of(
        self,
        person: Person,
        *,
        before: int = 2**62,
        known: datetime | None = None,
        limit: int = 50,
    ) -> list[Event]:
        """What was told to a person and what happened around them, newest first.

        It holds nothing that names another person: of a flight with three hundred passengers, what
        concerns the flight and this one.

        Args:
            person: The person.
            before: The number of the last event of the page before.
            known: Only what was known by then.
            limit: Events of a page.

        Raises:
            NoSuchName: Nobody ever spoke of this person.
            NotAllowed: The entity is not one of any people.
        """
        entity, key = person
        if entity.__declared__.one_of is None:
            raise NotAllowed(
                f"{entity.__name__} is not one of any people.",
                where=entity.__declared__.where,
                fix="Ask for its timeline, or declare it with one_of= a People.",
            )
        with self.ledger.view() as view:
            found = self._find(view, entity, key)
            until = 2**62 if known is None else micros(aware(known))
            asked = view, self.company, self._agreements, found
            return events_of_person(*asked, before=before, known=until, limit=limit)

    def while_linked(self, alias: Alias, entity: type[Entity], *, limit: int = 500) -> list[Event]:
        """What was done and told about a subject while a system's own name meant it, newest first.

        Who undoes a link that was wrong looks at these: what was told to whom, what repairs did and
        which money they moved rested on it, maybe.

        Args:
            alias: The name: ``billing.calls("B-991")``.
            entity: The subject's entity.
            limit: How many.

        Raises:
            NoSuchName: Nobody ever spoke of this name.
        """
        with self.ledger.view() as view:
            ref = Ref(entity.__name__, alias.system.name, alias.name)
            found = view.find(ref)
            if found is None:
                raise NoSuchName(
                    f"{alias.system.name} never spoke of {entity.__name__} {alias.name!r}.",
                    fix="Give the name as the system writes it.",
                )
            return while_linked(view, self._agreements, found, limit)

    def contradictions(
        self,
        *,
        fact: Fact[Any] | Link[Any] | None = None,
        follower: Party | None = None,
        after: int = 0,
        settled: bool = False,
        limit: int = 500,
    ) -> list[Contradiction]:
        """Contradictions that are open, or all with ``settled``, in the order of opening.

        Args:
            fact: Only those of this fact.
            follower: Only those in this follower.
            after: Only those of a greater number.
            settled: Those that are settled, too.
            limit: How many.
        """
        declared: Fact[Any] | None = fact  # type: ignore[assignment]
        names = ("", "") if declared is None else (declared.entity.__name__, declared.name)
        of = (*names, "" if follower is None else follower.name)
        with self.ledger.view() as view:
            return view.contradictions(after=after, settled=settled, of=of, limit=limit)

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

    def counts(self) -> Counts:
        """How large the ledger is, how much is contradicted, set aside and put off."""
        with self.ledger.view() as view:
            return view.counts()

    def asides(self, *, after: int = 0, limit: int = 500) -> list[Aside]:
        """Messages that are set aside, oldest first, with their reasons."""
        with self.ledger.view() as view:
            return view.asides(after=after, limit=limit)

    def put_off(self, *, after: int = 0, limit: int = 500) -> list[PutOff]:
        """What follows from a change and could not be done: it is tried again, later each time."""
        with self.ledger.view() as view:
            return tasks.all_put_off(view, after, limit)

    def verify(
        self, progress: Callable[[int], None] | None = None, *, dossiers: bool = False
    ) -> list[Finding]:
        """Check the ledger's numbers, chain and seals; what does not hold.

        Args:
            progress: Called with the number of lines checked so far.
            dossiers: Whether, if all that holds, to work out anew every dossier, contradiction,
                link, alias and dispute, too, and compare them with what is kept.
        """
        with self.ledger.view() as view:
            found = list(verify(view, progress))
            if found or not dossiers:
                return found
            return list(differing(view, self._agreements))

    def _record_told(self, found: Found, who: Found | None, story: SubjectStory) -> None:
        """Keep what a person heard by a story."""
        if who is None:
            raise NotAllowed(
                "Only the present can be told, and to somebody.",
                fix="Give person=(Customer, key), and neither valid= nor known=.",
            )
        values = {
            name: telling.fact.form.write(telling.said[0])
            for name, telling in story.tellings.items()
            if telling.said
        }
        with self.writing() as batch:
            subject = batch.by_id(found.id)
            body = {"told": values, "channel": story.channel.name, "person": who.ref.key}
            entry = batch.append(subject, Draft(TOLD, story.channel.name, body))
            for fact, value in values.items():
                self.worker.audience.told(batch, subject, fact, who.id, value, entry)

    def _people(
        self, view: View, entity: type[Entity], found: Found, who: Found | None, at: int
    ) -> dict[str, list[Followed]]:
        """How the people who follow each fact stand: one person, or all."""
        agreed = self._agreements.of(entity.__name__)
        names: dict[str, list[Followed]] = {}
        for fact, agreement in agreed.facts.items():
            if not agreement.people:
                continue
            if who is None:
                hearers = view.hearers(found.id, fact, limit=LISTED)
            else:
                one = view.hearer(found.id, fact, who.id)
                hearers = [] if one is None else [one]
            decided = agreed.decided(found.dossier, fact, at) is not None
            keys = {f.id: f.ref.key for f in view.by_id([h.person for h in hearers])}
            names[fact] = [
                _as_followed(h, agreement.declared, keys[h.person], at, decided=decided)
                for h in hearers
            ]
        return names


def _unlisted(view: View, found: Found, listed: dict[str, list[Followed]]) -> dict[str, int]:
    """How many more people follow each fact than are listed."""
    return {
        fact: view.hearer_count(found.id, fact) - LISTED
        for fact, people in listed.items()
        if len(people) == LISTED
    }


def _as_followed(hearer: Hearer, fact: Fact[Any], key: str, at: int, *, decided: bool) -> Followed:
    """How a person follows a fact, as it is told."""
    standing = Standing.AGREES
    if not decided:
        standing = Standing.UNKNOWN
    elif hearer.due is not None:
        standing = Standing.FOLLOWING if at <= hearer.due else Standing.LATE
    return Followed(
        hearer.party,
        standing,
        fact.form.read(hearer.value),
        None if hearer.told is None else moment(hearer.told),
        None if hearer.since is None else moment(hearer.since),
        None if hearer.due is None else moment(hearer.due),
        key,
    )
