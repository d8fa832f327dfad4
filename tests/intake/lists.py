"""A real server on this machine that gives a list over HTTP, in pages, and misbehaves as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Answer:
    """What is answered once instead of the list."""

    code: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hangs: threading.Event | None = None


@dataclass
class List:
    """The list, how it is paged, and what was asked.

    Args:
        items: Its items; each has ``id`` and ``updated``.
        paged: ``link``, ``next``, ``token``, ``page`` or ``after``; all at once, if empty.
        size: Items of a page.
        tagged: Whether it has an ETag.
        instead: What is answered instead, in order; None for the list itself.
        asked: The parameters of each request.
        sent: The headers of each request.
    """

    items: list[dict[str, Any]] = field(default_factory=list)
    paged: str = ""
    size: int = 2
    tagged: bool = False
    instead: list[Answer | None] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)

    def says(self, contract: str, term: str, updated: str = "2027-01-01") -> None:
        """An item is written."""
        self.items = [item for item in self.items if item["id"] != contract]
        self.items.append({"id": contract, "term": term, "updated": updated})

    def answer(self, params: dict[str, str], address: str) -> Answer:
        """What is answered to a request."""
        found = [one for one in self.items if one["updated"] >= params.get("since", "")]
        if not self.paged:
            return self._whole(found)
        size, start = self.size, int(params.get("from", 0))
        if self.paged == "page":
            start = (int(params["page"]) - 1) * size
        if self.paged == "after" and "after" in params:
            start = [one["id"] for one in found].index(params["after"]) + 1
        page, more = found[start : start + size], start + size < len(found)
        headers: dict[str, str] = {}
        document: Any = page
        kept = {name: value for name, value in params.items() if name != "from"}
        then = "&".join(
            f"{name}={value}" for name, value in (kept | {"from": start + size}).items()
        )
        if self.paged == "link" and more:
            headers["Link"] = f'<{address}?{then}>; rel="next"'
        if self.paged == "next":
            document = {"data": page, "links": {"next": f"?{then}" if more else None}}
        if self.paged == "token":
            document = {"data": page, "meta": {"next": start + size if more else ""}}
        return Answer(headers=headers, body=json.dumps(document).encode())

    def _whole(self, found: list[dict[str, Any]]) -> Answer:
        body = json.dumps(found).encode()
        tag = f'"{sha256(body).hexdigest()[:8]}"'
        return Answer(headers={"ETag": tag} if self.tagged else {}, body=body)


@contextmanager
def served(listing: List) -> Iterator[str]:
    """The list behind an address."""

    class Handler(BaseHTTPRequestHandler):
        """Answers as it is told to."""

        def do_GET(self) -> None:
            """Answer one request."""
            parts = urlsplit(self.path)
            params = dict(parse_qsl(parts.query))
            listing.asked.append(params)
            listing.sent.append({name.lower(): value for name, value in self.headers.items()})
            answer = listing.instead.pop(0) if listing.instead else None
            if answer is None:
                answer = listing.answer(params, f"http://{self.headers['Host']}{parts.path}")
                if self.headers.get("If-None-Match") == answer.headers.get("ETag", "?"):
                    answer = Answer(304, answer.headers)
            if answer.hangs is not None:
                answer.hangs.wait(30)
            self.send_response(answer.code)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/contracts"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
