"""What one request brings to be heard, who may bring it, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ...errors import MessageError, NotAllowed, NotAMessage, NotTaken, OnestoryError
from ...intake import Arrived, Unreadable
from ..auth import Right
from ..auth.caller import caller_in
from ..hearing import Receipt
from ..problems import problem
from .door import Door
from .owned import right_of
from .problem import request_id_of
from .results import REFUSED, Reason, Result, Results


class Brought:
    """What one request brings: bytes, which are read in the hearing thread.

    Args:
        read: Reads the messages.
        system: The system that the sender speaks for; None for any, empty for none.

    ``last`` is the number of the last message that was kept, once they were heard.
    """

    def __init__(self, read: Callable[[], Sequence[Arrived]], system: str | None) -> None:
        self._read, self._system = read, system
        self._refused: dict[int, Arrived] = {}
        self.last = 0

    async def heard(self, door: Door) -> Results:
        """What became of each message, in the order in which they came, after it is on disk.

        Raises:
            TooBusy: Too many requests wait.
            LedgerError: The ledger refused; nothing was kept.
            MessageError: It cannot be told which messages there are.
        """
        arrived, receipts = await door.hear(self._allowed)
        self.last = max((receipt.number for receipt in receipts), default=0)
        results = [
            Result(receipt.id, one.system, receipt.fate.value)
            if receipt.reason is None
            else _set_aside(receipt, one.system)
            for one, receipt in zip(arrived, receipts, strict=True)
        ]
        for place in sorted(self._refused):
            one = self._refused[place]
            reason = Reason.of(not_yours(one.system))
            results.insert(place, Result(one.id, one.system, REFUSED, reason))
        return Results(results)

    def _allowed(self) -> Sequence[Arrived]:
        """The messages that the sender may bring, in order; the others are put by."""
        arrived = self._read()
        system = self._system
        if system is None:
            return arrived
        mine = [_known_to_be_from(system, one) for one in arrived]
        self._refused = {n: one for n, one in enumerate(mine) if not system or one.system != system}
        return [one for place, one in enumerate(mine) if place not in self._refused]


def told(results: Results, request: Request, *, alone: bool) -> Response:
    """The answer to what was heard; a message that came alone and is refused is an error.

    Args:
        results: What became of each.
        request: The request that brought them.
        alone: Whether it brings one message always, and no batch.
    """
    if alone and results.results[0].fate == REFUSED:
        error = not_yours(results.results[0].source)
        return problem(error, HTTPStatus.FORBIDDEN, request_id=request_id_of(request))
    return Response(_encode(results), media_type="application/json")


def not_taken(error: OnestoryError, request: Request) -> Response:
    """The answer to a request of which nothing was kept."""
    status = HTTPStatus.BAD_REQUEST if isinstance(error, NotAMessage) else None
    answer = problem(error, status, request_id=request_id_of(request))
    if isinstance(error, (MessageError, NotTaken)):
        answer.headers["Connection"] = "close"  # the rest of its body is not waited for
    return answer


def not_yours(system: str) -> NotAllowed:
    """The reason why a message of another system is not heard."""
    return NotAllowed(
        f"You do not speak for {system!r:.80}.",
        fix="Send each message with the key of the system that says it.",
    )


def speaks_for(request: Request) -> str | None:
    """The system that the sender speaks for: None for any, empty for none, as the matrix of rights says."""
    return None if right_of(request) is Right.ALL else caller_in(request.scope).system


def _set_aside(receipt: Receipt, system: str) -> Result:
    assert receipt.reason is not None
    reason, place = Reason.of(receipt.reason), f"/asides/{receipt.number}"
    return Result(receipt.id, system, receipt.fate.value, reason, place)


def _known_to_be_from(system: str, arrived: Arrived) -> Arrived:
    """Bytes that do not say where they are from are from whoever brings them."""
    if isinstance(arrived, Unreadable) and not arrived.system:
        return msgspec.structs.replace(arrived, system=system)
    return arrived


_encode = msgspec.json.Encoder().encode
