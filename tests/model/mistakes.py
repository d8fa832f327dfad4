"""A company under way, in which mistakes are made, and how each is answered.

Entities are declared inside functions, so their annotations are read at once: hence no
``from __future__ import annotations`` here.
"""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onestory import Company, Entity, Fact, Key, People, System
from onestory.errors import DeclarationError


class Acme:
    """A company under way: two systems, a group of people, another company's system."""

    def __init__(self) -> None:
        self.company = Company("Acme")
        self.contracts = System("contracts", of=self.company)
        self.billing = System("billing", of=self.company)
        self.customers = People("customers", of=self.company)
        self.foreign = System("billing", of=Company("Halcyon"))


Wrong = Callable[[Acme], None]
"""What somebody wrote by mistake, on a company under way."""

Mistake = tuple[Wrong, type[DeclarationError], str]
"""A mistake, the error it is answered with, and what that says happened."""


def priced(acme: Acme) -> Any:
    """An entity with a price that billing follows."""

    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides(acme.billing.follows(within="1 h"))
        fee: Fact[int] = acme.contracts.decides()

    return Contract


def called(mistakes: list[Mistake]) -> list[str]:
    """What each mistake's test is called by: the name of what was written."""
    return [mistake.__name__ for mistake, *_ in mistakes]


def assert_three_parts(mistake: Wrong, error: type[DeclarationError], what: str) -> None:
    """A mistake raises an error that says what, where in the mistake's own file, and what instead."""
    file = Path(mistake.__code__.co_filename).name
    with pytest.raises(DeclarationError) as caught:
        mistake(Acme())

    assert type(caught.value) is error
    assert what in caught.value.what
    assert caught.value.where.startswith(f"{file}:")
    assert caught.value.fix
    assert str(caught.value).split("\n")[1].startswith(f"  declared at {file}:")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own
