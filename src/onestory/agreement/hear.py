"""Hearing: what a message does to one dossier. Pure: no clock, no database, no order of arrival.

``hear(dossier, said, agreements, now)`` gives what the ledger must keep and when to judge again.
One small document goes in and out, so the same function serves every database and any stream
engine with keyed state (DESIGN.md sections 6 and 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..errors import MessageError, NoSequence, ReaderFailed
from ..ledger.dossier import UNNUMBERED, Dossier, Excuse, Gap, Said, new_said
from ..ledger.entry import HEARD, OPENED, SETTLED, Draft
from ..ledger.identity import speaker
from ..model import COMPANY, Json
from .agreement import Agreement, EntityAgreements
from .deadline import next_wake, since
from .judge import excused
from .order import MAX_TIMED, Claimed, advance, boundaries, in_order, say_again, take


class Speech(msgspec.Struct, gc=False):
    """What one message says of one subject.

    Args:
        party: Who speaks.
        values: What it says, by fact, as JSON forms.
        order: The message's own sequence, or its number of receipt less ``UNNUMBERED``.
        number: The message's number of receipt.
        times: From when and until when, for facts that say so.
        alias: The party's own name for the subject, if it used that.
        excuses: Differences that a person declares.
        passes: Facts whose authority passes on, or comes back (by a fact of another subject).
    """

    party: str
    values: dict[str, Any]
    order: int
    number: int
    times: dict[str, tuple[int | None, int | None]]
    alias: str = ""
    excuses: list[Excuse] = []
    passes: dict[str, bool] = {}


class Outcome(msgspec.Struct, gc=False):
    """What hearing did.

    Args:
        entries: What the ledger must append, in order.
        decided: The facts whose decided value changed, each with the new one; only those that
            people, links, derivations or other subjects depend on.
        undecided: Those whose authority no longer says anything.
    """

    entries: list[Draft]
    decided: dict[str, Json]
    undecided: list[str]


def hear(
    dossier: Dossier,
    speech: Speech | None,
    agreed: EntityAgreements,
    now: int,
    *,
    key: str = "",
    links: Mapping[str, int] | None = None,
) -> Outcome:
    """Hear a message about one subject, or only let time pass; judge what changed.

    Args:
        dossier: What is said so far. It is taken over and changed.
        speech: What the message says, or None when only time has passed.
        agreed: The agreements on the subject's entity.
        now: The moment, in microseconds; never before ``dossier.at``.
        key: The subject's key, for declared differences that hold for some only.
        links: When each system was last heard of anything, to tell a silent link.
    """
    if speech is not None and _repeats(dossier, speech, agreed, now):
        dossier.at = now
        return _NOTHING
    hearing = _Hearing(dossier, agreed, now, key, links or {})
    if dossier.wake is not None and dossier.wake <= now:
        hearing.let_time_pass()
    if speech is not None:
        hearing.listen(speech)
    dossier.at = now
    if hearing.touched:
        dossier.wake = next_wake(dossier, agreed, key)
    return hearing.outcome


def rejudge(
    dossier: Dossier,
    agreed: EntityAgreements,
    now: int,
    *,
    key: str,
    links: Mapping[str, int] | None = None,
    before: Mapping[str, tuple[Json] | None] | None = None,
) -> Outcome:
    """Judge every fact of a subject anew: by other terms, or with other parties in its dossier.

    Args:
        dossier: What is said. It is taken over and changed.
        agreed: The agreements, as they are now.
        now: The moment, in microseconds.
        key: The subject's key.
        links: When each system was last heard of anything.
        before: What was decided before, from ``decided_values``, to note what changed.
    """
    hearing = _Hearing(dossier, agreed, now, key, links or {})
    for fact in [fact for fact in dossier.gaps if fact not in agreed.facts]:
        hearing.abandon(fact)
    for fact, agreement in agreed.facts.items():
        was = before.get(fact) if before is not None and agreement.watched else False
        hearing.changed(fact, was, now)
    dossier.at = max(dossier.at, now)
    dossier.wake = next_wake(dossier, agreed, key)
    return hearing.outcome


def decided_values(
    dossier: Dossier, agreed: EntityAgreements, now: int
) -> dict[str, tuple[Json] | None]:
    """The decided value of every fact, to compare with later."""
    return {fact: agreed.decided(dossier, fact, now) for fact in agreed.facts}


_NOTHING = Outcome([], {}, [])


def _repeats(dossier: Dossier, speech: Speech, agreed: EntityAgreements, now: int) -> bool:
    """Whether a speaker only says again all it said last. Then it is heard, and that is all."""
    if dossier.wake is not None and dossier.wake <= now:
        return False
    said = dossier.speaker(speech.party) if not speech.alias else None
    if (
        said is None
        or speech.order <= said.sequence
        or speech.values != said.values
        or speech.times
        or said.timed
        or speech.excuses
        or speech.passes
    ):
        return False
    if dossier.gaps and _insists(dossier, speech, agreed, said, now):
        return False
    said.sequence, said.heard = speech.order, now
    if said.apart:
        said.apart = {}
    return True


def _insists(
    dossier: Dossier, speech: Speech, agreed: EntityAgreements, said: Said, now: int
) -> list[str]:
    """The facts on which a follower repeats, for the first time since the authority's last change,
    what differs. Such a repeat turns late into contradicts, so it is kept as an entry.
    """
    facts = []
    for fact, gaps in dossier.gaps.items():
        if speech.party in gaps and fact in speech.values and fact in said.values:
            agreement = agreed.facts.get(fact)
            if agreement is not None:
                authority = dossier.word(agreement.authority(dossier, now), fact)
                if authority is not None and said.mark(fact)[1] < authority.changed[fact]:
                    facts.append(fact)
    return facts


def refusal(dossier: Dossier, speech: Speech, key: str) -> MessageError | None:
    """Why a message cannot be put in order among what its party said before, if it cannot.

    Asked before ``hear``, for every subject of a message, so that a message is heard whole or not.
    """
    said = dossier.speaker(speaker_of(speech))
    if said is None:
        return None
    if speech.order < 0 <= said.sequence:
        return NoSequence(
            f"{speech.party} numbers what it says of {key!r}; this message has no sequence.",
            fix="Send the sequence with every message, or with none.",
        )
    if speech.times and any(len(said.timed.get(fact, ())) >= MAX_TIMED for fact in speech.times):
        return ReaderFailed(
            f"More than {MAX_TIMED:,} claims of one fact of {key!r} wait for their time.",
            fix="Claim what begins within two years, or fewer steps.",
        )
    return None


def speaker_of(speech: Speech) -> str:
    """The name under which a dossier keeps what this message says."""
    return speaker(speech.party, speech.alias) if speech.alias else speech.party


class _Hearing:
    """One hearing of one subject, under way."""

    def __init__(
        self,
        dossier: Dossier,
        agreed: EntityAgreements,
        now: int,
        key: str,
        links: Mapping[str, int],
    ) -> None:
        self.dossier, self.agreed, self.now, self.key, self.links = dossier, agreed, now, key, links
        self.outcome = Outcome([], {}, [])
        self.touched = False

    def let_time_pass(self) -> None:
        """Let claims whose time has come speak, each at its moment; then judge what is due."""
        dossier, now = self.dossier, self.now
        waiting = [(name, said) for name in dossier.waiting if (said := dossier.speaker(name))]
        moments = {m for _, said in waiting for m in boundaries(said) if m <= now}
        for moment in sorted(moments):
            for name, said in waiting:
                for fact in list(said.timed):
                    before = self._watched(fact)
                    if advance(said, fact, moment, keep=self._keeps(name)):
                        self.changed(fact, before, moment)
        for name, said in waiting:
            self._note_waiting(name, said)
        for fact in list(dossier.gaps):
            if fact in self.agreed.facts:
                self.judge(self.agreed.facts[fact], now)
            else:
                self.abandon(fact)
        self.touched = True

    def abandon(self, fact: str) -> None:
        """Settle what is open of a fact that is no longer declared."""
        for follower, gap in self.dossier.gaps.pop(fact).items():
            if gap.opened:
                self._settle(fact, follower, "no longer declared", None)

    def listen(self, speech: Speech) -> None:
        """Take in what a message says, then judge the facts it changed."""
        name = speaker_of(speech)
        said = self.dossier.speaker(name)
        if said is None:
            said = new_said()
            self.dossier.put(name, said)
            if speech.alias:
                self.dossier.aliases.setdefault(speech.party, []).append(name)
        body = self._take_all(said, speech, name)
        self._note_waiting(name, said)
        if speech.excuses:
            body["declares"] = [msgspec.structs.asdict(excuse) for excuse in speech.excuses]
            self._excuse(speech.excuses)
        if speech.passes:
            body["passes"] = speech.passes
            for fact, passed in speech.passes.items():
                self._pass_on(fact, self.now, passed=passed)
        if body:
            if speech.order >= 0:
                body["sequence"] = speech.order
            self.outcome.entries.insert(0, Draft(HEARD, speech.party, body))
            self.dossier.heard += 1
            self.touched = True

    def _take_all(self, said: Said, speech: Speech, name: str) -> dict[str, Any]:
        says: dict[str, Any] = {}
        behind: dict[str, int] = {}
        dossier, now = self.dossier, self.now
        insists = _insists(dossier, speech, self.agreed, said, now) if dossier.gaps else ()
        keep = self._keeps(name)
        changed: list[tuple[str, Any]] = []
        together = not speech.times and in_order(said, speech.order)
        known = dict(said.values) if together else {}
        for fact, value in speech.values.items():
            if together and fact in known and known[fact] == value:
                continue
            before = self._watched(fact)
            when = speech.times.get(fact, (None, None))
            taken = take(said, fact, Claimed(value, speech.order, *when), now, keep=keep)
            if taken.new:
                says[fact] = value
            if taken.behind is not None:
                behind[fact] = taken.behind
            if taken.changed:
                changed.append((fact, before))
                self._let_latest_decide(fact, speech, value)
        if together:
            say_again(said, speech.values, speech.order, now)
        for fact in insists:
            says.setdefault(fact, speech.values[fact])
        for fact, before in changed:
            self.changed(fact, before, now)
        if not says:
            return {}
        body: dict[str, Any] = {"says": says}
        if speech.times:
            body["times"] = {fact: when for fact, when in speech.times.items() if fact in says}
        if behind:
            body["behind"] = behind
        return body

    def _let_latest_decide(self, fact: str, speech: Speech, value: Json) -> None:
        """Where the latest of some systems decides, its word becomes theirs, by ledger number."""
        agreement = self.agreed.facts.get(fact)
        if agreement is not None and speech.party in agreement.members:
            name = agreement.authority(self.dossier, self.now)
            said = self.dossier.speaker(name)
            if said is None:
                said = new_said()
                self.dossier.put(name, said)
            take(said, fact, Claimed(value, speech.number - UNNUMBERED), self.now, keep=True)

    def _note_waiting(self, name: str, said: Said) -> None:
        waiting = self.dossier.waiting
        if said.timed and name not in waiting:
            waiting.append(name)
        elif not said.timed and name in waiting:
            waiting.remove(name)

    def _keeps(self, name: str) -> bool:
        return name.partition("@")[0] in self.agreed.deciding

    def _watched(self, fact: str) -> tuple[Json] | bool | None:
        """The decided value of a fact that something depends on; False if nothing does."""
        agreement = self.agreed.facts.get(fact)
        if agreement is None or not (agreement.watched or fact in self.agreed.passes):
            return False
        return self.agreed.decided(self.dossier, fact, self.now)

    def changed(self, fact: str, before: tuple[Json] | bool | None, at: int) -> None:
        """Judge a fact whose answer changed, and note what follows from it."""
        agreement = self.agreed.facts.get(fact)
        if agreement is None:
            return
        if before is not False:
            after = self.agreed.decided(self.dossier, fact, at)
            if after is None:
                self.outcome.undecided += [fact] if before else []
            elif after != before:
                self.outcome.decided[fact] = after[0]
            for ended in self.agreed.passes.get(fact, ()):
                self._pass_on(ended, at, passed=after is not None and bool(after[0]))
        self.judge(agreement, at)

    def _pass_on(self, fact: str, at: int, *, passed: bool) -> None:
        if passed == (fact in self.dossier.passed) or fact not in self.agreed.facts:
            return
        before = self._watched(fact)
        if passed:
            self.dossier.passed[fact] = at
        else:
            del self.dossier.passed[fact]
        self.changed(fact, before, at)

    def _excuse(self, excuses: list[Excuse]) -> None:
        for excuse in excuses:
            kept = [
                e
                for e in self.dossier.excuses
                if (e.fact, e.follower) != (excuse.fact, excuse.follower) and e.until >= self.now
            ]
            self.dossier.excuses = [*kept, excuse]
            if excuse.fact in self.agreed.facts:
                self.judge(self.agreed.facts[excuse.fact], self.now)

    def judge(self, agreement: Agreement, at: int) -> None:
        """Judge every follower of one fact: open what is overdue, settle what agrees or is declared."""
        dossier, fact = self.dossier, agreement.fact
        name = agreement.authority(dossier, at)
        authority = dossier.word(name, fact)
        gaps = dossier.gaps.get(fact, {})
        for follows in agreement.followers:
            follower = follows.party
            gap = gaps.get(follower)
            said = None if follower == name else dossier.word(follower, fact)
            if (
                authority is None
                or follower == name
                or (said is not None and agreement.agree(authority.values[fact], said.values[fact]))
            ):
                if gap is not None:
                    del gaps[follower]
                    if gap.opened:
                        how = (
                            "undecided"
                            if authority is None
                            else "decides"
                            if follower == name
                            else "agreed"
                        )
                        self._settle(fact, follower, how, authority)
                continue
            if gap is None or not gap.opened:
                stopped = since(agreement, authority, said, gap, at)
                began = at if gap is None else gap.began
                gap = gaps[follower] = Gap(began, stopped, stopped + follows.within)
            excuse = excused(dossier, agreement, follower, self.key, at)
            if excuse is not None and gap.opened:
                gap.opened = 0
                self._settle(fact, follower, "declared", authority, excuse.because)
            elif excuse is None and not gap.opened and at > gap.due and at == self.now:
                gap.opened = at
                self._open(fact, follower, gap, authority, said, name)
        for follower in [f for f in gaps if f not in {g.party for g in agreement.followers}]:
            if gaps.pop(follower).opened:
                self._settle(fact, follower, "follows no longer", authority)
        if gaps:
            dossier.gaps[fact] = gaps
        else:
            dossier.gaps.pop(fact, None)

    def _open(
        self, fact: str, follower: str, gap: Gap, authority: Said, said: Said | None, name: str
    ) -> None:
        body: dict[str, Any] = {
            "fact": fact,
            "follower": follower,
            "authority": name,
            "since": gap.since,
            "due": gap.due,
            "decided": authority.values[fact],
        }
        if said is not None:
            body["said"] = said.values[fact]
        last, changed = self.links.get(follower, 0), authority.changed[fact]
        if last <= changed and (said is None or said.mark(fact)[1] < changed):
            body["silent_since"] = last
        self.outcome.entries.append(Draft(OPENED, follower, body))

    def _settle(
        self, fact: str, follower: str, how: str, authority: Said | None, because: str = ""
    ) -> None:
        body: dict[str, Any] = {"fact": fact, "follower": follower, "how": how}
        if authority is not None:
            body["decided"] = authority.values[fact]
        if because:
            body["because"] = because
        self.outcome.entries.append(
            Draft(SETTLED, COMPANY if how == "declared" else follower, body)
        )
