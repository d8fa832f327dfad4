"""Abilities: what a system can be asked to do, as typed requests."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar, get_type_hints

import msgspec

from ..errors import DeclarationError, NoSuchName, UnreadableType
from .company import Company, here
from .money import Money
from .party import System
from .values import Form, form_of

R = TypeVar("R")
A = TypeVar("A", bound="Ability[Any]")
F = TypeVar("F", bound=Callable[..., Any])


class Ability(msgspec.Struct, Generic[R], frozen=True):
    """A request that a system may be able to fulfil. ``R`` is what it answers with.

    A company declares its own: ``class SetEndDate(Ability[None], frozen=True): contract: str; until: date``.
    The fields are of the types that facts may hold, so that a request can be kept and compared.
    """

    overwrites: ClassVar[bool] = False
    """Whether a later request replaces what an earlier one did. Then one whose outcome is unknown
    needs no answer once a later one is done."""


class MovesMoney(Ability[R], frozen=True):
    """A request that moves money; the books are posted when it is done.

    ``debits`` and ``credits`` name the two accounts; ``{system}`` stands for the system that was
    asked, ``{record}`` for the record of the person whose money it is.
    """

    debits: ClassVar[str]
    credits: ClassVar[str]

    record: str
    amount: Money


class Charge(MovesMoney[str], frozen=True):
    """Take money from a person; answers the provider's reference."""

    debits: ClassVar[str] = "cash at {system}"
    credits: ClassVar[str] = "paid by {record}"
    because: str


class Refund(MovesMoney[str], frozen=True):
    """Give money back to a person; answers the provider's reference."""

    debits: ClassVar[str] = "paid by {record}"
    credits: ClassVar[str] = "cash at {system}"
    because: str


class Credit(MovesMoney[str], frozen=True):
    """Write a credit note on a posted bill; answers its number."""

    debits: ClassVar[str] = "credited for {record}"
    credits: ClassVar[str] = "owed by {record}"
    bill: str
    because: str


class Goodwill(MovesMoney[str], frozen=True):
    """Give a person money that is not owed; it is booked apart and never taken back."""

    debits: ClassVar[str] = "goodwill"
    credits: ClassVar[str] = "owed by {record}"
    because: str


class SetValue(Ability[None], frozen=True):
    """Write one decided value; ``value`` is its JSON form's text."""

    overwrites: ClassVar[bool] = True
    fact: str
    key: str
    value: str


class HoldBill(Ability[None], frozen=True):
    """Keep a bill from being sent or collected."""

    bill: str
    because: str


class ReleaseBill(Ability[None], frozen=True):
    """Let a bill that was held go on."""

    bill: str


class Cancel(Ability[None], frozen=True):
    """Cancel an order, a booking or a contract."""

    key: str
    because: str


class Send(Ability[str], frozen=True):
    """Send a message to a person; answers the sender's own name for it.

    ``to`` is the address on the channel, ``reference`` what the person may ask about.
    """

    channel: str
    to: str
    subject: str
    text: str
    reference: str


class SayAgain(Ability[None], frozen=True):
    """Say again what is held of a subject; the system answers by its usual messages."""

    entity: str
    key: str


@dataclass(frozen=True, slots=True)
class Does:
    """How one system fulfils one kind of request.

    Args:
        system: The system.
        ability: The kind of request.
        call: The company's function.
        asked: Tells what became of the request with a key, if the system can.
        keyed: Whether the function takes the key, so that the system knows a request again.
        request: The form of a request.
        answer: The form of an answer; None where nothing is answered.
        where: Where it is declared.
    """

    system: System
    ability: type[Ability[Any]]
    call: Callable[..., Any]
    asked: Callable[[str], Any] | None
    keyed: bool
    request: Form
    answer: Form | None
    where: str

    @property
    def name(self) -> str:
        """The system and the request: ``billing/HoldBill``."""
        return f"{self.system.name}/{self.ability.__name__}"

    def perform(self, request: Any, key: str) -> Any:
        """Ask the system, with the key if it takes one."""
        return self.call(request, key) if self.keyed else self.call(request)


def does(
    system: System, ability: type[A], *, asked: Callable[[str], Any] | None = None
) -> Callable[[F], F]:
    """Declare how a system fulfils a kind of request.

    It is a function of the request and, where the system can know a request again, of its key. It
    raises ``NotDone`` where the effect surely did not happen, ``Refused`` where it never will.
    Whatever else it raises leaves the outcome unknown.

    Args:
        system: The system.
        ability: The kind of request.
        asked: A function of the key: the answer the request was given, or ``NotDone`` if the system
            never got it. With it, an unknown outcome is asked about instead of guessed.

    Raises:
        DeclarationError: The function takes neither a request nor a request and a key.
        UnreadableType: The request has a field, or an answer, of a type that cannot be kept.
    """
    where = here()

    def declare(call: F) -> F:
        parameters = [
            p
            for p in inspect.signature(call).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        if not 1 <= len(parameters) <= 2:  # noqa: PLR2004 - a request, or a request and its key
            raise DeclarationError(
                f"{getattr(call, '__name__', call)} takes {len(parameters)} arguments.",
                where=where,
                fix=f"Let it take the request, or the request and its key:  def f(request: "
                f"{ability.__name__}, key: str)",
            )
        form = form_of(ability, where=where)
        found = Does(
            system, ability, call, asked, len(parameters) > 1, form, answer_form(call, where), where
        )
        system.company.add(found)
        return call

    return declare


def answer_form(call: Callable[..., Any], where: str) -> Form | None:
    """The form of what a function returns; None for one that returns nothing.

    Raises:
        UnreadableType: It does not say what it returns, or a type that cannot be kept.
    """
    name = getattr(call, "__qualname__", repr(call))
    try:
        hints = get_type_hints(call)
    except (NameError, TypeError) as error:
        raise UnreadableType(
            f"Cannot read the types of {name}: {error}.",
            where=where,
            fix="Import them at the top of its module, not under TYPE_CHECKING.",
        ) from error
    if "return" not in hints:
        raise UnreadableType(
            f"{name} does not say what it returns.",
            where=where,
            fix="Write  -> None, or the type of its answer; the answer is kept with the step.",
        )
    answer = hints["return"]
    return None if answer is type(None) else form_of(answer, where=where)


def ability_of(company: Company, system: System, ability: type[Ability[Any]]) -> Does:
    """How a system fulfils a kind of request.

    Raises:
        NoSuchName: It does not.
    """
    known = company.declared(Does)
    for found in known:
        if found.system is system and found.ability is ability:
            return found
    name = ability.__name__
    others = ", ".join(sorted(d.system.name for d in known if d.ability is ability))
    raise NoSuchName(
        f"Nothing says how {system.name} does {name}.",
        fix=f"Declare it with @does({system.name}, {name})"
        f"{f', or ask who can: {others}' * bool(others)}.",
    )


def kind_of(company: Company, system: str, name: str) -> type[Ability[Any]] | None:
    """The kind of request by its name and the system's; None if the system fulfils none of it."""
    for found in company.declared(Does):
        if (found.system.name, found.ability.__name__) == (system, name):
            return found.ability
    return None
