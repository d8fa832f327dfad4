"""Reading the body of a request: counted while it comes, inflated within its bounds, in its time."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from ...errors import NotAMessage, OtherForm, TooLarge, TooSlow
from .door import Door

MAX_DEPTH = 64
"""Brackets within brackets of a body. The deepest message we met has 9; Python's own bound is another on
each of its versions, and is met by few readers before ours."""

MAX_COUNT = 100_000
"""Messages of one batch: as many as fit in its bytes if each is long, and a bound on what is answered."""

INFLATED_AT_ONCE = 1_048_576
"""Bytes that are inflated before they are counted: what a compressed bomb may cost us at most."""

_DIGITS = 20
_NOT_SHAPE = bytes(set(range(256)) - set(b'[]{},"\\'))
# A text that is never closed goes to the end, so that no quote in it is begun from again.
_TEXT = re.compile(rb'"(?:[^"\\]|\\.?)*+(?:"|\Z)', re.DOTALL)
_CLOSED = re.compile(rb"\{,*\}|\[,*\]")


@asynccontextmanager
async def body_of(request: Request, door: Door, most: int) -> AsyncIterator[bytes]:
    """The body of a request, inflated if it is compressed; the door counts what it holds meanwhile.

    Args:
        request: The request.
        door: Where it goes, which holds so many bytes at most.
        most: Bytes that it may have.

    Raises:
        TooLarge: It has more bytes than it may, as sent or as inflated.
        TooSlow: It did not come in its time.
        TooBusy: The door holds too much already.
        OtherForm: It is compressed in another way than gzip.
        NotAMessage: What is said to be gzip is not.
        ClientDisconnect: The sender went away before its end.
    """
    said = request.headers.get("content-length", "")
    _check_size(int(said) if said.isdecimal() and len(said) < _DIGITS else 0, most)
    body = bytearray()
    try:
        try:
            async with asyncio.timeout(door.within):
                async for part in _parts(request):
                    door.hold(len(part))
                    body += part
                    _check_size(len(body), most)
        except TimeoutError as error:
            raise TooSlow(
                f"The body was not there after {door.within:g} seconds.",
                fix="Send less at once, or faster. Nothing of it was kept.",
            ) from error
        yield bytes(body)
    finally:
        door.let_go(len(body))


def check_shape(body: bytes | bytearray) -> None:
    """Refuse JSON that is nested too deeply, or an array of too many, before it is decoded.

    What is no JSON at all passes: its decoder says why.

    Raises:
        TooLarge: It is nested deeper than ``MAX_DEPTH``, or is an array of more than ``MAX_COUNT``.
    """
    left = bytes(body.translate(None, _NOT_SHAPE)).replace(b'""', b"")
    if b'"' in left:
        left = _TEXT.sub(b"", left)
    for _ in range(MAX_DEPTH):
        inner = _CLOSED.sub(b"", left)
        if not inner.strip(b","):
            if left.count(b",") >= MAX_COUNT:
                raise TooLarge(
                    f"A batch of {left.count(b',') + 1:,} messages.",
                    fix=f"Send at most {MAX_COUNT:,} at once.",
                )
            return
        if inner == left:
            return
        left = inner
    raise TooLarge(
        f"The body is nested deeper than {MAX_DEPTH} brackets.",
        fix="Send data that readers can read: lists and objects, a few within each other.",
    )


async def _parts(request: Request) -> AsyncIterator[bytes]:
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity":
        async for part in request.stream():
            yield part
    elif coding == "gzip":
        async for part in _inflated(request):
            yield part
    else:
        raise OtherForm(
            f"The body is compressed as {coding!r:.40}.", fix="Send it with gzip, or as it is."
        )


async def _inflated(request: Request) -> AsyncIterator[bytes]:
    """What a gzip body holds, a bounded part at a time."""
    inflating = zlib.decompressobj(wbits=31)
    try:
        async for part in request.stream():
            compressed = part
            while compressed:
                if inflating.eof:
                    inflating = zlib.decompressobj(wbits=31)  # gzip may hold several after another
                yield inflating.decompress(compressed, INFLATED_AT_ONCE)
                compressed = inflating.unconsumed_tail or inflating.unused_data
    except zlib.error as error:
        raise NotAMessage(
            f"The body is not gzip: {error}.", fix="Compress it whole, or send it as it is."
        ) from error
    if not inflating.eof:
        raise NotAMessage(
            "The body is cut off: its gzip has no end.", fix="Send it again, to its end."
        )


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise TooLarge(
            f"The body has more than {most:,} bytes.", fix=f"Send at most {most:,} bytes at once."
        )
