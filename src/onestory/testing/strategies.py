"""Hypothesis strategies: values of facts, companies, and what their parties may say."""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from ..errors import NotInstalled
from ..model import Company, DeclaredEntity, Entity, Fact, Key, Money, System

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise NotInstalled(
        "onestory.testing.strategies needs Hypothesis, which is not installed.",
        where=sys.executable,
        fix="Install it with its extra:  pip install 'onestory[testing]'",
    ) from error

_CURRENCIES = ("EUR", "USD", "JPY", "KWD")
_YEARS = (datetime(1970, 1, 2), datetime(2100, 1, 1))  # noqa: DTZ001 - the zone is added below
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


class Word(NamedTuple):
    """Something a party may say: who, of which fact and subject, what, and with which sequence."""

    party: System
    fact: Fact[Any]
    key: str
    value: Any
    sequence: int


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values that a fact of this type may hold."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = next(a for a in args if a is not type(None))
        return st.none() | values(inner)
    if origin is Literal:
        return st.sampled_from(args)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if dataclasses.is_dataclass(hint) or issubclass(hint, msgspec.Struct):
        return st.builds(hint, **{n: values(h) for n, h in get_type_hints(hint).items()})
    message = f"No values are known of {hint}."
    raise TypeError(message)


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Small companies: two to four systems, one entity, one to three facts of any simple type."""
    company = Company(draw(st.sampled_from(("Acme", "Halcyon", "Bergmann"))))
    names = draw(
        st.lists(st.sampled_from(("a", "b", "c", "d")), min_size=2, max_size=4, unique=True)
    )
    systems = [System(name, of=company) for name in names]
    members: dict[str, Any] = {"__annotations__": {"no": Key[str]}, "__doc__": "A thing."}
    for number in range(draw(st.integers(1, 3))):
        order = draw(st.permutations(systems))
        followers = draw(st.lists(st.sampled_from(order[1:]), min_size=1, unique_by=id))
        within = draw(st.sampled_from(("0 s", "30 s", "5 min", "1 h")))
        members[f"fact{number}"] = order[0].decides(*(f.follows(within=within) for f in followers))
        holds = draw(st.sampled_from(list(_SIMPLE)))
        members["__annotations__"][f"fact{number}"] = types.GenericAlias(Fact, (holds,))
    types.new_class("Thing", (Entity,), {"of": company}, lambda space: space.update(members))
    return company


def words(
    company: Company, *, keys: Sequence[str] = ("1", "2"), distinct: int = 3
) -> st.SearchStrategy[list[Word]]:
    """What the parties of a company may say, each with a sequence of its own.

    Args:
        company: The company.
        keys: The subjects they speak of.
        distinct: How many values a fact takes: few, so that parties agree now and then.
    """
    facts = [f for e in company.declared(DeclaredEntity) for f in e.facts.values()]
    return st.lists(
        st.sampled_from(facts).flatmap(lambda f: _word(f, keys, distinct)), max_size=24
    ).map(_numbered)


def _word(fact: Fact[Any], keys: Sequence[str], distinct: int) -> st.SearchStrategy[Word]:
    parties = [fact.authority, *(f.party for f in fact.followers)]
    return st.builds(
        Word,
        st.sampled_from([p for p in parties if isinstance(p, System)]),
        st.just(fact),
        st.sampled_from(list(keys)),
        st.sampled_from(_few(fact, distinct)),
        st.just(0),
    )


def _few(fact: Fact[Any], count: int) -> list[Any]:
    """A few values of a fact's type, always the same ones."""
    start = datetime(2027, 1, 1, tzinfo=UTC)
    few: dict[Any, list[Any]] = {
        str: [f"v{n}" for n in range(count)],
        int: list(range(count)),
        bool: [True, False],
        Decimal: [Decimal(n) / 2 for n in range(count)],
        Money: [Money(Decimal(n), "EUR") for n in range(count)],
        date: [start.date() + timedelta(days=n) for n in range(count)],
        datetime: [start + timedelta(hours=n) for n in range(count)],
        timedelta: [timedelta(minutes=n) for n in range(count)],
    }
    return few[fact.holds]


def _numbered(said: list[Word]) -> list[Word]:
    """Number each party's words from one on."""
    counts: dict[str, int] = {}
    numbered = []
    for word in said:
        counts[word.party.name] = counts.get(word.party.name, 0) + 1
        numbered.append(word._replace(sequence=counts[word.party.name]))
    return numbered


_SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**53) + 1, 2**53 - 1),
    bool: st.booleans(),
    Decimal: st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12
    ),
    Money: st.builds(
        Money,
        st.decimals(
            allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9
        ),
        st.sampled_from(_CURRENCIES),
    ),
    date: st.dates(),
    datetime: st.datetimes(*_YEARS).map(lambda naive: naive.replace(tzinfo=UTC)),
    timedelta: st.timedeltas(min_value=timedelta(days=-3650), max_value=timedelta(days=3650)),
}
