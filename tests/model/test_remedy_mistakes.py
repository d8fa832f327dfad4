"""Mistakes in what a company.py says of remedies, of patience, and of abilities.

Entities are declared inside functions, so their annotations are read at once: hence no
``from __future__ import annotations`` here.
"""

from typing import TYPE_CHECKING, Any

import pytest

from onestory import (
    Ability,
    Entity,
    Fact,
    Key,
    Patience,
    Repair,
    System,
    arm,
    does,
    remedies,
    remedies_incidents,
)
from onestory.errors import DeclarationError, DeclaredTwice, NoSuchDuration, UnreadableType

from .mistakes import Acme, Mistake, Wrong, assert_three_parts, called, priced

if TYPE_CHECKING:
    from decimal import Context as OnlyForTypes


class Reset(Ability[None], frozen=True):
    """Set something back."""

    key: str


class Reckon(Ability[None], frozen=True):
    """A request that cannot be kept: no fact may hold a set."""

    parts: set[str]


def write_it(repair: Repair[Any]) -> None:
    """Write it again."""


def a_remedy_of_who_does_not_follow(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides()

    arm(acme.billing, Contract.price)


def a_remedy_for_what_is_not_followed(acme: Acme) -> None:
    remedies(acme.billing, priced(acme).fee)(write_it)


def a_second_remedy(acme: Acme) -> None:
    price = priced(acme).price
    remedies(acme.billing, price)(write_it)
    remedies(acme.billing, price)(write_it)


def a_remedy_for_incidents_of_one(acme: Acme) -> None:
    remedies_incidents(acme.billing, members=1)(write_it)


def a_second_remedy_for_incidents(acme: Acme) -> None:
    remedies_incidents(acme.billing)(write_it)
    remedies_incidents(acme.billing, members=5)(write_it)


def arming_for_incidents_what_has_no_remedy_for_them(acme: Acme) -> None:
    arm(acme.billing)


def no_try_at_all(acme: Acme) -> None:
    Patience(tries=0)


def more_tries_than_anybody_waits_for(acme: Acme) -> None:
    Patience(tries=101)


def a_patience_that_grows_shorter(acme: Acme) -> None:
    Patience(factor=0.5)


def a_pause_that_cannot_be_read(acme: Acme) -> None:
    Patience(first="30 seconds")


def a_system_that_takes_no_repairs(acme: Acme) -> None:
    System("till", of=acme.company, repairs_per_second=0)


def an_ability_of_three_arguments(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str, tries: int) -> None: ...


def an_ability_that_takes_no_request(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset() -> None: ...


def an_ability_that_does_not_say_what_it_returns(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - that is it
        ...


def an_ability_whose_answer_is_not_there_at_run_time(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str) -> "OnlyForTypes":
        raise NotImplementedError


def an_ability_whose_answer_cannot_be_kept(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str) -> set[str]:
        return set()


def an_ability_whose_request_cannot_be_kept(acme: Acme) -> None:
    @does(acme.billing, Reckon)
    def reckon(request: Reckon, key: str) -> None: ...


def an_ability_done_in_two_ways(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str) -> None: ...

    @does(acme.billing, Reset)
    def set_back(request: Reset) -> None: ...


MISTAKES: list[Mistake] = [
    (a_remedy_of_who_does_not_follow, DeclarationError, "billing does not follow"),
    (a_remedy_for_what_is_not_followed, DeclarationError, "billing does not follow Contract.fee"),
    (a_second_remedy, DeclaredTwice, "a remedy named 'billing/Contract.price'"),
    (a_remedy_for_incidents_of_one, DeclarationError, "1 is no number of contradictions"),
    (a_second_remedy_for_incidents, DeclaredTwice, "a remedy named 'billing'"),
    (
        arming_for_incidents_what_has_no_remedy_for_them,
        DeclarationError,
        "no remedy for incidents",
    ),
    (no_try_at_all, DeclarationError, "tries=0"),
    (more_tries_than_anybody_waits_for, DeclarationError, "tries=101"),
    (a_patience_that_grows_shorter, DeclarationError, "factor=0.5"),
    (a_pause_that_cannot_be_read, NoSuchDuration, "'30 seconds' is not a duration"),
    (a_system_that_takes_no_repairs, DeclarationError, "till cannot take 0 repairs"),
    (an_ability_of_three_arguments, DeclarationError, "reset takes 3 arguments"),
    (an_ability_that_takes_no_request, DeclarationError, "reset takes 0 arguments"),
    (an_ability_that_does_not_say_what_it_returns, UnreadableType, "does not say what it returns"),
    (an_ability_whose_answer_is_not_there_at_run_time, UnreadableType, "Cannot read the types of"),
    (an_ability_whose_answer_cannot_be_kept, UnreadableType, "set[str]"),
    (an_ability_whose_request_cannot_be_kept, UnreadableType, "set[str]"),
    (an_ability_done_in_two_ways, DeclaredTwice, "'billing/Reset'"),
]


@pytest.mark.parametrize(("mistake", "error", "what"), MISTAKES, ids=called(MISTAKES))
def test_a_mistake_in_a_remedy_is_an_error_in_three_parts(
    mistake: Wrong, error: type[DeclarationError], what: str
) -> None:
    """It says what happened, where it is declared, and what to write instead; and it pickles."""
    assert_three_parts(mistake, error, what)
