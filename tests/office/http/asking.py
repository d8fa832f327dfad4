"""Whoever asks an office by HTTP, and the companies that are asked about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from onestory import Channel, Company, Entity, Fact, Key, Link, Money, Office, People, System
from onestory.office.http import Serving, make_app
from onestory.office.problems import MEDIA_TYPE
from onestory.testing import Timeline

from ...remedy.acme import SPRING, SUMMER, Acme, acme

air = Company("Acme Air")
operations = System("operations", of=air)
board = System("board", of=air)
passengers = People("passengers", of=air)
desk = Channel("desk", of=air)


class Flight(Entity, of=air):
    """One departure."""

    flight: Key[str]
    day: Key[str]
    departs: Fact[datetime] = operations.decides(
        board.follows(within="5 min"), passengers.follows(within="30 min"), about="When it leaves."
    )
    fare: Fact[Money | None] = operations.decides()


class Passenger(Entity, of=air, one_of=passengers):
    """A person on a flight."""

    ticket: Key[str]
    flight: Link[Flight] = operations.decides()


signs = Channel("signs", of=air, shows=[Flight.departs])


def asking(office: Office) -> TestClient:
    """Whoever asks an office."""
    return TestClient(make_app(Serving(office)))


@contextmanager
def renewed() -> Iterator[tuple[Acme, Timeline, TestClient]]:
    """C-1 is renewed to summer, and billing, which lives, still says spring when its time is over."""
    here = acme()
    with Timeline(here.company) as timeline:
        timeline.office.arm("billing/Contract.renewed_until", by="the test")
        fact: Any = here.Contract.renewed_until
        timeline.says(here.contracts, fact, "C-1", SPRING)
        timeline.says(here.billing, fact, "C-1", SPRING)
        timeline.wait("1 min")
        timeline.says(here.contracts, fact, "C-1", SUMMER)
        timeline.wait("5 min")
        timeline.says(here.billing, fact, "C-0", SPRING)
        timeline.wait("1 s")
        yield here, timeline, asking(timeline.office)


class Gate:
    """Lets in whoever brings the key, as whoever signs people in will do: 401 for all others.

    Args:
        app: What is behind it.
        key: The key.
        free: The paths that need none.
    """

    def __init__(self, app: Any, key: str, free: tuple[str, ...]) -> None:
        self.app, self.key, self.free = app, key, free

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        brought = dict(scope.get("headers", ())).get(b"authorization", b"").decode("latin-1")
        free = scope["type"] != "http" or scope["path"].startswith(self.free)
        if free or brought == f"Bearer {self.key}":
            await self.app(scope, receive, send)
            return
        refused = {"title": "Nobody is signed in.", "status": 401, "code": "not-signed-in"}
        refused["type"] = f"urn:onestory:{refused['code']}"
        answer = JSONResponse(refused, 401, {"WWW-Authenticate": "Bearer"}, MEDIA_TYPE)
        await answer(scope, receive, send)
