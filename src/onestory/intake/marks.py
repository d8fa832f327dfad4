"""Marks: how far a source was read at which moments, so that a poll begins early enough."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from ..errors import NotPulled

OVERLAP = "5 min"
"""How long after a row was stamped it may become visible and is found by polling all the same: longer
than transactions of people and programs take. What comes later still, a sweep finds."""

STEPS = 16
"""Into how many steps the overlap is divided: a poll reads at most a sixteenth of it more than it must."""

LATE_ROWS = 1_000
"""How many rows before the last the first poll begins, where nobody can tell from stamps how long ago they
were made: more than are written to a table within a transaction of another."""

Mark: TypeAlias = tuple[int, Any]
"""A moment, and the greatest value of the cursor column that had been read by then; None for the least."""


def begin_at(marks: Sequence[Mark], polled: int | None, overlap: int) -> tuple[Any, bool] | None:
    """Where a poll begins: after a value, or at it; None for at the first there is.

    The newest mark is taken that was made so long before the last poll that whatever is stamped up to
    it, and late by no more than the overlap, was visible to that poll.

    Args:
        marks: The marks, oldest first.
        polled: When it was polled last, in microseconds.
        overlap: How long a row may be late, in microseconds.
    """
    if not marks:
        return None
    old: list[Any] = [
        value for made, value in marks if polled is not None and made <= polled - overlap
    ]
    begin = (old[-1], False) if old else (marks[0][1], True)
    return None if begin[0] is None else begin


def marked(marks: Sequence[Mark], value: Any, *, began: int, seen: int, overlap: int) -> list[Mark]:
    """The marks after a poll, without those that are not needed any more.

    Args:
        marks: The marks before it.
        value: The greatest value there was, or None.
        began: When it began.
        seen: By when that value had been seen: when it began, if the value was asked for first, or
            when it ended.
        overlap: How long a row may be late.
    """
    kept = list(marks)
    if value is not None and (not kept or kept[-1][1] != value):
        if len(kept) > 1 and kept[-1][0] - kept[-2][0] < overlap // STEPS:
            kept.pop()
        kept.append((seen, value))
    old = [place for place, (made, _) in enumerate(kept) if made <= began - overlap]
    return kept[old[-1] :] if old else kept


_FORMS: dict[str, Any] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "Decimal": Decimal,
    "UUID": UUID,
    "bytes": bytes.fromhex,
}


def form_of(value: Any) -> Any:
    """A value of a key or a cursor column as JSON, from which it can be read again exactly.

    Raises:
        NotPulled: It is of a type that a cursor cannot keep.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": bytes(value).hex()}
    name = type(value).__name__
    if name in _FORMS:
        return {name: value.isoformat() if hasattr(value, "isoformat") else str(value)}
    raise NotPulled(
        f"A key or a cursor column holds {type(value).__name__}, which has no order to go by.",
        fix="Name a column of numbers, texts or times.",
    )


def value_of(form: Any) -> Any:
    """The value that ``form_of`` wrote."""
    if isinstance(form, dict):
        ((name, written),) = form.items()
        return _FORMS[name](written)
    return form
