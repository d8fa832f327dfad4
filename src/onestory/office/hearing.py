"""Hearing: what is heard in one message is recorded, judged and set in motion in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import msgspec

from ..agreement import Agreements, EntityAgreements, Outcome, Speech, hear, refusal
from ..errors import MessageError, ReaderFailed
from ..intake import Arrived, Message, Readers, Spoken, Unreadable
from ..ledger import HEARD, UNNUMBERED, Aside, Batch, Draft, Ref, Subject
from ..ledger.subject import SPOKE, Judged
from ..model import Claim, Company, Derivation, Party, People, System
from . import asides, queue

UNDECLARED = "(undeclared)"
"""The party of messages from a source that the company did not declare: they are set aside."""

AT_ONCE = 32
"""Messages of one commit that are read, judged and written before the next are read: so many, with the
dossiers they touch, stay in the processor's own cache; each further query costs less than leaving it."""


class Fate(Enum):
    """What became of a message."""

    HEARD = "heard"
    """It said something new."""
    REPEATED = "repeated"
    """It only said again what was known; that too is kept."""
    KNOWN = "known"
    """A message with this id was heard before."""
    ASIDE = "set aside"
    """It could not be heard; it is kept with the reason, and can be replayed."""


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """What became of one message, told after it is on disk.

    Args:
        id: The message's id.
        fate: What became of it.
        number: Its number of receipt; 0 for one that was known before.
        reason: Why it was set aside.
    """

    id: str
    fate: Fate
    number: int = 0
    reason: MessageError | None = None


class Hearing:
    """Hears for one company. Every call works within one batch, which is one transaction."""

    def __init__(self, company: Company, agreements: Agreements) -> None:
        self.company, self.agreements = company, agreements
        self.readers = Readers(company)
        self._parties = {p.name for kind in (System, People) for p in company.declared(kind)}

    def hear(self, batch: Batch, arrived: Sequence[Arrived]) -> list[Receipt]:
        """Hear messages in the order given; what became of each."""
        new = self._unknown(batch, arrived)
        known = [message for place, message in enumerate(arrived) if place not in new]
        kept, again = asides.kept_of(batch, known), {asides.name_of(message) for message in known}
        receipts: list[Receipt] = []
        for start in range(0, len(arrived), AT_ONCE):
            if start:
                batch.release()
            some = arrived[start : start + AT_ONCE]
            read = [
                self._read(message) if i in new else None for i, message in enumerate(some, start)
            ]
            batch.load(s.subject for said in read if type(said) is list for s in said)
            for message, said in zip(some, read, strict=True):
                aside = kept.pop(asides.name_of(message), None) if kept and said is None else None
                if said is not None:
                    receipt = self._hear_or_keep(batch, message, said)
                elif aside is not None and not asides.same(aside, message):
                    corrected = self._read(message)
                    receipt = self._hear_or_keep(batch, message, corrected, corrects=aside)
                else:
                    receipt = Receipt(message.id, Fate.KNOWN)
                receipts.append(receipt)
                if receipt.fate is Fate.ASIDE and again and asides.name_of(message) in again:
                    kept |= asides.kept_of(batch, [message])
        return receipts

    def replay(self, batch: Batch, aside: Aside) -> Receipt:
        """Read a message again that was set aside; it is ordered by its first receipt."""
        if aside.type == asides.DERIVED:
            return self._derive_again(batch, aside)
        try:
            message = asides.message_of(aside)
            said = self.readers.read(message)
        except MessageError as error:
            return self._aside_again(batch, aside, error)
        batch.load(s.subject for s in said)
        return self._hear_one(batch, message, said, replays=aside)

    def say(
        self, batch: Batch, party: Party | str, claims: Iterable[Claim] = (), **more: Any
    ) -> int:
        """Record what an inner system, the company or one of its people says; its number of receipt.

        Args:
            batch: The transaction.
            party: Who speaks.
            claims: What is claimed.
            **more: ``ref`` with ``excuses``, ``passes``, ``ends`` or ``entry``: what is said that is
                no claim.
        """
        name = party if isinstance(party, str) else party.name
        ref: Ref | None = more.pop("ref", None)
        entry: dict[str, Any] | None = more.pop("entry", None)
        said = self.readers.spoken(party, claims) if isinstance(party, Party) else []
        if ref is not None:
            said = [Spoken(ref, {}, {})]
        raw = msgspec.json.encode([name, said, more, entry])
        subjects = [batch.subject(spoken.subject) for spoken in said]
        says = [(subject, tuple(s.values)) for subject, s in zip(subjects, said, strict=True)]
        number = batch.receive(name, None, sequence=None, raw=raw, says=says)
        for subject, spoken in zip(subjects, said, strict=True):
            about, speech = self._speech(batch, subject, spoken, name, number - UNNUMBERED, number)
            speech.excuses = more.get("excuses", [])
            speech.passes = more.get("passes", {})
            speech.ends = more.get("ends", [])
            self._listen(batch, subject, about, speech)
            if entry is not None:
                batch.append(subject, Draft(HEARD, name, entry))
        return number

    def pass_time(self, batch: Batch, subject: Subject) -> None:
        """Judge a subject again because its time has come."""
        if subject.ref.entity in self.agreements:
            self._listen(batch, subject, subject, None)
        else:
            subject.dossier.wake = None
            batch.touch(subject)

    def derive(self, batch: Batch, derivation: Derivation, subject: Subject) -> bool:
        """Let an inner system claim what it works out, or nothing where it lacks what it needs.

        Its failure is set aside with the reason until it succeeds; whether it did.
        """
        fact, system = derivation.fact, derivation.system
        said = subject.dossier.word(system.name, fact.name)
        values = self.decided_values(batch, subject, derivation)
        if values is None:
            if said is not None:
                self.say(batch, system, ref=subject.ref, ends=[fact.name])
        else:
            try:
                claim = Claim(fact, subject.ref.key, derivation.compute(*values))
                form = fact.form.write(claim.value)
            except Exception as error:  # noqa: BLE001
                # A derivation is the company's own code: whatever it raises concerns this fact only.
                reason = ReaderFailed(
                    f"{derivation.name} failed: {type(error).__name__}: {error}",
                    where=f"{subject.ref.entity} {subject.ref.key}, derived at {derivation.where}",
                    fix="Mend the function, then replay; it is called again when what it uses "
                    "changes, too.",
                )
                asides.keep_derived(batch, system.name, fact.path, subject.ref.key, reason)
                return False
            if said is None or said.values[fact.name] != form:
                self.say(batch, system, [claim])
        asides.resolve_derived(batch, system.name, fact.path, subject.ref.key)
        return True

    def decided_values(
        self, batch: Batch, subject: Subject, derivation: Derivation
    ) -> list[Any] | None:
        """The decided values that a derivation uses, or None while one of them is not known."""
        values = []
        for used in derivation.inputs:
            holder: Subject | None = subject
            if used.entity is not derivation.fact.entity:
                holder = self._linked(batch, subject, derivation.links_to(used.entity)[0].name)
            if holder is None:
                return None
            agreed = self.agreements.of(holder.ref.entity)
            decided = agreed.decided(holder.dossier, used.name, batch.known)
            if decided is None:
                return None
            values.append(used.form.read(decided[0]))
        return values

    def _derive_again(self, batch: Batch, aside: Aside) -> Receipt:
        """Call a function again that failed for one subject, if it is declared still."""
        path, key = asides.derived_of(aside)
        for agreed in self.agreements:
            for derivation in agreed.derivations:
                if (derivation.fact.path, derivation.system.name) == (path, aside.source):
                    subject = batch.subject(Ref(agreed.entity, "", key))
                    if self.derive(batch, derivation, subject):
                        return Receipt(aside.id, Fate.HEARD, batch.message_number)
        return Receipt(aside.id, Fate.ASIDE, aside.message, asides.reason_again(aside))

    def _linked(self, batch: Batch, subject: Subject, link: str) -> Subject | None:
        agreed = self.agreements.of(subject.ref.entity)
        decided = agreed.decided(subject.dossier, link, batch.known)
        if decided is None or decided[0] is None:
            return None
        return batch.subject(queue.target_of(agreed, link, str(decided[0])))

    def _unknown(self, batch: Batch, arrived: Sequence[Arrived]) -> set[int]:
        """Which messages were not heard before, by place; of two alike, the first."""
        by_party: dict[str, dict[str, int]] = {}
        for place, message in enumerate(arrived):
            party = self._party(message.system)
            by_party.setdefault(party, {}).setdefault(_id_of(party, message), place)
        places: set[int] = set()
        for party, ids in by_party.items():
            for known in batch.known_ids(party, list(ids)):
                del ids[known]
            places.update(ids.values())
        return places

    def _read(self, arrived: Arrived) -> list[Spoken] | MessageError:
        if isinstance(arrived, Unreadable):
            return arrived.reason
        try:
            return self.readers.read(arrived)
        except MessageError as error:
            return error

    def _hear_or_keep(
        self,
        batch: Batch,
        arrived: Arrived,
        said: list[Spoken] | MessageError,
        *,
        corrects: Aside | None = None,
    ) -> Receipt:
        """Hear what arrived, or set it aside; it may be sent again instead of what was set aside."""
        if isinstance(arrived, Message) and not isinstance(said, MessageError):
            return self._hear_one(batch, arrived, said, replays=corrects)
        reason = arrived.reason if isinstance(arrived, Unreadable) else said
        return self._set_aside(batch, arrived, reason, corrects)  # type: ignore[arg-type]

    def _hear_one(
        self, batch: Batch, message: Message, said: list[Spoken], *, replays: Aside | None = None
    ) -> Receipt:
        party, number = message.system, batch.message_number + 1
        first = number if replays is None else replays.first
        sequence: Any = message.sequence
        order = first - UNNUMBERED if sequence is None else sequence
        speeches = []
        for spoken in said:
            subject = batch.subject(spoken.subject)
            about, speech = self._speech(batch, subject, spoken, party, order, first)
            speech.replayed = replays is not None
            refused = refusal(about.dossier, speech, about.ref.key)
            if refused is not None:
                return self._set_aside(batch, message, refused, replays)
            speeches.append((subject, about, speech, spoken.names))
        batch.receive(
            party,
            message.id if replays is None or self._new_to(batch, party, message) else None,
            sequence=sequence,
            raw=message.raw,
            says=[(subject, tuple(speech.values)) for subject, _, speech, _ in speeches],
            replays=None if replays is None else first,
        )
        if replays is not None:
            asides.resolve(batch, replays, number)
        new = False
        for subject, about, speech, names in speeches:
            new |= self._listen(batch, subject, about, speech)
            if names:
                new |= self._name(batch, subject, party, names)
        return Receipt(message.id, Fate.HEARD if new else Fate.REPEATED, number)

    def _speech(
        self, batch: Batch, subject: Subject, spoken: Spoken, party: str, order: int, number: int
    ) -> tuple[Subject, Speech]:
        """What is said, and of whom: of what the alias means, where that is known."""
        if subject.means is None:
            return subject, Speech(party, spoken.values, order, number, spoken.times)
        about = batch.by_id(subject.means)
        return about, Speech(party, spoken.values, order, number, spoken.times, subject.ref.alias)

    def _listen(
        self, batch: Batch, subject: Subject, about: Subject, speech: Speech | None
    ) -> bool:
        """Hear one speech, or let time pass; keep what it did. Whether it said anything new."""
        agreed = self.agreements.of(about.ref.entity)
        outcome = hear(
            about.dossier, speech, agreed, batch.known, key=about.ref.key, links=batch.links
        )
        batch.touch(about)
        self.keep(batch, subject, about, outcome)
        return bool(outcome.entries)

    def keep(self, batch: Batch, subject: Subject, about: Subject, outcome: Outcome) -> None:
        """Append what a hearing did to the ledger, and set in motion what follows from it."""
        for draft in outcome.entries:
            if draft.kind == HEARD:
                number = batch.append(subject, draft, about=about)
                if about.dossier.gaps:
                    _spoke(batch, about, draft, number)
            else:
                batch.append(about, draft)
        if outcome.decided or outcome.undecided:
            self._follow(batch, self.agreements.of(about.ref.entity), about, outcome)

    def _follow(
        self, batch: Batch, agreed: EntityAgreements, subject: Subject, outcome: Outcome
    ) -> None:
        """Derive what rests on facts of this subject alone; queue what concerns others."""
        if subject.ref.alias_of:
            return
        batch.decided += [(subject, fact) for fact in (*outcome.decided, *outcome.undecided)]
        queue.note(batch, agreed, subject, outcome)
        moved = (*outcome.decided, *outcome.undecided)
        changed = {agreed.facts[fact].declared for fact in moved}
        for derivation in agreed.derivations:
            if changed.intersection(derivation.inputs):
                self.derive(batch, derivation, subject)

    def _name(self, batch: Batch, alias: Subject, party: str, key: str) -> bool:
        """Record what a system's own name means, unless that is known."""
        known = None if alias.means is None else batch.by_id(alias.means).ref.key
        if known == key:
            return False
        batch.append(alias, Draft(HEARD, party, {"means": key}))
        queue.put(batch, "alias", alias.id, {"means": key, "at": batch.known})
        return True

    def _new_to(self, batch: Batch, party: str, message: Message) -> bool:
        """Whether a message that was set aside came when its source was not declared yet."""
        return not batch.known_ids(party, [message.id])

    def _party(self, source: str) -> str:
        return source if source in self._parties else UNDECLARED

    def _set_aside(
        self, batch: Batch, arrived: Arrived, reason: MessageError, before: Aside | None = None
    ) -> Receipt:
        """Keep what arrived with the reason; instead of what was set aside before, if that differs."""
        if before is not None and asides.same(before, arrived):
            return self._aside_again(batch, before, reason)
        party = self._party(arrived.system)
        sequence: Any = arrived.sequence if isinstance(arrived, Message) else None
        number = batch.receive(
            party,
            _id_of(party, arrived) if before is None else None,
            sequence=sequence,
            raw=arrived.raw,
            says=(),
            replays=None if before is None else before.first,
        )
        if before is not None:
            asides.resolve(batch, before, number)
        asides.keep(batch, number, arrived, reason)
        return Receipt(arrived.id, Fate.ASIDE, number, reason)

    def _aside_again(self, batch: Batch, aside: Aside, reason: MessageError) -> Receipt:
        asides.keep_again(batch, aside, reason)
        return Receipt(aside.id, Fate.ASIDE, aside.message, reason)


def _id_of(party: str, arrived: Arrived) -> str:
    return arrived.id if party != UNDECLARED else f"{arrived.system}\n{arrived.id}"


def _spoke(batch: Batch, about: Subject, draft: Draft, number: int) -> None:
    """Say that a follower that differs has spoken: what is done about it may hang on that."""
    for fact in draft.body.get("says", ()):
        if draft.party in about.dossier.gaps.get(fact, ()):
            batch.judged.append(Judged(SPOKE, about, fact, draft.party, 0, number))
