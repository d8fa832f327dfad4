"""The processes that the benchmark by HTTP measures: the kernel alone, an office that answers, a bare server.

Each does what it is told by a line, and then says how many CPU seconds it has used so far.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import onestory
from onestory import Claims, Clock, Entity, Fact, HandClock, Key, reads
from onestory.intake import batch as events
from onestory.office import documents
from onestory.office.auth import Auth, AuthSettings
from onestory.office.contradicted import everything
from onestory.office.logs import LogForm, start_log
from onestory.office.naming import entity_of
from onestory.office.serve import serve

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.ingest import Contract, acme, billing, contracts

START = datetime(2027, 1, 5, 9, tzinfo=UTC)
PASSWORD = "four words of a bench"  # noqa: S105 - of an account that lives for a minute

Load = dict[str, list[list[bytes]]]
"""What is to be done in each round, by name: bodies that are heard, or keys that are asked for."""


class Slot(Entity, of=acme):
    """What a system must follow at once, so that its contradictions are seen when they are said."""

    slot_no: Key[str]
    state: Fact[str] = contracts.decides(billing.follows(within="0 s"))


def slot(sent: dict[str, str]) -> Claims:
    """The state of one slot."""
    yield Slot.state.claim(sent["slot"], sent["state"])


for _system in (contracts, billing):
    reads(_system, "slot.state")(slot)


class Going:
    """A clock that goes on from a moment that messages of a load do not come after."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The present moment."""
        return START + timedelta(minutes=1, seconds=time.monotonic() - self._began)


# What happens in a process that is measured


def obey() -> Iterator[str]:
    """Each line that is said to this process; after each, what CPU it has used is answered."""
    for line in sys.stdin:
        yield line.strip()
        print(time.process_time(), flush=True)


def kernel(address: str, file: Path) -> None:
    """Hear, or tell, what is in a file, round by round, without HTTP."""
    load = msgspec.msgpack.decode(file.read_bytes(), type=Load)
    with onestory.open(acme, address, clock=HandClock(START)) as office:
        to, entity = everything(acme), entity_of(acme, "Contract")
        print("ready", flush=True)
        for line in obey():
            name, _, number = line.partition(" ")
            for one in load[name][int(number)] if number else ():
                if name == "stories":
                    told = office.tell(Contract, one.decode(), to=to)
                    documents.json_of(
                        documents.story(entity, told, list(entity.facts.values()), None)
                    )
                else:
                    office.hear(*events(one))


def let_in(address: str) -> None:
    """Make a key and a session in a ledger, and say the headers that show them."""
    with onestory.open(acme, address, clock=HandClock(START)) as office:
        auth = Auth(office)
        key = auth.keys.add(by="benchmark", roles=["engineer"])
        auth.accounts.add("bench", PASSWORD, roles=["engineer"], by="benchmark")
        session, _ = asyncio.run(auth.sign_in("bench", PASSWORD, address="127.0.0.1"))
        shows = f"Authorization: Bearer {key}", f"Cookie: {auth.session_cookie}={session}"
        print(msgspec.json.encode(shows).decode(), flush=True)


def answering(listening: socket.socket) -> None:
    """Say where this process answers, and then how much CPU it has used, whenever asked."""

    def answer() -> None:
        for _ in obey():
            pass

    print(listening.getsockname()[1], flush=True)
    threading.Thread(target=answer, daemon=True).start()


def served(address: str, port: int, *, going: bool) -> None:
    """An office that answers by HTTP, at a port that others may share, with its log as programs read it."""
    start_log(LogForm.JSON)
    clock: Clock = Going() if going else HandClock(START)
    listening = socket.create_server(("127.0.0.1", port), backlog=256, reuse_port=True)
    with onestory.open(acme, address, clock=clock) as office:
        serve(office, listening, AuthSettings(), started=lambda: answering(listening))


def bare(file: Path) -> None:
    """A server that reads each body and drops it, and answers every question with the bytes of a file."""
    same = file.read_bytes()

    async def drop(request: Request) -> JSONResponse:
        async for _ in request.stream():
            pass
        return JSONResponse({"results": []})

    async def answer(_: Request) -> Response:
        return Response(same, media_type="application/json")

    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answering(listening)
    routes = [
        Route("/events", drop, methods=["POST"]),
        Route("/stories/{entity}/{key:path}", answer),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve([listening]))


# The same, as whoever measures has them


class Measured:
    """A process that is measured.

    Args:
        command: What it does, as ``main`` below reads it.
    """

    def __init__(self, *command: str) -> None:
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        quiet = subprocess.DEVNULL if command[0] == "served" else None
        self.process = subprocess.Popen([sys.executable, __file__, *command], stderr=quiet, **pipes)
        self.said = self._line()

    def tell(self, words: str = "") -> float:
        """Tell it something; the CPU seconds it has used after."""
        stdin = self.process.stdin
        assert stdin is not None
        stdin.write(f"{words}\n")
        stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self.process.stdout is not None
        line: str = self.process.stdout.readline()
        if not line:
            message = "A measured process ended."
            raise SystemExit(message)
        return line.strip()

    def end(self) -> None:
        """Let it end."""
        self.process.terminate()
        self.process.communicate()


def offices(address: str, count: int, *, going: bool = False) -> list[Measured]:
    """Some processes that answer at one port."""
    words = ["going"] if going else []
    first = Measured("served", address, "0", *words)
    return [first, *(Measured("served", address, first.said, *words) for _ in range(count - 1))]


def main(words: list[str]) -> None:
    """Be one of the processes."""
    match words:
        case ["kernel", address, file]:
            kernel(address, Path(file))
        case ["let_in", address]:
            let_in(address)
        case ["served", address, port, *going]:
            served(address, int(port), going=bool(going))
        case ["bare", file]:
            bare(Path(file))
        case _:
            raise SystemExit(f"{words} is no process that is measured.")


if __name__ == "__main__":
    main(sys.argv[1:])
