"""The few queries by which a table of a company's own database is read, page by page; none writes.

They are put together here, for tables and columns have the names that the company gave them. Names are
checked to be names; whatever is compared is passed as a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

from .marks import LATE_ROWS

PAGE_ROWS = 500
"""Rows of one page, which is one commit: enough that the commit costs little, few enough that whoever
else hears waits some 20 ms."""

STYLES = ("qmark", "format", "pyformat", "numeric", "named")
"""The ways in which drivers write the place of a value (PEP 249, ``paramstyle``)."""

_NAME = re.compile(r"[^\W\d][\w$#]*")
_QUERY = re.compile(r"\s*(select|with)\s", re.IGNORECASE)


def is_name(text: str) -> bool:
    """Whether this names a table or a column and nothing else; a table may have its schema before it."""
    parts = text.split(".")
    return len(parts) <= 3 and all(_NAME.fullmatch(part) for part in parts)  # noqa: PLR2004


def is_query(text: str) -> bool:
    """Whether this is a query of the company's own."""
    return _QUERY.match(text) is not None


class Query(NamedTuple):
    """A query with its values, their places marked by ``?``."""

    text: str
    values: tuple[Any, ...]

    def said_to(self, style: str) -> tuple[str, Any]:
        """The query and its values as a driver of this style takes them."""
        if style == "qmark":
            return self.text, self.values
        numbers = count(1)
        if style in {"format", "pyformat"}:
            return _marked(self.text.replace("%", "%%"), lambda: "%s"), self.values
        if style == "numeric":
            return _marked(self.text, lambda: f":{next(numbers)}"), self.values
        named = {f"v{n}": value for n, value in enumerate(self.values, 1)}
        return _marked(self.text, lambda: f":v{next(numbers)}"), named


class Select(NamedTuple):
    """What is read, and how it is ordered.

    Args:
        origin: The table, or a query of the company's own.
        key: The columns that tell one row from another.
        cursor: The column that grows with each change; empty for none.
        limit: How this database ends a query after so many rows: ``limit {n}``.
        rows: How many rows a page has.
    """

    origin: str
    key: tuple[str, ...]
    cursor: str
    limit: str
    rows: int = PAGE_ROWS

    def greatest(self) -> Query:
        """The greatest value of the cursor column."""
        return Query(f"select max({self.cursor}) from {self._from}", ())  # noqa: S608 - checked names

    def latest(self) -> Query:
        """The greatest values of the cursor column, the greatest first."""
        text = (
            f"select {self.cursor} from {self._from} where {self.cursor} is not null "  # noqa: S608
            f"order by {self.cursor} desc {self.limit.format(n=LATE_ROWS)}"
        )
        return Query(text, ())

    def columns(self) -> Query:
        """No row, but the names of the columns."""
        return Query(f"select * from {self._from} where 1 = 0", ())  # noqa: S608 - checked names

    def by_key(self, after: Sequence[Any] | None) -> Query:
        """A page of all rows, in the order of their keys."""
        return self._page(self.key, [_beyond(self.key, after)] if after else [])

    def by_cursor(
        self, begin: tuple[Any, bool] | None, until: Any, after: Sequence[Any] | None
    ) -> Query:
        """A page of the rows up to a value of the cursor column, in its order.

        Args:
            begin: The value to begin with, and whether rows that have it are meant, too.
            until: The last value.
            after: Cursor and key of the last row of the page before.
        """
        place = f"{self.cursor} {{}} ?"
        conditions = [(place.format("<="), (until,))]
        if begin is not None:
            conditions.append((place.format(">=" if begin[1] else ">"), (begin[0],)))
        order = (self.cursor, *self.key)
        if after:
            # The first of these alone lets an index find the place.
            conditions += [(place.format(">="), (after[0],)), _beyond(order, after)]
        return self._page(order, conditions)

    @property
    def _from(self) -> str:
        return f"({self.origin}) pulled" if is_query(self.origin) else self.origin

    def _page(
        self, order: Sequence[str], conditions: Sequence[tuple[str, tuple[Any, ...]]]
    ) -> Query:
        where = f" where {' and '.join(text for text, _ in conditions)}" if conditions else ""
        limit = self.limit.format(n=self.rows + 1)  # one more, to see whether it is the last page
        text = f"select * from {self._from}{where} order by {', '.join(order)} {limit}"  # noqa: S608
        return Query(text, tuple(value for _, values in conditions for value in values))


def _beyond(columns: Sequence[str], after: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """The condition that a row comes after another in the order of some columns."""
    (column, *columns), (value, *after) = columns, after
    if not columns:
        return f"{column} > ?", (value,)
    rest, values = _beyond(columns, after)
    return f"({column} > ? or ({column} = ? and {rest}))", (value, value, *values)


def _marked(text: str, mark: Any) -> str:
    return re.sub(r"\?", lambda _: mark(), text)
