"""Looking at repairs: everything that the next move of each depends on, from one view."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from ..agreement import Agreements, EntityAgreements, standing
from ..clock import micros, moment
from ..ledger import Contradiction, Found, Ledger, Ref, View
from ..ledger.audience import Hearer
from ..ledger.journal import LIVE, Journal, RepairRow, StepRow
from ..model import (
    COMPANY,
    Company,
    Does,
    Notice,
    Purpose,
    Remedy,
    SayAgain,
    Standing,
    key_parts,
    policy_of,
)
from ..story import story_of
from ..story.contact import Blocked
from ..story.letter import Addressee, Letter, compose
from .course import Course
from .follow import INCIDENT_WINDOW
from .move import ASKING
from .situation import Situation, Told, Written

_SETTLED = (Standing.AGREES, Standing.DECLARED)


class Look:
    """Reads what repairs depend on.

    Args:
        company: The company.
        ledger: Its ledger.
        agreements: Its agreements.
        remedies: Its remedies, by name.
    """

    def __init__(
        self,
        company: Company,
        ledger: Ledger,
        agreements: Agreements,
        remedies: Mapping[str, Remedy],
    ) -> None:
        self._company, self._ledger, self._agreements = company, ledger, agreements
        self._remedies, self._does = remedies, company.declared(Does)

    def courses(
        self, view: View, numbers: Iterable[int], armed: Collection[str]
    ) -> dict[int, Course]:
        """The course of every repair whose remedy is still declared.

        Args:
            view: The ledger.
            numbers: The repairs.
            armed: The names of the armed remedies.
        """
        journal = Journal(view.connection)
        rows, steps = journal.repairs(numbers), journal.steps(numbers)
        wanted = {n for row in rows.values() for n in (row.subject, row.person) if n}
        subjects = {f.id: f for f in view.by_id(wanted)}
        contradictions = view.contradictions_by({r.contradiction for r in rows.values()} - {0})
        links, now = view.links_heard(), max(self._ledger.now(), view.known())
        waiting = self._with_their_incident(view, journal, rows.values(), armed)
        found = {}
        for number, row in rows.items():
            subject = subjects[row.subject]
            if row.remedy not in self._remedies:
                continue
            if self._remedies[row.remedy].fact is None:
                found[number] = self._incident(journal, row, steps.get(number, []), now)
                continue
            agreed = self._agreements.of(subject.ref.entity)
            course = self._course(row, steps.get(number, []), agreed, subject, now)
            if row.person:
                person = subjects[row.person]
                self._see_person(view, journal, course, agreed, subject, person)
            else:
                heard = links.get(row.follower, (0, 0))[0]
                self._see_system(
                    course, agreed, subject, contradictions[row.contradiction], heard, journal
                )
                course.waits = row.contradiction in waiting
            found[number] = course
        return found

    def _course(
        self,
        row: RepairRow,
        steps: list[StepRow],
        agreed: EntityAgreements,
        found: Found,
        now: int,
    ) -> Course:
        remedy, dossier = self._remedies[row.remedy], found.dossier
        agreement = agreed.facts[row.fact]
        now = max(now, dossier.at)
        authority = dossier.word(agreement.authority(dossier, now), row.fact)
        wanted = msgspec.json.decode(row.decided)
        asking = next((s for s in steps if s.place == ASKING), None)
        steps = [s for s in steps if s.place != ASKING]
        situation = Situation(
            row.number,
            self._company,
            key_parts(found.ref.key, parts=len(agreed.declared.key_parts)),
            "",
            agreement.declared.form.read(wanted),
            (),
            steps,
            now,
            0 if authority is None else authority.changed[row.fact],
            agrees=False,
            same=False,
            settled=False,
            begun=row.begun,
            patience=remedy.patience,
            ledger=self._ledger.id,
        )
        follows = (*agreement.followers, *agreement.people)
        return Course(
            row,
            remedy,
            situation,
            open=True,
            how="",
            stale=authority is None or authority.values[row.fact] != wanted,
            spoken=0,
            says_decided=False,
            silent=False,
            within=next((f.within for f in follows if f.party == row.follower), 0),
            says_again=None,
            ledger=self._ledger.id,
            steps=steps,
            contradiction=row.contradiction,
            asking=asking,
        )

    def _with_their_incident(
        self, view: View, journal: Journal, found: Collection[RepairRow], armed: Collection[str]
    ) -> set[int]:
        """The contradictions that wait for what is done about their incident as a whole."""
        followers = {row.follower for row in found} & self._remedies.keys() & set(armed)
        company = view.find(Ref(COMPANY, "", self._company.name)) if followers else None
        if company is None:
            return set()
        whole = {f: journal.live(company.id, "", f, 0) for f in followers}
        live = {f: row.generation for f, row in whole.items() if row and row.state == LIVE}
        incidents = journal.incidents_of(row.contradiction for row in found)
        return {
            row.contradiction
            for row in found
            if incidents.get(row.contradiction, -1) == live.get(row.follower)
        }

    def _incident(self, journal: Journal, row: RepairRow, steps: list[StepRow], now: int) -> Course:
        """The course of the repair of an incident: it is over when none of its members is open."""
        remedy = self._remedies[row.remedy]
        _, _, _, began, members = journal.incident(row.generation)
        situation = Situation(
            row.number,
            self._company,
            (),
            "",
            None,
            (),
            steps,
            now,
            began,
            agrees=not members,
            same=not members,
            settled=not members,
            begun=row.begun,
            patience=remedy.patience,
            ledger=self._ledger.id,
        )
        return Course(
            row,
            remedy,
            situation,
            open=bool(members),
            how="agreed",
            stale=False,
            spoken=0,
            says_decided=False,
            silent=False,
            within=INCIDENT_WINDOW,
            says_again=None,
            ledger=self._ledger.id,
            steps=steps,
            contradiction=0,
        )

    def _see_system(
        self,
        course: Course,
        agreed: EntityAgreements,
        found: Found,
        contradiction: Contradiction,
        heard: int,
        journal: Journal,
    ) -> None:
        """What is seen of a system that has not followed."""
        row, situation, dossier = course.row, course.situation, found.dossier
        agreement = agreed.facts[row.fact]
        said = dossier.word(row.follower, row.fact)
        stands = standing(dossier, agreement, row.follower, found.ref.key, situation.now)
        course.open = contradiction.settled is None
        course.how = contradiction.how or ""
        course.stale = course.stale and course.open
        situation.agrees = not course.open or stands in _SETTLED
        situation.same, situation.settled = stands is Standing.AGREES, not course.open
        if not course.open:
            pair = row.subject, row.fact, row.follower, row.person
            newer = journal.unremedied_of(*pair)
            course.heir = journal.did_before(row)
            if newer is not None:
                course.stale, course.contradiction = True, newer
        if said is not None:
            situation.said = (agreement.declared.form.read(said.values[row.fact]),)
            course.spoken = said.mark(row.fact)[1]
            wanted = msgspec.json.decode(row.decided)
            course.says_decided = agreement.agree(wanted, said.values[row.fact])
        silent_since = (
            0 if contradiction.silent_since is None else micros(contradiction.silent_since)
        )
        course.silent = contradiction.silent and heard <= silent_since
        course.says_again = next(
            (d for d in self._does if d.system is course.remedy.follower and d.ability is SayAgain),
            None,
        )

    def _see_person(
        self,
        view: View,
        journal: Journal,
        course: Course,
        agreed: EntityAgreements,
        found: Found,
        person: Found,
    ) -> None:
        """What is seen of a person who has not been told."""
        row, situation = course.row, course.situation
        agreement = agreed.facts[row.fact]
        hearer = view.hearer(row.subject, row.fact, row.person)
        course.open = hearer is not None and hearer.since is not None
        course.how = "told" if hearer is not None else "left"
        course.stale = course.stale and course.open
        situation.agrees = situation.same = situation.settled = not course.open
        situation.person = person.ref.key
        course.told_last = journal.last_telling(row.person)
        if hearer is not None:
            situation.said = (agreement.declared.form.read(hearer.value),)

        def write(notice: Notice, reference: str, refused: Any) -> Written:
            told = {
                fact.name: view.hearer(row.subject, fact.name, row.person) for fact in notice.tells
            }
            addressee = self._addressee(
                journal, person, agreed, told, notice.purpose, situation.now
            )
            return self._write(
                notice,
                reference,
                refused,
                addressee,
                agreed,
                found,
                situation,
                person,
                view,
                row.fact,
            )

        situation.write = write

    def _addressee(
        self,
        journal: Journal,
        person: Found,
        agreed: EntityAgreements,
        told: Mapping[str, Hearer | None],
        purpose: Purpose,
        now: int,
    ) -> Addressee:
        of_person = self._agreements.of(person.ref.entity)
        facts = {}
        for fact, agreement in of_person.facts.items():
            decided = of_person.decided(person.dossier, fact, now)
            if decided is not None:
                facts[agreement.declared.path] = agreement.declared.form.read(decided[0])
        most, _ = policy_of(self._company).at_most.get(purpose, (0, None))
        known = journal.tellings_to(person.id, purpose.value, most)
        heard = {
            name: agreed.facts[name].declared.form.read(hearer.value)
            for name, hearer in told.items()
            if hearer is not None
        }
        return Addressee(
            person.ref.key,
            facts,
            heard,
            list(map(moment, known)),
            journal.lost_addresses(person.id),
        )

    def _write(
        self,
        notice: Notice,
        reference: str,
        refused: Any,
        addressee: Addressee,
        agreed: EntityAgreements,
        found: Found,
        situation: Situation,
        person: Found,
        view: View,
        fact: str,
    ) -> Written:
        now, dossier = situation.now, found.dossier
        disputes = view.disputes(person.id, found.id)
        if fact in disputes:
            return Blocked("the person disputes it; the story says so, and no message")
        story = story_of(
            dossier,
            agreed,
            found.ref.key,
            to=notice.by[0],
            at=now,
            disputes=disputes,
            people={},
        )
        said = {f.name: story.tellings[f.name] for f in notice.tells}
        values = {name: telling.said[0] if telling.said else None for name, telling in said.items()}
        sentences = [t.sentence for t in said.values() if t.sentence and not t.standing.settled]
        letter = compose(
            notice,
            policy_of(self._company),
            addressee,
            values=values,
            key="/".join(situation.key),
            reference=reference,
            sentence=sentences[0] if sentences else "",
            refused=refused,
            now=moment(now),
        )
        if not isinstance(letter, Letter):
            return letter
        forms = {f.name: f.form.write(value) for f in notice.tells for value in said[f.name].said}
        rests = {}
        for name in forms:
            authority = agreed.facts[name].authority(dossier, now)
            word = dossier.word(authority, name)
            rests[name] = authority, 0 if word is None else word.mark(name)[0]
        return letter, Told(notice.name, letter.channel.name, forms, rests, notice.purpose.value)
