"""The types that facts may hold, and the one JSON form of each.

==================  =====================================================================
type                JSON form
==================  =====================================================================
``str``             string
``int``, ``bool``   number, true or false
``Decimal``         string without exponent or trailing zeros: ``"49.9"``
``Money``           string with the currency's minor units at least: ``"49.90 EUR"``
``date``            ISO 8601 string: ``"2027-03-31"``
``datetime``        ISO 8601 string in UTC: ``"2027-03-31T08:00:00Z"``; never naive
``timedelta``       ISO 8601 duration in seconds: ``"PT300S"``
``Enum``            the form of its value
``Literal``         the literal (strings and whole numbers)
frozen struct       object with every field, in the order of declaration
``T | None``        the form of T, or null: *said to be empty*, which differs from unsaid
==================  =====================================================================

Equal values have equal forms, so that two forms that differ are two values that differ.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache
from typing import Any, ClassVar, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec

from ..errors import UnreadableType, ValueMisfit
from .money import Money, written_decimal

Json: TypeAlias = "bool | int | str | dict[str, Json] | None"

MAX_TEXT = 65_536
"""Characters of one text value: a fact is an answer, not a document."""

MAX_INT = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact (RFC 8259, section 6)."""


_AMOUNTS = 1_024
"""Amounts of money that need not be read anew: the prices of a list, which every judgement compares."""

_HALF = re.compile("[\ud800-\udfff]")
"""Half of a character: what Python may hold and no UTF-8 can."""


@dataclass(frozen=True, slots=True)
class Form:
    """How values of one type are written as JSON and read back.

    Both functions raise ``ValueMisfit`` with a sentence that names the value.
    """

    spelling: str
    write: Callable[[Any], Json]
    read: Callable[[Any], Any]


def form_of(hint: Any, *, where: str) -> Form:
    """The form of a declared type.

    Raises:
        UnreadableType: The type is not one of the table above.
    """
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, args = get_origin(hint), get_args(hint)
    held = [part for part in args if part is not type(None)]
    if origin in (Union, types.UnionType) and len(held) == 1:
        return _optional(form_of(held[0], where=where))
    if origin is Literal:
        return _literal(args, where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint, where)
    if isinstance(hint, type) and _frozen(hint):
        return _struct(hint, where)
    raise UnreadableType(
        f"A fact cannot hold {spelled_type(hint)}.",
        where=where,
        fix="Use str, int, bool, Decimal, Money, date, datetime, timedelta, an Enum, a Literal, "
        "a frozen dataclass or frozen msgspec.Struct of these, or one of these | None.",
    )


def spelled_type(hint: Any) -> str:
    """A type as one writes it."""
    return hint.__name__ if isinstance(hint, type) else str(hint).replace("typing.", "")


def _misfit(value: object, wanted: str) -> ValueMisfit:
    return ValueMisfit(
        f"{value!r:.80} ({type(value).__name__}) is not {wanted}.",
        fix="Let the reader turn it into that type, or declare the fact with another.",
    )


def _write_str(value: Any) -> Json:
    if type(value) is str and len(value) <= MAX_TEXT and value.isascii():
        return value
    if not isinstance(value, str) or isinstance(value, Enum):
        raise _misfit(value, "a text")
    if len(value) > MAX_TEXT:
        raise _misfit(value, f"a text of at most {MAX_TEXT} characters")
    if _HALF.search(value):
        raise _misfit(value, "a text of whole characters")
    return str(value)


def _write_int(value: Any) -> Json:
    if type(value) is int and -MAX_INT <= value <= MAX_INT:
        return value
    raise _misfit(value, "a whole number that JSON keeps exact")


def _write_bool(value: Any) -> Json:
    if value is True or value is False:
        return bool(value)
    raise _misfit(value, "true or false")


def _write_decimal(value: Any) -> Json:
    if isinstance(value, Decimal):
        return written_decimal(value)
    raise _misfit(value, "a Decimal")


def _write_money(value: Any) -> Json:
    if type(value) is Money:
        return str(value)
    raise _misfit(value, "Money")


def _write_date(value: Any) -> Json:
    if type(value) is date:
        return value.isoformat()
    raise _misfit(value, "a date")


def _write_datetime(value: Any) -> Json:
    if not isinstance(value, datetime):
        raise _misfit(value, "a datetime")
    if value.tzinfo is None:
        raise _misfit(value, "a datetime with a time zone")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _write_timedelta(value: Any) -> Json:
    if not isinstance(value, timedelta):
        raise _misfit(value, "a timedelta")
    seconds = Decimal(value // timedelta(microseconds=1)).scaleb(-6)
    return f"PT{written_decimal(seconds)}S"


def _reader(wanted: str, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def checked(form: Any) -> Any:
        try:
            return read(form)
        except (ValueError, TypeError, AttributeError, InvalidOperation) as error:
            raise _misfit(form, wanted) from error

    return checked


def _read_datetime(form: str) -> datetime:
    value = datetime.fromisoformat(form)
    if value.tzinfo is None:
        raise ValueError(form)
    return value


def _read_timedelta(form: str) -> timedelta:
    if not (form.startswith("PT") and form.endswith("S")):
        raise ValueError(form)
    return timedelta(microseconds=int(Decimal(form[2:-1]).scaleb(6)))


_PLAIN: dict[Any, Form] = {
    str: Form("str", _write_str, _write_str),
    int: Form("int", _write_int, _write_int),
    bool: Form("bool", _write_bool, _write_bool),
    Decimal: Form("Decimal", _write_decimal, _reader("a decimal", Decimal)),
    Money: Form("Money", _write_money, _reader("money", lru_cache(_AMOUNTS)(Money.read))),
    date: Form("date", _write_date, _reader("a date", date.fromisoformat)),
    datetime: Form("datetime", _write_datetime, _reader("a datetime", _read_datetime)),
    timedelta: Form("timedelta", _write_timedelta, _reader("a duration", _read_timedelta)),
}


def _optional(inner: Form) -> Form:
    write, read = inner.write, inner.read
    return Form(
        f"{inner.spelling} | None",
        lambda value: None if value is None else write(value),
        lambda form: None if form is None else read(form),
    )


def _literal(values: tuple[Any, ...], where: str) -> Form:
    for value in values:
        if type(value) not in (str, int):
            raise UnreadableType(
                f"{value!r} cannot be a literal of a fact.",
                where=where,
                fix="Use texts or whole numbers.",
            )
    wanted = f"one of {', '.join(map(repr, values))}"

    def check(value: Any) -> Json:
        for known in values:
            if type(value) is type(known) and value == known:
                return value  # type: ignore[no-any-return]
        raise _misfit(value, wanted)

    return Form(f"Literal[{', '.join(map(repr, values))}]", check, check)


def _enum(kind: type[Enum], where: str) -> Form:
    by_form: dict[Json, Enum] = {}
    for member in kind:
        if type(member.value) not in (str, int):
            raise UnreadableType(
                f"{member} has the value {member.value!r}.",
                where=where,
                fix="Give each member a text or a whole number.",
            )
        by_form[member.value] = member

    def write(value: Any) -> Json:
        if isinstance(value, kind):
            return value.value  # type: ignore[no-any-return]
        raise _misfit(value, f"a member of {kind.__name__}")

    return Form(kind.__name__, write, _reader(f"a member of {kind.__name__}", kind))


def _frozen(kind: type) -> bool:
    if issubclass(kind, msgspec.Struct):
        return bool(kind.__struct_config__.frozen)
    return dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


def _struct(kind: type, where: str) -> Form:
    try:
        hints = get_type_hints(kind)
        fields = {
            name: form_of(hint, where=where)
            for name, hint in hints.items()
            if get_origin(hint) is not ClassVar
        }
    except (NameError, RecursionError) as error:
        raise UnreadableType(
            f"Cannot read the types of {kind.__name__}: {error}.",
            where=where,
            fix="Import them at the top of its module; a value cannot hold one of its own kind.",
        ) from error

    def write(value: Any) -> Json:
        if type(value) is not kind:
            raise _misfit(value, f"a {kind.__name__}")
        return {name: form.write(getattr(value, name)) for name, form in fields.items()}

    def read(form: Any) -> Any:
        if not isinstance(form, dict) or form.keys() != fields.keys():
            raise _misfit(form, f"a {kind.__name__}")
        return kind(**{name: fields[name].read(part) for name, part in form.items()})

    spelling = ", ".join(f"{name}: {form.spelling}" for name, form in fields.items())
    return Form(f"{kind.__name__}({spelling})", write, read)
