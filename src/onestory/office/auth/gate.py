"""The gate: before every request it finds who asks, and after it sets the headers that browsers keep to."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...errors import NotSignedIn, OnestoryError
from ..problems import problem
from .auth import Auth
from .caller import NOBODY, Caller
from .origin import (
    SAFE_METHODS,
    refuse_other_hosts,
    refuse_other_sites,
    refuse_without_token,
    token_sent,
)
from .secret import Nonces, token_of

HSTS = "max-age=31536000"
"""Browsers ask by https only, for a year; of this host, for others are not ours to speak for."""

UNKNOWN_HOST = frozenset({"/healthz", "/readyz"})
"""What probes ask by an address of their own."""

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Gate:
    """An application behind its door.

    A route finds at ``request.state`` who asks (``caller``), the nonce of its page's scripts (``nonce``),
    and whether a page of ours sent it, with its token (``from_here``).

    Args:
        app: The application.
        auth: Who may come in.
    """

    def __init__(self, app: ASGIApp, auth: Auth) -> None:
        self.app, self.auth = app, auth
        self._nonces = Nonces()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # no route of ours is one
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["nonce"] = self._nonces()
        send = self._with_headers(scope, send)
        try:
            receive = await self._let_in(scope, receive)
        except OnestoryError as error:
            answer = problem(error, request_id=state.get("request_id", ""))
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive) -> Receive:
        headers, state, settings = Headers(scope=scope), scope["state"], self.auth.settings
        state["caller"], state["from_here"] = NOBODY, False
        if scope["path"] not in UNKNOWN_HOST:
            refuse_other_hosts(scope, headers, settings)
        key = _bearer(headers)
        if key is not None:
            state["caller"] = await self._by_key(key, scope["path"])
            return receive
        cookies = cookie_parser(headers.get("cookie", ""))
        session = cookies.get(self.auth.session_cookie, "")
        visit = cookies.get(self.auth.visit_cookie, "")
        if session and not _stays(scope):
            state["caller"] = await self.auth.by_session(session) or NOBODY
        if scope["method"] in SAFE_METHODS:
            return receive
        by_cookie = bool(session or visit)
        refuse_other_sites(scope, headers, settings, by_cookie=by_cookie)
        if by_cookie:
            token, receive = await token_sent(headers, receive)
            mine = [token_of(secret) for secret in (session, visit) if secret]
            refuse_without_token(token, mine, scope["path"])
            state["from_here"] = True
        return receive

    async def _by_key(self, key: str, where: str) -> Caller:
        caller = await self.auth.by_key(key)
        if caller is None:
            raise NotSignedIn(
                "This key is none of ours, or was revoked.",
                where=where,
                fix="`onestory key add` makes one; `onestory key list` shows which are good.",
            )
        return caller

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        https = scope["scheme"] == "https" or self.auth.settings.secure

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers["content-security-policy"] = _POLICY.format(nonce=scope["state"]["nonce"])
                if https:
                    headers["strict-transport-security"] = HSTS
                if not _stays(scope):
                    headers["cache-control"] = "no-store"
            await send(message)

        return with_headers


def _stays(scope: Scope) -> bool:
    """Whether a file is asked for that stays the same, whoever asks."""
    path: str = scope["path"]
    return path.startswith("/static/")


def _bearer(headers: Headers) -> str | None:
    """The key of a request that sends one; it then needs no cookie, and none is looked at."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.casefold() == "bearer" else None
