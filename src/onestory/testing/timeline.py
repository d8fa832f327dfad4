"""A timeline for tests: parties say things at times, on a clock you hold in your hand.

    timeline = Timeline(acme)
    timeline.says(contracts, Contract.renewed_until, "C-1042", SUMMER)
    timeline.wait("5 min")
    assert timeline.standing(billing, Contract.renewed_until, "C-1042") is Standing.FOLLOWING

Nothing in it is faked: every word goes as a message through a real office, into a real ledger.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Self

import msgspec

from ..clock import HandClock
from ..intake import Message, message
from ..intake.reader import made_reader
from ..ledger import Contradiction
from ..model import (
    Alias,
    Claims,
    Company,
    DeclaredEntity,
    Fact,
    Link,
    Party,
    People,
    Standing,
    System,
    duration,
    here,
)
from ..office import Office, Receipt, open  # noqa: A004 - onestory.open() opens a company
from ..office.opened import Person

NINE = datetime(2027, 1, 5, 9, tzinfo=UTC)
"""When timelines begin, unless told otherwise: a Tuesday morning."""

SAID = "onestory.timeline.said"
"""The type of the messages that a timeline sends."""


class Word(msgspec.Struct):
    """The payload of a timeline's message: one claim."""

    fact: str
    key: str | list[str]
    value: Any
    alias_of: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Timeline:
    """A company's office on a clock that moves only when told to.

    Args:
        company: The company.
        start: When the timeline begins.
        address: The ledger; one in memory, if left out.
    """

    def __init__(
        self, company: Company, *, start: datetime = NINE, address: str = "sqlite://"
    ) -> None:
        self.company, self.clock = company, HandClock(start)
        self.office: Office = open(company, address, clock=self.clock)
        self._start, self._sent = start, self.office.counts().messages
        self._facts = {
            fact.path: fact
            for entity in company.declared(DeclaredEntity)
            for fact in entity.facts.values()
        }
        self._systems = {system.name: system for system in company.declared(System)}
        for party in (*self._systems.values(), *company.declared(People)):
            self.office.hearing.readers.add(made_reader(party, SAID, self._read, here()))

    def says(
        self,
        party: Party,
        fact: Fact[Any] | Link[Any],
        key: str | tuple[str, ...] | Alias,
        value: Any,
        *,
        sequence: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        id: str | None = None,  # noqa: A002 - the attribute's name in CloudEvents
    ) -> Receipt:
        """Let a party make a claim, now.

        Args:
            party: Who speaks.
            fact: The fact.
            key: The subject.
            value: What the party says.
            sequence: The party's own number for the message.
            since: From when it is so; from now, if left out.
            until: Until when it is so.
            id: The message's id; a new one, if left out.

        Raises:
            MessageError: The office set it aside, for this reason.
        """
        sent = self.word(
            party, fact, key, value, sequence=sequence, since=since, until=until, id=id
        )
        receipt = self.office.hear(sent)[0]
        if receipt.reason is not None:
            raise receipt.reason
        return receipt

    def word(
        self,
        party: Party,
        fact: Fact[Any] | Link[Any],
        key: str | tuple[str, ...] | Alias,
        value: Any,
        *,
        sequence: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        id: str | None = None,  # noqa: A002 - the attribute's name in CloudEvents
    ) -> Message:
        """The message that ``says`` sends, to be sent later, again, or with others."""
        self._sent += 1
        declared = self._facts[fact.path]
        alias = key if isinstance(key, Alias) else None
        word = Word(
            declared.path,
            alias.name if alias else list(key) if isinstance(key, tuple) else str(key),
            declared.form.write(value),
            alias.system.name if alias else "",
            since,
            until,
        )
        return message(party.name, SAID, word, id=id or f"word {self._sent}", sequence=sequence)

    def wait(self, how_long: str | timedelta) -> None:
        """Let time pass; what becomes due is judged at the end of it."""
        self.clock.move(duration(how_long))
        self.office.tick()

    def wait_until(self, minute: float) -> None:
        """Let time pass until so many minutes after the start."""
        self.clock.move_to(self.minute(minute))
        self.office.tick()

    def minute(self, minute: float) -> datetime:
        """The moment so many minutes after the start."""
        return self._start + timedelta(minutes=minute)

    def standing(
        self,
        follower: Party,
        fact: Fact[Any] | Link[Any],
        key: str | tuple[str, ...],
        *,
        person: Person | None = None,
    ) -> Standing:
        """How a follower stands to the authority, now."""
        return self.office.standing(fact, key, of=follower, person=person)

    def open_contradictions(self) -> list[Contradiction]:
        """The contradictions that are open now, in the order of opening."""
        return self.office.contradictions()

    def close(self) -> None:
        """Close the office."""
        self.office.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, word: Word) -> Claims:
        fact = self._facts[word.fact]
        key: Any = tuple(word.key) if isinstance(word.key, list) else word.key
        if word.alias_of:
            key = self._systems[word.alias_of].calls(key)
        value = fact.form.read(word.value)
        yield fact.claim(key, value, since=word.since, until=word.until)
