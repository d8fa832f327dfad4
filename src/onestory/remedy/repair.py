"""Repairs: one run of a remedy, entered from the top each time; what is recorded is not done again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar

import msgspec

from ..clock import MICROSECOND, moment
from ..errors import OtherStep, Refused, RemedyError, UnreadableType
from ..ledger.journal import MADE, REFUSED, VOID, StepRow
from ..model import (
    Ability,
    Company,
    Fact,
    Form,
    MovesMoney,
    Party,
    Patience,
    System,
    ability_of,
    answer_form,
    declare_remedy,
    duration,
    form_of,
    kind_of,
)
from ..model.remedy import PATIENT
from .books import lines_of

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")

MAX_STEPS = 1_000
"""Steps of one repair: it is entered from the top after each, so more would cost more than they do."""


class Attempt(msgspec.Struct):
    """A repair came to something that is to be done.

    Args:
        place: Its place among the repair's steps, from 1 on.
        name: The request's or the function's name.
        system: The system that is asked; empty for a function of the company's own.
        params: What it is given, as JSON.
        perform: Does it, with the step's key.
        answer: The form of what it answers, if anything.
        keyed: Whether what is asked knows the key again.
        asked: Tells what became of a key, if that can be asked.
        overwrites: Whether a later request replaces what this one does.
        request: The request, for one that moves money or tells.
    """

    place: int
    name: str
    system: str
    params: str
    perform: Callable[[str], Any]
    answer: Form | None
    keyed: bool
    asked: Callable[[str], Any] | None = None
    overwrites: bool = False
    request: Ability[Any] | None = None

    @property
    def changes(self) -> bool:
        """Whether it writes a value or moves money, which is done only while something differs."""
        return self.overwrites or isinstance(self.request, MovesMoney)


class Waits(msgspec.Struct):
    """A repair waits: until a moment in microseconds, or until a claim comes before."""

    until: int


class Again(msgspec.Struct):
    """The last step was not seen to have any effect: it is to be done anew."""

    place: int


class HandsOver(msgspec.Struct):
    """A repair gives up, with the reason, to the team of the system."""

    reason: str


class Returned(msgspec.Struct):
    """A remedy came to its end."""


class Situation(msgspec.Struct):
    """What a repair can see when it is entered. Times are microseconds.

    Args:
        number: The repair's number.
        company: The company, for what its systems can be asked.
        key: The subject's key, in a tuple of its parts.
        person: The key of the person who follows, for people.
        decided: The decided value.
        said: What the follower says, in a tuple; empty if it never spoke.
        steps: What was done so far.
        now: The moment.
        changed: Since when the authority says what it says.
        agrees: Whether the follower agrees, or the contradiction was settled otherwise.
        settled: Whether the contradiction was settled, so that nothing is to be put right any more.
        begun: When the repair was begun.
        patience: How often steps are tried.
    """

    number: int
    company: Company
    key: tuple[str, ...]
    person: str
    decided: Any
    said: tuple[Any, ...]
    steps: Sequence[StepRow]
    now: int
    changed: int
    agrees: bool
    settled: bool
    begun: int
    patience: Patience


class Stop(BaseException):
    """Ends one entering of a remedy. No error: a remedy that catches ``Exception`` lets it pass."""

    def __init__(self, reached: Attempt | Waits | Again | HandsOver) -> None:
        super().__init__(type(reached).__name__)
        self.reached = reached


class Repair(Generic[T]):
    """One run of a remedy, for one contradiction.

    A remedy is entered from the top each time: what a step did before is answered from the record,
    so between steps it may only compute. It must take the same way from the same answers.
    """

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._place = 0

    @property
    def number(self) -> int:
        """The repair's number."""
        return self._situation.number

    @property
    def key(self) -> str:
        """The subject's key; ``key_parts`` for one of several parts."""
        return "/".join(self._situation.key)

    @property
    def key_parts(self) -> tuple[str, ...]:
        """The parts of the subject's key."""
        return self._situation.key

    @property
    def person(self) -> str:
        """The key of the person who is to be told, where people follow."""
        return self._situation.person

    @property
    def decided(self) -> T:
        """What is decided, by which this repair goes. Another decision begins another repair."""
        value: T = self._situation.decided
        return value

    @property
    def said(self) -> T | None:
        """What the follower says, or None while it never spoke."""
        return self._situation.said[0] if self._situation.said else None

    @property
    def passed(self) -> int:
        """How many steps it came to so far, the one it stands at included."""
        return self._place

    @property
    def begun(self) -> datetime:
        """When this repair was begun."""
        return moment(self._situation.begun)

    def step(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do something once; what it answers is kept, and given again when the remedy is entered again.

        A function that takes a keyword-only ``key`` is given the step's key, by which what it asks
        can know the request again. One that does not is *deaf*: if its answer is lost, the follower
        is read back before it is called once more.

        Raises:
            Refused: The function raised it, now or before.
            RemedyError: An argument or the answer is of a type that cannot be kept.
        """
        form, keyed = _plain(call)
        named = {name: _written(value) for name, value in sorted(kwargs.items())}
        params = msgspec.json.encode([[_written(a) for a in args], named]).decode()
        more: dict[str, Any] = dict(kwargs)

        def perform(key: str) -> Any:
            return call(*args, **(more | {"key": key} if keyed else more))

        name = getattr(call, "__qualname__", type(call).__name__)
        answer: R = self._do(Attempt(0, name, "", params, perform, form, keyed))
        return answer

    def do(self, system: System, request: Ability[R]) -> R:
        """Ask a system once to do what it is able to; its answer is kept.

        Once the contradiction is settled, no value is written and no money is moved any more: such a
        request is left out, and answers None. What holds or releases, reads or tells goes on.

        Raises:
            Refused: It refused for good, now or before.
            NoSuchName: No function is declared with ``@does`` for this request.
        """
        does = ability_of(self._situation.company, system, type(request))
        if isinstance(request, MovesMoney):
            lines_of(request, system.name)  # an amount that cannot be booked is not asked for
        params = msgspec.json.encode(does.request.write(request)).decode()
        answer: R = self._do(
            Attempt(
                0,
                does.ability.__name__,
                system.name,
                params,
                lambda key: does.perform(request, key),
                does.answer,
                does.keyed,
                does.asked,
                does.ability.overwrites,
                request,
            )
        )
        return answer

    def until_agreed(self, *, within: str | timedelta) -> None:
        """Wait until the follower says what is decided.

        If it does not within this time of the step before, that step is done anew, by the remedy's
        patience; then the repair is handed over. Returns also when the contradiction is settled
        otherwise: nothing differs any more.
        """
        if not self._situation.agrees:
            raise Stop(read_back(self._situation, duration(within) // MICROSECOND))

    def until_quiet(self, *, lasting: str | timedelta) -> None:
        """Wait until the decided value has not changed for a time: bursts are waited out."""
        end = self._situation.changed + duration(lasting) // MICROSECOND
        if self._situation.now < end:
            raise Stop(Waits(end))

    def hand_over(self, reason: str) -> NoReturn:
        """Give the repair to the system's team, with the reason."""
        raise Stop(HandsOver(reason))

    def _do(self, attempt: Attempt) -> Any:
        self._place += 1
        if self._place > MAX_STEPS:
            raise RemedyError(
                f"A repair has more than {MAX_STEPS:,} steps.",
                fix="Do several things in one step, or remedy each in its own repair.",
            )
        attempt.place = self._place
        steps = self._situation.steps
        step = steps[self._place - 1] if self._place <= len(steps) else None
        if step is not None:
            known, wanted = (
                (step.system, step.name, step.params),
                (
                    attempt.system,
                    attempt.name,
                    attempt.params,
                ),
            )
            if known != wanted:
                raise OtherStep(
                    f"Step {self._place} was {step.name} {step.params}; now it is "
                    f"{attempt.name} {attempt.params}.",
                    fix="Between steps a remedy may only compute, from what the repair gives it.",
                )
            if step.state == VOID:
                return None
            if step.state == MADE:
                if attempt.answer is not None and step.result is None:
                    raise Stop(
                        HandsOver(f"{step.name} was done, but its answer is lost: {step.reason}")
                    )
                return _read(attempt.answer, step.result)
            if step.state == REFUSED and not (self._situation.settled and attempt.changes):
                raise Refused(step.reason)
        raise Stop(attempt)


def remedies(
    follower: Party, fact: Fact[T], *, patience: Patience = PATIENT
) -> Callable[[Callable[[Repair[T]], None]], Callable[[Repair[T]], None]]:
    """Declare the remedy of one fact in one follower: what is done when it is late or contradicts.

    It runs only while it is armed, by ``onestory arm`` or ``arm(follower, fact)``.

    Args:
        follower: The party that has not followed.
        fact: The fact.
        patience: How often a step is tried, and how long between two tries.

    Raises:
        DeclarationError: The party does not follow the fact.
        DeclaredTwice: The fact has a remedy in this follower already.
    """

    def declare(run: Callable[[Repair[T]], None]) -> Callable[[Repair[T]], None]:
        declare_remedy(follower, fact, run, patience)
        return run

    return declare


def read_back(seen: Situation, within: int) -> Waits | Again | HandsOver:
    """What to do while the follower does not say what is decided: wait, do the last step anew, give up.

    Money is never moved anew: that it is not seen yet does not mean that it was not moved.
    """
    last = next((s for s in reversed(seen.steps) if s.state == MADE and s.attempted), None)
    end = (last.attempted if last and last.attempted else seen.begun) + within
    if seen.now < end:
        return Waits(end)
    if last is None:
        return HandsOver("Nothing was done, and the follower still differs.")
    if last.again + 1 >= seen.patience.tries or _moves_money(seen.company, last):
        times = f"{last.again + 1} times" if last.again else "once"
        return HandsOver(f"{last.name} was done {times}, and the follower still differs.")
    return Again(last.place)


def _moves_money(company: Company, step: StepRow) -> bool:
    kind = kind_of(company, step.system, step.name)
    return kind is not None and issubclass(kind, MovesMoney)


def enter(
    run: Callable[[Any], None], situation: Situation
) -> tuple[Attempt | Waits | Again | HandsOver | Returned, int]:
    """Enter a remedy from the top; where it comes to, and how many steps it passed or stands at."""
    repair = Repair[Any](situation)
    try:
        run(repair)
    except Stop as stop:
        return stop.reached, repair.passed
    except OtherStep:
        raise
    except Exception as error:  # noqa: BLE001
        # The remedy is the company's own code: whatever it raises ends this repair only.
        return HandsOver(f"{type(error).__name__}: {error}"), repair.passed
    return Returned(), repair.passed


@cache
def _plain(call: Callable[..., Any]) -> tuple[Form | None, bool]:
    """The form of what a function answers, and whether it takes a key."""
    key = inspect.signature(call).parameters.get("key")
    return answer_form(call, ""), key is not None and key.kind is key.KEYWORD_ONLY


@cache
def _form(kind: type[Any]) -> Form:
    try:
        return form_of(kind, where="")
    except UnreadableType as error:
        raise RemedyError(
            f"A step was given a {kind.__name__}, which cannot be kept.",
            fix="Give steps what facts may hold: texts, numbers, Money, dates, frozen structs.",
        ) from error


def _written(value: Any) -> Any:
    kind: Any = type(value)
    return None if value is None else _form(kind).write(value)


def _read(form: Form | None, result: str | None) -> Any:
    return None if form is None or result is None else form.read(msgspec.json.decode(result))


def written_answer(form: Form | None, answer: Any) -> str | None:
    """What a step answered, as it is kept.

    Raises:
        ValueMisfit: It is not of the type that the function says.
    """
    return None if form is None else msgspec.json.encode(form.write(answer)).decode()
