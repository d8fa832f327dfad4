"""Live by HTTP: Server-Sent Events of what changes, any number of topics by one stream."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Hashable, Iterable
from http import HTTPStatus
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ...errors import NoSuchName, NotAllowed, NotShown
from ..auth.caller import caller_in
from ..live import TOPICS, Hub, Stream, Topic
from ..problems import problem
from .described import problems_of, serves
from .problem import request_id_of
from .serving import serving_of

router = APIRouter(tags=["live"])

RETRY = 1_000
"""Milliseconds after which a reader that lost its stream asks for it again."""

_NUMBER = re.compile(r"[0-9]{1,18}")
_OPENS = b"retry: %d\n\n" % RETRY


@router.get(
    "/live",
    summary="Watch what changes",
    response_class=Response,
    responses=serves("text/event-stream", "The stream; it ends when its reader leaves.")
    | problems_of(401, 403, 404, 422, 429, 503),
)
async def live(
    request: Request,
    topic: Annotated[list[str], Query(description="`subject/Contract/C-1042`, `counters`, …")],
    channel: Annotated[str, Query(description="The channel whose story it is")] = "",
    after: Annotated[int, Query(description="The last entry the page knows of", ge=0)] = 0,
) -> Response:
    """Send each topic as it is now, and again whenever it has changed.

    A reader that comes again, with ``Last-Event-ID``, is sent nothing older than what it had.
    """
    hub = serving_of(request).live.hub
    if len(topic) > TOPICS:
        error = NotAllowed(
            f"{len(topic)} topics are too many for one stream.",
            fix=f"Ask for {TOPICS} at most, and for the others by a second stream.",
        )
        return problem(error, HTTPStatus.UNPROCESSABLE_ENTITY, request_id=request_id_of(request))
    topics = list(dict.fromkeys(topic_of(hub, name, channel) for name in topic))
    await to_thread.run_sync(_refuse_unseen, request, topics)  # what is one's own, the ledger says
    caller = caller_of(request)
    why = hub.full(caller)
    if why:
        refused = NotAllowed(why, fix="Close others, or ask another process.")
        status = (
            HTTPStatus.TOO_MANY_REQUESTS
            if why.startswith("You")
            else HTTPStatus.SERVICE_UNAVAILABLE
        )
        return problem(refused, status, request_id=request_id_of(request))
    last = request.headers.get("last-event-id", "")
    known = int(last) if _NUMBER.fullmatch(last) else 0
    return EventStream(hub, topics, caller, max(after, known))


def _refuse_unseen(request: Request, topics: Iterable[Topic]) -> None:
    may_see = serving_of(request).may_see
    for one in topics:
        if may_see is not None and not may_see(request, one):
            raise NotShown(f"{one.name} is not shown to you.", fix="Sign in as somebody who may.")


def caller_of(request: Request) -> Hashable:
    """Whose stream a request asks for."""
    caller = caller_in(request.scope)
    if caller.kind != "nobody":
        return caller
    return "" if request.client is None else request.client.host


def topic_of(hub: Hub, name: str, channel: str) -> Topic:
    """The topic of a name.

    Raises:
        NoSuchName: There is no such topic.
    """
    kind, _, about = name.partition("/")
    renderer = hub.renderers.get(kind)
    if renderer is None:
        raise NoSuchName(
            f"There is no topic {name!r}.",
            fix="Write subject/Contract/C-1042, person/Customer/K-7 or counters.",
        )
    return renderer.topic(about, channel)


class EventStream(Response):
    """A stream of events, for as long as its reader stays: one task of its own, and no more.

    Starlette's own streaming response takes three tasks and twice the memory.

    Args:
        hub: The hub.
        topics: What it is about.
        caller: Whose it is.
        after: The last entry that its reader knows of.
    """

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, topics: list[Topic], caller: Hashable, after: int) -> None:
        self.status_code, self.background = HTTPStatus.OK, None
        self._hub, self._topics, self._caller, self._after = hub, topics, caller, after
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the reader is gone, or the stream is ended."""
        stream = self._hub.join(self._topics, self._caller, after=self._after)
        reader = asyncio.ensure_future(_gone(receive))
        reader.add_done_callback(lambda _: stream.end(b""))
        try:
            start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
            await send(start)
            await _pour(stream, send)
        except asyncio.CancelledError:
            if stream.ending != b"":
                raise  # it was not we who let go of a reader that takes nothing
        finally:
            reader.cancel()
            self._hub.leave(stream)


async def _pour(stream: Stream, send: Send) -> None:
    task, data = asyncio.current_task(), _OPENS
    while True:
        stream.sending(task)
        await send({"type": "http.response.body", "body": data, "more_body": True})
        stream.sending(None)
        while (taken := stream.take()) is None:
            await stream.wait()
        data = taken
        if stream.ending is not None:
            await send({"type": "http.response.body", "body": data, "more_body": False})
            return


async def _gone(receive: Receive) -> None:
    """Wait until the reader is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
