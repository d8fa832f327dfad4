"""Planted defects: each is put into the kernel for one storm, to prove that storms can see it.

A defect that no storm finds means that the simulator lacks a fault. Two of those that the promises
name wait for what they are about: *closed when told*, for cases; *no re-check before telling*, for
tellings by repairs (*no re-check before a call* stands for it until then).
"""

from __future__ import annotations

from collections.abc import Callable
from sys import modules
from typing import Any

from ..agreement import sitting, verdict
from ..agreement.order import REPEAT
from ..clock import micros
from ..errors import LedgerError, NotDone
from ..ledger import UNNUMBERED, Batch, View
from ..ledger.journal import HANDED_OVER, LIVE, MADE, SETTLED, Journal
from ..ledger.names import Names
from ..office import Fate, Receipt, tells
from ..office.hearing import Hearing
from ..office.hears import Hears
from ..office.people import Audience
from ..office.tasks import Worker
from ..remedy import Answer, Repair, Repairs, answers, move, reading, worker
from ..remedy.course import AsksAbout, Calls
from ..remedy.look import Look
from ..story import contact as story_contact
from .planting import MUTANTS, always, mutant

__all__ = ["MUTANTS"]
"""Every planted defect by its name."""

# Hearing and judging


def _acknowledged_early(right: Any) -> Any:
    def heard(self: Any, *messages: Any) -> list[Receipt]:
        try:
            receipts: list[Receipt] = right(self, *messages)
        except LedgerError:
            return [Receipt(m.id, Fate.HEARD, 1) for m in messages]
        return receipts

    return heard


def _known_in_memory(right: Any) -> Any:
    def known_ids(self: Any, party: str, ids: Any) -> set[str]:
        seen = self._names.__dict__.setdefault("seen", set())
        known = {one for one in ids if (party, one) in seen}
        seen.update((party, one) for one in ids)
        return known

    return known_ids


def _ordered_by(order: Callable[[Any, Any], int]) -> Callable[[Any], Any]:
    def make(right: Any) -> Any:
        def speech(self: Any, batch: Any, subject: Any, spoken: Any, *rest: Any) -> Any:
            party, _, number = rest
            return right(self, batch, subject, spoken, party, order(self, number), number)

        return speech

    return make


def _remembers(right: Any) -> Any:
    def hear_one(self: Any, batch: Any, message: Any, said: Any, **more: Any) -> Any:
        self.heard_at = 0 if message.time is None else micros(message.time)
        return right(self, batch, message, said, **more)

    return hear_one


def _restarts(right: Any) -> Any:
    return lambda agreement, authority, follower, gap, at: at


def _late_ignored(right: Any) -> Any:
    def take(said: Any, fact: str, claim: Any, now: int, *, keep: bool) -> Any:
        if fact in said.values and claim.sequence < said.mark(fact)[0]:
            return REPEAT
        return right(said, fact, claim, now, keep=keep)

    return take


def _lagging(right: Any) -> Any:
    def story_of(dossier: Any, agreed: Any, key: str, **more: Any) -> Any:
        story = right(dossier, agreed, key, **more)
        for name, gaps in dossier.gaps.items():
            for follower in gaps:
                said = dossier.word(follower, name)
                if said is not None and name in story.tellings:
                    value = story.tellings[name].fact.form.read(said.values[name])
                    object.__setattr__(story.tellings[name], "said", (value,))
        return story

    return story_of


mutant("acknowledged before the commit", (Hears, "hear", _acknowledged_early))
mutant("duplicates known in memory only", (Batch, "known_ids", _known_in_memory))
mutant("order of arrival", (Hearing, "_speech", _ordered_by(lambda _, number: number - UNNUMBERED)))
mutant(
    "source clock as order",
    (Hearing, "_hear_one", _remembers),
    (Hearing, "_speech", _ordered_by(lambda self, _: getattr(self, "heard_at", 0))),
)
mutant("deadline restarts", (verdict, "since", _restarts))
mutant("deadline never comes", (modules["onestory.agreement.hear"], "next_wake", always(None)))
mutant("contradiction never closed", (verdict.Judging, "_settle", always(None)))
mutant("late claim ignored", (sitting, "take", _late_ignored))
mutant("lagging value told", (tells, "story_of", _lagging))
mutant("what is derived of others is not", (Worker, "_decided", always(None)))


def _keeps_names(right: Any) -> Any:
    def forget(self: Any) -> None:
        if "_parties" not in self.__dict__:
            right(self)

    return forget


mutant("names kept of a commit undone", (Names, "forget", _keeps_names))


# Marks, keys and outcomes


def _answers(change: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """What came of a call is taken for something else."""

    def make(right: Any) -> Any:
        def hear_answer(course: Any, made: Any, answer: Answer) -> None:
            right(course, made, change(made, answer))

        return hear_answer

    return make


def _is_unknown(answer: Answer) -> bool:
    return answer.error is not None and not isinstance(answer.error, NotDone)


def _cancelled(_: Any, answer: Answer) -> Answer:
    return Answer(error=NotDone("cancelled")) if _is_unknown(answer) else answer


def _taken_for_done(made: Any, answer: Answer) -> Answer:
    value = "done" if made.attempt.answer is not None else None
    return Answer(value) if _is_unknown(answer) else answer


def _never_got_it_is_done(made: Any, answer: Answer) -> Answer:
    if isinstance(made, AsksAbout) and isinstance(answer.error, NotDone):
        return Answer("done" if made.attempt.answer is not None else None)
    return answer


def _knows_it_all(made: Any, answer: Answer) -> Answer:
    if isinstance(made, Calls):
        made.unknown = False
    return answer


def _calls(change: Callable[[Any, Any], None]) -> Callable[[Any], Any]:
    def make(right: Any) -> Any:
        def call(course: Any, step: Any, attempt: Any) -> Any:
            made = right(course, step, attempt)
            change(course, made.step)
            return made

        return call

    return make


def _fresh_key(_: Any, step: Any) -> None:
    step.key = f"{step.key}-{step.tries}" if step.tries > 1 else step.key


def _done_at_once(_: Any, step: Any) -> None:
    step.state = MADE


def _timed_key(right: Any) -> Any:
    def calling(made: Any) -> Any:
        if isinstance(made, AsksAbout):
            return right(made)
        key = f"{made.step.key}-{made.step.attempted}"
        return lambda: made.attempt.perform(key)

    return calling


def _unmarked(right: Any) -> Any:
    def make(self: Any, batch: Any, journal: Any, course: Any, made: Any, calls: Any) -> Any:
        if isinstance(made, Calls):
            calls.append((course.row.number, made))
            return True
        return right(self, batch, journal, course, made, calls)

    return make


mutant("unknown outcome cancelled", (worker, "hear_answer", _answers(_cancelled)))
mutant("unknown outcome taken for done", (worker, "hear_answer", _answers(_taken_for_done)))
mutant("never got it taken for done", (worker, "hear_answer", _answers(_never_got_it_is_done)))
mutant("not done this time taken for never", (worker, "hear_answer", _answers(_knows_it_all)))
mutant("fresh key per retry", (move, "_call", _calls(_fresh_key)))
mutant("done before the call", (move, "_call", _calls(_done_at_once)))
mutant("key with time in it", (worker, "_calling", _timed_key))
mutant("marked after the call", (Repairs, "_make", _unmarked))


# Courses of repairs


def _courses(**wrong: Any) -> Callable[[Any], Any]:
    """What a repair goes by is not what is so."""

    def make(right: Any) -> Any:
        def courses(self: Any, *args: Any) -> Any:
            made = right(self, *args)
            for course in made.values():
                for name, value in wrong.items():
                    setattr(course, name, value)
            return made

        return courses

    return make


def _resent(right: Any) -> Any:
    def resolve(course: Any, step: Any, attempt: Any) -> Any:
        attempt.overwrites = False
        return right(course, step, attempt)

    return resolve


def _ends_at_once(right: Any) -> Any:
    def next_move(course: Any) -> Any:
        return right(course) if course.open else move.Ends(SETTLED, course.how)

    return next_move


def _drops_pending(right: Any) -> Any:
    def next_move(course: Any) -> Any:
        return move.BeginsAnew() if course.stale else right(course)

    return next_move


def _takes_too_much_over(right: Any) -> Any:
    def without(course: Any) -> Any:
        course.situation.steps = course.steps = course.steps[:-1]
        return move.next_move(course)

    return without


class _AsBefore(int):
    """A number that is what it was, whatever that was."""

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False


def _woken_ignored(right: Any) -> Any:
    def stand(self: Any, numbers: Any) -> Any:
        return {
            n: (holder, _AsBefore(woken)) for n, (holder, woken) in right(self, numbers).items()
        }

    return stand


def _lease_ignored(right: Any) -> Any:
    def due(self: Any, armed: Any, now: int, limit: int) -> Any:
        names = set(armed)
        rows = self.page(states=[LIVE], after=0, limit=1_000)
        return [r for r in rows if r.remedy in names and (r.moment or 0) <= now][: max(limit, 0)]

    return due


def _leaves_teams_alone(right: Any) -> Any:
    def wake_one(self: Any, number: int, moment: int) -> None:
        if self.repairs([number])[number].state != HANDED_OVER:
            right(self, number, moment)

    return wake_one


mutant("no re-check before a call", (Look, "courses", _courses(stale=False)))
mutant("silent system not asked", (Look, "courses", _courses(silent=False)))
mutant("old attempt sent after the new value", (move, "_resolve", _resent))
mutant("hold not released when settled", (worker, "next_move", _ends_at_once))
mutant("attempt dropped by a new decision", (worker, "next_move", _drops_pending))
mutant("credit not cumulative", (move, "_without_what_was_taken", _takes_too_much_over))
mutant("woken ignored", (Journal, "stand", _woken_ignored))
mutant("lease ignored", (Journal, "due", _lease_ignored))
mutant("settled, and still with the team", (Journal, "wake_one", _leaves_teams_alone))
mutant("written though settled", (move, "_leave_out", lambda _: move._attempt))  # noqa: SLF001
mutant(
    "not read back",
    (Repair, "until_agreed", always(None)),
    (move, "_read_back", always(move.Ends("done", "agreed"))),
)
mutant("deaf system called again", (move, "_read_back_deaf", lambda _: move._call))  # noqa: SLF001
mutant("money moved anew", (reading, "_moves_money", always(False)))  # noqa: FBT003 - what it gives
mutant("no repair for what differs anew", (Journal, "unremedied_of", always(None)))
mutant("time set back stops repairs", (View, "known", always(0)))
mutant(
    "unarmed remedies run",
    (Repairs, "run", lambda right: lambda self, _: right(self, list(self.remedies))),
)


# Tellings


def _knows_nothing_of_it(right: Any) -> Any:
    def told(self: Any, batch: Any, subject: Any, fact: str, *about: Any) -> None:
        """What a person was told is not kept."""

    return told


mutant("told, and not kept", (answers.Keeps, "_told", always(None)))
mutant("who was told is not known", (Audience, "told", _knows_nothing_of_it))
mutant("every telling waits for ever", (story_contact, "next_permitted", always(None)))


# Books


def _one_leg_later(right: Any) -> Any:
    later: list[Any] = []

    def post(self: Any, entry: int, key: str, lines: Any) -> None:
        while later:
            right(self, *later.pop())
        right(self, entry, key, lines[:1])
        later.append((entry, key, lines[1:]))

    return post


def _posted_later(right: Any) -> Any:
    later: list[Any] = []

    def post(self: Any, *posting: Any) -> None:
        while later:
            right(self, *later.pop())
        later.append(posting)

    return post


def _asked_unbooked(right: Any) -> Any:
    def keep(self: Any, batch: Any, journal: Any, course: Any, kept: Any) -> None:
        if isinstance(course.made, AsksAbout):
            course.made = None
        right(self, batch, journal, course, kept)

    return keep


def _wrong_side(right: Any) -> Any:
    return lambda request, system: [
        (account, record, currency, -minor)
        for account, record, currency, minor in right(request, system)
    ]


mutant("two transactions for two legs", (Journal, "post", _one_leg_later))
mutant("posted in another transaction", (Journal, "post", _posted_later))
mutant("what was asked about is not booked", (answers.Keeps, "__call__", _asked_unbooked))
mutant("booked on the wrong side", (answers, "lines_of", _wrong_side))
