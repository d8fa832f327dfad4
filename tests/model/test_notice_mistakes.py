"""Mistakes in what a company.py says to people: sentences, channels that send, notices.

Entities are declared inside functions, so their annotations are read at once: hence no
``from __future__ import annotations`` here.
"""

from typing import Any

import pytest

import onestory
from onestory import (
    Channel,
    Company,
    ContactPolicy,
    Entity,
    Fact,
    Key,
    Link,
    Notice,
    Purpose,
    Send,
    does,
)
from onestory.errors import DeclarationError, DeclaredTwice, TwoCompanies

from .mistakes import Acme, Mistake, Wrong, assert_three_parts, called, priced


def a_sentence_that_asks_for_what_is_not_there(acme: Acme) -> None:
    Channel("desk", of=acme.company, unsettled="It will be right by {by:%H:%M}.")


def a_cautious_sentence_that_cannot_be_said(acme: Acme) -> None:
    Company("Halcyon", cautious="The next word is at {0}.")


def a_sentence_for_the_unknown_that_promises_a_time(acme: Acme) -> None:
    Company("Halcyon", unknown="We shall know at {next}.")


def a_channel_that_sends_nowhere(acme: Acme) -> None:
    Channel("mail", of=acme.company, by=acme.billing)


def a_channel_with_an_address_and_no_sender(acme: Acme) -> None:
    Channel("mail", of=acme.company, address=priced(acme).fee)


class Told:
    """People who hold contracts, and a channel that reaches them."""

    def __init__(self, acme: Acme, *, sends: bool = True) -> None:
        class Customer(Entity, of=acme.company, one_of=acme.customers):
            no: Key[str]
            email: Fact[str] = acme.contracts.decides()

        class Contract(Entity, of=acme.company):
            no: Key[str]
            holder: Link[Customer] = acme.contracts.decides()
            price: Fact[int] = acme.contracts.decides(acme.customers.follows(within="1 d"))
            fee: Fact[int] = acme.contracts.decides()

        class Bill(Entity, of=acme.company):
            no: Key[str]
            amount: Fact[int] = acme.contracts.decides(acme.customers.follows(within="1 d"))
            goes_to: Fact[str] = acme.contracts.decides()

        self.acme = acme
        self.email: Any = Customer.email
        self.price: Any = Contract.price
        self.fee: Any = Contract.fee
        self.amount: Any = Bill.amount
        self.goes_to: Any = Bill.goes_to
        self.mail = Channel("mail", of=acme.company, by=acme.billing, address=Customer.email)
        if sends:
            does(acme.billing, Send)(sent)

    def notice(self, **otherwise: Any) -> None:
        """Declare a notice, which is right but for what is told otherwise."""
        right: dict[str, Any] = {"of": self.acme.company, "to": self.acme.customers}
        right |= {"tells": [self.price], "by": [self.mail], "subject": "{{ key }}", "text": ""}
        Notice("your contract", **(right | otherwise))


def sent(request: Send, key: str) -> str:
    """Send a message."""
    return key


def a_notice_of_an_unknown_fact(acme: Acme) -> None:
    Told(acme).notice(text="It costs {{ prize }}.")


def a_notice_that_cannot_be_read(acme: Acme) -> None:
    Told(acme).notice(text="It costs {{ price.")


def a_notice_of_nothing(acme: Acme) -> None:
    Told(acme).notice(tells=[])


def a_notice_by_no_channel(acme: Acme) -> None:
    Told(acme).notice(by=[])


def a_notice_by_a_channel_that_cannot_send(acme: Acme) -> None:
    Told(acme).notice(by=[Channel("desk", of=acme.company)])


def a_notice_by_a_channel_that_hides_it(acme: Acme) -> None:
    told = Told(acme)
    narrow = Channel("sms", of=acme.company, shows=[told.fee], by=acme.billing, address=told.email)
    told.notice(by=[narrow])


def a_notice_of_what_people_do_not_follow(acme: Acme) -> None:
    told = Told(acme)
    told.notice(tells=[told.fee])


def a_notice_of_two_entities(acme: Acme) -> None:
    told = Told(acme)
    told.notice(tells=[told.price, told.amount])


def a_notice_of_another_company(acme: Acme) -> None:
    Told(acme).notice(of=acme.foreign.company)


def a_notice_that_nobody_can_send(acme: Acme) -> None:
    Told(acme, sends=False).notice()
    onestory.open(acme.company, "sqlite://")


def a_notice_to_an_address_that_is_not_theirs(acme: Acme) -> None:
    told = Told(acme)
    letters = Channel("letters", of=acme.company, by=acme.billing, address=told.goes_to)
    told.notice(by=[letters])
    onestory.open(acme.company, "sqlite://")


def a_consent_for_safety(acme: Acme) -> None:
    ContactPolicy(of=acme.company, consent={Purpose.SAFETY: priced(acme).fee})


def a_consent_that_is_not_theirs(acme: Acme) -> None:
    ContactPolicy(of=acme.company, consent={Purpose.SALES: Told(acme).fee})
    onestory.open(acme.company, "sqlite://")


def an_hour_that_cannot_be_read(acme: Acme) -> None:
    ContactPolicy(of=acme.company, quiet=("8 pm", "08:00"))


def a_zone_where_nobody_lives(acme: Acme) -> None:
    ContactPolicy(of=acme.company, zones=["Europe/Atlantis"])


def a_second_contact_policy(acme: Acme) -> None:
    ContactPolicy(of=acme.company)
    ContactPolicy(of=acme.company, quiet=("21:00", "07:00"))


MISTAKES: list[Mistake] = [
    (a_sentence_that_asks_for_what_is_not_there, DeclarationError, "{by:%H:%M}"),
    (a_cautious_sentence_that_cannot_be_said, DeclarationError, "{0}"),
    (a_sentence_for_the_unknown_that_promises_a_time, DeclarationError, "{next}"),
    (a_channel_that_sends_nowhere, DeclarationError, "both by= and address="),
    (a_channel_with_an_address_and_no_sender, DeclarationError, "both by= and address="),
    (a_notice_of_an_unknown_fact, DeclarationError, "names prize, which it is not given"),
    (a_notice_that_cannot_be_read, DeclarationError, "cannot be read"),
    (a_notice_of_nothing, DeclarationError, "tells nothing, or by no channel"),
    (a_notice_by_no_channel, DeclarationError, "tells nothing, or by no channel"),
    (a_notice_by_a_channel_that_cannot_send, DeclarationError, "Nothing can be sent by desk"),
    (a_notice_by_a_channel_that_hides_it, DeclarationError, "sms does not show Contract.price"),
    (a_notice_of_what_people_do_not_follow, DeclarationError, "are not told Contract.fee"),
    (a_notice_of_two_entities, DeclarationError, "are not told Bill.amount"),
    (a_notice_of_another_company, TwoCompanies, "mixes companies"),
    (a_notice_that_nobody_can_send, DeclarationError, "billing cannot send"),
    (a_notice_to_an_address_that_is_not_theirs, DeclarationError, "Bill.goes_to is no address"),
    (a_consent_for_safety, DeclarationError, "Safety does not ask"),
    (a_consent_that_is_not_theirs, DeclarationError, "Contract.fee is not a fact of people"),
    (an_hour_that_cannot_be_read, DeclarationError, "'8 pm' is not an hour"),
    (a_zone_where_nobody_lives, DeclarationError, "Europe/Atlantis"),
    (a_second_contact_policy, DeclaredTwice, "'contact policy'"),
]


@pytest.mark.parametrize(("mistake", "error", "what"), MISTAKES, ids=called(MISTAKES))
def test_a_mistake_in_a_notice_is_an_error_in_three_parts(
    mistake: Wrong, error: type[DeclarationError], what: str
) -> None:
    """It says what happened, where it is declared, and what to write instead; and it pickles."""
    assert_three_parts(mistake, error, what)
