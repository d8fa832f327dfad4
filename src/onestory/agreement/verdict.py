"""Verdicts: what opens, what settles and what passes on when the followers of a fact are judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..ledger.dossier import Dossier, Gap, Said
from ..ledger.entry import OPENED, SETTLED, Draft
from ..model import COMPANY, Json
from .agreement import Agreement, EntityAgreements, Follows
from .deadline import since
from .judge import excused
from .speech import Outcome


class Judging:
    """Judges the facts of one subject at one moment; ``outcome`` gathers what that did.

    Args:
        dossier: What is said of the subject; changed in place.
        agreed: The agreements on its entity.
        now: The moment, in microseconds.
        key: The subject's key.
        links: When each system was last heard of anything.
    """

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

    def abandon(self, fact: str) -> None:
        """Settle what is open of a fact that is no longer declared."""
        for follower, gap in self.dossier.gaps.pop(fact).items():
            if gap.opened:
                self._settle(fact, follower, "no longer declared", None)

    def note(self, fact: str, before: tuple[Json] | None, at: int) -> None:
        """Note that a decided value changed, if something depends on it; pass authority on by it."""
        if fact not in self.agreed.watched:
            return
        after = self.agreed.decided(self.dossier, fact, at)
        if after is None:
            self.outcome.undecided += [fact] if before else []
        elif after != before:
            self.outcome.decided[fact] = after[0]
        for ended in self.agreed.passes.get(fact, ()):
            self.pass_on(ended, at, passed=self.agreed.is_so(self.dossier, fact, at))

    def judge(self, fact: str, at: int, *, by: str = "") -> None:
        """Judge the followers of a fact: open what is overdue, settle what agrees or is declared.

        Args:
            fact: The fact; one that is not declared is passed over.
            at: The moment; contradictions are opened at the present one only.
            by: The party that spoke. Where that is a follower, only it is judged.
        """
        agreement = self.agreed.facts.get(fact)
        if agreement is not None:
            self._judge(agreement, agreement.authority(self.dossier, at), at, by=by)

    def _judge(self, agreement: Agreement, name: str, at: int, *, by: str = "") -> None:
        """Judge the followers of one fact, which ``name`` decides."""
        dossier, fact = self.dossier, agreement.fact
        authority = dossier.word(name, fact)
        kept = dossier.gaps.get(fact)
        gaps = {} if kept is None else kept
        excusing = agreement.differences or dossier.excuses
        for follows in agreement.judged.get(by, agreement.followers):
            follower = follows.party
            said = None if follower == name else dossier.word(follower, fact)
            if (
                authority is None
                or follower == name
                or (said is not None and agreement.agree(authority.values[fact], said.values[fact]))
            ):
                gap = gaps.pop(follower, None)
                if gap is not None and gap.opened:
                    how = "undecided" if authority is None else "agreed" if said else "decides"
                    self._settle(fact, follower, how, authority)
            else:
                gap = self._differ(agreement, follows, gaps, authority, said, at)
                if by == follower:
                    gap.spoken = True
                elif by == name or (by and by in agreement.members):
                    gap.spoken = False
                if excusing or (not gap.opened and at > gap.due):
                    self._open_or_excuse(agreement, follower, gap, authority, said, name, at)
        if kept is not None and not kept.keys() <= agreement.following:
            self._forget_followers(agreement, kept, authority)
        if not gaps:
            dossier.gaps.pop(fact, None)
        elif kept is None:
            dossier.gaps[fact] = gaps

    def pass_on(self, fact: str, at: int, *, passed: bool) -> None:
        """Let another party decide a fact from now on, or no longer."""
        if passed == (fact in self.dossier.passed) or fact not in self.agreed.facts:
            return
        before = self.agreed.decided_before(self.dossier, fact, at)
        if passed:
            self.dossier.passed[fact] = at
        else:
            del self.dossier.passed[fact]
        self.note(fact, before, at)
        self.judge(fact, at)

    def _differ(
        self,
        agreement: Agreement,
        follows: Follows,
        gaps: dict[str, Gap],
        authority: Said,
        said: Said | None,
        at: int,
    ) -> Gap:
        """The gap between a follower and the authority, begun or brought up to date."""
        gap = gaps.get(follows.party)
        if gap is None or not gap.opened:
            stopped = since(agreement, authority, said, gap, at)
            if gap is None:
                gap = gaps[follows.party] = Gap(at, stopped, 0)
                changed = authority.changed[agreement.fact]
                gap.spoken = said is not None and said.mark(agreement.fact)[1] >= changed
            gap.since, gap.due = stopped, stopped + follows.within
        return gap

    def _open_or_excuse(
        self,
        agreement: Agreement,
        follower: str,
        gap: Gap,
        authority: Said,
        said: Said | None,
        name: str,
        at: int,
    ) -> None:
        """Open a gap that is overdue, unless a declared difference covers it."""
        excuse = None
        if agreement.differences or self.dossier.excuses:
            excuse = excused(self.dossier, agreement, follower, self.key, at)
        if excuse is not None:
            if gap.opened:
                gap.opened = 0
                self._settle(agreement.fact, follower, "declared", authority, excuse.because)
        elif not gap.opened and at > gap.due and at == self.now:
            gap.opened = at
            self._open(agreement.fact, follower, gap, authority, said, name)

    def _forget_followers(
        self, agreement: Agreement, gaps: dict[str, Gap], authority: Said | None
    ) -> None:
        for follower in gaps.keys() - agreement.following:
            if gaps.pop(follower).opened:
                self._settle(agreement.fact, follower, "follows no longer", authority)

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
        last = self.links.get(follower, 0)
        if last <= authority.changed[fact] and not gap.spoken:
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
