"""Messages set aside: kept with the reason, listed, and made messages again to be replayed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ..errors import MessageError
from ..intake import Arrived, Message, Unreadable, structured
from ..ledger import Aside, Batch

DERIVED = "(derived)"
"""The type of what is set aside when a derivation fails: there is no message to read again."""


def keep(batch: Batch, number: int, arrived: Arrived, reason: MessageError) -> None:
    """Keep a message with the reason why it could not be heard."""
    source, id = name_of(arrived)  # noqa: A001 - the attribute's name in CloudEvents
    kind, raw, lax = _as_kept(arrived)
    _insert(batch, number, source, id, kind, raw, reason, lax=lax)


def keep_again(batch: Batch, aside: Aside, reason: MessageError) -> None:
    """What was set aside is so still, maybe for another reason."""
    batch.connection.run("again_aside", *reason_of(reason), aside.message)


def resolve(batch: Batch, aside: Aside, number: int) -> None:
    """Another message took the place of one that was set aside: it was heard, or set aside itself."""
    batch.connection.run("resolve_aside", number, aside.message)


def kept_of(batch: Batch, arrived: Iterable[Arrived]) -> dict[tuple[str, str], Aside]:
    """What is set aside now under the names of some messages."""
    ids: dict[str, list[str]] = {}
    for source, id in map(name_of, arrived):  # noqa: A001 - the attribute's name in CloudEvents
        ids.setdefault(source, []).append(id)
    found = [aside for source, named in ids.items() for aside in batch.asides_named(source, named)]
    return {(aside.source, aside.id): aside for aside in found}


def name_of(arrived: Arrived) -> tuple[str, str]:
    """The source and the id under which a message is set aside."""
    return arrived.system[:256], arrived.id


def same(aside: Aside, arrived: Arrived) -> bool:
    """Whether what arrived is what was set aside, to the byte."""
    return (aside.type, aside.raw, bool(aside.lax)) == _as_kept(arrived)


def keep_derived(batch: Batch, party: str, fact: str, key: str, reason: MessageError) -> None:
    """Keep the failure of a derivation for one subject, once however often it fails."""
    known = batch.connection.rows("derived_aside", party, _derived_id(fact, key))
    for (number,) in known:
        batch.connection.run("again_aside", *reason_of(reason), number)
    if not known:
        raw = str(reason).encode()
        number = batch.receive(party, None, sequence=None, raw=raw, says=())
        _insert(batch, number, party, _derived_id(fact, key), DERIVED, raw, reason, lax=False)


def resolve_derived(batch: Batch, party: str, fact: str, key: str) -> None:
    """A derivation succeeds for a subject, or has nothing to work out: its failure is over."""
    for (number,) in batch.connection.rows("derived_aside", party, _derived_id(fact, key)):
        batch.connection.run("resolve_aside", batch.message_number, number)


def derived_of(aside: Aside) -> tuple[str, str]:
    """The fact that could not be derived, and the key of its subject."""
    fact, _, key = aside.id.removeprefix("derived ").partition(" ")
    return fact, key


def message_of(aside: Aside) -> Message:
    """The message that was set aside, as it arrived.

    Raises:
        MessageError: It is no message, still; or it is one of another system than brought it.
    """
    if aside.lax or b'"specversion"' not in aside.raw:
        if not aside.type:
            raise reason_again(aside)
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
    if aside.source and name_of(arrived)[0] != aside.source:
        # The body of an event in binary mode, or of a webhook, may look like an event of somebody else.
        raise reason_again(aside)
    return arrived


def reason_of(error: MessageError) -> tuple[str, str, str, str]:
    """A reason as its row keeps it: code, what, place, fix."""
    return error.code, error.what, error.where, error.fix


def reason_again(aside: Aside) -> MessageError:
    """The reason why a message was set aside, as it was."""
    kinds = {kind.code: kind for kind in MessageError.__subclasses__()}
    return kinds.get(aside.code, MessageError)(aside.what, where=aside.place, fix=aside.fix)


def _derived_id(fact: str, key: str) -> str:
    return f"derived {fact} {key}"


def _as_kept(arrived: Arrived) -> tuple[str, bytes, bool]:
    """Type and bytes of a message as they are set aside, and whether it is lax."""
    if not isinstance(arrived, Message):
        return "", arrived.raw, False
    return arrived.type[:256], bytes(arrived.data) if arrived.lax else arrived.raw, arrived.lax


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
        source,
        id,
        kind,
        raw,
        lax,
        *reason_of(reason),
        batch.known,
    )
