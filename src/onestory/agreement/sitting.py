"""A sitting: one hearing of one subject, under way, from what is said to what is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..ledger.dossier import UNNUMBERED, Dossier, Excuse, Gap, Said, new_said
from ..ledger.entry import HEARD, Draft
from ..ledger.identity import speaker
from ..model import Json
from .agreement import EntityAgreements
from .order import Claimed, advance, boundaries, end, in_order, lift, put, say_again, take
from .speech import Speech
from .verdict import Judging


class Sitting(Judging):
    """Hears one subject at one moment, and judges what that changes."""

    def let_time_pass(self) -> None:
        """Let claims whose time has come speak, each at its moment; then judge what is due."""
        dossier, now = self.dossier, self.now
        waiting = [(name, said) for name in dossier.waiting if (said := dossier.speaker(name))]
        moments = {m for _, said in waiting for m in boundaries(said) if m <= now}
        moved = {moment for moment in self.agreed.moves if dossier.at < moment <= now}
        for moment in sorted(moments | moved):
            for fact in self.agreed.facts if moment in moved else ():
                self.judge(fact, moment)
            for name, said in waiting:
                for fact in list(said.timed):
                    before = self.agreed.decided_before(dossier, fact, moment)
                    if advance(said, fact, moment, keep=self._keeps(name)):
                        self.note(fact, before, moment)
                        self.judge(fact, moment, by=name.partition("@")[0])
        for name, said in waiting:
            self._note_waiting(name, said)
        for fact in list(dossier.gaps):
            if fact in self.agreed.facts:
                self.judge(fact, now)
            else:
                self.abandon(fact)
        self.touched = True

    def differ_since(self, instead: Mapping[str, Mapping[str, Gap]]) -> None:
        """Let followers differ since other moments; what is open since another is settled."""
        dossier = self.dossier
        for fact, follower, gap in [
            (f, p, g) for f, gaps in instead.items() for p, g in gaps.items()
        ]:
            known = dossier.gaps.setdefault(fact, {}).get(follower)
            if known is not None and known.opened:
                if gap.opened and (known.since, known.due) == (gap.since, gap.due):
                    continue
                self._settle(fact, follower, "unlinked", None)
            dossier.gaps[fact][follower] = gap
            name = self.agreed.facts[fact].authority(dossier, self.now)
            authority = dossier.word(name, fact)
            if gap.opened and authority is not None:
                gap.opened = self.now
                self._open(fact, follower, gap, authority, dossier.word(follower, fact), name)

    def listen(self, speech: Speech) -> None:
        """Take in what a message says, then judge the facts it changed."""
        body: dict[str, Any] = {}
        if speech.values:
            name = speech.speaker
            said = self._speaker(name, speech.party, speech.alias)
            body = self._take_all(said, speech, name)
            if said.timed or self.dossier.waiting:
                self._note_waiting(name, said)
        if speech.ends:
            body["ends"] = speech.ends
            self._end_all(speech)
        if speech.excuses:
            body["declares"] = [msgspec.structs.asdict(excuse) for excuse in speech.excuses]
            self._excuse(speech.excuses)
        if speech.passes:
            body["passes"] = speech.passes
            for fact, passed in speech.passes.items():
                self.pass_on(fact, self.now, passed=passed)
        if body:
            if speech.order >= 0:
                body["sequence"] = speech.order
            if speech.replayed:
                body["receipt"] = speech.number
            self.outcome.entries.insert(0, Draft(HEARD, speech.party, body))
            self.dossier.heard += 1
            self.touched = True

    def _words(self, speech: Speech) -> dict[str, tuple[Json, tuple[Json] | None]]:
        """What a party of several names says now, and what is decided; a repeat may change both."""
        dossier = self.dossier
        if speech.party not in dossier.aliases:
            return {}
        return {
            fact: (word.values[fact], self.agreed.decided_before(dossier, fact, self.now))
            for fact in speech.values
            if (word := dossier.word(speech.party, fact)) is not None
        }

    def _speaker(self, name: str, party: str, alias: str) -> Said:
        """What a party says, under its own name or an alias; begun, if it never spoke so."""
        said = self.dossier.speaker(name)
        if said is None:
            said = new_said()
            self.dossier.put(name, said)
            if alias:
                self.dossier.aliases.setdefault(party, []).append(name)
        return said

    def _take_all(self, said: Said, speech: Speech, name: str) -> dict[str, Any]:
        """Take in every fact of a message; what the heard entry must hold."""
        says: dict[str, Any] = {}
        behind: dict[str, int] = {}
        dossier, now, agreed = self.dossier, self.now, self.agreed
        insisted = insists(dossier, speech, agreed) if dossier.gaps else ()
        keep, known = self._keeps(name), said.values
        changed: list[tuple[str, tuple[Json] | None]] = []
        words = self._words(speech)
        together = not speech.times and in_order(said, speech.order)
        for fact, value in speech.values.items():
            if together and fact in known and known[fact] == value:
                continue
            before = agreed.decided_before(dossier, fact, now)
            if together:
                put(said, fact, value, now, keep=keep)
                says[fact] = value
                changed.append((fact, before))
                continue
            when = speech.times.get(fact, (None, None))
            taken = take(said, fact, Claimed(value, speech.order, *when), now, keep=keep)
            if taken.new:
                says[fact] = value
            if taken.behind is not None:
                behind[fact] = taken.behind
            if taken.changed:
                changed.append((fact, before))
            elif taken.new and fact in speech.times:
                self._let_latest_decide(fact, speech)
        if together:
            say_again(said, speech.values, speech.order, now)
        if words:
            changed += self._otherwise(words, says, speech)
        for fact in insisted:
            says.setdefault(fact, speech.values[fact])
            dossier.gaps[fact][speech.party].spoken = True
        for fact, before in changed:
            self._changed(fact, before, speech)
        return _body(says, speech.times, behind) if says else {}

    def _otherwise(
        self,
        words: dict[str, tuple[Json, tuple[Json] | None]],
        says: dict[str, Any],
        speech: Speech,
    ) -> list[tuple[str, tuple[Json] | None]]:
        """The facts on which a party now says something else by repeating it under another name."""
        changed = []
        for fact, (word, before) in words.items():
            after = self.dossier.word(speech.party, fact)
            if fact not in says and after is not None and after.values[fact] != word:
                says[fact] = speech.values[fact]
                changed.append((fact, before))
        return changed

    def _changed(self, fact: str, before: tuple[Json] | None, speech: Speech) -> None:
        """Judge a fact of which a party now says something else."""
        agreement = self.agreed.facts.get(fact)
        if agreement is None:
            return
        party, name = speech.party, agreement.authority(self.dossier, self.now)
        if party in agreement.members:
            self._let_latest_decide(fact, speech)
        if fact in self.agreed.watched and (party == name or party in agreement.members):
            self.note(fact, before, self.now)
            name = agreement.authority(self.dossier, self.now)
        self._judge(agreement, name, self.now, by=party)

    def _let_latest_decide(self, fact: str, speech: Speech) -> None:
        """Where the latest of some systems decides, its word becomes theirs, by ledger number."""
        agreement = self.agreed.facts.get(fact)
        if agreement is None or speech.party not in agreement.members:
            return
        party = agreement.authority(self.dossier, self.now)
        name = speaker(party, speech.alias) if speech.alias else party
        said = self._speaker(name, party, speech.alias)
        when = speech.times.get(fact, (None, None))
        claimed = Claimed(speech.values[fact], speech.number - UNNUMBERED, *when)
        timed = fact in speech.times or fact in said.timed
        if not timed and said.values.get(fact, claimed) == claimed.value:
            # It decides again, by a repeat under another name; it has said so since it first did.
            lift(said, {fact: claimed.sequence})
            return
        take(said, fact, claimed, self.now, keep=True)
        self._note_waiting(name, said)

    def _end_all(self, speech: Speech) -> None:
        """Let a party say nothing of some facts any more; whom it decides for has no answer then.

        What it said under another name ends, too, or that would be its answer again.
        """
        speakers = self._speakers(speech.party)
        for fact in speech.ends:
            before = self.agreed.decided_before(self.dossier, fact, self.now)
            for name, said in speakers:
                if fact in said.values:
                    order = said.mark(fact)[0]
                    end(said, fact, self.now, keep=self._keeps(name))
                    self._end_latest(fact, speech, order)
            self.note(fact, before, self.now)
            self.judge(fact, self.now)
        for name, said in speakers:
            self._note_waiting(name, said)

    def _end_latest(self, fact: str, speech: Speech, order: int) -> None:
        """Where the latest of some systems decides, its word ends with the claim that it was."""
        agreement = self.agreed.facts.get(fact)
        if agreement is None or speech.party not in agreement.members:
            return
        for _, said in self._speakers(agreement.authority(self.dossier, self.now)):
            if fact in said.values and said.mark(fact)[0] == order:
                end(said, fact, self.now, keep=True)

    def _speakers(self, party: str) -> list[tuple[str, Said]]:
        """What a party says under each of its names."""
        names = (party, *self.dossier.aliases.get(party, ()))
        return [(name, said) for name in names if (said := self.dossier.speaker(name))]

    def _note_waiting(self, name: str, said: Said) -> None:
        waiting = self.dossier.waiting
        if said.timed and name not in waiting:
            waiting.append(name)
        elif not said.timed and name in waiting:
            waiting.remove(name)

    def _keeps(self, name: str) -> bool:
        return name.partition("@")[0] in self.agreed.deciding

    def _excuse(self, excuses: list[Excuse]) -> None:
        for excuse in excuses:
            kept = [
                e
                for e in self.dossier.excuses
                if (e.fact, e.follower) != (excuse.fact, excuse.follower) and e.until >= self.now
            ]
            self.dossier.excuses = [*kept, excuse]
            self.judge(excuse.fact, self.now)


def insists(dossier: Dossier, speech: Speech, agreed: EntityAgreements) -> list[str]:
    """The facts on which a follower speaks, since the authority's last change, and still differs.

    The first such word turns late into contradicts, so it is kept as an entry, be it a repeat.
    """
    return [
        fact
        for fact, gaps in dossier.gaps.items()
        if fact in speech.values
        and fact in agreed.facts
        and speech.party in gaps
        and not gaps[speech.party].spoken
    ]


def _body(
    says: dict[str, Any],
    times: dict[str, tuple[int | None, int | None]],
    behind: dict[str, int],
) -> dict[str, Any]:
    body: dict[str, Any] = {"says": says}
    if times:
        body["times"] = {fact: when for fact, when in times.items() if fact in says}
    if behind:
        body["behind"] = behind
    return body
