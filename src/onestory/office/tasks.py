"""Working off the queue: what follows from a change beyond its own subject, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from ..agreement import Outcome, link_name, rehearing, rejudge, unlink_name
from ..errors import LedgerCorrupt
from ..ledger import SETTLED, Batch, Dossier, Draft, Ref, Subject, Task, View, links, tasks
from ..ledger.history import LAST, heard_again
from ..model import COMPANY, DeclaredEntity, Fact, Terms
from . import queue
from .hearing import Hearing
from .people import Audience
from .reach import DEPTH, PAGE

TASKS_PER_COMMIT = 200
"""Tasks of one transaction: a commit costs as much as some fifty of them."""


class Worker:
    """Does what is queued, and what has become due, within one batch at a time."""

    def __init__(self, hearing: Hearing) -> None:
        self.hearing = hearing
        self.audience = Audience(hearing.company, hearing.agreements)
        self.done = 0
        self.doing: Task | None = None
        self.waking: int | None = None

    def work(self, batch: Batch, limit: int = TASKS_PER_COMMIT) -> bool:
        """Do what is due, up to a number of tasks. Whether there may be more.

        ``doing`` is the task that is under way, and ``done`` how many were done before it: for who
        must know which one failed.
        """
        self.done, self.doing = 0, None
        for _ in range(limit):
            task = self.doing = tasks.following(batch)
            if task is None:
                return self.audience.open_late(batch) == PAGE
            tasks.done(batch, task, self._do(batch, task.task, task.subject, task.body))
            self.done, self.doing = self.done + 1, None
        return True

    def put_off(self, batch: Batch, task: Task, error: Exception) -> None:
        """Try a task that failed again later, with its error."""
        queue.put_off(batch, task, error)

    def split(self, batch: Batch, task: Task) -> bool:
        """Let each subject of a page have a task of its own, so that one alone fails; if it can be."""
        if task.task not in ("terms", "decided"):
            return False
        rest = self._do(batch, task.task, task.subject, task.body, apart=True)
        tasks.done(batch, task, rest)
        return True

    def wake_later(self, batch: Batch, number: int, error: Exception) -> None:
        """A subject whose time has come cannot be judged: put that off, and let others be judged."""
        subject = batch.by_id(number)
        subject.dossier.wake = None
        batch.touch(subject)
        queue.put(batch, "judge", number, {"woken": True})
        self.put_off(batch, tasks.last(batch), error)

    def wake(self, batch: Batch, limit: int = PAGE) -> int:
        """Judge the subjects whose time has come; how many there were. ``waking`` is the one at hand."""
        self.waking = None
        due = tasks.to_wake(batch, limit)
        batch.load_ids(due)
        for number in due:
            subject = batch.by_id(number)
            if subject.wake is None or subject.wake > batch.known:
                raise LedgerCorrupt(
                    f"The index of moments names {subject.ref.entity} {subject.ref.key}, which waits "
                    "for none that has come.",
                    fix="Restore the ledger from a backup; `onestory verify` names what does not hold.",
                )
            self.waking = number
            self.hearing.pass_time(batch, subject)
        self.waking = None
        return len(due)

    def _do(
        self,
        batch: Batch,
        task: str,
        number: int,
        body: dict[str, Any],
        *,
        apart: bool = False,
    ) -> dict[str, Any] | None:
        """Do one task, or a page of it, maybe by a task for each subject; what is left of it to do."""
        if task == "terms":
            return self._judge_page(batch, body, apart=apart)
        subject = batch.by_id(number)
        if task == "judge":
            self._judge(batch, subject, woken=body.get("woken", False))
        elif subject.ref.entity not in self.hearing.agreements:
            pass  # it is no longer declared, and nothing follows from it
        elif task == "link":
            self._link(batch, subject, body["fact"], body["to"])
        elif task == "alias":
            self.link_alias(batch, subject, body["means"])
        elif task == "derive":
            self._derive(batch, subject)
        elif task == "decided":
            return self._decided(batch, subject, body, apart=apart)
        elif task == "move":
            return self.audience.move(batch, subject, body)
        elif task == "tell" and body["fact"] in self._facts_of(subject):
            return self.audience.tell(batch, subject, body)
        return None

    def _facts_of(self, subject: Subject) -> Collection[str]:
        """The facts that are declared of a subject now; a queued task may be about another."""
        return self.hearing.agreements.of(subject.ref.entity).facts

    def _link(self, batch: Batch, subject: Subject, fact: str, key: str | None) -> None:
        """Link a subject to another, or to none; people come and go with it."""
        agreed = self.hearing.agreements.of(subject.ref.entity)
        if fact not in agreed.facts or agreed.facts[fact].declared.links_to is None:
            return
        led = {each.fact: each.target for each in links.leading_from(batch.connection, subject.id)}
        target = None if key is None else batch.subject(queue.target_of(agreed, fact, key))
        old, new = led.get(fact), None if target is None else target.id
        if old == new:
            return
        before = self.audience.reach.people_of(batch, subject.id, subject.ref.entity)
        batch.flush()
        links.save(batch.connection, subject.id, fact, new)
        after = self.audience.reach.people_of(batch, subject.id, subject.ref.entity)
        for end in (old, new):
            if end is not None:
                self._pass_all(batch, subject, batch.by_id(end))
        gone = [person for person in before if person not in after]
        come = [[p, far] for p, far in after.items() if far < before.get(p, DEPTH + 1)]
        body = {"gone": gone, "come": come, "old": old, "new": new}
        rest = self.audience.move(batch, subject, body)
        if rest is not None:
            queue.put(batch, "move", subject.id, rest)

    def link_alias(self, batch: Batch, alias: Subject, key: str | None) -> None:
        """Let a system's own name mean a subject, or nothing known; judge all that this touches."""
        target = None if key is None else batch.subject(Ref(alias.ref.entity, "", key))
        old = None if alias.means is None else batch.by_id(alias.means)
        if old is target or not alias.ref.alias_of:
            return
        if old is not None:
            batch.means(alias, None)
            without = self._without(batch, old, alias)
            self._name(batch, unlink_name, old, alias, without=without)
        if target is not None:
            batch.means(alias, target)
            self._settle_all(batch, alias, "linked")
            self._name(batch, link_name, target, alias)
        else:
            alone = self._without(batch, alias, alias)
            alias.dossier.passed = alone.passed
            self._rejudge(batch, alias, instead=alone.gaps)

    def _name(
        self,
        batch: Batch,
        change: Callable[..., Outcome],
        about: Subject,
        alias: Subject,
        **more: Any,
    ) -> None:
        """Link a name to a subject, or unlink it; keep what that does."""
        agreed = self.hearing.agreements.of(about.ref.entity)
        dossiers, name = (about.dossier, alias.dossier), alias.ref.alias
        more |= {"key": about.ref.key, "links": batch.links}
        self._keep(batch, about, change(*dossiers, name, agreed, batch.known, **more))
        batch.touch(alias)

    def _without(self, batch: Batch, subject: Subject, alias: Subject) -> Dossier:
        """What a subject's dossier would be, had an alias never been linked to it."""
        batch.flush()
        view = View(batch.connection, b"")
        (found,) = view.by_id([subject.id])
        rehear = rehearing(self.hearing.agreements.of(subject.ref.entity), subject.ref.key)
        namings = [naming for naming in view.namings(subject.id) if naming.alias != alias.id]
        return heard_again(view, found, LAST, rehear, namings=namings)

    def _settle_all(self, batch: Batch, subject: Subject, how: str) -> None:
        for fact, gaps in subject.dossier.gaps.items():
            for follower, gap in gaps.items():
                if gap.opened:
                    gap.opened = 0
                    body = {"fact": fact, "follower": follower, "how": how}
                    batch.append(subject, Draft(SETTLED, COMPANY, body))

    def _rejudge(self, batch: Batch, subject: Subject, **more: Any) -> None:
        agreed = self.hearing.agreements.of(subject.ref.entity)
        more |= {"key": subject.ref.key, "links": batch.links}
        self._keep(batch, subject, rejudge(subject.dossier, agreed, batch.known, **more))

    def _keep(self, batch: Batch, subject: Subject, outcome: Outcome) -> None:
        batch.touch(subject)
        self.hearing.keep(batch, subject, subject, outcome)

    def _derive(self, batch: Batch, subject: Subject) -> None:
        for derivation in self.hearing.agreements.of(subject.ref.entity).derivations:
            self.hearing.derive(batch, derivation, subject)

    def _decided(
        self, batch: Batch, subject: Subject, body: dict[str, Any], *, apart: bool
    ) -> dict[str, Any] | None:
        """A fact was decided that facts of other subjects derive from, or pass authority by."""
        agreed = self.hearing.agreements.of(subject.ref.entity)
        if body["fact"] not in agreed.facts:
            return None
        fact = agreed.facts[body["fact"]].declared
        deriving = {
            d.fact.entity.__name__
            for other in self.hearing.agreements
            for d in other.derivations
            if fact in d.inputs and d.fact.entity is not fact.entity
        }
        if not body.get("after"):
            self._pass_on(batch, subject, fact)
        if not deriving:
            return None
        rows = links.linked_to(batch.connection, subject.id, body.get("after", 0), PAGE)
        batch.load_ids(row.subject for row in rows)
        for row in rows:
            if row.entity in deriving and apart:
                queue.put(batch, "derive", row.subject, {})
            elif row.entity in deriving:
                self._derive(batch, batch.by_id(row.subject))
        return {**body, "after": rows[-1].subject} if len(rows) == PAGE else None

    def _pass_all(self, batch: Batch, subject: Subject, target: Subject) -> None:
        """Pass authority over facts of a subject that another was linked to, or unlinked from."""
        for agreement in self.hearing.agreements.of(target.ref.entity).facts.values():
            passing = agreement.declared.passing
            if passing is not None and passing.fact.entity.__name__ == subject.ref.entity:
                self._pass_by(batch, target, passing.fact)

    def _pass_on(self, batch: Batch, subject: Subject, fact: Fact[Any]) -> None:
        """Pass authority over facts of the subjects this one is linked to, or take it back."""
        led = {each.fact: each.target for each in links.leading_from(batch.connection, subject.id)}
        for link in self.hearing.agreements.of(subject.ref.entity).declared.links:
            if link.links_to is None or link.name not in led:
                continue
            self._pass_by(batch, batch.by_id(led[link.name]), fact)

    def _pass_by(self, batch: Batch, target: Subject, fact: Fact[Any]) -> None:
        """Let authority over facts of one subject pass by a fact of those linked to it."""
        ended = [
            a.fact
            for a in self.hearing.agreements.of(target.ref.entity).facts.values()
            if a.declared.passing is not None and a.declared.passing.fact is fact
        ]
        if ended:
            passed = self._any_so(batch, target, fact)
            passes = {name: passed for name in ended if passed != (name in target.dossier.passed)}
            if passes:
                self.hearing.say(batch, COMPANY, ref=target.ref, passes=passes)

    def _any_so(self, batch: Batch, target: Subject, fact: Fact[Any]) -> bool:
        """Whether the fact is so for any subject linked to this one."""
        after = 0
        while rows := links.linked_to(batch.connection, target.id, after, PAGE):
            batch.load_ids(row.subject for row in rows)
            for row in rows:
                other = batch.by_id(row.subject)
                if other.ref.entity == fact.entity.__name__:
                    agreed = self.hearing.agreements.of(other.ref.entity)
                    if agreed.is_so(other.dossier, fact.name, batch.known):
                        return True
            after = rows[-1].subject
        return False

    def _judge_page(
        self, batch: Batch, body: dict[str, Any], *, apart: bool
    ) -> dict[str, Any] | None:
        """Judge a page of subjects by new terms, under the present names of facts."""
        after, renamed = body.get("after", 0), body.get("renamed", {})
        for entity, names in renamed.items() if not after else ():
            for was, now in names.items():
                batch.rename(entity, was, now)
        ids = tasks.subjects_after(batch, after, PAGE)
        batch.load_ids(ids)
        for number in ids:
            subject = batch.by_id(number)
            for was, now in renamed.get(subject.ref.entity, {}).items():
                subject.dossier.rename(was, now)
                batch.touch(subject)
            if apart:
                queue.put(batch, "judge", number, {})
            else:
                self._judge(batch, subject, woken=False)
        return {**body, "after": ids[-1]} if len(ids) == PAGE else None

    def _judge(self, batch: Batch, subject: Subject, *, woken: bool) -> None:
        """Judge a subject by new terms, or because its time has come."""
        if woken:
            subject.dossier.wake = batch.known
            self.hearing.pass_time(batch, subject)
            return
        newly = self.audience.keep_to_terms(batch, subject)
        if subject.ref.entity not in self.hearing.agreements:
            self._settle_all(batch, subject, "no longer declared")
            return
        self._rejudge(batch, subject)
        self._derive(batch, subject)
        agreed = self.hearing.agreements.of(subject.ref.entity)
        for fact in newly:
            decided = agreed.decided(subject.dossier, fact, batch.known)
            if decided is not None:
                told = {"fact": fact, "value": decided[0], "at": batch.known}
                queue.put(batch, "tell", subject.id, told)


def queue_new_terms(batch: Batch, company_terms: Terms, renamed: dict[str, dict[str, str]]) -> None:
    """Queue judging every subject by new terms: now, and when an authority moves."""
    queue.put(batch, "terms", 0, {"renamed": renamed})
    for moment in sorted({f.since for f in company_terms.facts.values() if f.since is not None}):
        if moment > batch.known:
            queue.put(batch, "terms", 0, {}, moment=moment)


def renamed_facts(entities: tuple[DeclaredEntity, ...], old: Terms) -> dict[str, dict[str, str]]:
    """The facts that have another name by new terms, by entity: the old name and the present one."""
    return {
        entity.name: {
            fact.was: name
            for name, fact in entity.facts.items()
            if fact.was and fact.path not in old.facts and f"{entity.name}.{fact.was}" in old.facts
        }
        for entity in entities
    }
