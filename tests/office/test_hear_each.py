"""Several callers are heard together; what one of them brings concerns that one alone."""

from __future__ import annotations

import pytest

import onestory
from onestory import Claims, Company, Entity, Fact, Fate, Key, System, message, reads
from onestory.errors import DeclarationError, LedgerError
from onestory.intake import Arrived
from onestory.office.hears import TOGETHER

UNLUCKY = 13


def lucky(one: int, other: int) -> bool:
    """A sameness of the company's own, which cannot take every number."""
    if UNLUCKY in (one, other):
        raise ZeroDivisionError(UNLUCKY)
    return one == other


acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    price: Fact[int] = contracts.decides(billing.follows(within="5 min"), same=lucky)


def price(sent: dict[str, int]) -> Claims:
    """What a contract costs."""
    yield Contract.price.claim("C-1", sent["price"])


reads(contracts, "price")(price)
reads(billing, "price")(price)


def said(system: str, number: int, price: int) -> Arrived:
    """A system says a price."""
    return message(system, "price", {"price": price}, id=f"{system}-{number}")


def test_each_caller_is_told_its_own() -> None:
    """In the order of its messages, however many there are; who brings nothing is told nothing."""
    many = [said("contracts", number, number % 7) for number in range(TOGETHER + 50)]
    with onestory.open(acme, "sqlite://") as office:
        first, none, second = office.hear_each([many, [], [said("billing", 1, 1), many[0]]])

        assert isinstance(first, list)
        assert [receipt.id for receipt in first] == [one.id for one in many]
        assert none == []
        assert isinstance(second, list)
        assert [receipt.fate for receipt in second] == [Fate.HEARD, Fate.KNOWN]


def test_what_one_callers_messages_raise_concerns_that_caller_alone() -> None:
    """The company's own code fails on one price: the others in the same commit are heard."""
    with onestory.open(acme, "sqlite://") as office:
        office.hear(said("billing", 0, 1))
        told = office.hear_each(
            [
                [said("contracts", 1, 2)],
                [said("contracts", 2, UNLUCKY)],
                [said("contracts", 3, 3)],
            ]
        )

        assert isinstance(told[1], DeclarationError)
        for one in (told[0], told[2]):
            assert isinstance(one, list)
            assert one[0].fate is Fate.HEARD
        assert office.counts().messages == 3


def test_a_ledger_that_refuses_is_told_to_each() -> None:
    """Nothing of any of them was kept."""
    with onestory.open(acme, "sqlite://") as office:
        office.close()
        told = office.hear_each([[said("contracts", 1, 2)], [said("contracts", 2, 3)]])

    assert [type(one) for one in told] == [LedgerError, LedgerError]
    with pytest.raises(LedgerError, match="was closed"):
        raise told[0]  # type: ignore[misc]
