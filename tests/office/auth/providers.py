"""Providers to sign in at: a real one from a package, and a small one of our own that can be told to lie."""

from __future__ import annotations

import threading
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from onestory.clock import WallClock
from onestory.office.auth import AuthSettings, Provider

from .house import HERE, Browser

ROLES = {"desk": "agent", "leads": "supervisor", "clients": "customer"}


def settings_for(issuer: str, **more: Any) -> AuthSettings:
    """The settings of a company whose people sign in there."""
    of: dict[str, Any] = {"roles": ROLES, "person": ("Customer", "customer_no"), **more}
    corp = Provider("corp", issuer, "onestory", "not so secret", **of)
    return AuthSettings(public_url=HERE, providers=(corp,))


@contextmanager
def from_a_package() -> Iterator[str]:
    """The issuer of a provider that runs on this machine."""
    import authlib.deprecate  # type: ignore[import-untyped]  # noqa: F401, PLC0415 - it wants to be heard

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is of another make than we hold ourselves to
        from oidc_provider_mock import (  # type: ignore[import-untyped] # noqa: PLC0415 - it warns
            run_server_in_thread,
        )

        with (
            pytest.MonkeyPatch.context() as environment,
            run_server_in_thread(require_nonce=True) as server,
        ):
            environment.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the provider is on loopback
            yield f"http://localhost:{server.server_port}"


def known_there(issuer: str, subject: str, **claims: Any) -> None:
    """Let a provider say this of somebody."""
    httpx2.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()


def consent(url: str, subject: str) -> str:
    """Sign in at a provider; where it sends the browser back to, on our host."""
    answer = httpx2.post(url, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == HERE
    return f"{back.path}?{back.query}"


def sign_in_at(browser: Browser, subject: str, **query: str) -> Any:
    """Go to a provider and come back."""
    gone = browser.get("/sign-in/corp", params=query)
    assert gone.status_code == 303, gone.text
    return browser.get(consent(gone.headers["location"], subject))


class Liar:
    """A provider of our own on loopback, whose tokens say what a test tells it to say."""

    def __init__(self) -> None:
        self.keys = [self.new_key()]
        self.published: list[Any] = list(self.keys)
        self.says: dict[str, Any] = {}
        self.without: set[str] = set()
        self.userinfo: dict[str, Any] = {}
        self.issuer_said = ""
        self.asked: list[dict[str, list[str]]] = []
        self._codes: dict[str, dict[str, list[str]]] = {}
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                liar._get(self)

            def do_POST(self) -> None:
                liar._post(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @staticmethod
    def new_key() -> RSAKey:
        """A pair of keys with a name."""
        return RSAKey.generate_key(2048, auto_kid=True)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def consent(self, url: str) -> str:
        """Let in whoever comes; where they are sent back to."""
        asked = parse_qs(urlsplit(url).query)
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return f"{urlsplit(asked['redirect_uri'][0]).path}?code={code}&state={asked['state'][0]}"

    def signed(self, claims: dict[str, Any], key: RSAKey | None = None, **header: Any) -> str:
        """Claims, signed."""
        key = key or self.keys[-1]
        head = {"alg": "RS256", "kid": key.kid, **header}
        return jwt.encode(head, claims, key, algorithms=[head["alg"]])

    def _get(self, asked: BaseHTTPRequestHandler) -> None:
        if asked.path == "/jwks":
            keys = KeySet(self.published)
            self._answer(asked, keys.as_dict(private=False))
        elif asked.path == "/userinfo":
            self._answer(asked, self.userinfo)
        else:
            more = {"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.userinfo else {}
            self._answer(
                asked,
                {
                    "issuer": self.issuer_said or self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/jwks",
                    **more,
                },
            )

    def _post(self, asked: BaseHTTPRequestHandler) -> None:
        body = parse_qs(asked.rfile.read(int(asked.headers["content-length"])).decode())
        self.asked.append(body)
        begun = self._codes.pop(body["code"][0], None)
        verifier = body.get("code_verifier", [""])[0].encode()
        challenge = urlsafe_b64encode(sha256(verifier).digest()).decode().rstrip("=")
        if begun is None or begun["code_challenge"] != [challenge]:
            self._answer(asked, {"error": "invalid_grant"}, 400)
            return
        now = int(WallClock().now().timestamp())  # a provider elsewhere has a clock of its own
        claims = {
            "iss": self.issuer,
            "sub": "u-1",
            "aud": "onestory",
            "iat": now,
            "exp": now + 300,
            "nonce": begun["nonce"][0],
            "groups": ["desk"],
        }
        told = {k: v for k, v in (claims | self.says).items() if k not in self.without}
        token = {"access_token": "a", "token_type": "Bearer", "id_token": self.signed(told)}
        self._answer(asked, {k: v for k, v in token.items() if k not in self.without})

    @staticmethod
    def _answer(asked: BaseHTTPRequestHandler, body: Any, status: int = 200) -> None:
        text = msgspec.json.encode(body)
        asked.send_response(status)
        asked.send_header("content-type", "application/json")
        asked.send_header("content-length", str(len(text)))
        asked.end_headers()
        asked.wfile.write(text)
