"""Books: money moved by repairs, in double entry; posted with the step that moved it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import ValueMisfit
from ..ledger.journal import Journal
from ..model import Money, MovesMoney
from ..model.money import minor_units

_MOST = 9 * 10**12
"""Minor units of one posting: a million of them can still be summed in 64 bits."""


class Disagreement(NamedTuple):
    """An account on which our books and a system's differ. Minor units of the currency.

    Args:
        key: The step's key; what one side knows and the other does not, or with another sum.
        currency: The currency.
        ours: What our books say; None where they know nothing of it.
        theirs: What the system says; None where it knows nothing of it.
    """

    key: str
    currency: str
    ours: int | None
    theirs: int | None


def lines_of(request: MovesMoney[Any], system: str) -> list[tuple[str, str, str, int]]:
    """The postings of one request: account, record, currency, minor units; debits are above nought.

    Raises:
        ValueMisfit: The amount is not a whole number of minor units, not above nought, or more than
            the books hold; or both accounts are the same.
    """
    minor = minor_of(request.amount)
    if minor <= 0:
        raise ValueMisfit(
            f"{request.amount} is not above nought.",
            fix="Charge and refund amounts; the request says which way the money moves.",
        )
    names = {"system": system, "record": request.record}
    debit, credit = request.debits.format(**names), request.credits.format(**names)
    if minor >= _MOST or debit == credit:
        raise ValueMisfit(
            f"{request.amount} from {credit} to {debit} cannot be booked.",
            fix="Name two accounts, and at most nine trillion minor units.",
        )
    currency = request.amount.currency
    return [
        (debit, request.record, currency, minor),
        (credit, request.record, currency, -minor),
    ]


def minor_of(amount: Money) -> int:
    """An amount in whole minor units of its currency.

    Raises:
        ValueMisfit: It has parts of a minor unit.
    """
    scaled = amount.amount.scaleb(minor_units(amount.currency))
    if scaled != scaled.to_integral_value():
        raise ValueMisfit(
            f"{amount} has parts of a minor unit; nobody can pay it.",
            fix="Write amount.rounded().",
        )
    return int(scaled)


def reconcile(journal: Journal, account: str, theirs: Mapping[str, Money]) -> list[Disagreement]:
    """Where our books of one account and a system's statement differ.

    Args:
        journal: Our books.
        account: The account, like ``cash at bank``.
        theirs: What the system says it moved, by the key of the request; money in above nought.
    """
    ours: dict[tuple[str, str], int] = {}
    after = 0
    while page := journal.postings(account, after=after, limit=1_000):
        for posting in page:
            place = posting.key, posting.currency
            ours[place] = ours.get(place, 0) + posting.minor
        after = page[-1].number
    known = {(key, amount.currency): minor_of(amount) for key, amount in theirs.items()}
    return [
        Disagreement(key, currency, ours.get((key, currency)), known.get((key, currency)))
        for key, currency in sorted(ours.keys() | known.keys())
        if ours.get((key, currency)) != known.get((key, currency))
    ]
