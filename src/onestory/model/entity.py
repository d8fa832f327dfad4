"""Entities: the kinds of things a company and its customers talk about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import (
    Any,
    ClassVar,
    Generic,
    Protocol,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from ..errors import (
    DeclarationError,
    DeclaredTwice,
    NobodyDecides,
    TwoCompanies,
    UnreadableType,
)
from .company import Company, here
from .fact import Fact, Link
from .keys import key_parts, written_key
from .party import People
from .telling import Telling
from .values import Form, form_of, spelled_type

T = TypeVar("T")


class Key(Generic[T]):
    """One part of the name that a subject goes by, the same in every system that uses it."""

    def __init__(self, name: str, position: int) -> None:
        self.name, self.position = name, position

    @overload
    def __get__(self, told: None, owner: type[object], /) -> Key[T]: ...
    @overload
    def __get__(self, told: Entity, owner: type[object], /) -> T: ...
    @overload
    def __get__(self, told: object, owner: type[object], /) -> Key[T]: ...
    def __get__(self, told: Any, owner: type[object], /) -> Any:
        return self if told is None else told.__story__.key_parts[self.position]


class Story(Protocol):
    """What a told entity rests on: its key and its tellings."""

    @property
    def key_parts(self) -> tuple[str, ...]:
        """The parts of the subject's key."""
        ...

    def telling(self, fact: Fact[T], /) -> Telling[T]:
        """The telling of one fact, or an error that says why there is none."""
        ...


@dataclass(frozen=True, slots=True)
class DeclaredEntity:
    """What was declared about an entity. Kept apart, so that plain names are free for facts."""

    name: str
    where: str
    about: str
    company: Company
    key_parts: tuple[str, ...]
    facts: Mapping[str, Fact[Any]]
    one_of: People | None
    kind: type[Entity]

    @property
    def links(self) -> tuple[Fact[Any], ...]:
        """The facts that link this entity to another."""
        return tuple(fact for fact in self.facts.values() if fact.links_to is not None)


class Entity:
    """Base of every declared entity. An instance is one subject as told to one channel.

    Args:
        of: The company.
        one_of: The group of people that this entity's subjects are members of.

    Raises:
        NobodyDecides: A fact has no authority.
        UnreadableType: A type cannot be read at run time, or cannot be held by a fact.
        DeclarationError: There is no key, or an annotation that is neither key, fact nor link.
    """

    __declared__: ClassVar[DeclaredEntity]

    def __init_subclass__(cls, *, of: Company, one_of: People | None = None) -> None:
        where = here()
        hints = _hints(cls, where)
        keys = [name for name, hint in hints.items() if get_origin(hint) is Key]
        facts = {
            name: _fact(cls, name, hint, of, where)
            for name, hint in hints.items()
            if get_origin(hint) in (Fact, Link)
        }
        _renamed(facts)
        if not keys:
            raise DeclarationError(
                f"{cls.__name__} has no key.",
                where=where,
                fix="Add a line like  contract_no: Key[str]",
            )
        for position, name in enumerate(keys):
            if get_args(hints[name]) != (str,):
                raise UnreadableType(
                    f"The key {cls.__name__}.{name} is {spelled_type(hints[name])}.",
                    where=where,
                    fix=f"Keys are text: {name}: Key[str]",
                )
            setattr(cls, name, Key(name, position))
        if one_of is not None and one_of.company is not of:
            raise TwoCompanies(
                f"{cls.__name__} of {of.name} cannot be one of {one_of.name} of {one_of.company.name}.",
                where=where,
                fix="Declare both of= the same company.",
            )
        about = (cls.__doc__ or "").strip().split("\n")[0]
        cls.__declared__ = DeclaredEntity(
            cls.__name__, where, about, of, tuple(keys), facts, one_of, cls
        )
        for fact in facts.values():
            fact.one_part = len(keys) == 1
        of.add(cls.__declared__)

    def __init__(self, story: Story) -> None:
        self.__story__ = story

    @overload
    def __getitem__(self, fact: Fact[T], /) -> Telling[T]: ...
    @overload
    def __getitem__(self, fact: Link[Any], /) -> Telling[str]: ...
    def __getitem__(self, fact: Any, /) -> Any:
        return self.__story__.telling(fact)

    def __told__(self, fact: Fact[Any], /) -> Any:
        """The value told of a fact; what ``contract.renewed_until`` asks for."""
        return self.__story__.telling(fact).value


def _hints(cls: type[Entity], where: str) -> dict[str, Any]:
    try:
        own = {
            name: hint for name, hint in get_type_hints(cls).items() if name in cls.__annotations__
        }
    except (NameError, AttributeError, TypeError) as error:
        raise UnreadableType(
            f"Cannot read the types of {cls.__name__}: {error}.",
            where=where,
            fix="Import it at the top of the module, not under TYPE_CHECKING.",
        ) from error
    for name, hint in own.items():
        if get_origin(hint) not in (Key, Fact, Link) and not name.startswith("_"):
            raise DeclarationError(
                f"{cls.__name__}.{name} is neither a key, a fact nor a link.",
                where=where,
                fix=f"Write  {name}: Fact[{spelled_type(hint)}] = some_system.decides()",
            )
    for name in [n for n, fact in vars(cls).items() if isinstance(fact, Fact) and n not in own]:
        raise UnreadableType(
            f"{cls.__name__}.{name} has no type.",
            where=where,
            fix=f"Write  {name}: Fact[str] = some_system.decides()",
        )
    return own


def _fact(cls: type[Entity], name: str, hint: Any, of: Company, where: str) -> Fact[Any]:
    fact = cls.__dict__.get(name)
    (holds,) = get_args(hint)
    if not isinstance(fact, Fact):
        raise NobodyDecides(
            f"Nobody decides {cls.__name__}.{name}.",
            where=where,
            fix=f"Name its authority:  {name}: {get_origin(hint).__name__}[{spelled_type(holds)}] = "
            "some_system.decides()",
        )
    if fact.authority.company is not of:
        raise TwoCompanies(
            f"{fact.authority.name!r} of {fact.authority.company.name} cannot decide a fact of {of.name}.",
            where=where,
            fix="Declare the party and the entity of= the same company.",
        )
    _own(cls, name, fact, where)
    if get_origin(hint) is Link:
        target = _target(cls, name, holds, of, where)
        fact.links_to, fact.holds, fact.form = target, target, _link_form(target)
    else:
        fact.holds, fact.form = holds, form_of(holds, where=fact.where)
    return fact


def _own(cls: type[Entity], name: str, fact: Fact[Any], where: str) -> None:
    """Check that a fact stands in one place, and passes on by what can be linked to it."""
    if fact.entity is not cls or fact.name != name:
        raise DeclaredTwice(
            f"{cls.__name__}.{name} is {fact} already.",
            where=f"{fact.where} and again at {where}",
            fix="Declare another fact for it: some_system.decides()",
        )
    passing = fact.passing
    if passing is not None and passing.fact.name and passing.fact.entity is not cls:
        raise DeclarationError(
            f"{fact} cannot pass on by {passing.fact}: no {passing.fact.entity_name} is linked to it.",
            where=fact.where,
            fix=f"Make that fact first, pass on by it, and declare {passing.fact.entity_name} after "
            f"{cls.__name__} with it and with a Link[{cls.__name__}].",
        )


def _target(cls: type[Entity], name: str, holds: Any, of: Company, where: str) -> type[Entity]:
    """The entity that a link leads to."""
    declared = getattr(holds, "__declared__", None)
    if not isinstance(declared, DeclaredEntity):
        raise UnreadableType(
            f"{cls.__name__}.{name} links to {spelled_type(holds)}, which is no entity.",
            where=where,
            fix="Link to a class declared before it with Entity, of= the same company.",
        )
    if declared.company is not of:
        raise TwoCompanies(
            f"{cls.__name__}.{name} of {of.name} cannot link to {declared.name} of {declared.company.name}.",
            where=where,
            fix="Declare both entities of= the same company.",
        )
    return declared.kind


def _renamed(facts: Mapping[str, Fact[Any]]) -> None:
    """Check that no fact was called what another is called now."""
    for fact in facts.values():
        if fact.was in facts:
            raise DeclarationError(
                f"{fact} cannot have been {facts[fact.was]}, which is declared still.",
                where=fact.where,
                fix=f"Leave one of them out, or was={fact.was!r}.",
            )


def _link_form(target: type[Entity]) -> Form:
    """The form of a link: the written key of its target, which is also what is told of it."""
    count = len(target.__declared__.key_parts)

    def write(value: Any) -> Any:
        if isinstance(value, str) and count > 1:
            value = key_parts(value, parts=count)
        return None if value is None else written_key(target, value)

    return Form(f"Link[{target.__name__}]", write, lambda form: form)
