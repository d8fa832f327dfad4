"""Readers: pure functions, one for each type of message; a message in, claims out."""

from __future__ import annotations

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
    Json,
    LatestOf,
    Party,
    checked_key,
    here,
    spelled_type,
)
from .message import Message

P = TypeVar("P")

MAX_CLAIMS = 100_000
"""Claims of one message: a whole price list, but not a reader that never ends."""


class Spoken(msgspec.Struct, gc=False):
    """What one message says of one subject: JSON forms by the names of facts.

    Args:
        entity: The entity's name.
        key: The subject's key, or the system's own name for it.
        alias_of: The system whose own name ``key`` is; empty for a key.
        values: What is said, by fact.
        times: From when and until when, in microseconds, for facts that say so.
        names: The key of the subject that this alias is, if the message says that.
    """

    entity: str
    key: str
    alias_of: str
    values: dict[str, Json]
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
        party.company.add(Reader(party, type, read, where, payload, strict, lax))
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
    names = read.__code__.co_varnames[: read.__code__.co_argcount]
    return hints.get(names[0], Any) if names else Any


class Readers:
    """All readers of a company, ready to read."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._readers = {(r.party.name, r.type): r for r in company.declared(Reader)}
        self._claimable: set[tuple[str, Fact[Any]]] = set()

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
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ValueMisfit(
                f"The data does not fit {spelled_type(reader.payload)}: {error}.",
                where=f"{message.system} {message.id}",
                fix=f"Compare it with {reader.read.__name__} at {reader.where}; mend either, then replay.",
            ) from error
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
        gathered: dict[tuple[str, str | Alias], Spoken] = {}
        claimable, name, count = self._claimable, party.name, 0
        for claim in claims:
            count += 1
            if type(claim) is not Claim or count > MAX_CLAIMS:
                self._alias(claim, gathered, count)
                continue
            fact, key = claim.fact, claim.key
            if (name, fact) not in claimable:
                self._check(party, fact)
            entity = fact.entity.__name__
            spoken = gathered.get((entity, key))
            if spoken is None:
                spoken = gathered[entity, key] = _spoken_of(entity, fact, key)
            try:
                form = fact.form.write(claim.value)
            except ValueMisfit as error:
                error.what = f"{fact} holds {fact.form.spelling}. {error.what}"
                raise
            if (
                spoken.values.setdefault(fact.name, form) is not form
                and spoken.values[fact.name] != form
            ):
                raise ReaderFailed(
                    f"One message says two things of {fact} for {key!r}.",
                    fix="Yield one claim for each fact and subject.",
                )
            if claim.since is not None or claim.until is not None:
                spoken.times[fact.name] = _times(fact, claim.since, claim.until)
        return list(gathered.values())

    def _alias(
        self, claim: object, gathered: dict[tuple[str, str | Alias], Spoken], count: int
    ) -> None:
        if count > MAX_CLAIMS:
            raise ReaderFailed(
                f"The reader yields more than {MAX_CLAIMS:,} claims.", fix="Send smaller messages."
            )
        if not isinstance(claim, AliasClaim):
            raise ReaderFailed(
                f"The reader yields {claim!r:.60}, which is not a claim.",
                fix="Yield Entity.fact.claim(key, value), or system.calls(name).names(Entity, key).",
            )
        entity = claim.entity.__name__
        spoken = gathered.get((entity, claim.alias))
        if spoken is None:
            spoken = Spoken(entity, claim.alias.name, claim.alias.system.name, {}, {})
            gathered[entity, claim.alias] = spoken
        spoken.names = claim.key

    def _check(self, party: Party, fact: Fact[Any]) -> None:
        authority = fact.authority
        members = authority.members if isinstance(authority, LatestOf) else (authority,)
        then = (fact.passing.then,) if fact.passing else ()
        if party not in (*members, *then, *(f.party for f in fact.followers)) and not fact.since:
            raise ReaderFailed(
                f"{party.name} neither decides nor follows {fact}.",
                fix=f"Declare it: {fact} = {authority.name}.decides({party.name}.follows(within=...)).",
            )
        self._claimable.add((party.name, fact))

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


def _spoken_of(entity: str, fact: Fact[Any], key: str | Alias) -> Spoken:
    if isinstance(key, Alias):
        return Spoken(entity, key.name, key.system.name, {}, {})
    return Spoken(entity, checked_key(fact.entity, key), "", {}, {})


def _times(
    fact: Fact[Any], since: datetime | None, until: datetime | None
) -> tuple[int | None, int | None]:
    times = (since and micros(since), until and micros(until))
    if times[0] is not None and times[1] is not None and times[0] >= times[1]:
        raise ValueMisfit(
            f"A claim about {fact} holds from {since} until {until}, which is no time at all.",
            fix="Let until= be later than since=.",
        )
    return times


def _failed(reader: Reader, message: Message, what: str) -> ReaderFailed:
    return ReaderFailed(
        f"{reader.read.__name__} failed: {what:.500}",
        where=f"{message.system} {message.id}, read at {reader.where}",
        fix="Mend the reader, then replay the message.",
    )
