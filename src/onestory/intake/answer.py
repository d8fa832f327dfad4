"""One answer of a list over HTTP: fetched within its limits, and what is found in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from types import TracebackType
from typing import Any, Self

import httpx2
import msgspec

from ..clock import stopwatch
from ..errors import NotPulled
from ..model import spelled
from .message import UNDECODABLE, why_undecodable

MAX_ANSWER_BYTES = 64 * 1_048_576
"""Bytes of one page of a list, unpacked: it is decoded at once, and must fit in memory many times over."""

ANSWER_WITHIN = 120.0
"""Seconds that one page of a list may take in all, though each part of it comes in its time: a system
that sends a byte a second would otherwise never be done."""

LONGEST_PAUSE = timedelta(days=1)
"""The longest that a system may ask to be left alone: a year would be a mistake of its clock."""

_UNCHANGED, _TOO_MANY, _UNAVAILABLE = 304, 429, 503


class Answered:
    """One page of a list.

    Args:
        url: Where it came from.
        body: What it holds.
        etag: What it is called by its system, if anything.
        next: The address of the next page, where the header ``Link`` names one (RFC 8288).
        unchanged: Whether it is as it was, so that nothing was sent.
    """

    def __init__(
        self, url: httpx2.URL, body: bytes, etag: str = "", next_: str = "", *, unchanged: bool
    ) -> None:
        self._url, self._body = url, body
        self.etag, self.next, self.unchanged = etag, next_, unchanged
        self.digest = sha256(body).hexdigest()[:32]

    def items(self, path: str) -> list[msgspec.Raw]:
        """The items, untouched.

        Raises:
            NotPulled: There is no list, or no JSON.
        """
        try:
            return msgspec.json.decode(self._part(path), type=list[msgspec.Raw])
        except (msgspec.ValidationError, KeyError) as error:
            place = f"at {path!r}" if path else "in it"
            raise NotPulled(
                f"The answer has no list {place}: {_why(error)}.",
                fix="Say in items= where the list is, like data or result.items.",
            ) from error
        except UNDECODABLE as error:
            raise NotPulled(
                f"The answer is not JSON, or not all of it: {why_undecodable(error)}.",
                fix="It is asked again by itself; see what its system answers at this address.",
            ) from error

    def at(self, path: str) -> Any:
        """What stands somewhere in it; None, if nothing does."""
        try:
            return msgspec.json.decode(self._part(path))
        except (*UNDECODABLE, KeyError):
            return None

    def address(self, told: str) -> str:
        """The address that it tells for the next page.

        Raises:
            NotPulled: It is one of another system, which is not told our keys.
        """
        then = self._url.join(told)
        if _origin(then) != _origin(self._url):
            raise NotPulled(
                f"The next page is said to be at {then.host}, which is not where the list is.",
                fix="Declare the address that the list is really at.",
            )
        return str(then)

    def _part(self, path: str) -> msgspec.Raw:
        part = msgspec.Raw(self._body)
        for name in path.split(".") if path else ():
            part = msgspec.json.decode(part, type=dict[str, msgspec.Raw])[name]
        return part


class Fetcher:
    """Fetches the pages of one reading.

    Args:
        headers: What is sent along.
        timeout: Seconds to wait for an answer, and for each further part of it.
        now: The moment, for a system that says until when it wants to be left alone.
    """

    def __init__(self, headers: Mapping[str, str], timeout: float, now: datetime) -> None:
        self._now, self._timeout = now, timeout
        self._client = httpx2.Client(headers=dict(headers), timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, url: str, params: Mapping[str, str], etag: str) -> Answered:
        """One page.

        Raises:
            NotPulled: It does not come, or not in time, is too large, or is refused.
        """
        headers = {"accept": "application/json"} | ({"if-none-match": etag} if etag else {})
        address = httpx2.URL(url).copy_merge_params(dict(params)) if params else httpx2.URL(url)
        try:
            with self._client.stream("GET", address, headers=headers) as response:
                if response.status_code == _UNCHANGED and etag:
                    return Answered(response.url, b"", etag, unchanged=True)
                if not response.is_success:
                    raise self._refused(response)
                body = self._read(response)
        except httpx2.TimeoutException as error:
            raise NotPulled(
                f"{address.host} did not answer within {self._timeout:g} s.",
                fix="It is asked again by itself. If it is slow but works, write a longer timeout=.",
            ) from error
        except httpx2.HTTPError as error:
            raise NotPulled(
                f"{address.host} cannot be reached: {type(error).__name__}: {error}.",
                fix="It is asked again by itself; see whether it is up.",
            ) from error
        link = response.links.get("next", {}).get("url", "")
        return Answered(response.url, body, response.headers.get("etag", ""), link, unchanged=False)

    def _read(self, response: httpx2.Response) -> bytes:
        begun, body = stopwatch(), bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > MAX_ANSWER_BYTES:
                raise NotPulled(
                    f"{response.url.host} answers more than {MAX_ANSWER_BYTES:,} bytes.",
                    fix="Ask for smaller pages: its manual names the parameter; give it in params=.",
                )
            if stopwatch() - begun > ANSWER_WITHIN:
                raise NotPulled(
                    f"{response.url.host} has been answering for {ANSWER_WITHIN:g} s.",
                    fix="Ask for smaller pages, or see what is wrong with it.",
                )
        return bytes(body)

    def _refused(self, response: httpx2.Response) -> NotPulled:
        code, host = response.status_code, response.url.host
        refused = NotPulled(
            f"{host} answers {code} {response.reason_phrase}.".replace(" .", "."),
            fix="It is asked again when it said, or by itself."
            if code in (_TOO_MANY, _UNAVAILABLE)
            else "Compare the address, the parameters and the key with its manual."
            if code not in range(300, 400)
            else "Declare the address that it moved to: keys are sent to the declared one only.",
        )
        pause = _pause(response.headers.get("retry-after", ""), self._now)
        if pause is not None and code in (_TOO_MANY, _UNAVAILABLE):
            refused.again_after = min(pause, LONGEST_PAUSE)
            refused.what += f" It wants to be left alone for {spelled(refused.again_after)}."
        return refused


def _pause(written: str, now: datetime) -> timedelta | None:
    """How long a system wants to be left alone (RFC 9110, ``Retry-After``)."""
    if written.isascii() and written.isdecimal():
        return timedelta(seconds=min(int(written), LONGEST_PAUSE // timedelta(seconds=1)))
    try:
        until = parsedate_to_datetime(written)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - now, timedelta(0))


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _why(error: Exception) -> str:
    return f"nothing is called {error}" if isinstance(error, KeyError) else why_undecodable(error)
