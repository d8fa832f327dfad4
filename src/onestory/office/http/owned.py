"""What of the office's answers concerns whoever asks, where that is all they may ask."""

from __future__ import annotations

from starlette.requests import Request

from ...errors import NoRight, NotAQuestion
from ...model import Entity
from ..auth import Right
from ..auth.caller import caller_in
from ..auth.own import is_for_customers, person_of, refuse_others_subject
from ..opened import Person
from ..repaired import Confirmed
from .serving import serving_of


def right_of(request: Request) -> Right:
    """What whoever asks may ask of this route; everything, while nobody has to sign in."""
    right: Right = request.scope.get("state", {}).get("right", Right.ALL)
    return right


def refuse_others(request: Request, entity: type[Entity], key: tuple[str, ...]) -> None:
    """Refuse a subject that does not concern whoever asks, where that is all they may ask.

    Raises:
        NoRight: It does not concern them.
    """
    office, right = serving_of(request).office, right_of(request)
    refuse_others_subject(office, caller_in(request.scope), right, entity, key)


def teller(request: Request, channel: str | None, person: Person | None) -> Person | None:
    """Whose story is told: to somebody who sees only what is theirs, their own, by a channel.

    Raises:
        NotAQuestion: They name no channel: what every party says is not for them.
        NoRight: They ask for somebody else's, or by a channel that is not for them.
    """
    if right_of(request) is Right.ALL:
        return person
    mine = person_of(serving_of(request).office, caller_in(request.scope))
    if channel is None:
        raise NotAQuestion(
            "It is not said by which channel.", where="channel", fix="Name one: ?channel=portal"
        )
    if not is_for_customers(serving_of(request).office, channel):
        raise NoRight(
            f"{channel} is not for customers: it shows everything.",
            where="channel",
            fix="Name a channel that is declared with shows=, like the portal.",
        )
    if person is not None and person != mine:
        raise NoRight("This is somebody else's story.", where="person", fix="Ask for your own.")
    return mine


def refuse_others_telling(request: Request, found: Confirmed) -> None:
    """Refuse a message that went to somebody else.

    Raises:
        NoRight: It did.
    """
    if right_of(request) is Right.ALL:
        return
    person = caller_in(request.scope).person
    if person is None or person[1] != found.person:
        raise NoRight(
            "This message did not go to you.", where=found.reference, fix="Ask about your own."
        )


def source_shown(request: Request) -> str | None:
    """The system of whose messages whoever asks may see what is set aside; None for all of them."""
    return None if right_of(request) is Right.ALL else caller_in(request.scope).system
