"""Mistakes in a company.py: each is an error where it is written, in three parts.

Entities are declared inside the tests, so their annotations are read at once: hence no
``from __future__ import annotations`` here.
"""

import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import onestory
from onestory import (
    Ability,
    Channel,
    Claims,
    Company,
    ContactPolicy,
    Entity,
    Fact,
    Key,
    Link,
    Notice,
    Patience,
    People,
    Purpose,
    Repair,
    Send,
    System,
    arm,
    declares_different,
    derives,
    does,
    latest_of,
    reads,
    remedies,
    remedies_incidents,
)
from onestory.errors import (
    DeclarationError,
    DeclaredTooLate,
    DeclaredTwice,
    DerivedInCircles,
    ImpossibleTime,
    NobodyDecides,
    NoSuchDuration,
    NoSuchName,
    TwoCompanies,
    UnreadableType,
    ValueMisfit,
)
from onestory.testing import Timeline

if TYPE_CHECKING:
    from decimal import Context as OnlyForTypes

LATER = datetime(2027, 6, 1, tzinfo=UTC)


class Acme:
    """A company under way: two systems, a group of people, another company's system."""

    def __init__(self) -> None:
        self.company = Company("Acme")
        self.contracts = System("contracts", of=self.company)
        self.billing = System("billing", of=self.company)
        self.customers = People("customers", of=self.company)
        self.foreign = System("billing", of=Company("Halcyon"))


def without_an_authority(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int]


def with_a_value_for_an_authority(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = 5  # type: ignore[assignment]


def a_link_without_an_authority(acme: Acme) -> None:
    class Customer(Entity, of=acme.company):
        no: Key[str]

    class Contract(Entity, of=acme.company):
        no: Key[str]
        holder: Link[Customer]


def a_fact_of_another_company(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.foreign.decides()


def a_follower_of_another_company(acme: Acme) -> None:
    acme.contracts.decides(acme.foreign.follows(within="5 min"))


def an_authority_passed_to_another_company(acme: Acme) -> None:
    left: Fact[bool] = acme.billing.decides()
    acme.contracts.decides(until=left, then=acme.foreign)


def the_latest_of_two_companies(acme: Acme) -> None:
    latest_of(acme.contracts, acme.foreign)


def people_of_another_company(acme: Acme) -> None:
    class Customer(Entity, of=Company("Halcyon"), one_of=acme.customers):
        no: Key[str]


def a_link_to_another_company(acme: Acme) -> None:
    class Customer(Entity, of=acme.foreign.company):
        no: Key[str]

    class Contract(Entity, of=acme.company):
        no: Key[str]
        holder: Link[Customer] = acme.contracts.decides()


def a_channel_for_another_company(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides()

    Channel("desk", of=acme.foreign.company, shows=[Contract.price])


def a_system_twice(acme: Acme) -> None:
    System("billing", of=acme.company)


def a_system_called_as_people_are(acme: Acme) -> None:
    System("customers", of=acme.company)


def people_called_as_a_system_is(acme: Acme) -> None:
    People("billing", of=acme.company)


def an_entity_twice(acme: Acme) -> None:
    for _ in range(2):

        class Contract(Entity, of=acme.company):
            no: Key[str]


def a_channel_twice(acme: Acme) -> None:
    Channel("desk", of=acme.company)
    Channel("desk", of=acme.company)


def a_reader_twice(acme: Acme) -> None:
    for _ in range(2):

        @reads(acme.contracts, "renewed")
        def renewed(message: dict[str, str]) -> Claims:
            return ()


def one_fact_in_two_entities(acme: Acme) -> None:
    price: Fact[int] = acme.contracts.decides()

    class Contract(Entity, of=acme.company):
        no: Key[str]
        monthly: Fact[int] = price

    class Bill(Entity, of=acme.company):
        no: Key[str]
        monthly: Fact[int] = price


def something_after_the_company_was_opened(acme: Acme) -> None:
    with Timeline(acme.company):
        System("till", of=acme.company)


def an_entity_after_the_company_was_opened(acme: Acme) -> None:
    with Timeline(acme.company):

        class Contract(Entity, of=acme.company):
            no: Key[str]


def a_type_that_no_fact_holds(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[float] = acme.contracts.decides()


def a_type_that_is_not_there_at_run_time(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: "Fact[OnlyForTypes]" = acme.contracts.decides()


def a_fact_of_two_types(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int | str] = acme.contracts.decides()


def a_key_that_is_no_text(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[int]


def a_link_to_what_is_no_entity(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        holder: Link[str] = acme.contracts.decides()


def a_payload_that_is_not_there_at_run_time(acme: Acme) -> None:
    @reads(acme.contracts, "renewed")
    def renewed(message: "OnlyForTypes") -> Claims:
        return ()


def a_payload_that_json_cannot_carry(acme: Acme) -> None:
    @reads(acme.contracts, "renewed")
    def renewed(message: dict[tuple[int, ...], str] | list[int] | tuple[int]) -> Claims:
        return ()


def no_key(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        price: Fact[int] = acme.contracts.decides()


def nothing_at_all(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        pass


def a_plain_annotation(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: int


def a_fact_without_a_type(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price = acme.contracts.decides()  # type: ignore[var-annotated]


def a_time_that_cannot_be_read(acme: Acme) -> None:
    acme.billing.follows(within="5 minutes")


def a_negative_time(acme: Acme) -> None:
    acme.billing.follows(within=LATER - datetime(2028, 1, 1, tzinfo=UTC))


def a_system_heard_now_and_then(acme: Acme) -> None:
    System("till", of=acme.company, heard_every="nightly")


def a_time_shorter_than_the_system_is_heard(acme: Acme) -> None:
    System("till", of=acme.company, heard_every="1 d").follows(within="23 h")


def the_latest_of_systems_heard_too_seldom(acme: Acme) -> None:
    till = System("till", of=acme.company, heard_every="1 d")
    latest_of(acme.contracts, till).decides()


def a_moment_without_a_zone(acme: Acme) -> None:
    acme.contracts.decides(since=datetime(2027, 1, 1))  # noqa: DTZ001 - that is the mistake


def a_difference_that_ends_nowhere_in_the_world(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides(acme.billing.follows(within="1 h"))

    end = datetime(2027, 1, 1)  # noqa: DTZ001 - that is the mistake
    declares_different(acme.billing, Contract.price, because="Old plan.", until=end)


def a_follower_twice(acme: Acme) -> None:
    acme.contracts.decides(acme.billing.follows(within="1 h"), acme.billing.follows(within="2 h"))


def an_authority_that_follows_itself(acme: Acme) -> None:
    acme.contracts.decides(acme.contracts.follows(within="1 h"))


def a_member_that_follows_twice(acme: Acme) -> None:
    latest_of(acme.contracts, acme.billing).decides(acme.billing.follows(within="1 h"))


def the_latest_of_one(acme: Acme) -> None:
    latest_of(acme.contracts)


def the_latest_of_one_twice(acme: Acme) -> None:
    latest_of(acme.contracts, acme.contracts)


def until_without_then(acme: Acme) -> None:
    left: Fact[bool] = acme.billing.decides()
    acme.contracts.decides(until=left)


def then_without_until(acme: Acme) -> None:
    acme.contracts.decides(then=acme.billing)


def until_a_fact_of_a_subject_that_is_not_linked(acme: Acme) -> None:
    class Parcel(Entity, of=acme.company):
        no: Key[str]
        left: Fact[bool] = acme.billing.decides()

    class Order(Entity, of=acme.company):
        no: Key[str]
        shipping: Fact[str] = acme.contracts.decides(until=Parcel.left, then=acme.billing)


def a_name_that_another_fact_has(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        term: Fact[int] = acme.contracts.decides()
        renewed_until: Fact[int] = acme.contracts.decides(was="term")


def a_party_without_a_name(acme: Acme) -> None:
    System("", of=acme.company)


def a_party_called_company(acme: Acme) -> None:
    System("company", of=acme.company)


def a_party_called_as_an_alias_is(acme: Acme) -> None:
    People("billing@B-991", of=acme.company)


def a_difference_without_a_reason(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides(acme.billing.follows(within="1 h"))

    declares_different(acme.billing, Contract.price, because=" ", until=LATER)


def a_difference_of_who_does_not_follow(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides()

    declares_different(acme.billing, Contract.price, because="Old plan.", until=LATER)


def a_remedy_of_who_does_not_follow(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides()

    arm(acme.billing, Contract.price)


def a_derivation_by_who_does_not_answer(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        months: Fact[int] = acme.contracts.decides()
        price: Fact[int] = acme.contracts.decides()

    derives(acme.billing, Contract.price, Contract.months)(lambda months: months * 10)


def a_derivation_from_what_is_not_linked(acme: Acme) -> None:
    class Plan(Entity, of=acme.company):
        no: Key[str]
        fee: Fact[int] = acme.contracts.decides()

    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Plan.fee)(lambda fee: fee)


def a_derivation_from_what_is_linked_twice(acme: Acme) -> None:
    class Plan(Entity, of=acme.company):
        no: Key[str]
        fee: Fact[int] = acme.contracts.decides()

    class Contract(Entity, of=acme.company):
        no: Key[str]
        plan: Link[Plan] = acme.contracts.decides()
        old_plan: Link[Plan] = acme.contracts.decides()
        price: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Plan.fee)(lambda fee: fee)


def derived_in_a_circle(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.billing.decides()
        fee: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Contract.fee)(lambda fee: fee)
    derives(acme.billing, Contract.fee, Contract.price)(lambda price: price)
    Timeline(acme.company)


def derived_from_itself(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Contract.price)(lambda price: price + 1)
    Timeline(acme.company)


def derived_in_a_circle_by_one_of_the_latest(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = latest_of(acme.contracts, acme.billing).decides()
        fee: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Contract.fee)(lambda fee: fee)
    derives(acme.billing, Contract.fee, Contract.price)(lambda price: price + 1)
    Timeline(acme.company)


def derived_in_a_circle_by_who_decides_later(acme: Acme) -> None:
    class Contract(Entity, of=acme.company):
        no: Key[str]
        left: Fact[bool] = acme.contracts.decides()
        price: Fact[int] = acme.contracts.decides(
            acme.billing.follows(within="1 h"), until=left, then=acme.billing
        )
        fee: Fact[int] = acme.billing.decides()

    derives(acme.billing, Contract.price, Contract.fee)(lambda fee: fee)
    derives(acme.billing, Contract.fee, Contract.price)(lambda price: price + 1)
    Timeline(acme.company)


def a_sentence_that_asks_for_what_is_not_there(acme: Acme) -> None:
    Channel("desk", of=acme.company, unsettled="It will be right by {by:%H:%M}.")


def a_cautious_sentence_that_cannot_be_said(acme: Acme) -> None:
    Company("Halcyon", cautious="The next word is at {0}.")


def a_sentence_for_the_unknown_that_promises_a_time(acme: Acme) -> None:
    Company("Halcyon", unknown="We shall know at {next}.")


class Reset(Ability[None], frozen=True):
    """Set something back."""

    key: str


class Reckon(Ability[None], frozen=True):
    """A request that cannot be kept: no fact may hold a set."""

    parts: set[str]


def write_it(repair: Repair[Any]) -> None:
    """Write it again."""


def priced(acme: Acme) -> Any:
    """An entity with a price that billing follows."""

    class Contract(Entity, of=acme.company):
        no: Key[str]
        price: Fact[int] = acme.contracts.decides(acme.billing.follows(within="1 h"))
        fee: Fact[int] = acme.contracts.decides()

    return Contract


def a_remedy_for_what_is_not_followed(acme: Acme) -> None:
    remedies(acme.billing, priced(acme).fee)(write_it)


def a_second_remedy(acme: Acme) -> None:
    price = priced(acme).price
    remedies(acme.billing, price)(write_it)
    remedies(acme.billing, price)(write_it)


def a_remedy_for_incidents_of_one(acme: Acme) -> None:
    remedies_incidents(acme.billing, members=1)(write_it)


def a_second_remedy_for_incidents(acme: Acme) -> None:
    remedies_incidents(acme.billing)(write_it)
    remedies_incidents(acme.billing, members=5)(write_it)


def arming_for_incidents_what_has_no_remedy_for_them(acme: Acme) -> None:
    arm(acme.billing)


def no_try_at_all(acme: Acme) -> None:
    Patience(tries=0)


def more_tries_than_anybody_waits_for(acme: Acme) -> None:
    Patience(tries=101)


def a_patience_that_grows_shorter(acme: Acme) -> None:
    Patience(factor=0.5)


def a_pause_that_cannot_be_read(acme: Acme) -> None:
    Patience(first="30 seconds")


def a_system_that_takes_no_repairs(acme: Acme) -> None:
    System("till", of=acme.company, repairs_per_second=0)


def an_ability_of_three_arguments(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str, tries: int) -> None: ...


def an_ability_that_takes_no_request(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset() -> None: ...


def an_ability_that_does_not_say_what_it_returns(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - that is it
        ...


def an_ability_whose_answer_is_not_there_at_run_time(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str) -> "OnlyForTypes":
        raise NotImplementedError


def an_ability_whose_answer_cannot_be_kept(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str) -> set[str]:
        return set()


def an_ability_whose_request_cannot_be_kept(acme: Acme) -> None:
    @does(acme.billing, Reckon)
    def reckon(request: Reckon, key: str) -> None: ...


def an_ability_done_in_two_ways(acme: Acme) -> None:
    @does(acme.billing, Reset)
    def reset(request: Reset, key: str) -> None: ...

    @does(acme.billing, Reset)
    def set_back(request: Reset) -> None: ...


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


MISTAKES: list[tuple[Callable[[Acme], None], type[DeclarationError], str]] = [
    (without_an_authority, NobodyDecides, "Nobody decides Contract.price"),
    (with_a_value_for_an_authority, NobodyDecides, "Nobody decides Contract.price"),
    (a_link_without_an_authority, NobodyDecides, "Nobody decides Contract.holder"),
    (a_fact_of_another_company, TwoCompanies, "'billing' of Halcyon cannot decide"),
    (a_follower_of_another_company, TwoCompanies, "'billing' of Halcyon"),
    (an_authority_passed_to_another_company, TwoCompanies, "'billing' of Halcyon"),
    (the_latest_of_two_companies, TwoCompanies, "'billing' of Halcyon"),
    (people_of_another_company, TwoCompanies, "Customer of Halcyon"),
    (a_link_to_another_company, TwoCompanies, "Customer of Halcyon"),
    (a_channel_for_another_company, TwoCompanies, "Contract.price of Acme"),
    (a_system_twice, DeclaredTwice, "already has a system named 'billing'"),
    (a_system_called_as_people_are, DeclaredTwice, "named 'customers'"),
    (people_called_as_a_system_is, DeclaredTwice, "named 'billing'"),
    (an_entity_twice, DeclaredTwice, "named 'Contract'"),
    (a_channel_twice, DeclaredTwice, "already has a channel named 'desk'"),
    (a_reader_twice, DeclaredTwice, "already has a reader named 'contracts renewed'"),
    (one_fact_in_two_entities, DeclaredTwice, "Contract.monthly"),
    (something_after_the_company_was_opened, DeclaredTooLate, "'till' was declared after"),
    (an_entity_after_the_company_was_opened, DeclaredTooLate, "'Contract' was declared after"),
    (a_type_that_no_fact_holds, UnreadableType, "cannot hold float"),
    (a_type_that_is_not_there_at_run_time, UnreadableType, "OnlyForTypes"),
    (a_fact_of_two_types, UnreadableType, "cannot hold int | str"),
    (a_key_that_is_no_text, UnreadableType, "Contract.no"),
    (a_link_to_what_is_no_entity, UnreadableType, "links to str"),
    (a_payload_that_is_not_there_at_run_time, UnreadableType, "OnlyForTypes"),
    (a_payload_that_json_cannot_carry, UnreadableType, "renewed cannot be given"),
    (no_key, DeclarationError, "Contract has no key"),
    (nothing_at_all, DeclarationError, "Contract has no key"),
    (a_plain_annotation, DeclarationError, "Contract.price is neither"),
    (a_fact_without_a_type, UnreadableType, "Contract.price"),
    (a_time_that_cannot_be_read, NoSuchDuration, "'5 minutes' is not a duration"),
    (a_negative_time, NoSuchDuration, "negative"),
    (a_system_heard_now_and_then, NoSuchDuration, "'nightly' is not a duration"),
    (a_time_shorter_than_the_system_is_heard, ImpossibleTime, "till is heard every 1 d"),
    (the_latest_of_systems_heard_too_seldom, ImpossibleTime, "till is heard every 1 d"),
    (a_moment_without_a_zone, ImpossibleTime, "has no time zone"),
    (a_difference_that_ends_nowhere_in_the_world, ImpossibleTime, "has no time zone"),
    (a_follower_twice, DeclarationError, "billing stands twice"),
    (an_authority_that_follows_itself, DeclarationError, "contracts stands twice"),
    (a_member_that_follows_twice, DeclarationError, "billing stands twice"),
    (the_latest_of_one, DeclarationError, "two systems or more"),
    (the_latest_of_one_twice, DeclarationError, "two systems or more"),
    (until_without_then, DeclarationError, "until= and then= belong together"),
    (then_without_until, DeclarationError, "until= and then= belong together"),
    (until_a_fact_of_a_subject_that_is_not_linked, DeclarationError, "Parcel.left"),
    (a_name_that_another_fact_has, DeclarationError, "term"),
    (a_party_without_a_name, DeclarationError, "cannot be called ''"),
    (a_party_called_company, DeclarationError, "cannot be called 'company'"),
    (a_party_called_as_an_alias_is, DeclarationError, "cannot be called 'billing@B-991'"),
    (a_difference_without_a_reason, DeclarationError, "No reason is given"),
    (a_difference_of_who_does_not_follow, DeclarationError, "billing does not follow"),
    (a_remedy_of_who_does_not_follow, DeclarationError, "billing does not follow"),
    (a_derivation_by_who_does_not_answer, DeclarationError, "billing derives Contract.price"),
    (a_derivation_from_what_is_not_linked, DeclarationError, "0 links to Plan"),
    (a_derivation_from_what_is_linked_twice, DeclarationError, "2 links to Plan"),
    (derived_in_a_circle, DerivedInCircles, "Contract.price from Contract.fee"),
    (derived_from_itself, DerivedInCircles, "Contract.price from Contract.price"),
    (derived_in_a_circle_by_one_of_the_latest, DerivedInCircles, "Contract.price"),
    (derived_in_a_circle_by_who_decides_later, DerivedInCircles, "Contract.price"),
    (a_sentence_that_asks_for_what_is_not_there, DeclarationError, "{by:%H:%M}"),
    (a_cautious_sentence_that_cannot_be_said, DeclarationError, "{0}"),
    (a_sentence_for_the_unknown_that_promises_a_time, DeclarationError, "{next}"),
    (a_remedy_for_what_is_not_followed, DeclarationError, "billing does not follow Contract.fee"),
    (a_second_remedy, DeclaredTwice, "a remedy named 'billing/Contract.price'"),
    (a_remedy_for_incidents_of_one, DeclarationError, "1 is no number of contradictions"),
    (a_second_remedy_for_incidents, DeclaredTwice, "a remedy named 'billing'"),
    (
        arming_for_incidents_what_has_no_remedy_for_them,
        DeclarationError,
        "no remedy for incidents",
    ),
    (no_try_at_all, DeclarationError, "tries=0"),
    (more_tries_than_anybody_waits_for, DeclarationError, "tries=101"),
    (a_patience_that_grows_shorter, DeclarationError, "factor=0.5"),
    (a_pause_that_cannot_be_read, NoSuchDuration, "'30 seconds' is not a duration"),
    (a_system_that_takes_no_repairs, DeclarationError, "till cannot take 0 repairs"),
    (an_ability_of_three_arguments, DeclarationError, "reset takes 3 arguments"),
    (an_ability_that_takes_no_request, DeclarationError, "reset takes 0 arguments"),
    (an_ability_that_does_not_say_what_it_returns, UnreadableType, "does not say what it returns"),
    (an_ability_whose_answer_is_not_there_at_run_time, UnreadableType, "Cannot read the types of"),
    (an_ability_whose_answer_cannot_be_kept, UnreadableType, "set[str]"),
    (an_ability_whose_request_cannot_be_kept, UnreadableType, "set[str]"),
    (an_ability_done_in_two_ways, DeclaredTwice, "'billing/Reset'"),
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


@pytest.mark.parametrize(
    ("mistake", "error", "what"), MISTAKES, ids=[mistake.__name__ for mistake, *_ in MISTAKES]
)
def test_a_mistake_is_an_error_in_three_parts(
    mistake: Callable[[Acme], None], error: type[DeclarationError], what: str
) -> None:
    """It says what happened, where it is declared, and what to write instead; and it pickles."""
    with pytest.raises(DeclarationError) as caught:
        mistake(Acme())

    assert type(caught.value) is error
    assert what in caught.value.what
    assert caught.value.where.startswith("test_mistakes.py:")
    assert caught.value.fix
    assert str(caught.value).split("\n")[1].startswith("  declared at test_mistakes.py:")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own


def test_a_system_that_can_be_asked_may_have_less_time_than_it_is_heard_in() -> None:
    """Between two nightly files it can be asked, so that five minutes can be kept."""
    acme = Acme()
    till = System("till", of=acme.company, heard_every="1 d", can_be_asked=True)

    assert till.follows(within="5 min").party is till


def test_a_system_may_have_just_the_time_it_is_heard_in() -> None:
    """Heard every day, it may follow within a day."""
    till = System("till", of=Acme().company, heard_every="24 h")

    assert till.follows(within="1 d").party is till


def test_two_companies_may_use_one_name() -> None:
    """Names are a company's own."""
    one, other = Acme(), Acme()

    assert one.company.find(System, "billing") is one.billing
    assert other.company.find(System, "billing") is other.billing


def test_a_name_that_nothing_has_is_answered_with_a_guess() -> None:
    """A slip of the pen is named with what was probably meant."""
    acme = Acme()

    with pytest.raises(NoSuchName, match="Did you mean 'billing'") as caught:
        acme.company.find(System, "biling")
    assert caught.value.what == "Acme has no system named 'biling'."


def test_an_alias_without_a_name_is_refused() -> None:
    """A system's own name for a subject is a text."""
    with pytest.raises(ValueMisfit):
        Acme().billing.calls("")


def declared(acme: Acme) -> Any:
    """An entity whose authority passes on by a fact of a subject that is linked to it."""
    parcel_left: Fact[bool] = acme.billing.decides()

    class Order(Entity, of=acme.company):
        no: Key[str]
        shipping: Fact[str] = acme.contracts.decides(until=parcel_left, then=acme.billing)

    class Parcel(Entity, of=acme.company):
        no: Key[str]
        order: Link[Order] = acme.billing.decides()
        left: Fact[bool] = parcel_left

    return Order, Parcel


def test_authority_may_pass_on_by_a_fact_that_is_declared_later() -> None:
    """The fact of a parcel is made first, then used by its order, then given to the parcel."""
    order, parcel = declared(Acme())

    assert order.shipping.passing.fact is parcel.left
    assert parcel.left.path == "Parcel.left"
