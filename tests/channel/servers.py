"""Real servers that misbehave as they are told to, for the tests of channels."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mailbox:
    """What a mail server took, and what it says instead of yes, in order, by command."""

    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take a recipient, or say what is planned."""
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message, or say what is planned; ``lost`` takes it and drops the connection."""
        planned = self.data.pop(0) if self.data else "250 OK"
        if planned[0] not in "45":
            content = envelope.content
            assert isinstance(content, bytes)
            message = BytesParser(policy=default).parsebytes(content)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            self.recipients += envelope.rcpt_tos
        if planned == "lost" and server.transport is not None:
            server.transport.close()
        return planned


HERE = Path(__file__).with_name("here.pem")
"""A certificate of 127.0.0.1 that signs itself, with its key: it guards nothing but these tests."""


def tls_server() -> ssl.SSLContext:
    """What a server on this machine speaks TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HERE)
    return context


def tls_client() -> ssl.SSLContext:
    """What trusts it."""
    return ssl.create_default_context(cafile=str(HERE))


@contextmanager
def mail_server(mailbox: Mailbox, *, port: int = 0, **more: Any) -> Iterator[int]:
    """A mail server on this machine; its port."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=port or free_port(), **more)
    controller.start()
    try:
        yield int(controller.port)
    finally:
        controller.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


@dataclass
class Posted:
    """One request that a gateway got."""

    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


@dataclass
class Gateway:
    """A gateway that remembers keys; ``plan`` holds how it misbehaves on the next requests.

    A number is answered after doing it; with a minus, instead of doing it. ``"lost"`` does it and
    drops the connection, ``"slow"`` does it and never answers, ``"drip"`` answers a byte at a time,
    ``"cut"`` a part only.
    """

    port: int = 0
    plan: list[int | str] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)
    posted: list[Posted] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    ask_plan: list[int] = field(default_factory=list)
    answer: str = '{"id": "sms-%d"}'
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


def handler(gateway: Gateway) -> type[BaseHTTPRequestHandler]:
    """What answers for a gateway."""

    class Handler(BaseHTTPRequestHandler):
        """Does what the gateway's plan says."""

        def do_POST(self) -> None:
            """Get a message."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gateway.posted.append(Posted({k.lower(): v for k, v in self.headers.items()}, body))
            planned = gateway.plan.pop(0) if gateway.plan else 200
            key = self.headers["Idempotency-Key"].strip('"')
            if isinstance(planned, str) or planned > 0:
                gateway.done.setdefault(key, gateway.answer.replace("%d", str(len(gateway.done))))
            misbehave = {"slow": self.keep_silent, "drip": self.drip, "cut": self.cut}
            misbehave.get(str(planned), lambda: None)()
            if isinstance(planned, str):
                return
            self.say(abs(planned), gateway.done.get(key, "no"))

        def do_GET(self) -> None:
            """Say what became of a key."""
            key = self.path.rpartition("/")[2]
            gateway.asked.append(key)
            if gateway.ask_plan:
                self.say(gateway.ask_plan.pop(0), "")
            else:
                self.say(200 if key in gateway.done else 404, gateway.done.get(key, ""))

        def keep_silent(self) -> None:
            """Say nothing while the test lasts."""
            gateway.over.wait(30)

        def cut(self) -> None:
            """Say less than was promised."""
            self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n{")

        def drip(self) -> None:
            """Answer with a byte now and then, for ever."""
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
                while not gateway.over.wait(0.1):
                    self.wfile.write(b"x")

        def say(self, status: int, text: str) -> None:
            """Answer."""
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing on the test's screen."""

    return Handler


@contextmanager
def gateway_server(gateway: Gateway, *, tls: bool = False) -> Iterator[Gateway]:
    """A gateway on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", gateway.port), handler(gateway)) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls_server().wrap_socket(server.socket, server_side=True)
        gateway.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield gateway
        finally:
            gateway.over.set()
            server.shutdown()
            thread.join()
