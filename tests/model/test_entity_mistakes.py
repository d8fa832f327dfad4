"""Mistakes in what a company.py says of parties, entities, facts and readers.

Entities are declared inside functions, so their annotations are read at once: hence no
``from __future__ import annotations`` here.
"""

from typing import TYPE_CHECKING

import pytest

from onestory import (
    Channel,
    Claims,
    Company,
    Entity,
    Fact,
    Key,
    Link,
    People,
    System,
    latest_of,
    reads,
)
from onestory.errors import (
    DeclarationError,
    DeclaredTooLate,
    DeclaredTwice,
    NobodyDecides,
    NoSuchName,
    TwoCompanies,
    UnreadableType,
    ValueMisfit,
)
from onestory.testing import Timeline

from .mistakes import Acme, Mistake, Wrong, assert_three_parts, called

if TYPE_CHECKING:
    from decimal import Context as OnlyForTypes


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
    System("till", of=acme.company)
    System("till", of=acme.company)


def a_system_called_as_people_are(acme: Acme) -> None:
    People("tills", of=acme.company)
    System("tills", of=acme.company)


def people_called_as_a_system_is(acme: Acme) -> None:
    System("till", of=acme.company)
    People("till", of=acme.company)


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


MISTAKES: list[Mistake] = [
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
    (a_system_twice, DeclaredTwice, "already has a system named 'till'"),
    (a_system_called_as_people_are, DeclaredTwice, "named 'tills'"),
    (people_called_as_a_system_is, DeclaredTwice, "named 'till'"),
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
    (a_name_that_another_fact_has, DeclarationError, "term"),
    (a_party_without_a_name, DeclarationError, "cannot be called ''"),
    (a_party_called_company, DeclarationError, "cannot be called 'company'"),
    (a_party_called_as_an_alias_is, DeclarationError, "cannot be called 'billing@B-991'"),
]


@pytest.mark.parametrize(("mistake", "error", "what"), MISTAKES, ids=called(MISTAKES))
def test_a_mistake_in_an_entity_is_an_error_in_three_parts(
    mistake: Wrong, error: type[DeclarationError], what: str
) -> None:
    """It says what happened, where it is declared, and what to write instead; and it pickles."""
    assert_three_parts(mistake, error, what)


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
