"""A proxy before a server, that cuts a connection at the commit: before it, after it, or leaving it open."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

COMMIT = b"Q\x00\x00\x00\x0bcommit\x00"
"""The word that ends a transaction, as the client says it."""


class Cut(Enum):
    """What becomes of a commit."""

    NOT = "it passes, and so does its answer"
    BEFORE = "it is lost on the way, and the server learns that the client is gone"
    HANGING = "it is lost on the way, and the server learns nothing"
    AFTER = "it arrives, and its answer is lost"


class Proxy:
    """Listens here, and passes on what is said to a server's socket and back.

    Args:
        server: The socket of the server.
    """

    def __init__(self, server: Path) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut, self.cuts = Cut.NOT, 0
        self.meanwhile: Callable[[], None] = lambda: None
        self.hanging: list[socket.socket] = []
        self._deaf: set[socket.socket] = set()
        threading.Thread(target=self._listen, daemon=True).start()

    def address(self, schema: str) -> str:
        """The address of a ledger behind it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?schema={schema}"

    def lead_to(self, server: Path) -> None:
        """Lead whoever connects from now on to another server."""
        self._server = server

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()
        for one in self.hanging:
            one.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                try:
                    server.connect(str(self._server))
                except OSError:
                    client.close()
                    server.close()
                    continue
                down = threading.Thread(target=self._down, args=(server, client), daemon=True)
                down.start()
                up = threading.Thread(target=self._up, args=(client, server, down), daemon=True)
                up.start()

    def _up(self, client: socket.socket, server: socket.socket, down: threading.Thread) -> None:
        with suppress(OSError):
            while said := client.recv(65_536):
                if COMMIT in said and self.cut is not Cut.NOT:
                    self._cut(client, server, said, down)
                    return
                server.sendall(said)
        _end(server)

    def _cut(
        self, client: socket.socket, server: socket.socket, said: bytes, down: threading.Thread
    ) -> None:
        cut, self.cut = self.cut, Cut.NOT
        self.cuts += 1
        if cut is Cut.AFTER:
            self._deaf.add(client)
            server.sendall(said)
            server.shutdown(socket.SHUT_WR)
            down.join()
        elif cut is Cut.HANGING:
            self.hanging.append(server)
        else:
            _end(server)
        self.meanwhile()
        _end(client)

    def _down(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while said := server.recv(65_536):
                if client not in self._deaf:
                    with suppress(OSError):
                        client.sendall(said)
        if client not in self._deaf:
            _end(client)
        server.close()


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def proxy(server: Path) -> Iterator[Proxy]:
    """A proxy before the server whose socket this is."""
    made = Proxy(server)
    try:
        yield made
    finally:
        made.close()
