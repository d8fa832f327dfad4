"""Channels: the places where the story is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from ..errors import DeclarationError, TwoCompanies
from .company import Company, here
from .fact import Fact, Link
from .party import System
from .sentence import sayable
from .zone import zone_of


class Channel:
    """A place where the story is told: a desk, a portal, a kiosk, a till, the phone.

    Args:
        name: What its users call it.
        of: The company.
        shows: The facts it shows. Everything, if left out.
        unsettled: What it says of a fact that others are still following, in their time.
            ``{due}`` is when all will show it: the time with its zone, and its day if that is
            another; ``{due:%H:%M}`` writes it so. A fact that is late or contradicted is told
            with the company's one cautious sentence in every channel.
        zone: The zone that its people are told times in; the company's, if left out.
        by: The system that sends messages, for a channel that reaches people of its own accord.
        address: The fact that holds where a person is reached: an address, a number.

    Raises:
        DeclarationError: ``by`` without ``address``, or the other way round.
    """

    def __init__(
        self,
        name: str,
        *,
        of: Company,
        shows: Sequence[Fact[Any] | Link[Any]] | None = None,
        unsettled: str = "All our systems will show this by {due}.",
        zone: str | tzinfo | None = None,
        by: System | None = None,
        address: Fact[Any] | None = None,
    ) -> None:
        self.name, self.company, self.where = name, of, here()
        self.unsettled = sayable(unsettled, "due", where=self.where)
        self.zone = of.zone if zone is None else zone_of(zone, where=self.where)
        self.shows = None if shows is None else frozenset(_path(fact, of) for fact in shows)
        if (by is None) != (address is None):
            raise DeclarationError(
                f"{name} can send only with both by= and address=.",
                where=self.where,
                fix="Name the system that sends, and the fact that holds where a person is reached.",
            )
        self.sends, self.address = by, address
        of.add(self)

    def __repr__(self) -> str:
        return f"Channel({self.name!r})"


def _path(fact: Any, of: Company) -> str:
    company: Company = fact.authority.company
    if company is not of:
        raise TwoCompanies(
            f"A channel of {of.name} cannot show {fact} of {company.name}.",
            where=here(),
            fix="Show facts of the channel's own company.",
        )
    return str(fact)
