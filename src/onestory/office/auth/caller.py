"""The caller: who asks, as far as a request shows it."""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.types import Scope


class Caller(msgspec.Struct, frozen=True):
    """Who asks.

    Args:
        kind: An account, by its session; a program, by its key; or nobody known.
        name: The login of the account, the id of the key, or nothing.
        roles: What rights go by.
        system: The system that a key speaks for, or nothing.
        person: The person that a customer's account is: entity and key.
        csrf: The token that this session's own pages carry; nothing for keys.
        session: The SHA-256 of the session's cookie, by which it is ended; nothing for keys.
    """

    kind: Literal["account", "key", "nobody"] = "nobody"
    name: str = ""
    roles: frozenset[str] = frozenset()
    system: str = ""
    person: tuple[str, str] | None = None
    csrf: str = ""
    session: str = ""


NOBODY = Caller()
"""Who asks without a session and without a key."""


def caller_in(scope: Scope) -> Caller:
    """Who the gate found to ask."""
    found: Caller = scope.get("state", {}).get("caller", NOBODY)
    return found
