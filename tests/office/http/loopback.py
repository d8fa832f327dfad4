"""An office that answers on this machine, as it does anywhere: a real server, by a clock held by hand."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

import onestory
from onestory import Channel, Claims, Company, Entity, Fact, HandClock, Key, Office, System, reads
from onestory.office.auth import Caller, Right
from onestory.office.http import Serving, make_app
from onestory.office.http.connection import Connection
from onestory.office.serve import Server

NINE = datetime(2027, 1, 5, 9, tzinfo=UTC)

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
desk = Channel("agent desk", of=acme)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    renewed_until: Fact[date] = contracts.decides(billing.follows(within="5 min"))


def until(sent: dict[str, str]) -> Claims:
    """Until when a contract is renewed."""
    yield Contract.renewed_until.claim(sent["contract"], date.fromisoformat(sent["until"]))


reads(contracts, "contract.renewed")(until)
reads(billing, "bill.drafted")(until)


def renewal(number: int, **changed: Any) -> dict[str, Any]:
    """A CloudEvent: contracts renewed a contract."""
    return {
        "specversion": "1.0",
        "id": f"R-{number}",
        "source": "contracts",
        "type": "contract.renewed",
        "data": {"contract": f"C-{number}", "until": "2028-03-31"},
        **changed,
    }


class Asking(httpx2.Client):
    """Asks one office, which is at hand besides.

    Args:
        office: The office that is asked.
        serving: What its process works with.
        clock: Its clock.
        port: Where it listens.
    """

    def __init__(self, office: Office, serving: Serving, clock: HandClock, port: int) -> None:
        super().__init__(base_url=f"http://127.0.0.1:{port}", timeout=20)
        self.office, self.serving, self.clock, self.port = office, serving, clock, port

    def events(self, body: bytes, kind: str, **headers: str) -> httpx2.Response:
        """Send a body to be heard."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post("/events", content=body, headers={"Content-Type": kind, **named})

    def batch(self, *events: Any) -> httpx2.Response:
        """Send events as a batch."""
        return self.events(json.dumps(events).encode(), "application/cloudevents-batch+json")

    def fates(self) -> int:
        """How many messages the ledger holds."""
        return self.office.counts().messages


class AsSystem:
    """Stands where keys are checked, and finds that the sender speaks for a system."""

    def __init__(self, app: Any, system: str) -> None:
        self.app, self.system = app, system

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let a request through, as of the system."""
        if scope["type"] == "http":
            caller = Caller("key", "a-key", frozenset({"system"}), self.system)
            scope.setdefault("state", {}).update(caller=caller, right=Right.OWN)
        await self.app(scope, receive, send)


@contextmanager
def served(
    folder: Path,
    *,
    system: str = "",
    company: Company = acme,
    start: datetime = NINE,
    http: type[Connection] = Connection,
) -> Iterator[Asking]:
    """An office that answers; all senders speak for one system, if one is named."""
    clock = HandClock(start)
    with (
        onestory.open(company, f"sqlite:///{folder / 'acme.db'}", clock=clock) as office,
        serving_at(office, system, http) as (serving, port),
        Asking(office, serving, clock, port) as asking,
    ):
        yield asking


@contextmanager
def serving_at(
    office: Office, system: str = "", http: type[Connection] = Connection
) -> Iterator[tuple[Serving, int]]:
    """A server of an office in a thread; what it works with, and its port."""
    serving = Serving(office)
    app: Any = make_app(serving)
    if system:
        app = AsSystem(app, system)
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    began = threading.Event()
    config = uvicorn.Config(
        app, http=http, log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = Server(config, serving, began.set)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        assert began.wait(20)
        yield serving, listening.getsockname()[1]
    finally:
        serving.stopping.set()
        server.should_exit = True
        thread.join()
        listening.close()
