"""What every request of one process works with: the office, and whether it is well."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from starlette.requests import Request

from ...model import Channel
from ..contradicted import everything
from ..office import Office
from .door import Door

NOBODY = "nobody signed in"
"""Whose name is kept with an action while nobody has to sign in."""


@dataclass(slots=True)
class Serving:
    """One process that serves an office.

    Args:
        office: The open office.
        stopping: Set once the process has been told to stop: no request is waited for any longer.
        workers: The threads that work beside the requests; the process is ready while all live.
        door: Where messages wait to be heard.
        everything: A channel that shows all facts: whoever asks by none is told what every party says.
    """

    office: Office
    stopping: threading.Event = field(default_factory=threading.Event)
    workers: list[threading.Thread] = field(default_factory=list)
    everything: Channel = field(init=False)
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        self.everything = everything(self.office.company)
        self.door = Door(self.office)


def serving_of(request: Request) -> Serving:
    """The process that serves a request."""
    serving: Serving = request.app.state.serving
    return serving


def who(request: Request) -> str:
    """The name of whoever asks; it is kept with what they do."""
    caller = request.scope.get("state", {}).get("caller")
    return NOBODY if caller is None else str(caller.name)
