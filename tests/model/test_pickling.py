"""Pickling: declarations travel between processes by name, or refuse to."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from onestory import Company, Entity, Fact, Key, Link, Money, People, System, errors
from onestory.errors import DeclarationError, OnestoryError

acme = Company("Acme")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
customers = People("customers", of=acme)


class Customer(Entity, of=acme, one_of=customers):
    """Somebody who holds contracts."""

    customer_no: Key[str]


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    holder: Link[Customer] = contracts.decides()
    renewed_until: Fact[date] = contracts.decides(billing.follows(within="5 min"))


def again(thing: Any) -> Any:
    """What arrives in another process."""
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    "declared",
    [acme, contracts, customers, Contract, Contract.renewed_until, Contract.holder],
    ids=str,
)
def test_a_declaration_arrives_as_itself(declared: Any) -> None:
    """By name, so that what arrives is the declaration, not a copy of it."""
    assert again(declared) is declared


def test_a_claim_arrives_whole() -> None:
    """With its fact, its key, its value and its times."""
    moment = datetime(2027, 1, 5, tzinfo=UTC)
    claim = Contract.renewed_until.claim("C-1042", date(2027, 3, 31), since=moment)

    arrived = again(claim)
    assert arrived == claim
    assert arrived.fact is Contract.renewed_until


def test_a_claim_by_a_systems_own_name_arrives_whole() -> None:
    """An alias names its system, which arrives as itself."""
    claim = Contract.renewed_until.claim(billing.calls("B-991"), date(2027, 3, 31))

    assert again(claim).key.system is billing


def test_money_arrives_as_it_was() -> None:
    """A value is a plain value."""
    assert again(Money(Decimal("49.90"), "EUR")) == Money(Decimal("49.90"), "EUR")


def test_a_company_that_no_module_holds_refuses() -> None:
    """Nothing could find it again; the error says how to hold it."""
    nowhere = Company("Halcyon")
    system = System("till", of=nowhere)

    with pytest.raises(DeclarationError, match="no module holds it by name") as caught:
        pickle.dumps(system)
    assert caught.value.where.startswith("test_pickling.py:")
    assert (
        caught.value.fix == "Bind it to a name at the top of its module:  acme = Company('Halcyon')"
    )


KINDS: list[type[OnestoryError]] = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, OnestoryError)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_arrives_with_its_parts(kind: type[OnestoryError]) -> None:
    """Its kind, its code and its three parts."""
    error = again(kind("It happened.", where="company.py:7", fix="Write this."))

    assert type(error) is kind
    assert (error.what, error.where, error.fix) == ("It happened.", "company.py:7", "Write this.")
    assert error.code == kind.code
