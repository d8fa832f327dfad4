"""Declaring a list over HTTP as a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from ..errors import DeclarationError
from ..model import duration, here
from .http import HttpSource, Listing
from .marks import OVERLAP

LIST_TIMEOUT = "10 s"
"""How long a list is waited for, unless it is declared otherwise: what works answers in one."""


def items_of(
    url: str,
    *,
    items: str = "",
    next: str = "",  # noqa: A002 - what most lists call it
    next_as: str = "",
    page: str = "",
    after: str = "",
    key: str = "",
    since: str = "",
    cursor: str = "",
    sequence: str = "",
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | Callable[[], Mapping[str, str]] | None = None,
    overlap: str | timedelta = OVERLAP,
    timeout: str | timedelta = LIST_TIMEOUT,
) -> HttpSource:
    """A list of JSON over HTTP, as a source for ``System.pulls``. Each item is a message.

    Pages are found by the header ``Link`` (RFC 8288), or as one of ``next``, ``page`` and ``after``
    says. Without ``since``, each poll reads the whole list, unless its ``ETag`` or its one page is as it was.

    Args:
        url: The address, ``https://`` or ``http://``.
        items: Where in an answer the list is, like ``data`` or ``result.items``; it is the list itself,
            if left out.
        next: Where in an answer the next page is named, like ``links.next`` or ``meta.next_cursor``.
        next_as: The parameter that takes what is named there; it is an address, if left out.
        page: The parameter that numbers pages, from 1 on, until one is empty.
        after: The parameter that takes the key of the last item, until a page is empty.
        key: The member that names an item; needed with ``after``.
        since: The parameter that asks for what changed from a moment on, that moment included.
        cursor: The member that says when an item changed, as ``since`` takes it.
        sequence: The member that numbers an item's versions, if there is one.
        params: Further parameters of the address.
        headers: What is sent along, like a key; or a function that gives it, called for each reading.
        overlap: How long after it was stamped an item may become visible.
        timeout: How long an answer is waited for, and each further part of it.

    Raises:
        DeclarationError: The address is not one of HTTP or holds a password, or parts do not fit.
        NoSuchDuration: ``overlap`` or ``timeout`` cannot be read.
    """
    ways = [way for way in (next, page, after) if way]
    where = _checked(url, since=since, cursor=cursor, after=after, key=key, ways=len(ways))
    how = next, next_as, page, after, key, since, cursor, sequence
    sent = headers if callable(headers) else lambda: headers or {}
    wait = _seconds(timeout)
    listing = Listing(url, items, *how, dict(params or {}), sent, duration(overlap), wait)
    return HttpSource(listing, f"list at {where}")


def _seconds(timeout: str | timedelta) -> float:
    wait = duration(timeout)
    if not wait:
        raise DeclarationError(
            "A list cannot be waited for no time.", where=here(), fix='Write timeout="10 s".'
        )
    return wait.total_seconds()


def _checked(url: str, *, since: str, cursor: str, after: str, key: str, ways: int) -> str:
    """The host and the path of an address that may be asked, with what is asked there."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise DeclarationError(
            f"A list cannot be read from {parts.scheme}://{parts.hostname or ''}.",
            where=here(),
            fix="Write an https:// address; a name and a password go into headers=.",
        )
    if bool(since) != bool(cursor) or (after and not key) or ways > 1:
        raise DeclarationError(
            "The parts of this list do not fit together.",
            where=here(),
            fix="Write since= together with cursor=, after= together with key=, and one of next=, page= and "
            "after=.",
        )
    return f"{parts.hostname}{parts.path}"
