"""Repairs: one run of a remedy, entered from the top each time; what is recorded is not done again."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar

import msgspec

from ..clock import MICROSECOND, micros, moment
from ..errors import OtherStep, Refused, RemedyError, UnreadableType
from ..ledger.journal import ATTEMPTED, MADE, REFUSED, VOID, StepRow
from ..model import (
    Ability,
    Form,
    MovesMoney,
    Notice,
    Send,
    System,
    ability_of,
    answer_form,
    duration,
    form_of,
)
from ..story.contact import Blocked, NotBefore
from ..story.letter import Unreachable, reference_of
from .books import lines_of
from .calls import words_of
from .reading import read_back
from .situation import (
    Again,
    Attempt,
    HandsOver,
    Returned,
    Situation,
    Stop,
    Told,
    Waits,
)

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")

TELL = "tell"
"""The name of the steps that tell a person."""

RECONSIDER = 3_600_000_000
"""Microseconds after which it is looked again whether a person may be contacted: an hour, since what
forbids it may end by itself; what the person says wakes the repair at once."""

MAX_STEPS = 1_000
"""Steps of one repair: it is entered from the top after each, so more would cost more than they do."""


_told = msgspec.json.Decoder(tuple[Told, Send])


class Repair(Generic[T]):
    """One run of a remedy, for one contradiction.

    A remedy is entered from the top each time: what a step did before is answered from the record,
    so between steps it may only compute. It must take the same way from the same answers.
    """

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._place = 0
        self._agreed = False

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

    def tell(self, notice: Notice) -> None:
        """Tell the person who follows, once, by the first channel that reaches them.

        The message is written from what is decided when it goes. It waits for a permitted hour; where
        it may not go at all, the repair rests until something is heard that changes that.
        """
        refused = []
        while (step := self._known(self._place + 1)) is not None and step.name == TELL:
            if step.state in (MADE, VOID):
                self._place += 1
                return
            if step.state != REFUSED:
                break
            refused.append(_told.decode(step.params)[0].channel)
            self._place += 1
        self._place += 1
        if step is not None and step.name == TELL and step.state == ATTEMPTED:
            attempt = self._telling(notice, _told.decode(step.params), step.params)
            raise Stop((attempt.asked is None and self._held_back(notice, refused)) or attempt)
        if self._situation.agrees:
            return  # what surely did not go need not go: the person knows what is so again
        write = self._situation.write
        if write is None:
            raise RemedyError(
                "Only people are told; the follower of this repair is a system.",
                fix="Use do() or step() for systems, tell() in a remedy whose follower is people.",
            )
        written = write(notice, self._reference(), refused)
        if isinstance(written, NotBefore):
            raise Stop(Waits(micros(written.moment), written.rule))
        if isinstance(written, Blocked):
            raise Stop(Waits(self._situation.now + RECONSIDER, written.rule))
        if isinstance(written, Unreachable):
            raise Stop(HandsOver(f"{self.person} cannot be reached: {written.why}"))
        letter, told = written
        params = msgspec.json.encode([told, letter.request]).decode()
        raise Stop(self._telling(notice, (told, letter.request), params))

    def until_agreed(self, *, within: str | timedelta) -> None:
        """Wait until the follower says what is decided.

        If it does not within this time of the step before, that step is done anew, by the remedy's
        patience; then the repair is handed over, at once if that step moved money. Returns also when
        the contradiction is settled otherwise: nothing differs any more.
        """
        seen = self._situation
        if not seen.agrees and not self._passed:
            raise Stop(read_back(seen, duration(within) // MICROSECOND))
        self._agreed = self._agreed or seen.same

    def until_quiet(self, *, lasting: str | timedelta) -> None:
        """Wait until the decided value has not changed for a time: bursts are waited out."""
        end = self._situation.changed + duration(lasting) // MICROSECOND
        if self._situation.now < end and not self._passed:
            raise Stop(Waits(end))

    def hand_over(self, reason: str) -> NoReturn:
        """Give the repair to the system's team, with the reason."""
        raise Stop(HandsOver(reason))

    @property
    def _passed(self) -> bool:
        """Whether something was done after this already: then there is nothing to wait for again."""
        return self._known(self._place + 1) is not None

    def _known(self, place: int) -> StepRow | None:
        steps = self._situation.steps
        return steps[place - 1] if place <= len(steps) else None

    def _reference(self) -> str:
        """The reference of the message of this step: made of its key, so that it stays the same."""
        return reference_of(f"{self._situation.ledger}-{self.number}-{self._place}")

    def _held_back(self, notice: Notice, refused: list[str]) -> Waits | HandsOver | None:
        """Why a message that may have gone must not be sent again now, though only that would tell."""
        write = self._situation.write
        written = None if write is None else write(notice, self._reference(), refused)
        if isinstance(written, NotBefore):
            return Waits(micros(written.moment), written.rule)
        if isinstance(written, Blocked):
            return HandsOver(f"a message may have gone, and may not be sent again: {written.rule}")
        return None

    def _telling(self, notice: Notice, kept: tuple[Told, Send], params: str) -> Attempt:
        told, request = kept
        sends = next((c.sends for c in notice.by if c.name == told.channel), None)
        if sends is None:
            raise RemedyError(
                f"{notice.name!r} goes by {told.channel} no longer, so nobody can say whether a "
                "message went.",
                where=notice.where,
                fix=f"Let it go by {told.channel} until every message that went by it is answered.",
            )
        does = ability_of(self._situation.company, sends, Send)
        return Attempt(
            self._place,
            TELL,
            sends.name,
            params,
            lambda key: does.perform(request, key),
            does.answer,
            does.keyed,
            does.asked,
            overwrites=False,
            request=request,
            told=told,
        )

    def _do(self, attempt: Attempt) -> Any:
        self._place += 1
        if self._place > MAX_STEPS:
            raise RemedyError(
                f"A repair has more than {MAX_STEPS:,} steps.",
                fix="Do several things in one step, or remedy each in its own repair.",
            )
        attempt.place, attempt.agreed = self._place, self._agreed
        step = self._known(self._place)
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
    except Refused as error:
        return HandsOver(words_of(error, named=True)), repair.passed
    except Exception as error:  # noqa: BLE001
        # The remedy is the company's own code: whatever it raises ends this repair only.
        return HandsOver(f"{words_of(error, named=True)} ({_place(error)})"), repair.passed
    return Returned(), repair.passed


def _place(error: Exception) -> str:
    """Where a remedy failed, as ``file:line``: the last line of the company's own."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    ours = Path(__file__).parents[1]
    own = [frame for frame in frames if ours not in Path(frame.filename).parents]
    last = (own or frames)[-1] if frames else None
    return "" if last is None else f"{Path(last.filename).name}:{last.lineno}"


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
