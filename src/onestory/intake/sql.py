"""Rows of a table in a company's own database, pulled through any driver of DB-API 2.0 (PEP 249)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from ..clock import micros
from ..errors import ColumnsChanged, DeclarationError, MessageError, NotPulled, TooLarge
from ..model import Asked, Page, duration, here
from .marks import LATE_ROWS, OVERLAP, begin_at, form_of, marked, value_of
from .message import KEPT_OF_TOO_LARGE, MAX_MESSAGE, Arrived, Message, Unreadable, checked
from .select import PAGE_ROWS, STYLES, Query, Select, is_name, is_query

_encode = msgspec.json.Encoder(enc_hook=str).encode


def rows_of(
    connect: Callable[[], Any],
    table: str,
    *,
    key: str | Sequence[str],
    cursor: str = "",
    sequence: str = "",
    overlap: str | timedelta = OVERLAP,
    paramstyle: str = "",
    limit: str = "limit {n}",
    page_rows: int = PAGE_ROWS,
) -> SqlSource:
    """Rows of a table or of a query, as a source for ``System.pulls``.

    Each row is a message: an object with a member for each column. Numbers with decimals, times and
    the like are texts, which the reader's payload turns into what it declares.

    Args:
        connect: Opens a connection, by any driver of DB-API 2.0; called for each reading. Let it
            connect as a user who may only read, and give it a timeout.
        table: The table, with its schema where needed; or a query of your own, ``select ...``.
        key: The column, or the columns, that tell one row from another. None may be null.
        cursor: The column that grows with each change, like ``changed_at``. Left out, each poll reads
            everything; with it, rows that have none are found by sweeps alone.
        sequence: The column that numbers a row's versions, if there is one.
        overlap: How long after it was stamped a row may become visible.
        paramstyle: How the driver writes the place of a value; asked of its module, if left out.
        limit: How the database ends a query after ``n`` rows, like ``fetch first {n} rows only``.
        page_rows: Rows of one page, which is one commit; fewer, where rows are very wide.

    Raises:
        DeclarationError: A table or a column has a name that is none, or the style is not known.
        NoSuchDuration: ``overlap`` cannot be read.
    """
    keys = (key,) if isinstance(key, str) else tuple(key)
    names = [*keys, *(name for name in (cursor, sequence) if name)]
    if not is_query(table):
        names.append(table)
    for name in names:
        if not is_name(name):
            raise DeclarationError(
                f"{name!r} names no table and no column.",
                where=here(),
                fix="Write the name alone, like contract or sales.contract; or a whole query, select ...",
            )
    if not keys or (paramstyle and paramstyle not in STYLES) or "{n}" not in limit or page_rows < 1:
        raise DeclarationError(
            "A table needs a key, a paramstyle of PEP 249, a limit with {n} in it, and pages with rows.",
            where=here(),
            fix=f'Write key="contract_no"; a paramstyle is one of {", ".join(STYLES)}.',
        )
    return SqlSource(
        connect,
        Select(table, keys, cursor, limit, page_rows),
        sequence,
        duration(overlap),
        paramstyle,
    )


class SqlSource:
    """Rows of a table. Made by ``rows_of``."""

    def __init__(
        self,
        connect: Callable[[], Any],
        select: Select,
        sequence: str,
        overlap: timedelta,
        paramstyle: str,
    ) -> None:
        self._connect, self._select, self._sequence = connect, select, sequence
        self._overlap, self._style = overlap // timedelta(microseconds=1), paramstyle
        origin = "query" if is_query(select.origin) else f"table {select.origin}"
        self.name, self.whole = origin, not select.cursor
        self._of = sha256(repr((select.origin, select.key, select.cursor)).encode()).hexdigest()[:8]

    def pages(self, asked: Asked) -> Iterator[Page]:
        """Read page by page, each in a transaction of its own, in a connection of this reading.

        Raises:
            ColumnsChanged: The key or the cursor column is not there any more.
            NotPulled: The key names two rows alike, or a value of the cursor has no order.
        """
        at = {} if asked.cursor is None else msgspec.json.decode(asked.cursor)
        if at.get("of") != self._of:
            at = {}  # never read, or declared otherwise since: everything is read
        connection = self._connect()
        try:
            reading = _Reading(connection, self._select, self._style, self._sequence, asked)
            pages = self._all(reading, at) if self._reads_all(asked, at) else self._new(reading, at)
            for messages, cursor in pages:
                yield Page(messages, self._written(cursor), reading.names)
        finally:
            with suppress(Exception):  # it may be the connection that is broken
                connection.close()

    def _reads_all(self, asked: Asked, at: dict[str, Any]) -> bool:
        return asked.sweep or not self._select.cursor or "marks" not in at

    def _all(
        self, reading: _Reading, at: dict[str, Any]
    ) -> Iterator[tuple[list[Arrived], dict[str, Any]]]:
        """Everything there is, in the order of keys; of a first reading, then where polls begin."""
        first = bool(self._select.cursor) and not reading.asked.sweep
        now = micros(reading.asked.now)
        if self.whole and not reading.asked.sweep:
            at = {}  # each reading is of everything, from the beginning
        if first and "after" not in at:
            at = {"start": form_of(reading.earlier(self._overlap)), "began": now}
        after = at.get("after")
        while True:
            rows = reading.page(self._select.by_key(_values(after)))
            messages, more = reading.messages(rows), len(rows) > self._select.rows
            if more:
                after = reading.place(rows[self._select.rows - 1], self._select.key)
                yield messages, at | {"after": after}
                continue
            end: dict[str, Any] = {}
            if first:
                end = {"marks": [(at["began"], at["start"])], "polled": at["began"]}
            yield messages, end
            return

    def _new(
        self, reading: _Reading, at: dict[str, Any]
    ) -> Iterator[tuple[list[Arrived], dict[str, Any]]]:
        """What may be new, in the order of the cursor column."""
        kept = {name: at[name] for name in ("marks", "polled")}
        now = micros(reading.asked.now)
        poll = at.get("poll") or {
            "begin": begin_at(kept["marks"], kept["polled"], self._overlap),
            "began": now,
        }
        begin = poll["begin"] and (value_of(poll["begin"][0]), poll["begin"][1])
        until, after = form_of(reading.greatest()), poll.get("after")
        order = (self._select.cursor, *self._select.key)
        messages: list[Arrived] = []
        while until is not None:
            query = self._select.by_cursor(begin, value_of(until), _values(after))
            rows = reading.page(query)
            messages = reading.messages(rows)
            if len(rows) <= self._select.rows:
                break
            after = reading.place(rows[self._select.rows - 1], order)
            yield messages, kept | {"poll": poll | {"after": after}}
        marks = marked(kept["marks"], until, began=poll["began"], seen=now, overlap=self._overlap)
        yield messages, {"marks": marks, "polled": poll["began"]}

    def _written(self, at: dict[str, Any]) -> str:
        return _encode({"of": self._of} | at).decode()


class _Reading:
    """One reading of one connection."""

    def __init__(
        self, connection: Any, select: Select, style: str, sequence: str, asked: Asked
    ) -> None:
        self._connection, self._select, self.asked = connection, select, asked
        self._style = style or _style_of(connection)
        self._sequence = sequence
        self._whole = asked.sweep or not select.cursor
        self.names: tuple[str, ...] = ()
        self._found: tuple[str, ...] = ()

    def greatest(self) -> Any:
        """The greatest value of the cursor column there is."""
        ((value,),) = self._rows(self._select.greatest())
        return value

    def earlier(self, overlap: int) -> Any:
        """A value of the cursor column from so long before the greatest that what is late comes after it.

        Only of times is that known; of others the value of a thousand rows before is taken, or none.
        """
        latest = self._rows(self._select.latest())
        if latest and isinstance(latest[0][0], datetime):
            return latest[0][0] - timedelta(microseconds=overlap)
        return latest[-1][0] if len(latest) == LATE_ROWS else None

    def page(self, query: Query) -> list[tuple[Any, ...]]:
        """The rows of a page, and one more where there is one.

        Raises:
            NotPulled: Two of them have one key.
        """
        rows = self._rows(query)
        self.names = self._found
        if self._missing(self.names):
            raise self._changed(self.names)
        if len(set(self.names)) < len(self.names):
            raise NotPulled(
                f"Two columns are called alike: {', '.join(self.names)}.",
                fix="Give each a name of its own in the query: select a.id as contract, ...",
            )
        places = [self._index(column) for column in self._select.key]
        keys = {tuple(repr(row[place]) for place in places) for row in rows}
        if len(keys) < len(rows):
            raise NotPulled(
                f"Two rows have the same {', '.join(self._select.key)}.",
                fix="Name in key= all columns that tell one row from another.",
            )
        return rows

    def place(self, row: tuple[Any, ...], columns: Sequence[str]) -> list[Any]:
        """What stands in some columns of a row, as a cursor keeps it."""
        return [form_of(row[self._index(column)]) for column in columns]

    def messages(self, rows: list[tuple[Any, ...]]) -> list[Arrived]:
        """The rows of a page as messages."""
        return [self._message(row) for row in rows[: self._select.rows]]

    def _message(self, row: tuple[Any, ...]) -> Arrived:
        asked = self.asked
        data = _encode(dict(zip(self.names, row, strict=True)))
        digest = sha256(f"{asked.pull}\n".encode() + data).hexdigest()[:32]
        name = f"row {asked.reading} {digest}" if self._whole else f"row {digest}"
        if len(data) > MAX_MESSAGE:
            reason = TooLarge(
                f"A row of {len(data):,} bytes.",
                where=f"{asked.pull} {self.place(row, self._select.key)}",
                fix=f"Name the columns that are read, in a query: a row has at most {MAX_MESSAGE:,}.",
            )
            return Unreadable(data[:KEPT_OF_TOO_LARGE], reason, asked.system, name)
        number = row[self._index(self._sequence)] if self._sequence else None
        made = Message(
            name, asked.system, asked.type, msgspec.Raw(data), sequence=number, raw=data, lax=True
        )
        try:
            return checked(made)
        except MessageError as error:
            return Unreadable(data, error, asked.system, name)

    def _index(self, column: str) -> int:
        return [name.lower() for name in self.names].index(_bare(column))

    def _rows(self, query: Query) -> list[tuple[Any, ...]]:
        """The rows of a query, in a transaction of its own.

        Raises:
            ColumnsChanged: A column that the query goes by is not there any more.
        """
        try:
            names, rows = self._run(query)
        except Exception as error:
            self._end()
            names = self._names_now()
            if names and self._missing(names):
                raise self._changed(names) from error
            raise
        self._end()
        self._found = names
        return rows

    def _run(self, query: Query) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        text, values = query.said_to(self._style)
        cursor = self._connection.cursor()
        cursor.execute(text, values)
        rows = [tuple(row) for row in cursor.fetchall()]
        names = tuple(column[0] for column in cursor.description)
        cursor.close()
        return names, rows

    def _names_now(self) -> tuple[str, ...]:
        """The columns there are; none, where even that cannot be asked."""
        with suppress(Exception):  # it is down, and the first error says so
            return self._run(self._select.columns())[0]
        return ()

    def _missing(self, names: Sequence[str]) -> list[str]:
        there = {name.lower() for name in names}
        wanted = (*self._select.key, self._select.cursor, self._sequence)
        return [name for name in wanted if name and _bare(name) not in there]

    def _changed(self, names: Sequence[str]) -> ColumnsChanged:
        return ColumnsChanged(
            f"There is no column {' and no column '.join(self._missing(names))} any more.",
            fix=f"Declare the source as it is now. It has: {', '.join(names)}.",
        )

    def _end(self) -> None:
        """End the transaction, so that the next page shows what is committed since."""
        with suppress(Exception):  # some drivers begin none
            self._connection.rollback()


def _style_of(connection: Any) -> str:
    """How the driver of a connection writes the place of a value, as its module says."""
    for kind in type(connection).__mro__:
        module = sys.modules.get(kind.__module__.partition(".")[0].lstrip("_"))
        style = getattr(module, "paramstyle", None)
        if style in STYLES:
            return str(style)
    raise NotPulled(
        f"Nobody knows how {type(connection).__module__} writes the place of a value.",
        fix=f"Write paramstyle=, one of {', '.join(STYLES)}, as the driver's manual says.",
    )


def _bare(name: str) -> str:
    """A column's name as it stands in a result."""
    return name.rpartition(".")[2].lower()


def _values(forms: list[Any] | None) -> list[Any] | None:
    return None if forms is None else [value_of(form) for form in forms]
