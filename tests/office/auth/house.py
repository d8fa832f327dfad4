"""A small company behind its door: three accounts, a key, two customers, and browsers that ask it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from onestory.errors import OnestoryError
from onestory.office.auth import Auth, AuthSettings, Rights, behind_its_door
from onestory.office.auth.passwords import Passwords
from onestory.office.http import Serving, make_app
from onestory.office.problems import problem
from onestory.testing import Timeline

from ...ledger.acme import acme

HERE = "https://desk.acme.test"
ADA, ADAS = "ada", "seven green lanterns at dusk"
LEA, LEAS = "lea", "nine slow barges on the canal"
KIM, KIMS = "kim", "blue bicycle under the stairs"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Real argon2id, with little to do: tests are about what is compared, not about how long it takes."""


class House:
    """An office of Acme with its door, and a clock that is moved by hand.

    Args:
        address: The ledger's.
        settings: What the company sets of its door.
        app: An application with further routes.
        whole: Whether all routes of an office are there.
        rights: The matrix of rights, if it is another.
        hasher: How passwords are hashed.
    """

    def __init__(
        self,
        address: str = "sqlite://",
        *,
        settings: AuthSettings | None = None,
        app: FastAPI | None = None,
        whole: bool = False,
        rights: Rights | None = None,
        hasher: PasswordHasher = QUICK,
    ) -> None:
        self.timeline = Timeline(acme, address=address)
        self.office, self.clock = self.timeline.office, self.timeline.clock
        settings = settings or AuthSettings(public_url=HERE)
        self.auth = Auth(self.office, settings, rights=rights, passwords=Passwords(hasher))
        self.gate: ASGIApp
        if whole:
            self.gate = self.app = make_app(Serving(self.office, auth=self.auth))
        else:
            self.app = app or FastAPI(openapi_url=None)
            self.app.add_exception_handler(OnestoryError, _answered)
            self.gate = behind_its_door(self.app, self.auth)
        accounts = self.auth.accounts
        if not accounts.any():
            accounts.add(ADA, ADAS, roles=["engineer"], by="test")
            accounts.add(LEA, LEAS, roles=["agent"], by="test")
            accounts.add(KIM, KIMS, roles=["customer"], person=("Customer", "K-1"), by="test")

    def close(self) -> None:
        """Close the office."""
        self.office.close()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.move(timedelta(seconds=seconds))

    def browser(self, **more: Any) -> Browser:
        """Somebody's browser, without cookies yet."""
        return Browser(self.gate, **more)

    def audit(self) -> list[tuple[str, str, str]]:
        """What the audit holds: who, what, to what."""
        with self.office.ledger.reading_sign_in() as sign_in:
            assert list(sign_in.audit.findings()) == []
            return [(line.actor, line.action, line.target) for line in sign_in.audit.page()]


class Browser(TestClient):
    """A browser on our own pages: it keeps cookies, and says where its requests come from."""

    def __init__(
        self, gate: ASGIApp, *, here: str = HERE, address: str = "192.0.2.7", raises: bool = True
    ) -> None:
        super().__init__(
            gate,
            here,
            client=(address, 50_000),
            follow_redirects=False,
            raise_server_exceptions=raises,
        )
        self.headers["sec-fetch-site"] = "same-origin"
        self.headers["origin"] = here

    def sign_in(self, login: str, password: str) -> Any:
        """Sign in as a script of ours does; the token goes with every request from then on."""
        self.get("/sign-in")
        from_page = self.token()
        answer = self.post(
            "/sign-in",
            json={"login": login, "password": password},
            headers={"x-csrf-token": from_page},
        )
        if answer.status_code == 200:
            self.headers["x-csrf-token"] = answer.json()["csrf"]
        return answer

    def token(self) -> str:
        """The token of the form at /sign-in."""
        text: str = self.get("/sign-in").text
        return text.partition('name="csrf" value="')[2].partition('"')[0]


async def _answered(_: Request, error: Exception) -> Response:
    assert isinstance(error, OnestoryError)
    return problem(error)
