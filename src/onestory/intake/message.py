"""Messages: what arrives from systems, untouched, as CloudEvents 1.0.

Source: CloudEvents 1.0.2, JSON event format and HTTP protocol binding (structured, batched and
binary content modes), and its ``sequence`` extension.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeAlias, TypeGuard
from urllib.parse import unquote

import msgspec

from ..clock import aware
from ..errors import MessageError, NotAMessage, OnestoryError, TooLarge

MAX_MESSAGE = 1_048_576
"""Bytes of one message: an answer to some facts, not a file; and a bound on memory."""

MAX_BATCH_BYTES = 64 * 1_048_576
"""Bytes of one batch: what is decoded at once must fit in memory many times over."""

KEPT_OF_TOO_LARGE = 4096
"""Bytes that are set aside of a message over ``MAX_MESSAGE``: enough to find it again at its source."""

MAX_ID = 256
"""Characters of a message's id, source and type: ids are kept for ever, each in an index."""

MAX_SEQUENCE = 2**62 - 1
"""The greatest sequence number: a signed 64-bit integer, less a bit to tell it from receipts."""

UNDECODABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What bytes may raise that are decoded as JSON; the last, by brackets within brackets."""

_NOTHING = msgspec.Raw(b"null")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Message(msgspec.Struct, rename={"raw": "<raw>", "lax": "<lax>"}, gc=False):
    """One message from one system. Names and meanings are those of CloudEvents 1.0.

    Args:
        id: Unique among the messages of its source; a message heard twice is known by it.
        source: The system that sent it: its declared name, with or without a leading ``/``.
        type: The kind of message, which chooses the reader.
        data: The payload, as JSON.
        time: When it happened, by the source's clock. Shown; never used to order claims.
        subject: What it is about, as the source names it.
        sequence: The source's own number for it, which orders its claims.
        raw: The bytes as they arrived.
        lax: Whether texts may stand for numbers and dates, as in a row of CSV.
    """

    id: str
    source: str
    type: str
    data: msgspec.Raw = _NOTHING
    time: datetime | None = None
    subject: str | None = None
    sequence: int | str | None = None
    specversion: str = "1.0"
    datacontenttype: str | None = None
    data_base64: str | None = None
    raw: bytes = b""
    lax: bool = False

    @property
    def system(self) -> str:
        """The name of the system that sent it."""
        source = self.source
        return unquote(source).lstrip("/") if "/" in source or "%" in source else source


class Unreadable(msgspec.Struct, frozen=True):
    """Bytes that are no message, with the reason. They are set aside like any other."""

    raw: bytes
    reason: MessageError
    system: str = ""
    id: str = ""


Arrived: TypeAlias = Message | Unreadable
"""What came in: a message, or bytes that are none."""

_envelope = msgspec.json.Decoder(Message)
_batch = msgspec.json.Decoder(list[msgspec.Raw])
_loose = msgspec.json.Decoder()


def message(
    source: str,
    type: str,  # noqa: A002 - the attribute's name in CloudEvents
    data: Any,
    *,
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    time: datetime | None = None,
    subject: str | None = None,
    sequence: int | None = None,
) -> Message:
    """Make a message from Python values; ``data`` is anything that msgspec writes as JSON.

    Raises:
        NotAMessage: An attribute is missing or out of its limits.
        ImpossibleTime: ``time`` has no zone.
    """
    made = Message(
        id,
        source,
        type,
        msgspec.Raw(msgspec.json.encode(data)),
        time and aware(time),
        subject,
        sequence,
    )
    checked(made)
    made.raw = msgspec.json.encode(
        {"specversion": "1.0", "id": id, "source": source, "type": type, "data": made.data}
        | {
            name: value
            for name in ("time", "subject", "sequence")
            if (value := getattr(made, name)) is not None
        }
    )
    return made


def structured(body: bytes) -> Arrived:
    """One event in structured mode (``application/cloudevents+json``)."""
    try:
        if len(body) > MAX_MESSAGE:
            raise _too_large(len(body))
        decoded = _envelope.decode(body)
        decoded.raw, decoded.lax = bytes(body), False
        return checked(decoded)
    except UNDECODABLE as error:
        why = why_undecodable(error)
        return _unreadable(body, NotAMessage(f"This is not a CloudEvent: {why}.", fix=_FIX))
    except MessageError as error:
        return _unreadable(body, error)


def batch(body: bytes) -> Iterator[Arrived]:
    """The events of a JSON batch (``application/cloudevents-batch+json``), in order.

    Raises:
        NotAMessage: The body is not a JSON array. (An event that is none is yielded as unreadable.)
        TooLarge: It has more than ``MAX_BATCH_BYTES``.
    """
    if len(body) > MAX_BATCH_BYTES:
        raise TooLarge(
            f"A batch of {len(body):,} bytes.",
            fix=f"Send at most {MAX_BATCH_BYTES:,} bytes at once.",
        )
    try:
        events = _batch.decode(body)
    except UNDECODABLE as error:
        why = why_undecodable(error)
        raise NotAMessage(f"This is not a batch of CloudEvents: {why}.", fix=_FIX) from error
    for event in events:
        yield structured(bytes(event))


def binary(headers: Mapping[str, str], body: bytes) -> Arrived:
    """One event in binary mode: attributes in ``ce-`` headers, data in the body."""
    names = {name.lower(): unquote(value) for name, value in headers.items()}
    attributes: dict[str, Any] = {
        name[3:]: value for name, value in names.items() if name.startswith("ce-")
    }
    try:
        if len(body) > MAX_MESSAGE:
            raise _too_large(len(body))
        raw = msgspec.json.encode({**attributes, "data": _json_data(body)})
    except MessageError as error:
        return _unreadable(body, error, attributes)
    return structured(raw)


def checked(arrived: Message) -> Message:
    """``arrived``, if its attributes keep to CloudEvents 1.0 and to our limits.

    Raises:
        NotAMessage: An attribute is missing, empty or too long, or the data is not JSON.
    """
    if arrived.specversion != "1.0":
        raise NotAMessage(
            f"specversion is {arrived.specversion!r:.20}.", fix="Send CloudEvents 1.0."
        )
    if not (_is_name(arrived.id) and _is_name(arrived.system) and _is_name(arrived.type)):
        raise NotAMessage(
            "id, source and type must be given.",
            where=ascii(f"{arrived.source:.60} {arrived.id:.60}")[1:-1],
            fix=f"Give each a text of at most {MAX_ID} characters, none of them a control character.",
        )
    if arrived.time is not None and arrived.time.tzinfo is None:
        raise NotAMessage("time has no zone.", where=arrived.id, fix="Write it as RFC 3339 asks.")
    if arrived.sequence is not None:
        arrived.sequence = _sequence(arrived.sequence, arrived.id)
    if arrived.data_base64 is not None:
        arrived.data = msgspec.Raw(msgspec.json.encode(_base64_data(arrived.data_base64)))
        arrived.data_base64 = None
    return arrived


def _sequence(written: int | str, where: str) -> int:
    try:
        number = int(written)
    except ValueError:
        number = -1
    if not 0 <= number <= MAX_SEQUENCE:
        raise NotAMessage(
            f"The sequence {written!r:.40} is not a whole number from 0 to {MAX_SEQUENCE}.",
            where=where,
            fix="Number the messages of a source upwards, or leave the sequence out.",
        )
    return number


def _json_data(body: bytes) -> Any:
    if not body:
        return None
    try:
        return _loose.decode(body)
    except UNDECODABLE as error:
        raise NotAMessage(
            f"The data is not JSON: {why_undecodable(error)}.", fix="Send application/json."
        ) from error


def _base64_data(written: str) -> Any:
    try:
        return _json_data(base64.b64decode(written, validate=True))
    except ValueError as error:
        raise NotAMessage(
            f"data_base64 is not base64: {error}.", fix="Send the data as JSON."
        ) from error


def _too_large(size: int) -> OnestoryError:
    return TooLarge(
        f"A message of {size:,} bytes.", fix=f"Send at most {MAX_MESSAGE:,} bytes in one message."
    )


def _unreadable(
    body: bytes, reason: MessageError, named: Mapping[str, object] | None = None
) -> Unreadable:
    """What could not be read, named by what little of it could be."""
    if named is None and len(body) <= MAX_MESSAGE:
        with suppress(*UNDECODABLE):
            loose = _loose.decode(body)
            named = loose if isinstance(loose, dict) else None
    named = named or {}
    source, name = named.get("source"), named.get("id")
    system = Message("", source, "").system if isinstance(source, str) else ""
    kept = bytes(body) if len(body) <= MAX_MESSAGE else bytes(body[:KEPT_OF_TOO_LARGE])
    return Unreadable(
        kept,
        reason,
        system if _is_name(system) else "",
        name if _is_name(name) else f"sha256:{sha256(body).hexdigest()}",
    )


def _is_name(text: object) -> TypeGuard[str]:
    """Whether this can name something for ever: CloudEvents forbids control characters in texts."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= MAX_ID
        and (text.isprintable() or _CONTROLS.search(text) is None)
    )


def why_undecodable(error: Exception) -> str:
    """Why bytes cannot be decoded, in the words of a reason."""
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


_FIX = (
    'Send {"specversion": "1.0", "id": "...", "source": "<a declared system>", '
    '"type": "...", "data": {...}}, or a list of these.'
)
