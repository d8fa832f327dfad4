"""Connections: who opens one and does not say what for is let go, so that none is held by nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_WITHIN = 20.0
"""Seconds within which the head of a request must have come, from its first byte; and within which a
connection that was opened must be used. A head has a few hundred bytes."""

READ_WITHIN = 1.0
"""Seconds within which what was answered must have been read, once the office stops: whoever has read nothing
until then will not."""

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Connection(HttpToolsProtocol):
    """A connection of uvicorn's, whose heads must come in their time."""

    head_within = HEAD_WITHIN
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for a request, for so long."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Read what came; with the first byte of a head, its time begins."""
        cycle: RequestResponseCycle | None = self.cycle
        if self._late is None and (cycle is None or cycle.response_complete):
            self._wait()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Answer the request; its body has a time of its own."""
        self._wait_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._wait_no_more()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End with what is being answered; who does not read it in a moment is not waited for."""
        super().shutdown()
        self.loop.call_later(READ_WITHIN, self._let_go)

    def _let_go(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def _wait(self) -> None:
        self._late = self.loop.call_later(self.head_within, self._end)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        self._late = None
        if not self.transport.is_closing():
            self.transport.write(_TOO_SLOW)
            self.transport.close()
