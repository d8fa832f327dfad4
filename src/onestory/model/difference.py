"""Declared differences: allowed, with a reason and an end, and shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..clock import aware
from ..errors import DeclarationError
from .company import here
from .fact import Fact
from .keys import written_key
from .party import Party, People


@dataclass(frozen=True, slots=True)
class Difference:
    """A follower may differ from the authority on a fact, for a reason, until a day."""

    fact: Fact[Any]
    follower: Party
    because: str
    until: datetime
    keys: frozenset[str] | None
    where: str

    @property
    def name(self) -> str:
        """The follower and the fact, and the line, since one pair may have several."""
        return f"{self.follower.name}/{self.fact} ({self.where})"

    @property
    def spelled(self) -> str:
        """For what and until when it holds, as terms keep it."""
        where = "everywhere" if self.keys is None else f"for {', '.join(sorted(self.keys))}"
        return f"{where} until {self.until.isoformat()}"

    def covers(self, fact: str, follower: str, key: str) -> bool:
        """Whether it is about this fact, follower and subject."""
        return (
            fact == self.fact.name
            and follower == self.follower.name
            and (self.keys is None or key in self.keys)
        )


def declares_different(
    follower: Party,
    fact: Fact[Any],
    *,
    because: str,
    until: datetime,
    only: Collection[str | tuple[str, ...]] | None = None,
) -> Difference:
    """Declare that a follower may differ from the authority; it is shown, with its reason.

    Args:
        follower: The party that may differ; it must follow the fact.
        fact: The fact.
        because: The reason, in words that a customer could be told.
        until: The end, an aware datetime. There is no difference without an end.
        only: The keys of the subjects it holds for. All of them, if left out.

    Raises:
        DeclarationError: The reason is empty, or the party does not follow the fact.
    """
    if not because.strip():
        raise DeclarationError(
            f"No reason is given why {follower.name} may differ on {fact}.",
            where=here(),
            fix='Write because="..." in words that a customer could be told.',
        )
    if isinstance(follower, People) or follower not in [f.party for f in fact.followers]:
        raise DeclarationError(
            f"{follower.name} does not follow {fact}, so it cannot differ from it.",
            where=here(),
            fix=f"Name one of its followers: {fact.follower_names}.",
        )
    keys = None if only is None else frozenset(written_key(fact.entity, key) for key in only)
    difference = Difference(fact, follower, because, aware(until, where=here()), keys, here())
    fact.authority.company.add(difference)
    return difference
