"""Sameness: when two values count as the same, and that it is never a guess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestory import (
    Company,
    Entity,
    Fact,
    Key,
    Money,
    System,
    equal,
    ignoring_case,
    ignoring_case_and_space,
    ignoring_space,
    nearly,
    to_the_cent,
)
from onestory.model.sameness import spelled_sameness
from onestory.testing.strategies import TEXT, values

NINE = datetime(2027, 1, 5, 9, tzinfo=UTC)


def money(amount: str, currency: str = "EUR") -> Money:
    """An amount."""
    return Money(Decimal(amount), currency)


SAME: list[tuple[Any, Any, Any]] = [
    (equal, "Ulm", "Ulm"),
    (equal, Decimal("49.90"), Decimal("49.9")),
    (to_the_cent, money("49.90"), money("49.904")),
    (to_the_cent, money("-49.90"), money("-49.904")),
    (to_the_cent, money("100", "JPY"), money("100.4", "JPY")),
    (to_the_cent, money("1.2344", "KWD"), money("1.2341", "KWD")),
    (ignoring_case, "Ring STRASSE", "ring straße"),
    (ignoring_space, " Ring  5\t", "Ring 5"),
    (ignoring_case_and_space, " RING\n5", "ring 5 "),
    (nearly("2 min"), NINE, NINE + timedelta(minutes=2)),
    (nearly("2 min"), NINE + timedelta(minutes=2), NINE),
    (nearly(timedelta(0)), NINE, NINE.astimezone(timezone(timedelta(hours=5)))),
    (nearly("1 h"), timedelta(hours=1), timedelta(hours=2)),
    (nearly("1 d"), date(2027, 1, 5), date(2027, 1, 6)),
    (nearly(1), 7, 8),
    (nearly(0), 7, 7),
    (nearly(Decimal("0.5")), Decimal(7), Decimal("6.5")),
    (nearly(money("0.10")), money("49.90"), money("50.00")),
    (nearly(money("0.10")), money("49.90", "USD"), money("49.90", "USD")),
]


@pytest.mark.parametrize(("same", "one", "other"), SAME)
def test_values_that_count_as_the_same(same: Callable[..., bool], one: Any, other: Any) -> None:
    """Within the limit, the limit included, whichever stands first."""
    assert same(one, other)
    assert same(other, one)


DIFFERENT: list[tuple[Any, Any, Any]] = [
    (equal, "Ulm", "ulm"),
    (to_the_cent, money("49.90"), money("49.91")),
    (to_the_cent, money("49.904"), money("49.905")),
    (to_the_cent, money("49.90"), money("49.90", "USD")),
    (to_the_cent, money("100", "JPY"), money("101", "JPY")),
    (to_the_cent, money("0.004"), money("-0.006")),
    (ignoring_case, "Ring 5", "Ring  5"),
    (ignoring_space, "Ring 5", "Ring5"),
    (ignoring_space, "Ring 5", "ring 5"),
    (ignoring_case_and_space, "Ring 5", "Ring 6"),
    (nearly("2 min"), NINE, NINE + timedelta(minutes=2, microseconds=1)),
    (nearly(1), 7, 9),
    (nearly(Decimal("0.5")), Decimal(7), Decimal("7.51")),
    (nearly(money("0.10")), money("49.90"), money("50.01")),
    (nearly(money("0.10")), money("49.90"), money("49.90", "USD")),
    (nearly(money("1")), money("1", "KWD"), money("2", "KWD")),
]


@pytest.mark.parametrize(("same", "one", "other"), DIFFERENT)
def test_values_that_count_as_different(same: Callable[..., bool], one: Any, other: Any) -> None:
    """Beyond the limit, in another currency, or by a limit of another currency."""
    assert not same(one, other)
    assert not same(other, one)


EVERY: list[tuple[Any, Any]] = [
    (equal, "x"),
    (to_the_cent, money("1")),
    (ignoring_case, ""),
    (ignoring_space, ""),
    (ignoring_case_and_space, ""),
    (nearly("2 min"), NINE),
    (nearly(5), 0),
    (nearly(Decimal(5)), Decimal(0)),
    (nearly(money("5")), money("0")),
]


@pytest.mark.parametrize(("same", "value"), EVERY)
def test_said_to_be_empty_is_the_same_as_itself_only(same: Callable[..., bool], value: Any) -> None:
    """None is an answer of its own: not zero, not an empty text."""
    assert same(None, None)
    assert not same(None, value)
    assert not same(value, None)


@given(st.data())
def test_what_is_equal_is_the_same_by_every_sameness(data: st.DataObject) -> None:
    """No sameness tells apart two values that are equal."""
    text = data.draw(TEXT)
    amount = data.draw(values(Money))
    moment = data.draw(values(datetime))

    for same in (equal, ignoring_case, ignoring_space, ignoring_case_and_space):
        assert same(text, text)
    assert to_the_cent(amount, amount)
    assert nearly(money("0.01"))(amount, amount)
    assert nearly("0 s")(moment, moment)


@given(values(Money), values(Money))
def test_to_the_cent_is_what_rounding_says(one: Money, other: Money) -> None:
    """Two amounts are the same exactly when they are written the same on a bill."""
    assert to_the_cent(one, other) == (one.rounded() == other.rounded())


def test_nearly_never_adds_up() -> None:
    """9:00 is nearly 9:02, and that nearly 9:04; 9:00 is not nearly 9:04."""
    same = nearly[datetime]("2 min")
    two, four = NINE + timedelta(minutes=2), NINE + timedelta(minutes=4)

    assert same(NINE, two)
    assert same(two, four)
    assert not same(NINE, four)


@pytest.mark.parametrize(
    ("same", "name"),
    [
        (equal, "equal"),
        (to_the_cent, "to_the_cent"),
        (nearly("120 s"), "nearly(2 min)"),
        (nearly(3), "nearly(3)"),
        (nearly(money("0.1")), "nearly(0.10 EUR)"),
    ],
)
def test_a_sameness_has_a_name_that_terms_keep(same: Any, name: str) -> None:
    """Another limit is another term; the same limit in other units is not."""
    assert spelled_sameness(same) == name


def test_what_is_written_alike_is_the_same_without_asking() -> None:
    """A company's own sameness is asked about what differs only; it may even raise on the rest."""
    acme = Company("Acme")
    shop = System("shop", of=acme)

    def asked(one: str, other: str) -> bool:
        assert one != other
        return one[:1] == other[:1]

    class Order(Entity, of=acme):
        no: Key[str]
        name: Fact[str] = shop.decides(same=asked)

    assert Order.name.agree("Ulm", "Ulm")
    assert Order.name.agree("Ulm", "U")
    assert not Order.name.agree("Ulm", "Köln")
