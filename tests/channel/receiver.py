"""Another program that is told what happens: a real server, which answers as it is told to."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What was pushed to it; ``plan`` holds what it answers next instead of 200.

    A number is a status; ``"lost"`` drops the connection, ``"slow"`` never answers while the test lasts.
    """

    port: int = 0
    scheme: str = "http"
    plan: list[int | str] = field(default_factory=list)
    pushed: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    came: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.scheme}://127.0.0.1:{self.port}/told?by=onestory"

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it was told, in order."""
        return [json.loads(body) for _, body in self.pushed]

    @property
    def ids(self) -> list[str]:
        """The ids of what it was told."""
        return [headers["webhook-id"] for headers, _ in self.pushed]


@contextmanager
def receiving(*plan: int | str, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A program that is told."""
    receiver = Receiver(plan=list(plan), scheme="https" if tls else "http")

    class Handler(BaseHTTPRequestHandler):
        """Takes what is pushed."""

        def do_POST(self) -> None:
            """Take it, or do what is planned."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.pushed.append(({k.lower(): v for k, v in self.headers.items()}, body))
            planned = receiver.plan.pop(0) if receiver.plan else 200
            receiver.came.release()
            if planned == "slow":
                receiver.over.wait(30)
            if isinstance(planned, str):
                return
            self.send_response(planned)
            if planned // 100 == 3:
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"so")

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on the test's screen."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        receiver.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
            thread.join()
