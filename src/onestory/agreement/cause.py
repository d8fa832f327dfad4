"""Causes: which link failed, and whether it failed for one subject or for a whole system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ..model import Standing


class Fault(Enum):
    """What is wrong with a link between an authority and a follower."""

    SILENT = "silent"
    """The whole system was not heard since the authority's change: ask it before writing to it."""
    MISSED = "missed"
    """The system is alive, and has said nothing of this fact since."""
    DIFFERS = "differs"
    """The system has spoken of this fact since, and says something else."""
    UNTOLD = "untold"
    """A person was not told in time."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The link that failed, and how.

    Args:
        authority: The party that decides.
        follower: The party that should have followed.
        fault: What is wrong.
        silent_since: When a silent follower was last heard of anything; None if never.
    """

    authority: str
    follower: str
    fault: Fault
    silent_since: datetime | None = None

    @property
    def link(self) -> str:
        """The link by name."""
        return f"{self.authority} → {self.follower}"


def cause_of(
    authority: str,
    follower: str,
    standing: Standing,
    silent_since: datetime | None,
    *,
    silent: bool,
    people: bool,
) -> Cause:
    """The cause of a contradiction, from how the follower stands and whether its link is silent."""
    if people:
        return Cause(authority, follower, Fault.UNTOLD)
    if silent:
        return Cause(authority, follower, Fault.SILENT, silent_since)
    fault = Fault.DIFFERS if standing is Standing.CONTRADICTS else Fault.MISSED
    return Cause(authority, follower, fault)
