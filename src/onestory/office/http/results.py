"""What is answered to who sends messages: what became of each."""

from __future__ import annotations

import msgspec

from ...errors import OnestoryError

REFUSED = "refused"
"""The fate of a message that its sender may not send. Nothing of it is kept."""


class Reason(msgspec.Struct, frozen=True):
    """Why a message was not heard: the parts of an error.

    Args:
        code: The error's code.
        what: What happened.
        where: What it is about.
        fix: What to send instead.
    """

    code: str
    what: str
    where: str
    fix: str

    @classmethod
    def of(cls, error: OnestoryError) -> Reason:
        """The parts of an error."""
        return cls(error.code, error.what, error.where, error.fix)


class Result(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one message.

    Args:
        id: Its id.
        source: The system that sent it.
        fate: ``heard``, ``repeated``, ``known``, ``set aside`` or ``refused``.
        reason: Why it was set aside or refused.
        aside: Where that can be looked at.
    """

    id: str
    source: str
    fate: str
    reason: Reason | None = None
    aside: str = ""


class Results(msgspec.Struct, frozen=True):
    """What became of the messages of one request, in their order."""

    results: list[Result]
