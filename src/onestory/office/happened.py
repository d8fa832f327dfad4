"""What happened, as other programs are told of it: a CloudEvent with ids, and with values only if asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ..clock import moment
from ..ledger import Entry

CHANGED, OPENED, SETTLED = "subject.changed", "contradiction.opened", "contradiction.settled"
HANDED_OVER, TOLD = "repair.handed_over", "telling.made"
KINDS = (CHANGED, OPENED, SETTLED, HANDED_OVER, TOLD)
"""What there is to be told of."""

_TIMES = ("since", "due")
_IDS = {
    OPENED: ("fact", "follower", "authority", "person"),
    SETTLED: ("fact", "follower", "how", "person"),
    HANDED_OVER: ("repair", "to"),
    TOLD: ("channel", "person", "reference", "notice", "repair"),
}
_VALUES = {
    OPENED: ("decided", "said"),
    SETTLED: ("decided", "because"),
    HANDED_OVER: ("because",),
    TOLD: ("told",),
}


def kind_of(entry: Entry) -> str:
    """What an entry is to other programs; empty if it is nothing to them."""
    body = entry.body
    if entry.kind == "opened":
        return OPENED
    if entry.kind == "settled":
        return SETTLED
    if entry.kind == "told":
        return TOLD
    if entry.kind == "done":
        return HANDED_OVER if body.get("ended") == "handed over" else ""
    return CHANGED if "says" in body or "ends" in body else ""


def happened(entry: Entry, ledger: str, *, with_values: bool) -> bytes:
    """What an entry says happened, as a CloudEvent: which subject, which fact, and what became of it.

    Args:
        entry: An entry that is something to other programs.
        ledger: The ledger's id.
        with_values: Whether what was said is told, too.
    """
    kind, body = kind_of(entry), entry.body
    data: dict[str, Any] = {"entity": entry.entity, "key": entry.key}
    if entry.alias_of:
        data["alias_of"] = entry.alias_of
    if kind == CHANGED:
        says: dict[str, Any] = body.get("says", {})
        data |= {"party": entry.party, "facts": [*says, *body.get("ends", ())]}
        if with_values:
            data["values"] = says
    else:
        if kind == OPENED:
            data["contradiction"] = entry.number
        if kind == TOLD:
            data["facts"] = list(body.get("told", ()))
        data |= _some(body, _IDS[kind]) | {n: moment(body[n]) for n in _TIMES if n in body}
        if with_values:
            data["values"] = _some(body, _VALUES[kind])
    return event_of(
        id_of(ledger, entry.number),
        ledger,
        kind,
        entry.known,
        data,
        subject=f"{entry.entity}/{entry.key}",
        sequence=f"{entry.number:019}",
    )


def event_of(
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    ledger: str,
    kind: str,
    known: int,
    data: dict[str, Any],
    **more: str,
) -> bytes:
    """A CloudEvent of ours."""
    attributes = {"id": id, "source": f"urn:onestory:{ledger}", "type": f"onestory.{kind}", **more}
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            **attributes,
            "time": moment(known),
            "datacontenttype": "application/json",
            "data": data,
        }
    )


def id_of(ledger: str, number: int) -> str:
    """The id of what an entry says: the same however often it is delivered, and to whom."""
    return f"{ledger}-{number}"


def _some(body: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: body[name] for name in names if name in body}
