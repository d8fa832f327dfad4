"""Lists of JSON behind an address, pulled page by page over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from heapq import nlargest
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ..clock import MICROSECOND, micros, stopwatch
from ..errors import ColumnsChanged, MessageError, NotPulled, TooLarge
from ..model import Asked, Page
from .marks import LATE_ROWS, begin_at, marked
from .message import KEPT_OF_TOO_LARGE, MAX_MESSAGE, Arrived, Message, Unreadable, checked
from .select import PAGE_ROWS

if TYPE_CHECKING:  # loading it takes as long as opening a ledger, and few pull over HTTP
    from .answer import Answered, Fetcher

MAX_PAGES = 10_000
"""Pages of one reading: of a hundred items each, a million; a list that goes on is one that repeats
itself."""


class Listing(NamedTuple):
    """How a list is asked for and read. Made by ``items_of``.

    Args:
        url: Its address.
        items: Where in an answer the items are.
        next: Where in an answer it says what comes next.
        next_as: The parameter by which that is asked for, if it is no address.
        page: The parameter that numbers pages, from 1 on.
        after: The parameter that names the last item of the page before.
        key: The member that names an item.
        since: The parameter that asks for what changed from a moment on.
        cursor: The member that says when an item changed.
        sequence: The member that numbers an item's versions.
        params: Further parameters.
        headers: What is sent along, like a key.
        overlap: How long after it was stamped an item may become visible.
        timeout: Seconds to wait for an answer.
    """

    url: str
    items: str
    next: str
    next_as: str
    page: str
    after: str
    key: str
    since: str
    cursor: str
    sequence: str
    params: Mapping[str, str]
    headers: Callable[[], Mapping[str, str]]
    overlap: timedelta
    timeout: float


class HttpSource:
    """A list of JSON behind an address. Made by ``items_of``."""

    whole = False

    def __init__(self, listing: Listing, name: str) -> None:
        self._listing, self.name = listing, name
        parts = (listing.url, listing.since, listing.cursor, dict(listing.params))
        self._of = sha256(repr(parts).encode()).hexdigest()[:8]

    def pages(self, asked: Asked) -> Iterator[Page]:
        """Read page by page. Where it stops halfway, the next reading begins anew.

        Raises:
            ColumnsChanged: No item has the member any more that says when it changed.
            NotPulled: It does not answer, refuses, or answers something else than a list.
        """
        from .answer import Fetcher  # noqa: PLC0415 - as above

        at = {} if asked.cursor is None or asked.sweep else msgspec.json.decode(asked.cursor)
        if at.get("of") != self._of:
            at = {}
        begun = stopwatch()
        reading = _Reading(self._listing, asked, self._of)
        with Fetcher(self._listing.headers(), self._listing.timeout, asked.now) as fetcher:
            for arrived, kept in reading.pages(fetcher, at):
                for start in range(0, len(arrived), PAGE_ROWS):
                    yield Page(arrived[start : start + PAGE_ROWS], self._so_far(asked))
                if kept is not None and not asked.sweep:
                    took = timedelta(seconds=stopwatch() - begun) // MICROSECOND
                    yield Page((), reading.end(at, kept, took))

    def _so_far(self, asked: Asked) -> str | None:
        return None if asked.sweep else asked.cursor


class _Reading:
    """One reading of a list."""

    def __init__(self, listing: Listing, asked: Asked, of: str) -> None:
        self._listing, self._asked, self._of = listing, asked, of
        self._numbered = asked.sweep or not listing.since
        self._stamps: list[Any] = []
        self._greatest: Any = None
        self._count = 0

    def pages(
        self, fetcher: Fetcher, at: dict[str, Any]
    ) -> Iterator[tuple[list[Arrived], dict[str, Any] | None]]:
        """The items of each page; with the last, what is known of an answer that was all."""
        listing = self._listing
        params = dict(listing.params) | self._since(at)
        if listing.page:
            params[listing.page] = "1"
        url, seen = listing.url, set[str]()
        etag = at.get("etag", "") if not listing.since else ""
        for number in range(1, MAX_PAGES + 1):
            answer = fetcher.get(url, params, etag if number == 1 else "")
            if answer.unchanged or (number == 1 and answer.digest == at.get("body")):
                yield [], {name: at[name] for name in ("etag", "body") if name in at}
                return
            found = answer.items(listing.items)
            if answer.digest in seen and found:
                raise NotPulled(
                    f"Page {number} is one that came before: the list repeats itself.",
                    fix="See how it is paged: next=, page= or after= say what to ask for.",
                )
            seen.add(answer.digest)
            then = self._then(answer, found, params, number)
            alone = number == 1 and then is None and not listing.since
            kept = {"etag": answer.etag, "body": answer.digest} if alone else {}
            yield [self._message(item) for item in found], None if then else kept
            if then is None:
                return
            url, params = then
        raise NotPulled(
            f"The list has more than {MAX_PAGES:,} pages.",
            fix="Ask for larger pages, or only for what changed: since= and cursor=.",
        )

    def end(self, at: dict[str, Any], kept: dict[str, Any], took: int) -> str:
        """Where the next poll begins, after this one was read to its end.

        Raises:
            ColumnsChanged: There were items, and none said when it changed.
        """
        listing = self._listing
        if listing.since:
            if self._count and not self._stamps:
                raise ColumnsChanged(
                    f"No item has a member {listing.cursor} any more.",
                    fix="Declare the source as it is now: cursor= names what says when it changed.",
                )
            began, overlap = micros(self._asked.now), listing.overlap // MICROSECOND
            # The last items were stamped while it was read, so that the mark is of its end.
            if "marks" in at:
                seen = began + took
                marks = marked(at["marks"], self._greatest, began=began, seen=seen, overlap=overlap)
            else:
                latest = nlargest(LATE_ROWS, self._stamps)
                marks = [(began, latest[-1] if len(latest) == LATE_ROWS else None)]
            kept = {"marks": marks, "polled": began}
        return msgspec.json.encode({"of": self._of} | kept).decode()

    def _since(self, at: dict[str, Any]) -> dict[str, str]:
        listing = self._listing
        if not listing.since:
            return {}
        overlap = listing.overlap // MICROSECOND
        begin = begin_at(at.get("marks", []), at.get("polled"), overlap)
        return {} if begin is None else {listing.since: str(begin[0])}

    def _then(
        self,
        answer: Answered,
        found: list[msgspec.Raw],
        params: dict[str, str],
        number: int,
    ) -> tuple[str, dict[str, str]] | None:
        """What is asked for after a page, if anything."""
        listing = self._listing
        told = answer.at(listing.next) if listing.next else answer.next
        if told and listing.next_as:
            return listing.url, params | {listing.next_as: str(told)}
        if told:
            return answer.address(str(told)), {}
        if found and listing.page:
            return listing.url, params | {listing.page: str(number + 1)}
        if found and listing.after:
            return listing.url, params | {listing.after: str(_member(found[-1], listing.key))}
        return None

    def _message(self, raw: msgspec.Raw) -> Arrived:
        asked, listing, data = self._asked, self._listing, bytes(raw)
        digest = sha256(f"{asked.pull}\n".encode() + data).hexdigest()[:32]
        name = f"item {asked.reading} {digest}" if self._numbered else f"item {digest}"
        self._count += 1
        stamp = _member(raw, listing.cursor) if listing.cursor else None
        if stamp is not None:
            self._stamps.append(stamp)
            self._greatest = _greater(self._greatest, stamp)
        if len(data) > MAX_MESSAGE:
            reason = TooLarge(
                f"An item of {len(data):,} bytes.",
                where=asked.pull,
                fix=f"An item has at most {MAX_MESSAGE:,} bytes.",
            )
            return Unreadable(data[:KEPT_OF_TOO_LARGE], reason, asked.system, name)
        number: Any = _member(raw, listing.sequence) if listing.sequence else None
        made = Message(name, asked.system, asked.type, raw, sequence=number, raw=data)
        try:
            return checked(made)
        except MessageError as error:
            return Unreadable(data, error, asked.system, name)


def _member(raw: msgspec.Raw, name: str) -> Any:
    """One member of an item; None, where it is no object or has none."""
    try:
        members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        return msgspec.json.decode(members[name])
    except (msgspec.ValidationError, KeyError):
        return None


def _greater(one: Any, other: Any) -> Any:
    try:
        return other if one is None or other > one else one
    except TypeError as error:
        raise NotPulled(
            f"Two items say when they changed as {one!r:.40} and {other!r:.40}, which have no order.",
            fix="Name in cursor= a member that all items write alike.",
        ) from error
