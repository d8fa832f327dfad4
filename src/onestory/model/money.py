"""Money: an amount in one currency."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

import msgspec

from ..errors import ValueMisfit

MAX_DIGITS = 38
"""Digits of a decimal, as in SQL's NUMERIC(38): more is a parsing mistake, not a price."""

_CURRENCY = re.compile(r"[A-Z]{3}")
_EXACT = Context(prec=2 * MAX_DIGITS)
"""Where amounts are rounded: wide enough for every amount, whatever context the company set."""
_STEPS = {units: Decimal(1).scaleb(-units) for units in (0, 2, 3)}
_SEEN = frozenset(
    [
        "EUR",
        "USD",
        "GBP",
        "CHF",
        "CAD",
        "AUD",
        "SEK",
        "NOK",
        "DKK",
        "PLN",
        "CZK",
        "CNY",
        "INR",
        "BRL",
        "ZAR",
    ]
)
"""Currencies of two decimals that are met most: their amounts are mostly written already."""
_MINOR_UNITS = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)
"""ISO 4217 currencies whose minor unit is not a hundredth, with their number of decimals."""


class Money(msgspec.Struct, frozen=True, gc=False):
    """An amount in one currency.

    Args:
        amount: Exact, in the currency's major unit.
        currency: The ISO 4217 code, like ``EUR``.

    Raises:
        ValueMisfit: The amount is not a finite decimal or the code is not three capital letters.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        amount: object = self.amount
        currency = self.currency
        if (
            not isinstance(amount, Decimal)
            or not amount.is_finite()
            or (currency not in _SEEN and not _CURRENCY.fullmatch(currency))
        ):
            raise ValueMisfit(
                f"{amount!r} {currency!r} is not money.",
                fix='Write Money(Decimal("49.00"), "EUR"): a Decimal and an ISO 4217 code.',
            )

    @classmethod
    def read(cls, written: str) -> Money:
        """Read ``"49.00 EUR"``.

        Raises:
            ValueMisfit: It is not an amount, a space and a currency.
        """
        amount, _, currency = written.partition(" ")
        try:
            return cls(Decimal(amount), currency)
        except InvalidOperation as error:
            raise ValueMisfit(
                f"{written!r} is not money.", fix='Write it as "49.00 EUR".'
            ) from error

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> Money:
        """So many minor units of a currency."""
        return cls(Decimal(minor).scaleb(-minor_units(currency)), currency)

    @property
    def step(self) -> Decimal:
        """One minor unit of the currency, in its major unit."""
        return _STEPS[minor_units(self.currency)]

    def rounded(self) -> Money:
        """The amount in whole minor units, halves away from zero."""
        return Money(self.amount.quantize(self.step, ROUND_HALF_UP, _EXACT), self.currency)

    def __str__(self) -> str:
        written, currency = str(self.amount), self.currency
        in_hundredths = len(written) <= MAX_DIGITS and written[-3:-2] == "."
        if currency in _SEEN and in_hundredths and self.amount:
            return f"{written} {currency}"
        whole, _, part = written_decimal(self.amount).partition(".")
        part = part.ljust(minor_units(currency), "0")
        return f"{whole}.{part} {currency}" if part else f"{whole} {currency}"


def minor_units(currency: str) -> int:
    """How many decimals the currency's minor unit has (ISO 4217)."""
    return _MINOR_UNITS.get(currency, 2)


def written_decimal(value: Decimal) -> str:
    """The one written form of a decimal: no exponent, no trailing zeros, no minus zero.

    Raises:
        ValueMisfit: It is not finite or has more than ``MAX_DIGITS`` digits.
    """
    if (
        not value.is_finite()
        or (value and not -MAX_DIGITS <= value.adjusted() < MAX_DIGITS)
        or len(value.as_tuple().digits) > MAX_DIGITS
    ):
        raise ValueMisfit(
            f"{value!s:.60} is not a decimal number of at most {MAX_DIGITS} digits.",
            fix="Send a finite number, exactly as the system holds it.",
        )
    if not value:
        return "0"
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written
