"""How a long work on a ledger is shown: by whoever called for it, a step at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from typing import TypeAlias

from .database import Row

Shows: TypeAlias = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Given what is done and how much of it there is, it gives what is called with how much is done."""

ROWS_SHOWN = 1_000
"""Rows after which it is shown how many were copied: two milliseconds, and hardly any cost to a row."""


def counted(rows: Iterable[Row], done: Callable[[int], None], before: int) -> Iterator[Row]:
    """Rows as they pass by, counted after those before."""
    for row, number in zip(rows, count(before + 1), strict=False):
        if number % ROWS_SHOWN == 1:
            done(number)
        yield row
