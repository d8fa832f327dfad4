"""Facts: the questions several parties answer, and the claims that answer them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, overload

import msgspec

from ..clock import aware
from .keys import Alias, AliasClaim, KeyText, key_text
from .sameness import Sameness
from .values import Form, Json

if TYPE_CHECKING:
    from .party import LatestOf, Party

T = TypeVar("T")
E = TypeVar("E")


class Told(Protocol):
    """An entity as told: it knows the value of each of its facts."""

    def __told__(self, fact: Fact[Any], /) -> Any:
        """The value told of a fact."""
        ...


@dataclass(frozen=True, slots=True)
class Follower:
    """A party that must agree with a fact's authority, and the time it has."""

    party: Party
    within: timedelta


@dataclass(frozen=True, slots=True)
class Passing:
    """When authority passes on: once ``fact`` is so, ``then`` decides."""

    fact: Fact[Any]
    then: Party


class Fact(Generic[T]):
    """A question that several parties answer: one decides it, others follow.

    On the class it is the fact itself; on an entity that was told, it is the value.
    """

    name: str = ""
    entity: type[Any]
    form: Form
    holds: Any = None
    links_to: type[Any] | None = None
    entity_name: str = ""
    one_part: bool = False

    def __init__(
        self,
        *,
        authority: Party | LatestOf,
        followers: tuple[Follower, ...],
        same: Sameness[T],
        about: str,
        where: str,
        since: datetime | None = None,
        passing: Passing | None = None,
        was: str = "",
    ) -> None:
        self.authority, self.followers, self.same = authority, followers, same
        self.about, self.where, self.since = about, where, since
        self.passing, self.was = passing, was

    def __set_name__(self, owner: type[Any], name: str) -> None:
        if not self.name:
            self.name, self.entity, self.entity_name = name, owner, owner.__name__

    @overload
    def __get__(self, told: None, owner: type[object], /) -> Fact[T]: ...
    @overload
    def __get__(self, told: Told, owner: type[object], /) -> T: ...
    @overload
    def __get__(self, told: object, owner: type[object], /) -> Fact[T]: ...
    def __get__(self, told: Any, owner: type[object], /) -> Any:
        return self if told is None else told.__told__(self)

    def claim(
        self,
        key: KeyText,
        value: T,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Claim:
        """Answer this fact for one subject. Readers do this; the company's own code should not.

        Args:
            key: The subject's key: a text, a tuple of its parts, or ``system.calls(name)``.
            value: The answer, of the fact's type.
            since: From when it is so in the world; from when it is heard, if left out.
            until: Until when it is so, that moment not included; without end, if left out.

        Raises:
            ValueMisfit: The key does not have the parts that the entity declares.
            ImpossibleTime: A time has no zone.
        """
        if since is not None or until is not None:
            since, until = since and aware(since), until and aware(until)
        if not (self.one_part and type(key) is str):
            key = key_text(self.entity, key)
        return Claim(self, key, value, since, until)  # type: ignore[arg-type]

    @property
    def path(self) -> str:
        """The fact's name with its entity's: ``Contract.renewed_until``."""
        return f"{self.entity.__name__}.{self.name}" if self.name else "?"

    @property
    def deciders(self) -> tuple[Party | LatestOf, ...]:
        """Who may decide: the authority, each of which it is the latest, who it passes on to."""
        members: tuple[Party, ...] = getattr(self.authority, "members", ())
        then = () if self.passing is None else (self.passing.then,)
        return (self.authority, *members, *then)

    @property
    def follower_names(self) -> str:
        """The names of the followers, to be read."""
        return ", ".join(follower.party.name for follower in self.followers) or "none"

    def agree(self, one: Json, other: Json) -> bool:
        """Whether two JSON forms say the same, by the sameness declared for this fact."""
        if one == other:
            return True
        read = self.form.read
        return bool(self.same(read(one), read(other)))

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"<Fact {self}>"

    def __reduce__(self) -> tuple[object, ...]:
        return (getattr, (self.entity, self.name))


class Link(Generic[E]):
    """Another entity that this one belongs to. Decided and claimed like any fact."""

    if TYPE_CHECKING:

        @property
        def path(self) -> str:
            """The fact's name with its entity's."""
            ...

        @overload
        def __get__(self, told: None, owner: type[object], /) -> Link[E]: ...
        @overload
        def __get__(self, told: Told, owner: type[object], /) -> str: ...
        @overload
        def __get__(self, told: object, owner: type[object], /) -> Link[E]: ...
        def __get__(self, told: Any, owner: type[object], /) -> Any: ...

        def claim(
            self,
            key: KeyText,
            to: str | tuple[str, ...] | None,
            *,
            since: datetime | None = None,
            until: datetime | None = None,
        ) -> Claim:
            """Say which subject this one is linked to, by key; None says that it is to none."""
            ...


class Decided(Fact[T], Link[Any]):  # type: ignore[misc]
    """What ``decides()`` gives: a fact, or a link when the annotation says ``Link[...]``.

    One declaration serves both annotations; that is why the two bases disagree for a type checker.
    """


class Claim(msgspec.Struct, frozen=True, gc=False):
    """One party's answer to one fact, before anybody has judged it."""

    fact: Fact[Any]
    key: str | Alias
    value: Any
    since: datetime | None = None
    until: datetime | None = None


Claims: TypeAlias = Iterable[Claim | AliasClaim]
"""What a reader yields: answers to facts, and what its system calls a subject."""
