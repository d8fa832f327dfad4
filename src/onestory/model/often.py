"""Whether systems that are pulled are heard often enough for the facts that they follow."""

from __future__ import annotations

from datetime import timedelta

from ..errors import ImpossibleTime
from .company import Company
from .durations import spelled
from .entity import DeclaredEntity
from .pull import Pull


def check_pulls(company: Company) -> None:
    """Check that what is pulled is heard often enough for those who follow.

    Raises:
        ImpossibleTime: A system is pulled less often than it must follow.
    """
    pulls = company.declared(Pull)
    for entity in company.declared(DeclaredEntity):
        for fact in entity.facts.values():
            for follower in fact.followers:
                mine = [pull for pull in pulls if pull.system is follower.party]
                if not mine or any(pull.behind_pushes for pull in mine):
                    continue
                system = mine[0].system
                often = min(mine, key=lambda pull: pull.every)
                if system.heard_every is None and not system.can_be_asked:
                    _refuse_seldom(often, follower.within, str(fact))


def _refuse_seldom(pull: Pull, within: timedelta, fact: str) -> None:
    if within < pull.every:
        raise ImpossibleTime(
            f"{pull.system.name} is pulled every {spelled(pull.every)}: nobody could know whether it "
            f"follows {fact} within {spelled(within)}.",
            where=pull.where,
            fix=f'Write every="{spelled(within)}" or less, or behind_pushes=True if it also pushes.',
        )
