"""Signatures of Standard Webhooks: how bytes are signed, and how it is told who signed them.

Source: Standard Webhooks 1.0.0 (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``, scheme
``v1``: HMAC with SHA-256).
"""

from __future__ import annotations

import base64
import hmac
import re
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from ..clock import moment
from ..errors import NotSigned
from .message import MAX_ID

TOLERANCE = timedelta(minutes=5)
"""How far the time of a signature may be from ours, before or after: what Standard Webhooks advises, more
than clocks differ and less than somebody needs who found an old request."""

MAX_SIGNATURES = 16
"""Signatures of one request that are looked at: a sender that changes its secret signs with two."""

_WRITTEN_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]+={0,2})")
_SECOND = re.compile(r"[0-9]{1,11}")


class Signed(NamedTuple):
    """What a signature says besides who signed: the message's id, and when, in seconds since 1970."""

    id: str
    timestamp: int


def signature(secret: bytes, id: str, timestamp: int, body: bytes) -> str:  # noqa: A002 - Standard Webhooks calls it so
    """The signature of a message, as Standard Webhooks defines it (``v1``)."""
    signed = b"%s.%d.%s" % (id.encode(), timestamp, body)
    digest = hmac.new(secret, signed, sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def secret_of(written: str) -> bytes | None:
    """A secret as Standard Webhooks writes it (``whsec_`` and base64), or None if it is none."""
    match = _WRITTEN_SECRET.fullmatch(written)
    try:
        return base64.b64decode(match[1], validate=True) if match else None
    except NotBase64:
        return None


def verified(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: int) -> Signed:
    """What is signed with one of some secrets, not long ago.

    Args:
        headers: The request's headers, by their names in small letters.
        body: The request's body, as it came.
        secrets: The secrets that its sender may sign with: more than one while they change.
        now: The present moment, in microseconds.

    Raises:
        NotSigned: A header is missing or unreadable, none of the signatures is by one of these secrets,
            or its time is too far from now.
    """
    name, written = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (0 < len(name) <= MAX_ID and name.isascii() and name.isprintable()):
        raise _not_signed("webhook-id does not name the message")
    if not _SECOND.fullmatch(written):
        raise _not_signed("webhook-timestamp is no time in seconds")
    timestamp = int(written)
    if str(timestamp) != written:
        raise _not_signed("webhook-timestamp is no time in seconds")
    if abs(moment(now) - moment(timestamp * 1_000_000)) > TOLERANCE:
        raise _not_signed("it was signed too long ago, or in the future")
    said = headers.get("webhook-signature", "").encode("latin-1", "replace").split(maxsplit=64)
    expected = [signature(secret, name, timestamp, body).encode() for secret in secrets]
    # Each is compared with each, so that the time it takes says nothing of which one was near.
    matches = [hmac.compare_digest(one, mine) for one in said[:MAX_SIGNATURES] for mine in expected]
    if not any(matches):
        raise _not_signed("no signature is by a secret that its sender signs with")
    return Signed(name, timestamp)


def _not_signed(why: str) -> NotSigned:
    return NotSigned(
        f"The request is not signed as it must be: {why}.",
        fix="Sign the bytes as they are sent, as Standard Webhooks says, with the secret that both know.",
    )
