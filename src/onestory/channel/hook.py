"""Hooks: how a system is asked by HTTP to send a message, or to do anything else it is able to.

Source: Standard Webhooks (its headers and signature), RFC 9110 (HTTP), and the ``Idempotency-Key``
header field (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, TypeVar, get_args
from urllib.parse import SplitResult, quote, urlsplit

import msgspec

from ..clock import WallClock
from ..errors import DeclarationError, NotDone, OutcomeUnknown, Refused
from ..intake import secret_of, signature
from ..model import Ability, Form, Send, System, does, form_of, here
from .timeout import ended_after, seconds

MAX_ANSWER = 1_048_576
"""Bytes of an answer that are read: a reference and a reason, not a file."""

_SURELY_NOT = {401, 407, 408, 425, 429}
"""Answers after which the request surely had no effect, and may have one later: who we are was not
known, the request did not come whole, it came too early, or too many came."""

_IN_WORK, _NOT_FOUND = 409, 404
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Hook:
    """Where and how one kind of request is made.

    Args:
        url: Where requests are posted.
        asked_at: Where it is asked what became of one; empty if that cannot be asked.
        secret: What requests are signed with; empty for none.
        headers: What else is said with every request.
        answer: The field of the answer that holds the value.
        request: The form of a request.
        value: The form of the value; None where nothing is answered.
        sends: Whether it is a message that is sent, which needs no name of the system's own.
        context: What TLS trusts.
        wait: Seconds to wait for one answer.
    """

    url: SplitResult
    asked_at: str
    secret: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    answer: str
    request: Form
    value: Form | None
    sends: bool
    context: ssl.SSLContext | None
    wait: float

    def perform(self, request: Any, key: str) -> Any:
        """Post a request; what is answered.

        Raises:
            NotDone: It surely had no effect.
            Refused: It will never have one.
            OutcomeUnknown: It was posted, and nobody can say what became of it.
        """
        body = msgspec.json.encode(self.request.write(request))
        now = int(WallClock().now().timestamp())
        signed = {
            **self.headers,
            "Content-Type": "application/json",
            "Idempotency-Key": f'"{key}"',
            "webhook-id": key,
            "webhook-timestamp": str(now),
        }
        if self.secret:
            signed["webhook-signature"] = signature(self.secret, key, now, body)
        status, said = self._exchange("POST", self.url, body, signed)
        if status // 100 == 2:  # noqa: PLR2004 - the answers that say yes
            return self._read(status, said, key)
        told = f"{self.url.hostname} answered {status}: {_text(said)}"
        if status in _SURELY_NOT:
            raise NotDone(told)
        if status // 100 == 4 and status != _IN_WORK:  # noqa: PLR2004 - those that say no
            raise Refused(told)
        raise OutcomeUnknown(told)

    def asked(self, key: str) -> Any:
        """What became of the request with a key: its answer.

        Raises:
            NotDone: The system never got it.
            OutcomeUnknown: It did not say.
        """
        url = urlsplit(self.asked_at.replace("{key}", quote(key, safe="")))
        status, said = self._exchange("GET", url, None, dict(self.headers))
        if status == 200:  # noqa: PLR2004 - it says what became of it
            return self._read(status, said, key)
        if status == _NOT_FOUND:
            raise NotDone(f"{url.hostname} never got it.")
        raise OutcomeUnknown(f"{url.hostname} answered {status} when asked: {_text(said)}")

    def _exchange(
        self, method: str, url: SplitResult, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """Ask, and read the answer: its status and its body."""
        connection = _connection(url, self.wait, self.context)
        try:
            try:
                connection.connect()
            except (OSError, HTTPException) as error:
                # What cannot be posted surely was not; who cannot be asked has said nothing.
                kind = NotDone if body is not None else OutcomeUnknown
                raise kind(f"{url.netloc} cannot be reached: {_said(error)}") from error
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            try:
                with ended_after(self.wait, connection.sock):
                    connection.request(method, target, body, dict(headers))
                    answer = connection.getresponse()
                    said = answer.read(MAX_ANSWER)
            except (OSError, HTTPException) as error:
                raise OutcomeUnknown(f"{url.netloc} did not answer: {_said(error)}") from error
            if answer.length and len(said) < MAX_ANSWER:
                raise OutcomeUnknown(
                    f"{url.netloc} did not answer: {answer.length} bytes are missing"
                )
            return answer.status, said
        finally:
            connection.close()

    def _read(self, status: int, said: bytes, key: str) -> Any:
        """The value of an answer. A message that was given no name is known by its key."""
        if self.value is None:
            return None
        try:
            body: Any = msgspec.json.decode(said) if said.strip() else {}
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            body = {}
        if self.answer:
            body = body.get(self.answer) if isinstance(body, dict) else None
        try:
            return self.value.read(body)
        except Exception as error:
            if self.sends:
                return key
            raise OutcomeUnknown(
                f"{self.url.hostname} answered {status}, but not with {self.value.spelling}: {_text(said)}"
            ) from error


def webhook(
    system: System,
    ability: type[Ability[Any]] = Send,
    *,
    url: str,
    secret: str = "",
    asked_at: str = "",
    headers: Mapping[str, str] | None = None,
    answer: str = "id",
    context: ssl.SSLContext | None = None,
    timeout: str | timedelta = "10 s",
) -> None:
    """Declare that a system does what it is asked by an HTTP POST: messages by SMS, or anything else.

    The body is the request's JSON form. The step's key goes as ``Idempotency-Key`` and as
    ``webhook-id``, so that the system knows a request again.

    An answer of 2xx is done. 401, 407, 408, 425, 429 and a connection that was never made are not
    done, and are tried again. Every other 4xx but 409 is refused. All else leaves the outcome
    unknown: 409 (a request with this key is in work), 3xx, 5xx, no answer.

    Args:
        system: The system that is asked.
        ability: What it does so.
        url: Where requests are posted.
        secret: What they are signed with, as Standard Webhooks writes it: ``whsec_`` and base64.
        asked_at: Where it can be asked, by GET, what became of a request; ``{key}`` stands for the
            key. It answers 200 with the answer, or 404 if it never got the request.
        headers: What else is said with every request, like ``Authorization``.
        answer: The field of the answer that holds its value; the whole of it, if empty. A message
            that is given no name is known by its key.
        context: What TLS trusts; what this machine trusts, if left out.
        timeout: How long to wait for the connection, and then for the whole answer.

    Raises:
        DeclarationError: An address, the secret, a header or the timeout cannot be used.
    """
    value = _answered(ability)
    hook = Hook(
        _address(url),
        _asking(asked_at),
        _secret(secret),
        _checked(headers or {}),
        answer,
        form_of(ability, where=here()),
        None if value is type(None) else form_of(value, where=here()),
        issubclass(ability, Send),
        context,
        seconds(timeout),
    )

    def perform(request: Any, key: str) -> Any:
        return hook.perform(request, key)

    perform.__annotations__["return"] = value  # what the ability answers, as a user would write it
    does(system, ability, asked=hook.asked if asked_at else None)(perform)


def _connection(url: SplitResult, wait: float, context: ssl.SSLContext | None) -> HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "http":
        return HTTPConnection(host, url.port, timeout=wait)
    context = context or ssl.create_default_context()
    return HTTPSConnection(host, url.port, timeout=wait, context=context)


def _answered(ability: type[Ability[Any]]) -> Any:
    """What an ability answers with: what its class says in ``Ability[...]``."""
    for kind in ability.__mro__:
        for base in getattr(kind, "__orig_bases__", ()):
            for argument in get_args(base):
                if not isinstance(argument, TypeVar):
                    return argument
    raise DeclarationError(
        f"{ability.__name__} does not say what it is answered with.",
        where=here(),
        fix=f"Write  class {ability.__name__}(Ability[str], frozen=True): ...  or Ability[None].",
    )


def _address(url: str) -> SplitResult:
    try:
        found = urlsplit(url)
        if (
            found.scheme in {"http", "https"}
            and found.hostname
            and found.port != 0
            and "@" not in found.netloc
            and url.isprintable()
            and " " not in url
        ):
            return found
    except ValueError:
        pass
    raise DeclarationError(
        f"{url!r} cannot be asked.",
        where=here(),
        fix="Write https, a host and a path; what signs in belongs in headers=.",
    )


def _asking(url: str) -> str:
    if url and "{key}" not in _address(url).geturl():
        raise DeclarationError(
            f"{url} asks for no request.",
            where=here(),
            fix="Write {key} where the request's key belongs.",
        )
    return url


def _secret(written: str) -> bytes:
    secret = secret_of(written) if written else b""
    if secret is not None:
        return secret
    raise DeclarationError(
        "The secret of a webhook is not written as Standard Webhooks writes it.",
        where=here(),
        fix="Write whsec_ and the secret in base64.",
    )


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or _CONTROLS.search(value) or not value.isascii():
            raise DeclarationError(
                f"The header {name!r} cannot be sent.",
                where=here(),
                fix="Give names and values in ASCII, each on one line.",
            )
    return dict(headers)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _text(said: bytes) -> str:
    return said[:200].decode("utf-8", "replace").strip() or "(nothing)"
