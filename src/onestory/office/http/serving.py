"""What every request of one process works with: the office, and whether it is well."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request

from ...model import Channel
from ..auth import Auth
from ..contradicted import everything
from ..live import Live, StillAllowed, Topic
from ..office import Office
from .door import Door
from .metrics import Metrics
from .traces import Traces
from .watched import may_see, still_allowed

NOBODY = "nobody signed in"
"""Whose name is kept with an action while nobody has to sign in."""


@dataclass(slots=True)
class Serving:
    """One process that serves an office.

    Args:
        office: The open office.
        stopping: Set once the process has been told to stop: no request is waited for any longer.
        workers: The threads that work beside the requests; the process is ready while all live.
        still_allowed: Which of the topics that a caller watches it may still see; asked every 30
            seconds. All, if left out.
        may_see: Whether a request may watch a topic; any may, if left out.
        auth: Who may come in, and ask what; everybody may ask everything, if left out.
        traces: Where spans go, if they are kept.
        metrics: What this process counts.
        live: What changes, for those who watch it.
        door: Where messages wait to be heard.
        everything: A channel that shows all facts: whoever asks by none is told what every party says.
    """

    office: Office
    stopping: threading.Event = field(default_factory=threading.Event)
    workers: list[threading.Thread] = field(default_factory=list)
    still_allowed: StillAllowed | None = None
    may_see: Callable[[Request, Topic], bool] | None = None
    traces: Traces | None = None
    auth: Auth | None = None
    metrics: Metrics = field(init=False)
    live: Live = field(init=False)
    everything: Channel = field(init=False)
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        office = self.office
        if self.auth is not None:
            self.may_see = self.may_see or partial(may_see, self.auth)
            self.still_allowed = self.still_allowed or partial(still_allowed, self.auth)
        self.everything = everything(office.company)
        self.door = Door(office)
        self.live = Live(office, still_allowed=self.still_allowed)
        self.metrics = Metrics(office, lambda: self.live.hub.streams, self.alive)
        office.around_hearing = self.metrics.hearing
        if self.traces is not None:
            office.around_hearing = self.traces.hearing(self.metrics.hearing)
            office.calls_by(self.traces.calling(office.repairing.call))

    def alive(self) -> int:
        """How many of the workers are alive."""
        return sum(thread.is_alive() for thread in self.workers)


def serving_of(request: Request) -> Serving:
    """The process that serves a request."""
    serving: Serving = request.app.state.serving
    return serving


def who(request: Request) -> str:
    """The name of whoever asks; it is kept with what they do."""
    caller = request.scope.get("state", {}).get("caller")
    return NOBODY if caller is None or not caller.name else str(caller.name)
