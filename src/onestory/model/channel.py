"""Channels: the places where the story is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .company import Company, here
from .fact import Fact, Link


class Channel:
    """A place where the story is told: a desk, a portal, a kiosk, a till, the phone.

    Args:
        name: What its users call it.
        of: The company.
        shows: The facts it shows. Everything, if left out.
        unsettled: What it says of a fact that others are still following, in their time.
            ``{due}`` is when all will show it, an aware datetime. A fact that is late or
            contradicted is told with the company's one cautious sentence in every channel.
    """

    def __init__(
        self,
        name: str,
        *,
        of: Company,
        shows: Sequence[Fact[Any] | Link[Any]] | None = None,
        unsettled: str = "All our systems will show this by {due:%H:%M}.",
    ) -> None:
        self.name, self.company, self.unsettled, self.where = name, of, unsettled, here()
        self.shows = None if shows is None else frozenset(fact.path for fact in shows)
        of.add(self)

    def __repr__(self) -> str:
        return f"Channel({self.name!r})"
