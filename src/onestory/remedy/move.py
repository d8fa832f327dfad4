"""Moves: what a repair does next. Pure: from its rows and the dossier, to one move.

The rule for every outside effect (DESIGN.md section 8): a durable row, a durable mark *attempted*,
the call with a key made of durable rows only, then the result with its money and telling in one
transaction. An attempt whose outcome is unknown is asked about or resolved, never cancelled.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from ..clock import MICROSECOND, moment
from ..errors import OtherStep
from ..ledger.journal import (
    ATTEMPTED,
    DONE,
    MADE,
    NOT_MADE,
    REFUSED,
    SETTLED,
    VOID,
    StepRow,
)
from ..model import Remedy, SayAgain, duration, kind_of
from ..story import asked_text, letter_of
from .calls import words_of
from .course import AsksAbout, Attempted, Calls, Course
from .reading import moves_money, read_back
from .repair import enter
from .situation import Again, Attempt, HandsOver, Returned, Waits

ASKING = 0
"""The place of the step that asks a silent system to say again what it holds: before all others."""

_PATIENTLY = 3_600_000_000
"""Microseconds that a repair waits for that of its incident, which wakes it when it ends."""

_REREAD = 2
"""Times a deaf system is called for one step: once, and once more when it says what it said before."""


class Rests(msgspec.Struct):
    """Nothing is to be done before a moment, or before something is heard; and why."""

    until: int
    why: str = ""


class BeginsAnew(msgspec.Struct):
    """Another value is decided now: another generation begins."""


class Ends(msgspec.Struct):
    """The repair is over."""

    state: str
    reason: str


class GivesUp(msgspec.Struct):
    """The repair is handed over."""

    reason: str


Move: TypeAlias = Attempted | Rests | BeginsAnew | Ends | GivesUp


def next_move(course: Course) -> Move:  # noqa: PLR0911 - one rule, one line
    """What a repair does next. Steps of which that makes the outcome clear are in ``course.changed``."""
    own = [step for step in course.steps if step.taken is None]
    if course.row.version != course.remedy.version:
        if own:
            return GivesUp("It was begun by another version of the remedy.")
        course.row.version = course.remedy.version
    pending = course.steps[-1] if course.steps and course.steps[-1].state == ATTEMPTED else None
    if pending is None:
        if course.stale:
            return BeginsAnew()
        if not course.open and not course.steps and not course.heir:
            return Ends(SETTLED, course.how)
    taken = bool(course.steps) and course.steps[-1].taken is not None
    try:
        reached, passed = enter(course.remedy.run, course.situation)
    except OtherStep as error:
        return _without_what_was_taken(course) if taken else GivesUp(f"{error.what} {error.fix}")
    if taken and passed < len(course.steps):
        return _without_what_was_taken(course)
    if pending is not None:
        if isinstance(reached, Attempt) and reached.place == pending.place:
            return _resolve(course, pending, reached)
        if isinstance(reached, Waits):
            return Rests(reached.until, reached.why)
        why = f": {reached.reason}" if isinstance(reached, HandsOver) else "."
        return GivesUp(f"{pending.name} is without an answer, and the remedy went another way{why}")
    return _follow(course, reached)


def _follow(  # noqa: PLR0911 - one rule, one line
    course: Course, reached: Attempt | Waits | Again | HandsOver | Returned
) -> Move:
    now = course.situation.now
    if isinstance(reached, Waits):
        return Rests(reached.until, reached.why)
    if isinstance(reached, HandsOver):
        return GivesUp(reached.reason)
    if isinstance(reached, Again):
        step = course.steps[reached.place - 1]
        again = step.again + 1
        key = step_key(course, step.place, again)
        course.changed.append(
            msgspec.structs.replace(
                step, again=again, tries=0, asked=0, state=NOT_MADE, key=key, moment=now, taken=None
            )
        )
        return Rests(now)
    if isinstance(reached, Returned):
        if course.situation.agrees:
            return Ends(DONE, course.how or "agreed")
        return _read_back(course)
    if course.waits:
        return Rests(now + _PATIENTLY, "it is part of an incident, which is remedied first")
    if not course.open and reached.changes:
        return _leave_out(course, reached)
    if course.silent:
        return _ask_the_silent(course)
    return _attempt(course, reached)


def _step(course: Course, reached: Attempt) -> StepRow:
    """The step at a place: as it is kept, or a new one."""
    if reached.place <= len(course.steps):
        return course.steps[reached.place - 1]
    return StepRow(
        course.row.number,
        reached.place,
        reached.name,
        reached.system,
        reached.params,
        step_key(course, reached.place, 0),
        NOT_MADE,
        0,
        0,
        None,
        0,
        0,
        None,
        "",
        None,
    )


def _leave_out(course: Course, reached: Attempt) -> Move:
    """Nothing differs any more, so no value is written and no money is moved; the rest goes on."""
    why = "Nothing differs any more."
    left_out = msgspec.structs.replace(_step(course, reached), state=VOID, reason=why)
    course.changed.append(left_out)
    return Rests(course.situation.now)


def _attempt(course: Course, reached: Attempt) -> Move:
    """Do what is to be done, unless its pause is not over."""
    step = _step(course, reached)
    if step.params != reached.params:
        # Only a message is written anew: what surely did not go may go in other words, by another key.
        again = step.again + 1
        key = step_key(course, step.place, again)
        step = msgspec.structs.replace(
            step, params=reached.params, system=reached.system, again=again, key=key
        )
    if course.situation.now < step.moment:
        return Rests(step.moment)
    if step.tries >= course.remedy.patience.tries:
        return GivesUp(f"{step.name} could not be done: {step.reason}")
    return _call(course, step, reached)


def _call(course: Course, step: StepRow, attempt: Attempt) -> Move:
    """Mark a step as attempted; the mark is kept before the call is made."""
    now, tries = course.situation.now, step.tries + 1
    marked = msgspec.structs.replace(
        step,
        state=ATTEMPTED,
        tries=tries,
        attempted=now,
        moment=now + pause(course.remedy, tries, step.key),
    )
    return Calls(marked, attempt, step.state == ATTEMPTED)


def _resolve(  # noqa: PLR0911 - one rule, one line
    course: Course, step: StepRow, attempt: Attempt
) -> Move:
    """An attempt's outcome is unknown: ask about it, call again with its key, or read back."""
    now, patience = course.situation.now, course.remedy.patience
    if attempt.asked is not None:
        if step.asked >= patience.tries:
            return GivesUp(f"Nobody could say whether {step.name} was done: {step.reason}")
        return Rests(step.moment) if now < step.moment else AsksAbout(step, attempt)
    if not attempt.keyed:
        return _read_back_deaf(course, step, attempt)
    if (course.stale or not course.open) and attempt.overwrites:
        why = "Another value is decided since, and is written over it."
        course.changed.append(msgspec.structs.replace(step, state=VOID, reason=why))
        return Rests(now)
    if step.tries >= patience.tries:
        return GivesUp(f"{step.name} was not answered {step.tries} times: {step.reason}")
    if now < step.moment:
        return Rests(step.moment)
    return _call(course, step, attempt)


def _read_back_deaf(course: Course, step: StepRow, attempt: Attempt) -> Move:
    """A deaf system's answer was lost: what it says since tells whether it did what it was asked."""
    now, attempted = course.situation.now, step.attempted or 0
    about_follower = not attempt.system or attempt.system == course.row.follower
    if not about_follower or attempt.answer is not None:
        return GivesUp(f"Nobody can say whether {step.name} was done, or what it answered.")
    if course.spoken > attempted:
        if course.says_decided:
            seen = msgspec.structs.replace(step, state=MADE, reason="The follower said so.")
        elif step.tries < _REREAD:
            why = "The follower still said otherwise."
            seen = msgspec.structs.replace(step, state=NOT_MADE, reason=why, moment=now)
        else:
            return GivesUp(f"{step.name} was tried {step.tries} times without an answer or effect.")
        course.changed.append(seen)
        return Rests(now)
    end = attempted + duration(course.remedy.patience.most) // MICROSECOND
    if now >= end:
        return GivesUp(
            f"{step.name} was not answered, and {course.row.follower} said nothing since."
        )
    again = now + pause(course.remedy, step.asked + 1, step.key)
    course.changed.append(msgspec.structs.replace(step, asked=step.asked + 1))
    return Rests(min(again, end))


def _read_back(course: Course) -> Move:
    """A remedy came to its end, but the follower does not agree yet: read it back, or do it anew."""
    return _follow(course, read_back(course.situation, course.within))


def _ask_the_silent(course: Course) -> Move:
    """Nothing is written to a system that is silent as a whole before it was asked."""
    now, does, step = course.situation.now, course.says_again, course.asking
    patience = course.remedy.patience
    if step is None:
        step = course.asking = StepRow(
            course.row.number,
            ASKING,
            SayAgain.__name__,
            course.row.follower,
            "[]",
            step_key(course, ASKING, 0),
            NOT_MADE,
            0,
            0,
            None,
            0,
            0,
            None,
            "",
            None,
        )
    if now < step.moment:
        return Rests(step.moment)
    if step.tries >= patience.tries:
        return GivesUp(
            f"{course.row.follower} is silent, asked {step.tries} times or not to be asked."
        )
    if does is None:
        later = now + pause(course.remedy, step.tries + 1, step.key)
        course.changed.append(msgspec.structs.replace(step, tries=step.tries + 1, moment=later))
        return Rests(later)
    key = course.situation.key
    entity = "" if course.remedy.fact is None else course.remedy.fact.entity.__name__
    request = SayAgain(entity, "/".join(key))
    ask = Attempt(
        ASKING,
        step.name,
        step.system,
        "[]",
        lambda sent: does.perform(request, sent),
        None,
        keyed=True,
    )
    return _call(course, step, ask)


def _without_what_was_taken(course: Course) -> Move:
    """The new decision leads another way than the old one: what was taken over ends before that.

    Where the old way did more than write a value that is now written over, nothing is taken over:
    what was read before that, or held, is not so any more. But money that was moved is: where both
    ways move the same, it was moved.
    """
    company, before = course.situation.company, course.steps[:-1]
    last = kind_of(company, course.steps[-1].system, course.steps[-1].name)
    kept = len(before)
    if last is None or not last.overwrites:
        kept = max((step.place for step in before if moves_money(company, step)), default=0)
    course.situation.steps = course.steps = course.steps[:kept]
    course.dropped = kept + 1
    course.row.reason = f"taken over up to step {kept}"
    return next_move(course)


def step_key(course: Course, place: int, again: int) -> str:
    """What the asked system knows a step by: made of durable numbers only, never of time or chance."""
    key = f"{course.ledger}-{course.row.number}-{place}"
    return f"{key}-{again}" if again else key


def pause(remedy: Remedy, tried: int, key: str) -> int:
    """The pause after so many tries, in microseconds."""
    return remedy.patience.pause(tried, key) // MICROSECOND


def not_done(course: Course, step: StepRow, error: Any, *, refused: bool) -> None:
    """A call surely had no effect: it may be made again after its pause, unless it is refused."""
    step.state = REFUSED if refused else NOT_MADE
    step.reason = words_of(error)
    step.moment = course.situation.now + pause(course.remedy, max(step.tries, 1), step.key)


def foretold(move: Move) -> str:
    """A move in words."""
    if isinstance(move, (Calls, AsksAbout)):
        return _foretold_call(move)
    if isinstance(move, Rests):
        return f"wait until {moment(move.until):%Y-%m-%d %H:%M:%S} UTC{f': {move.why}' * bool(move.why)}"
    if isinstance(move, BeginsAnew):
        return "begin anew: another value is decided"
    if isinstance(move, GivesUp):
        return f"hand over: {move.reason}"
    return f"end: {move.reason or move.state}"


def _foretold_call(move: Calls | AsksAbout) -> str:
    step, asks = move.step, "ask what became of" if isinstance(move, AsksAbout) else "do"
    asked = msgspec.json.decode(step.params)
    if letter := letter_of(asked):
        who = f"{letter['to']} by {letter['channel']}"
        if isinstance(move, AsksAbout):
            return f"{asks} the message to {who}"
        return f"tell {who}:\n\n{letter['subject']}\n\n{letter['text']}".rstrip()
    by, given = f" in {step.system}" * bool(step.system), asked_text(asked)
    return f"{asks} {step.name}{by}{f': {given}' * bool(given)}"
