"""Parties: the systems and the people that make claims, decide facts and follow them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from ..clock import aware
from ..errors import DeclarationError, DeclaredTwice, ImpossibleTime, TwoCompanies
from .company import Company, here
from .durations import duration, spelled
from .fact import Decided, Fact, Follower, Passing
from .keys import Alias, checked_key
from .pull import Pull, Source, declare_pull
from .sameness import Sameness, equal

T = TypeVar("T")

COMPANY = "company"
"""The name of the party that declares differences, records disputes and arms remedies."""


class Party:
    """What systems and people have in common: they make claims, decide and follow."""

    name: str
    where: str

    def __init__(self, name: str, *, of: Company, about: str = "") -> None:
        if not name or name == COMPANY or "@" in name:
            raise DeclarationError(
                f"A party cannot be called {name!r}.",
                where=here(),
                fix=f"Choose another: {COMPANY!r} is the company itself, and '@' marks aliases.",
            )
        for other in of.declared(Party):
            if other.name == name:
                raise DeclaredTwice(
                    f"{of.name} already has a {type(other).__name__.lower()} named {name!r}.",
                    where=f"{other.where} and again at {here()}",
                    fix="Give one of them another name.",
                )
        self.name, self.company, self.about, self.where = name, of, about, here()
        of.add(self)

    def decides(
        self,
        *followers: Follower,
        same: Sameness[T] = equal,
        about: str = "",
        since: datetime | None = None,
        until: Fact[Any] | None = None,
        then: Party | None = None,
        was: str = "",
    ) -> Decided[T]:
        """Declare a fact, or a link, that this party is the authority on.

        Args:
            followers: The parties that must agree, each with its time.
            same: When two values count as the same.
            about: What the fact means, as an agent reads it.
            since: From when this party decides, if another did before (as the ledger knows).
            until: A fact that ends this authority once it is so: once its decided value is any but
                None and False. Zero and an empty text are answers, and so.
            then: The party that decides from that moment on.
            was: The name that this fact had before, when it is renamed.

        Raises:
            TwoCompanies: A follower belongs to another company.
            DeclarationError: ``until`` without ``then``, or a party follows twice.
        """
        return decided(self, followers, same, about, since, until, then, was)

    def follows(self, *, within: str | timedelta) -> Follower:
        """Say that this party must agree with the authority no later than ``within`` after it.

        Raises:
            NoSuchDuration: ``within`` cannot be read.
        """
        return Follower(self, duration(within))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return (_found, (self.company, type(self), self.name))


class System(Party):
    """A system of record: contracts, billing, a web shop, the tills.

    Args:
        name: What its users call it.
        team: The people who look after it; repairs that need a person go to them.
        about: What it is, for those who never saw it.
        heard_every: How often it can be heard, like ``"1 d"`` for a nightly file.
        can_be_asked: Whether it can be asked between two hearings, so that a shorter time to
            follow is fair.
        repairs_per_second: How many repairs may be begun in it each second; as many as there are,
            if left out. When thousands are contradicted at once, they are put right at this rate.
    """

    def __init__(
        self,
        name: str,
        *,
        of: Company,
        team: str = "",
        about: str = "",
        heard_every: str | timedelta | None = None,
        can_be_asked: bool = False,
        repairs_per_second: float | None = None,
    ) -> None:
        if repairs_per_second is not None and repairs_per_second <= 0:
            raise DeclarationError(
                f"{name} cannot take {repairs_per_second} repairs a second.",
                where=here(),
                fix="Write how many it can take, like 20 or 0.5; or leave it out.",
            )
        self.repairs_per_second = repairs_per_second
        self.heard_every = None if heard_every is None else duration(heard_every)
        self.team, self.can_be_asked = team, can_be_asked
        super().__init__(name, of=of, about=about)

    def follows(self, *, within: str | timedelta) -> Follower:
        """Say that this system must agree with the authority no later than ``within`` after it.

        Raises:
            NoSuchDuration: ``within`` cannot be read.
            ImpossibleTime: The system is heard less often than that and cannot be asked.
        """
        follower = super().follows(within=within)
        if self.heard_every and follower.within < self.heard_every and not self.can_be_asked:
            raise ImpossibleTime(
                f"{self.name} is heard every {spelled(self.heard_every)}: nobody could know whether "
                f"it follows within {spelled(follower.within)}.",
                where=here(),
                fix=f'Write within="{spelled(self.heard_every)}" or more, or declare the system '
                "with can_be_asked=True.",
            )
        return follower

    def pulls(
        self,
        source: Source,
        *,
        type: str = "",  # noqa: A002 - the attribute's name in CloudEvents
        every: str | timedelta = "30 s",
        sweep_every: str | timedelta = "1 d",
        behind_pushes: bool = False,
        name: str = "",
    ) -> Pull:
        """Declare that this system is asked for what is new in it, and now and then for all it has.

        Args:
            source: Where its rows are: ``rows_of(...)``, ``items_of(...)``, ``files_of(...)``.
            type: The type of message that each row is, for the reader. Files of CloudEvents need none.
            every: How often it is asked for what is new.
            sweep_every: How often it is asked for everything: a change that moved no timestamp, and
                a push that was lost, are found then.
            behind_pushes: Whether it also pushes, so that it is heard more often than it is asked.
            name: What the pull is called; the system and the type, if left out.

        Raises:
            NoSuchDuration: ``every`` or ``sweep_every`` cannot be read.
            DeclarationError: It is asked too often, or swept more often than asked.
            DeclaredTwice: Another pull has this name.
        """
        return declare_pull(
            self,
            source,
            type_=type,
            every=every,
            sweep_every=sweep_every,
            behind_pushes=behind_pushes,
            name=name,
        )

    def calls(self, name: str) -> Alias:
        """A subject by this system's own name for it; the name is an alias until it is linked.

        Raises:
            ValueMisfit: The name is empty or too long.
        """
        return Alias(self, checked_key(type(self), name))


class People(Party):
    """A group of people who are told facts and who decide some: passengers, customers.

    Its members are the subjects of the entity declared with ``one_of=``.
    """


class LatestOf:
    """The authority of whoever was told last. Made by ``latest_of``."""

    def __init__(self, *members: System, within: str | timedelta) -> None:
        self.members, self.within = members, duration(within)
        self.name = f"latest of {', '.join(m.name for m in members)}"
        self.company = members[0].company

    def decides(
        self,
        *followers: Follower,
        same: Sameness[T] = equal,
        about: str = "",
        was: str = "",
    ) -> Decided[T]:
        """Declare a fact whose latest change, by ledger number, decides.

        The members follow each other within the time given to ``latest_of``.
        """
        each_other = tuple(member.follows(within=self.within) for member in self.members)
        return decided(self, (*each_other, *followers), same, about, None, None, None, was)


def latest_of(*systems: System, within: str | timedelta = "5 min") -> LatestOf:
    """Let the system that was told last decide: a customer tells the shop or the desk.

    Args:
        systems: Two or more, of one company.
        within: How soon each must agree with the one that was told last.

    Raises:
        DeclarationError: Fewer than two systems.
        TwoCompanies: They are of different companies.
    """
    if len({*systems}) <= 1:
        raise DeclarationError(
            "latest_of() needs two systems or more.",
            where=here(),
            fix="Name them: latest_of(shop, desk).",
        )
    for system in systems:
        _of_one_company(system, systems[0].company, systems[0].name)
    return LatestOf(*systems, within=within)


def decided(
    authority: Party | LatestOf,
    followers: tuple[Follower, ...],
    same: Sameness[T],
    about: str,
    since: datetime | None,
    until: Fact[Any] | None,
    then: Party | None,
    was: str,
) -> Decided[T]:
    """Check one declaration of authority and make its fact."""
    names = [f.party.name for f in followers] + [authority.name]
    for follower in followers:
        _of_one_company(follower.party, authority.company, authority.name)
        if names.count(follower.party.name) > 1:
            raise DeclarationError(
                f"{follower.party.name} stands twice among those who answer this fact.",
                where=here(),
                fix="A party decides a fact or follows it, and follows it once.",
            )
    if (until is None) != (then is None):
        raise DeclarationError(
            "until= and then= belong together.",
            where=here(),
            fix="Write decides(..., until=Parcel.left, then=carrier).",
        )
    if then is not None:
        _of_one_company(then, authority.company, authority.name)
    passing = Passing(until, then) if until is not None and then is not None else None
    return Decided(
        authority=authority,
        followers=followers,
        same=same,
        about=about,
        where=here(),
        since=None if since is None else aware(since, where=here()),
        passing=passing,
        was=was,
    )


def _of_one_company(party: Party, company: Company, other: str) -> None:
    if party.company is not company:
        raise TwoCompanies(
            f"{party.name!r} of {party.company.name} cannot answer with {other!r} of {company.name}.",
            where=here(),
            fix="A fact lives in one company. Declare both parties of= the same one.",
        )


def _found(company: Company, kind: type[Party], name: str) -> Party:
    return company.find(kind, name)
