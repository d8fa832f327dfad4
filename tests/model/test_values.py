"""Values: every type a fact may hold has one JSON form, and what does not fit is named."""

from __future__ import annotations

import dataclasses
import types
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Optional

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onestory import Money
from onestory.errors import UnreadableType, ValueMisfit
from onestory.model import form_of, spelled_type
from onestory.model.values import MAX_INT, MAX_TEXT
from onestory.testing.strategies import values


class Plan(Enum):
    """What a customer pays for."""

    SMALL = "small"
    LARGE = "large"


class Level(Enum):
    """How urgent something is."""

    LOW = 1
    HIGH = 2


class Address(msgspec.Struct, frozen=True):
    """Where things are sent."""

    street: str
    town: str | None


@dataclasses.dataclass(frozen=True)
class Window:
    """When somebody comes, and where to."""

    begins: datetime
    lasts: timedelta
    to: Address
    price: Money


class Loose(msgspec.Struct):
    """A struct that anybody may change after it was claimed."""

    street: str


class Growing(msgspec.Struct, frozen=True):
    """A struct that holds itself."""

    inner: Growing | None = None


HINTS: list[Any] = [
    str,
    int,
    bool,
    Decimal,
    Money,
    date,
    datetime,
    timedelta,
    Plan,
    Level,
    Literal["packed", "sent", 3],
    Address,
    Window,
    str | None,
    Optional[Money],  # noqa: UP045 - companies write it so, too
    Address | None,
    Plan | None,
    Literal["a", "b"] | None,
]
hints = pytest.mark.parametrize("hint", HINTS, ids=spelled_type)
WHERE = "company.py:7"


def written(hint: Any, value: Any) -> Any:
    """The JSON form of a value, as the ledger keeps it and gives it back."""
    return msgspec.json.decode(msgspec.json.encode(form_of(hint, where=WHERE).write(value)))


@hints
@given(data=st.data())
def test_a_value_reads_back_from_its_form(hint: Any, data: st.DataObject) -> None:
    """What is written as JSON, kept as text and read again is the same value of the same type."""
    value = data.draw(values(hint))

    read = form_of(hint, where=WHERE).read(written(hint, value))
    assert read == value
    assert type(read) is type(value)


@hints
@given(data=st.data())
def test_forms_are_equal_exactly_when_values_are(hint: Any, data: st.DataObject) -> None:
    """Two forms that differ are two values that differ, so that judging may compare forms."""
    one, other = data.draw(values(hint)), data.draw(values(hint))

    assert (written(hint, one) == written(hint, other)) == (one == other)


@given(values(Decimal), st.integers(0, 8))
@example(Decimal("-0.00"), 1)
@example(Decimal("1E+3"), 2)
@example(Decimal("0E+99"), 0)
def test_a_decimal_has_one_form_however_it_is_written(value: Decimal, zeros: int) -> None:
    """Trailing zeros, an exponent and the sign of zero are no part of a number."""
    longer = value + Decimal(0).scaleb(-zeros - 6)

    assert longer == value
    assert written(Decimal, longer) == written(Decimal, value)


@given(values(Money), st.integers(0, 8))
@example(Money(Decimal("-0.00"), "EUR"), 1)
@example(Money(Decimal("-0"), "JPY"), 0)
def test_money_has_one_form_however_its_amount_is_written(value: Money, zeros: int) -> None:
    """49.9 EUR and 49.900 EUR are one amount, and -0.00 EUR is nothing."""
    longer = Money(value.amount + Decimal(0).scaleb(-zeros - 3), value.currency)

    assert longer == value
    assert written(Money, longer) == written(Money, value)


@given(values(datetime), st.integers(-14 * 60, 14 * 60))
def test_a_moment_has_one_form_in_every_zone(value: datetime, minutes: int) -> None:
    """A moment is the same moment whichever zone it is written in."""
    elsewhere = value.astimezone(timezone(timedelta(minutes=minutes)))

    assert written(datetime, elsewhere) == written(datetime, value)


FORMS: list[tuple[Any, Any, Any]] = [
    (str, "Łódź", "Łódź"),
    (int, -7, -7),
    (bool, True, True),
    (Decimal, Decimal("49.90"), "49.9"),
    (Decimal, Decimal("1E+2"), "100"),
    (Money, Money(Decimal("49.9"), "EUR"), "49.90 EUR"),
    (Money, Money(Decimal(500), "JPY"), "500 JPY"),
    (Money, Money(Decimal("1.5"), "KWD"), "1.500 KWD"),
    (date, date(2027, 3, 31), "2027-03-31"),
    (
        datetime,
        datetime(2027, 3, 31, 10, tzinfo=timezone(timedelta(hours=2))),
        "2027-03-31T08:00:00Z",
    ),
    (datetime, datetime(2027, 3, 31, 8, 0, 0, 5, tzinfo=UTC), "2027-03-31T08:00:00.000005Z"),
    (timedelta, timedelta(minutes=5), "PT300S"),
    (timedelta, timedelta(milliseconds=-1), "PT-0.001S"),
    (Plan, Plan.SMALL, "small"),
    (Level, Level.HIGH, 2),
    (Literal["packed", "sent"], "sent", "sent"),
    (Address, Address("Ring 5", None), {"street": "Ring 5", "town": None}),
    (str | None, None, None),
]


@pytest.mark.parametrize(("hint", "value", "form"), FORMS)
def test_the_form_of_each_type_is_the_documented_one(hint: Any, value: Any, form: Any) -> None:
    """The table at the top of ``model/values.py``, row by row."""
    assert form_of(hint, where=WHERE).write(value) == form


class Shouted(str):
    """A text of a type of its own."""

    __slots__ = ()


def test_a_text_of_a_type_of_its_own_is_kept_as_text() -> None:
    """What a library's own kind of text says is what is kept."""
    form = form_of(str, where=WHERE).write(Shouted("RING 5"))

    assert type(form) is str


MISFITS: list[tuple[Any, Any, str]] = [
    (str, 5, "int"),
    (str, b"x", "bytes"),
    (str, Plan.SMALL, "Plan"),
    (str, "x" * (MAX_TEXT + 1), "str"),
    (str, "half a character \ud83d", "str"),
    (int, True, "bool"),
    (int, "5", "str"),
    (int, 5.0, "float"),
    (int, MAX_INT + 1, "int"),
    (int, -MAX_INT - 1, "int"),
    (bool, 1, "int"),
    (bool, "true", "str"),
    (Decimal, 49.9, "float"),
    (Decimal, 49, "int"),
    (Decimal, Decimal("NaN"), "NaN"),
    (Decimal, Decimal("-Infinity"), "Infinity"),
    (Decimal, Decimal("1" * 39), "38"),
    (Decimal, Decimal("1E+39"), "38"),
    (Decimal, Decimal("1E-39"), "38"),
    (Money, Decimal("49.90"), "Decimal"),
    (Money, "49.90 EUR", "str"),
    (date, datetime(2027, 1, 5, tzinfo=UTC), "datetime"),
    (date, "2027-01-05", "str"),
    (datetime, date(2027, 1, 5), "date"),
    (datetime, datetime(2027, 1, 5), "datetime"),  # noqa: DTZ001 - that is the mistake
    (datetime, "2027-01-05T09:00:00Z", "str"),
    (timedelta, 300, "int"),
    (timedelta, "5 min", "str"),
    (Plan, "small", "str"),
    (Plan, Level.LOW, "Level"),
    (Literal["packed", "sent", 1], "lost", "str"),
    (Literal["packed", "sent", 1], True, "bool"),
    (Address, {"street": "Ring 5", "town": "Ulm"}, "dict"),
    (Address, Loose("Ring 5"), "Loose"),
    (str | None, 5, "int"),
    (Address | None, "", "str"),
    (str, None, "NoneType"),
]


@pytest.mark.parametrize(("hint", "value", "named"), MISFITS)
def test_what_does_not_fit_is_named(hint: Any, value: Any, named: str) -> None:
    """The reason says the value and its type, and what to do; nothing is guessed or cut short."""
    with pytest.raises(ValueMisfit) as caught:
        form_of(hint, where=WHERE).write(value)

    assert repr(value)[:40] in caught.value.what or str(value)[:40] in caught.value.what
    assert named in caught.value.what
    assert caught.value.fix


def test_a_part_that_does_not_fit_is_named() -> None:
    """Of a struct, the part that does not fit is named, not only the whole."""
    wrong = Address("Ring 5", 7)  # type: ignore[arg-type]

    with pytest.raises(ValueMisfit, match=r"7 \(int\) is not a text"):
        form_of(Address, where=WHERE).write(wrong)


@pytest.mark.parametrize(
    ("hint", "form"),
    [
        (Decimal, "many"),
        (Money, "49.90"),
        (Money, 49),
        (date, "31.3.2027"),
        (datetime, "2027-03-31T08:00:00"),
        (timedelta, "5 min"),
        (timedelta, "PT5M"),
        (Plan, "huge"),
        (Plan, ["small"]),
        (Level, "1"),
        (Literal["packed"], "sent"),
        (Address, {"street": "Ring 5"}),
        (Address, "Ring 5"),
    ],
)
def test_a_form_of_another_type_is_not_read(hint: Any, form: Any) -> None:
    """A fact whose type changed does not read the old forms as something else."""
    with pytest.raises(ValueMisfit, match=r" is not "):
        form_of(hint, where=WHERE).read(form)


@pytest.mark.parametrize(
    "hint",
    [
        list[int],
        dict[str, int],
        float,
        bytes,
        object,
        Any,
        type(None),
        str | int,
        str | int | None,
        Loose,
        Growing,
        Literal["a", None],  # noqa: PYI061 - as a company might write it
        Enum("Half", {"HALF": 0.5}),
        types.SimpleNamespace,
    ],
    ids=str,
)
def test_a_type_that_no_fact_can_hold_is_refused(hint: Any) -> None:
    """Lists, floats, what may change after it was said, what has no end: named, with its place."""
    with pytest.raises(UnreadableType) as caught:
        form_of(hint, where=WHERE)

    assert caught.value.where == WHERE
    assert caught.value.fix
