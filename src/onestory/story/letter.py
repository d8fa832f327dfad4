"""Letters: one message to one person, written from facts, by the first channel that may reach them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from ..model import Channel, ContactPolicy, Notice, Send
from .contact import Blocked, NotBefore, Rules, known_zone, may_contact

_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The signs of a reference: none is mistaken for another when it is read out on the phone."""

REFERENCE_SIGNS = 10
"""Signs of a reference: 50 bits, so that nobody guesses one."""


class Addressee(NamedTuple):
    """A person who is to be told, and what is known of them.

    Args:
        person: The key.
        facts: What is decided about the person, by the fact's path.
        told: What the person was told, by fact.
        sent: When messages of this purpose went to the person: the last that a rule counts.
        lost: Channels and addresses by which a message did not reach the person.
    """

    person: str
    facts: Mapping[str, Any]
    told: Mapping[str, Any]
    sent: Sequence[datetime]
    lost: Collection[tuple[str, str]]


class Letter(NamedTuple):
    """A message as it is to be sent."""

    channel: Channel
    request: Send


class Unreachable(NamedTuple):
    """No channel reaches the person, and why each does not."""

    why: str


def compose(
    notice: Notice,
    policy: ContactPolicy,
    addressee: Addressee,
    *,
    values: Mapping[str, Any],
    key: str,
    reference: str,
    sentence: str,
    refused: Collection[str],
    now: datetime,
) -> Letter | NotBefore | Blocked | Unreachable:
    """Write a message to a person, unless it is not the hour for it, or not allowed.

    Args:
        notice: The notice.
        policy: The company's rules of contact.
        addressee: The person.
        values: What is decided of the subject, by fact.
        key: The subject's key.
        reference: What the person may ask about.
        sentence: What is to be said besides, while systems do not agree.
        refused: The channels that refused this message.
        now: The moment, aware.
    """
    verdict = may_contact(_rules(policy, notice, addressee), now, addressee.sent)
    if isinstance(verdict, (NotBefore, Blocked)):
        return verdict
    why = []
    for channel in notice.by:
        address = _address(channel, addressee)
        if channel.name in refused:
            why.append(f"{channel.name} refused it")
        elif not address:
            why.append(f"{channel.name}: no address")
        elif (channel.name, address) in addressee.lost:
            why.append(f"{channel.name}: a message to {address} did not arrive")
        else:
            corrects = any(
                name in addressee.told and addressee.told[name] != value
                for name, value in values.items()
            )
            more = {
                "company": notice.company.name,
                "person": addressee.person,
                "key": key,
                "reference": reference,
                "sentence": sentence,
                "corrects": corrects,
            }
            subject, text = notice.render({**values, **more})
            return Letter(channel, Send(channel.name, address, subject, text, reference))
    return Unreachable("; ".join(why))


def reference_of(key: str) -> str:
    """The reference of the message with a key: ten signs, in two groups."""
    number = int.from_bytes(sha256(f"reference {key}".encode()).digest())
    signs = ""
    for _ in range(REFERENCE_SIGNS):
        number, place = divmod(number, len(_SIGNS))
        signs += _SIGNS[place]
    half = REFERENCE_SIGNS // 2
    return f"{signs[:half]}-{signs[half:]}"


def _address(channel: Channel, addressee: Addressee) -> str:
    fact = channel.address
    address = None if fact is None else addressee.facts.get(fact.path)
    return "" if address is None else str(address)


def _rules(policy: ContactPolicy, notice: Notice, addressee: Addressee) -> Rules:
    purpose = notice.purpose
    zone = None if policy.zone is None else known_zone(addressee.facts.get(policy.zone.path))
    asked = policy.consent.get(purpose)
    consent = None if asked is None else addressee.facts.get(asked.path)
    return Rules(purpose, policy.quiet, zone, policy.zones, consent, policy.at_most.get(purpose))
