"""Sign-in and rights: who asks, and what they may ask."""

from .auth import Auth
from .caller import NOBODY, Caller
from .door import behind_its_door, put_a_door_before
from .gate import Gate
from .rights import Right, Rights
from .settings import AuthSettings, Provider

__all__ = [
    "NOBODY",
    "Auth",
    "AuthSettings",
    "Caller",
    "Gate",
    "Provider",
    "Right",
    "Rights",
    "behind_its_door",
    "put_a_door_before",
]
