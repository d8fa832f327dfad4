"""When two values count as the same: declared on a fact, used by every judgement of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeAlias, TypeVar, overload

from .durations import duration, spelled
from .money import Money

T = TypeVar("T")
Sameness: TypeAlias = Callable[[T, T], bool]


def equal(one: object, other: object) -> bool:
    """Two values are the same when they are equal."""
    return one == other


def to_the_cent(one: Money | None, other: Money | None) -> bool:
    """Two amounts are the same when they round to the same minor unit of the same currency."""
    if one is None or other is None:
        return one is other
    if one.currency != other.currency or abs(one.amount - other.amount) >= one.step:
        return False
    return one.rounded() == other.rounded()


def ignoring_case(one: str | None, other: str | None) -> bool:
    """Two texts are the same when only capitals differ."""
    if one is None or other is None:
        return one is other
    return one.casefold() == other.casefold()


def ignoring_space(one: str | None, other: str | None) -> bool:
    """Two texts are the same when only white space differs."""
    if one is None or other is None:
        return one is other
    return one.split() == other.split()


def ignoring_case_and_space(one: str | None, other: str | None) -> bool:
    """Two texts are the same when only capitals and white space differ."""
    if one is None or other is None:
        return one is other
    return one.casefold().split() == other.casefold().split()


class nearly(Generic[T]):  # noqa: N801 - it is used like the functions beside it
    """Two values are the same when they are at most this far apart, the limit included.

    Args:
        by: A duration for moments (``nearly("2 min")``), else a number, or money of one currency.

    Not transitive: 9:00 and 9:02 are nearly the same, 9:02 and 9:04 too, 9:00 and 9:04 are not.
    Each follower is compared with the authority only, so that this never adds up.
    """

    @overload
    def __init__(self: nearly[datetime], by: str | timedelta) -> None: ...
    @overload
    def __init__(self: nearly[int], by: int) -> None: ...
    @overload
    def __init__(self: nearly[Decimal], by: Decimal) -> None: ...
    @overload
    def __init__(self: nearly[Money], by: Money) -> None: ...
    def __init__(self, by: str | timedelta | int | Decimal | Money) -> None:
        self.by: Any = duration(by) if isinstance(by, (str, timedelta)) else by

    def __call__(self, one: T | None, other: T | None) -> bool:
        """Whether two values are the same."""
        if one is None or other is None:
            return one is other
        if isinstance(one, Money) and isinstance(other, Money):
            comparable = one.currency == other.currency == self.by.currency
            near = comparable and abs(one.amount - other.amount) <= self.by.amount
            return near or one == other
        gap: Any = abs(one - other)  # type: ignore[operator]
        return bool(gap <= self.by)

    @property
    def __name__(self) -> str:
        return f"nearly({spelled(self.by) if isinstance(self.by, timedelta) else self.by})"


def spelled_sameness(same: Sameness[Any]) -> str:
    """The name of a sameness, as the terms keep it."""
    return getattr(same, "__name__", type(same).__name__)
