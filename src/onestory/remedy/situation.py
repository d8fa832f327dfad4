"""Where a repair comes to when it is entered, and what it can see there: plain values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

import msgspec

from ..ledger.journal import StepRow
from ..model import Ability, Company, Form, MovesMoney, Notice, Patience
from ..story.contact import Blocked, NotBefore
from ..story.letter import Letter, Unreachable


class Told(msgspec.Struct):
    """What a message tells, kept with its step.

    Args:
        notice: The notice it was written by.
        channel: The channel it goes by.
        values: What it tells, by fact, as JSON forms.
        rests: The claim each rests on, by fact: who decided, and its sequence.
    """

    notice: str
    channel: str
    values: dict[str, Any]
    rests: dict[str, tuple[str, int]]


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
        told: What a message tells, for a step that tells a person.
        agreed: Whether the remedy does it after it saw the follower agree.
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
    told: Told | None = None
    agreed: bool = False

    @property
    def changes(self) -> bool:
        """Whether it puts right what differs: then it is not done once nothing does any more.

        That is writing a value or moving money, unless the remedy does it after it saw them agree.
        """
        return not self.agreed and (self.overwrites or isinstance(self.request, MovesMoney))


class Waits(msgspec.Struct):
    """A repair waits: until a moment in microseconds, or until a claim comes before; and why."""

    until: int
    why: str = ""


class Again(msgspec.Struct):
    """The last step was not seen to have any effect: it is to be done anew."""

    place: int


class HandsOver(msgspec.Struct):
    """A repair gives up, with the reason, to the team of the system."""

    reason: str


class Returned(msgspec.Struct):
    """A remedy came to its end."""


Written: TypeAlias = tuple[Letter, Told] | NotBefore | Blocked | Unreachable
Writer: TypeAlias = Callable[[Notice, str, Collection[str]], Written]
"""Writes a notice's message: of the notice, the reference and the channels that refused it."""


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
        same: Whether the follower says what is decided.
        settled: Whether the contradiction was settled, so that nothing is to be put right any more.
        begun: When the repair was begun.
        patience: How often steps are tried.
        ledger: What the keys of this ledger begin with.
        write: Writes a message to the person, for people.
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
    same: bool
    settled: bool
    begun: int
    patience: Patience
    ledger: str = ""
    write: Writer | None = None


class Stop(BaseException):
    """Ends one entering of a remedy. No error: a remedy that catches ``Exception`` lets it pass."""

    def __init__(self, reached: Attempt | Waits | Again | HandsOver) -> None:
        super().__init__(type(reached).__name__)
        self.reached = reached
