"""Messages set aside: kept with the reason, listed, and made messages again to be replayed."""

from __future__ import annotations

import msgspec

from ..errors import MessageError, NoReader
from ..intake import Arrived, Message, Unreadable, structured
from ..ledger import Aside, Batch

DERIVED = "(derived)"
"""The type of what is set aside when a derivation fails: there is no message to read again."""


def keep(batch: Batch, number: int, arrived: Arrived, reason: MessageError) -> None:
    """Keep a message with the reason why it could not be heard."""
    kind, lax, raw = "", False, arrived.raw
    if isinstance(arrived, Message):
        kind, lax = arrived.type, arrived.lax
        raw = bytes(arrived.data) if lax else arrived.raw
    _insert(batch, number, arrived.system, arrived.id, kind, raw, reason, lax=lax)


def keep_derived(batch: Batch, party: str, reason: MessageError) -> None:
    """Keep the failure of a derivation."""
    raw = str(reason).encode()
    number = batch.receive(party, None, sequence=None, raw=raw, says=())
    _insert(batch, number, party, f"#{number}", DERIVED, raw, reason, lax=False)


def message_of(aside: Aside) -> Message:
    """The message that was set aside, as it arrived.

    Raises:
        MessageError: It is no message, still; or it was none but a derivation.
    """
    if aside.type == DERIVED:
        raise NoReader(aside.what, where=aside.place, fix=aside.fix)
    if aside.lax or b'"specversion"' not in aside.raw:
        if not aside.type:
            raise _reason_again(aside)
        return Message(
            aside.id,
            aside.source,
            aside.type,
            msgspec.Raw(aside.raw),
            sequence=aside.sequence,
            raw=aside.raw,
            lax=aside.lax,
        )
    arrived = structured(aside.raw)
    if isinstance(arrived, Unreadable):
        raise arrived.reason
    return arrived


def reason_of(error: MessageError) -> tuple[str, str, str, str]:
    """A reason as its row keeps it: code, what, place, fix."""
    return error.code, error.what, error.where, error.fix


def _reason_again(aside: Aside) -> MessageError:
    kinds = {kind.code: kind for kind in MessageError.__subclasses__()}
    return kinds.get(aside.code, MessageError)(aside.what, where=aside.place, fix=aside.fix)


def _insert(
    batch: Batch,
    number: int,
    source: str,
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    kind: str,
    raw: bytes,
    reason: MessageError,
    *,
    lax: bool,
) -> None:
    batch.connection.run(
        "insert_aside",
        number,
        source[:256],
        id,
        kind[:256],
        raw,
        lax,
        *reason_of(reason),
        batch.known,
    )
