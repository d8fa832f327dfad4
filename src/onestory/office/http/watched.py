"""Which topics whoever asks may watch, and for how long."""

from __future__ import annotations

from collections.abc import Collection, Hashable

from starlette.requests import Request

from ..auth import Auth, Caller, Right
from ..auth.caller import caller_in
from ..auth.own import is_for_customers, may_be_pushed
from ..live import Topic
from ..naming import subject_of


def may_see(auth: Auth, request: Request, topic: Topic) -> bool:
    """Whether whoever asks may watch a topic."""
    return _may_watch(auth, caller_in(request.scope), topic)


def still_allowed(auth: Auth, caller: Hashable, topics: Collection[Topic]) -> Collection[Topic]:
    """Which topics whoever watches may still: the same, with the same roles, in a session that goes on.

    What concerned a customer yesterday may be somebody else's today, so that each is asked for anew.
    """
    if not isinstance(caller, Caller) or auth.still(caller) != caller:
        return ()
    return [topic for topic in topics if _may_watch(auth, caller, topic)]


def _may_watch(auth: Auth, caller: Caller, topic: Topic) -> bool:
    """Whether a caller may watch a topic: one of their own by a channel, as it is told to them."""
    right = auth.rights.of(caller, f"event {topic.kind}")
    if right is not Right.OWN:
        return right is Right.ALL
    kind, key = subject_of(auth.office.company, topic.about)
    told = topic.kind == "person" or bool(
        topic.channel and is_for_customers(auth.office, topic.channel)
    )
    return told and may_be_pushed(auth.office, caller, right, kind.kind, key)
