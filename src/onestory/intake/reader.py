"""Readers: pure functions, one for each type of message; a message in, claims out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, get_type_hints

import msgspec

from ..clock import micros
from ..errors import (
    MessageError,
    NoReader,
    OnestoryError,
    ReaderFailed,
    UnreadableType,
    ValueMisfit,
)
from ..model import (
    Alias,
    AliasClaim,
    Claim,
    Claims,
    Company,
    Fact,
    Party,
    checked_key,
    here,
    spelled_type,
)
from .message import UNDECODABLE, Message, why_undecodable

P = TypeVar("P")

MAX_CLAIMS = 100_000
"""Claims of one message: a whole price list, but not a reader that never ends."""


class Spoken(msgspec.Struct, gc=False):
    """What one message says of one subject: JSON forms by the names of facts.

    Args:
        subject: The entity's name; the system whose own name for it the key is, or empty; the key.
        values: What is said, by fact.
        times: From when and until when, in microseconds, for facts that say so.
        names: The key of the subject that this alias is, if the message says that.
    """

    subject: tuple[str, str, str]
    values: dict[str, Any]
    times: dict[str, tuple[int | None, int | None]]
    names: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """A function that reads one type of message of one party."""

    party: Party
    type: str
    read: Callable[[Any], Claims]
    where: str
    payload: Any
    strict: msgspec.json.Decoder[Any]
    lax: msgspec.json.Decoder[Any]

    @property
    def name(self) -> str:
        """The party and the type of message."""
        return f"{self.party.name} {self.type}"


def made_reader(party: Party, kind: str, read: Callable[[Any], Claims], where: str) -> Reader:
    """A reader of one function.

    Raises:
        UnreadableType: The payload's type cannot be read at run time.
    """
    payload = _payload(read, where)
    try:
        strict = msgspec.json.Decoder(payload)
        lax = msgspec.json.Decoder(payload, strict=False)
    except TypeError as error:
        raise UnreadableType(
            f"{read.__name__} cannot be given {spelled_type(payload)}: {error}.",
            where=where,
            fix="Use a TypedDict, a dataclass or a msgspec.Struct of types that JSON can carry.",
        ) from error
    return Reader(party, kind, read, where, payload, strict, lax)


def reads(party: Party, type: str) -> Callable[[Callable[[P], Claims]], Callable[[P], Claims]]:  # noqa: A002
    """Declare that a function reads one type of message of one party.

    The type of the function's parameter is the payload: a TypedDict, a dataclass or a
    msgspec.Struct is checked before the function is called; with ``dict`` or ``Any`` it gets
    what the JSON says. Fields it does not name are ignored.

    Args:
        party: Who sends the message and makes the claims.
        type: The CloudEvents type of the message, or the type given to a file of rows.

    Raises:
        UnreadableType: The payload's type cannot be read at run time.
    """
    where = here()

    def declare(read: Callable[[P], Claims]) -> Callable[[P], Claims]:
        party.company.add(made_reader(party, type, read, where))
        return read

    return declare


def _payload(read: Callable[..., Any], where: str) -> Any:
    try:
        hints = get_type_hints(read)
    except NameError as error:
        raise UnreadableType(
            f"Cannot read the types of {read.__name__}: {error}.",
            where=where,
            fix="Import it at the top of the module, not under TYPE_CHECKING.",
        ) from error
    names = list(inspect.signature(read).parameters)
    return hints.get(names[0], Any) if names else Any


class Readers:
    """All readers of a company, ready to read."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._readers = {(r.party.name, r.type): r for r in company.declared(Reader)}
        self._claimable: dict[str, set[Fact[Any]]] = {}

    def add(self, reader: Reader) -> None:
        """Let one more reader read, beside those the company declares."""
        self._readers[reader.party.name, reader.type] = reader

    def read(self, message: Message) -> list[Spoken]:
        """What a message says, one for each subject it speaks of.

        Raises:
            NoReader: No reader takes this type from this system.
            ReaderFailed: The reader raised, or yielded what is not a claim of its party.
            ValueMisfit: The payload or a value does not fit its type.
        """
        reader = self._readers.get((message.system, message.type))
        if reader is None:
            raise self._no_reader(message)
        try:
            payload = (reader.lax if message.lax else reader.strict).decode(message.data)
        except UNDECODABLE as error:
            raise ValueMisfit(
                f"The data does not fit {spelled_type(reader.payload)}: {why_undecodable(error)}.",
                where=f"{message.system} {message.id}",
                fix=f"Compare it with {reader.read.__name__} at {reader.where}; mend either, then replay.",
            ) from error
        except Exception as error:
            # A payload may check itself; that is the company's own code, like the reader.
            raise _failed(reader, message, f"{type(error).__name__}: {error}") from error
        try:
            return self.spoken(reader.party, reader.read(payload))
        except MessageError as error:
            error.where = f"{message.system} {message.id}, read at {reader.where}"
            raise
        except OnestoryError as error:
            raise _failed(reader, message, str(error).replace("\n", " ")) from error
        except Exception as error:
            # A reader is the company's own code: whatever it raises concerns this message only.
            raise _failed(reader, message, f"{type(error).__name__}: {error}") from error

    def spoken(self, party: Party, claims: Iterable[Claim | AliasClaim]) -> list[Spoken]:
        """Claims as JSON forms, gathered by subject.

        Raises:
            ReaderFailed: Something is not a claim, or not one that this party may make.
            ValueMisfit: A value does not fit its fact's type.
        """
        gathered: dict[tuple[str, str, str], Spoken] = {}
        claimable = self._claimable.setdefault(party.name, set())
        entity = key = spoken = None
        count = 0
        for claim in claims:
            count += 1
            if count > MAX_CLAIMS:
                raise ReaderFailed(
                    f"The reader yields more than {MAX_CLAIMS:,} claims.",
                    fix="Send smaller messages, or end the reader.",
                )
            if type(claim) is not Claim:
                self._alias(claim, gathered)
                continue
            fact = claim.fact
            if fact not in claimable:
                self._check(party, fact)
            if spoken is None or claim.key != key or fact.entity_name != entity:
                entity, key = fact.entity_name, claim.key
                subject = _subject(fact, key)
                spoken = gathered.get(subject)
                if spoken is None:
                    spoken = gathered[subject] = Spoken(subject, {}, {})
            values, name = spoken.values, fact.name
            try:
                form = fact.form.write(claim.value)
            except ValueMisfit as error:
                error.what = f"{fact} holds {fact.form.spelling}. {error.what}"
                raise
            times = None
            if claim.since is not None or claim.until is not None:
                times = _times(fact, claim.since, claim.until)
            if name in values and (values[name] != form or spoken.times.get(name) != times):
                raise ReaderFailed(
                    f"One message says two things of {fact} for {key!r}.",
                    fix="Yield one claim for each fact and subject.",
                )
            values[name] = form
            if times is not None:
                spoken.times[name] = times
        return list(gathered.values())

    def _alias(self, claim: object, gathered: dict[tuple[str, str, str], Spoken]) -> None:
        if not isinstance(claim, AliasClaim):
            raise ReaderFailed(
                f"The reader yields {claim!r:.60}, which is not a claim.",
                fix="Yield Entity.fact.claim(key, value), or system.calls(name).names(Entity, key).",
            )
        subject = (claim.entity.__name__, claim.alias.system.name, claim.alias.name)
        gathered.setdefault(subject, Spoken(subject, {}, {})).names = claim.key

    def _check(self, party: Party, fact: Fact[Any]) -> None:
        if party not in (*fact.deciders, *(f.party for f in fact.followers)) and not fact.since:
            raise ReaderFailed(
                f"{party.name} neither decides nor follows {fact}.",
                fix=f"Declare it with {party.name}.follows(within=...) where {fact} is decided.",
            )
        self._claimable[party.name].add(fact)

    def _no_reader(self, message: Message) -> NoReader:
        types = sorted(kind for system, kind in self._readers if system == message.system)
        known = sorted({system for system, _ in self._readers})
        return NoReader(
            f"Nobody reads {message.type!r:.80} from {message.system!r:.80}.",
            where=f"{message.system:.80} {message.id}",
            fix=f"It has readers for {', '.join(types)}."
            if types
            else f"Readers exist for {', '.join(known) or 'no system'}.",
        )


def _subject(fact: Fact[Any], key: str | Alias) -> tuple[str, str, str]:
    if isinstance(key, Alias):
        return fact.entity_name, key.system.name, key.name
    return fact.entity_name, "", checked_key(fact.entity, key)


def _times(
    fact: Fact[Any], since: datetime | None, until: datetime | None
) -> tuple[int | None, int | None]:
    if since is not None and until is not None and since >= until:
        raise ValueMisfit(
            f"A claim about {fact} holds from {since} until {until}, which is no time at all.",
            fix="Let until= be later than since=.",
        )
    return None if since is None else micros(since), None if until is None else micros(until)


def _failed(reader: Reader, message: Message, what: str) -> ReaderFailed:
    return ReaderFailed(
        f"{reader.read.__name__} failed: {what:.500}",
        where=f"{message.system} {message.id}, read at {reader.where}",
        fix="Mend the reader, then replay the message.",
    )
