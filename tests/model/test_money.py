"""Money: read, written and rounded in the minor units of its currency, within its limits."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given

from onestory import Money, to_the_cent
from onestory.errors import ValueMisfit
from onestory.testing.strategies import values


def euros(amount: str) -> Money:
    """So many euros."""
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("49.904", "EUR", "49.90"),
        ("49.905", "EUR", "49.91"),
        ("-49.905", "EUR", "-49.91"),
        ("0.005", "USD", "0.01"),
        ("99.5", "JPY", "100"),
        ("99.4", "JPY", "99"),
        ("-0.5", "KRW", "-1"),
        ("1.2345", "KWD", "1.235"),
        ("1.2344", "TND", "1.234"),
    ],
)
def test_amounts_are_rounded_to_minor_units_halves_away_from_zero(
    amount: str, currency: str, rounded: str
) -> None:
    """A cent, a whole yen, a thousandth of a dinar (ISO 4217)."""
    assert Money(Decimal(amount), currency).rounded() == Money(Decimal(rounded), currency)


@given(values(Money))
def test_rounding_again_changes_nothing(money: Money) -> None:
    """A rounded amount is at most half a minor unit away, and stays as it is."""
    rounded = money.rounded()

    assert abs(rounded.amount - money.amount) * 2 <= money.step
    assert rounded.rounded() == rounded
    assert rounded.currency == money.currency


@pytest.mark.parametrize("digits", [28, 36, 38])
def test_the_largest_amounts_are_rounded_and_compared(digits: int) -> None:
    """Whatever may be claimed may be judged: 38 digits, though Python's context has 28."""
    large = euros("7" * digits)
    more = euros("7" * (digits - 3) + ".004") if digits == 38 else euros("7" * digits + ".004")

    assert large.rounded() == large
    assert to_the_cent(more, more.rounded())
    assert not to_the_cent(more, euros("1"))


def test_a_narrow_context_of_the_company_rounds_nothing_away() -> None:
    """A company that works with six digits elsewhere still compares to the cent."""
    with localcontext(prec=6):
        assert euros("123456789.125").rounded() == euros("123456789.13")
        assert not to_the_cent(euros("123456789.12"), euros("123456789.14"))


@pytest.mark.parametrize(
    ("written", "money"),
    [
        ("49.00 EUR", Money(Decimal(49), "EUR")),
        ("49 EUR", Money(Decimal(49), "EUR")),
        ("-0.5 USD", Money(Decimal("-0.5"), "USD")),
        ("500 JPY", Money(Decimal(500), "JPY")),
        ("1.250 KWD", Money(Decimal("1.25"), "KWD")),
        ("12.3456 EUR", Money(Decimal("12.3456"), "EUR")),
    ],
)
def test_money_is_read_as_it_is_written(written: str, money: Money) -> None:
    """An amount, a space, a currency."""
    assert Money.read(written) == money
    assert Money.read(str(money)) == money


@pytest.mark.parametrize(
    "written", ["", "49.00", "EUR", "EUR 49.00", "49,00 EUR", "49.00 eur", "49.00  EUR", "NaN EUR"]
)
def test_what_is_no_money_is_not_read(written: str) -> None:
    """A comma, a small letter, no currency: the reason names what was written."""
    with pytest.raises(ValueMisfit, match="is not money"):
        Money.read(written)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (Decimal("NaN"), "EUR"),
        (Decimal("Infinity"), "EUR"),
        (49, "EUR"),
        (49.9, "EUR"),
        ("49", "EUR"),
        (Decimal(49), "eur"),
        (Decimal(49), "EURO"),
        (Decimal(49), ""),
        (Decimal(49), "€"),
    ],
    ids=repr,
)
def test_what_is_no_money_cannot_be_made(amount: Any, currency: str) -> None:
    """A float is not exact; three capital letters name a currency."""
    with pytest.raises(ValueMisfit, match="is not money"):
        Money(amount, currency)


@pytest.mark.parametrize(
    ("money", "written"),
    [
        (Money(Decimal("-0.00"), "EUR"), "0.00 EUR"),
        (Money(Decimal("49.9"), "EUR"), "49.90 EUR"),
        (Money(Decimal("4.99E+1"), "EUR"), "49.90 EUR"),
        (Money(Decimal("49.900"), "XCD"), "49.90 XCD"),
        (Money(Decimal("49.904"), "EUR"), "49.904 EUR"),
        (Money(Decimal("1E+3"), "JPY"), "1000 JPY"),
        (Money(Decimal("1.5"), "JPY"), "1.5 JPY"),
        (Money(Decimal("1.5"), "BHD"), "1.500 BHD"),
    ],
)
def test_money_is_written_with_the_minor_units_of_its_currency(money: Money, written: str) -> None:
    """At least so many decimals as the currency has, more where the amount has more."""
    assert str(money) == written


@pytest.mark.parametrize("amount", ["1" * 39, "1E+38", "1E-39", "0." + "1" * 39])
def test_an_amount_of_too_many_digits_is_not_written(amount: str) -> None:
    """More than 38 digits is a parsing mistake, not a price; nothing is cut off."""
    with pytest.raises(ValueMisfit, match="at most 38 digits"):
        str(Money(Decimal(amount), "EUR"))
