"""A timeline: what became known of a subject and of all that is linked to it, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestory import (
    Channel,
    Company,
    Entity,
    Fact,
    Key,
    Link,
    Money,
    People,
    System,
)
from onestory.errors import NoSuchName
from onestory.testing import Timeline

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
customers = People("customers", of=acme)


class Plan(Enum):
    """What may be subscribed to."""

    SMALL = "small"


class Address(msgspec.Struct, frozen=True):
    """Where things are sent."""

    street: str
    flat: str | None
    town: str


class Customer(Entity, of=acme, one_of=customers):
    """Somebody who holds contracts."""

    customer_no: Key[str]
    name: Fact[str] = customers.decides()


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    holder: Link[Customer] = contracts.decides()
    payer: Link[Customer] = contracts.decides()
    term: Fact[date] = contracts.decides(
        billing.follows(within="5 min"), customers.follows(within="1 h")
    )
    price: Fact[Money] = contracts.decides()
    plan: Fact[Plan | None] = contracts.decides()
    signed: Fact[bool] = contracts.decides()
    since: Fact[datetime] = contracts.decides()
    address: Fact[Address] = contracts.decides()


class Bill(Entity, of=acme):
    """What a contract costs in one month."""

    contract_no: Key[str]
    month: Key[str]
    contract: Link[Contract] = billing.decides()
    paid: Fact[bool] = billing.decides()


desk = Channel("agent desk", of=acme)
SPRING, SUMMER = date(2027, 3, 31), date(2027, 6, 30)
ALICE = (Customer, "K-7")


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def family(timeline: Timeline) -> None:
    """Two customers, a contract that one holds and both pay for, two bills, and a stranger."""
    timeline.says(customers, Customer.name, "K-7", "Alice")
    timeline.says(customers, Customer.name, "K-8", "Bob")
    timeline.says(contracts, Contract.holder, "C-1", "K-7")
    timeline.says(contracts, Contract.payer, "C-1", "K-8")
    for month in ("2027-01", "2027-02"):
        timeline.says(billing, Bill.contract, ("C-1", month), "C-1")
    timeline.says(contracts, Contract.signed, "C-2", value=True)


def subjects(timeline: Timeline, entity: type[Entity], key: str | tuple[str, ...]) -> set[str]:
    """The subjects that a timeline shows."""
    return {event.subject for event in timeline.office.timeline(entity, key)}


def test_a_timeline_shows_what_is_linked_to_its_subject(timeline: Timeline) -> None:
    """A contract's: its people, its bills; not what is linked to nothing of it."""
    family(timeline)

    assert subjects(timeline, Contract, "C-1") == {
        "Contract C-1", "Customer K-7", "Customer K-8", "Bill C-1 2027-01", "Bill C-1 2027-02"
    }  # fmt: skip
    assert subjects(timeline, Contract, "C-2") == {"Contract C-2"}


def test_a_persons_timeline_does_not_show_other_people(timeline: Timeline) -> None:
    """Alice's contract is hers to see; Bob, who pays for it, is not."""
    family(timeline)

    assert subjects(timeline, Customer, "K-7") == {"Customer K-7", "Contract C-1"}
    assert subjects(timeline, Customer, "K-8") == {"Customer K-8", "Contract C-1"}


def test_names_of_a_subject_are_part_of_its_timeline(timeline: Timeline) -> None:
    """As what that system calls it; not before they are linked, nor after."""
    timeline.says(contracts, Contract.signed, "C-1", value=True)
    timeline.says(billing, Contract.term, billing.calls("B-991"), SPRING)
    assert subjects(timeline, Contract, "C-1") == {"Contract C-1"}
    timeline.office.link(billing.calls("B-991"), Contract, "C-1", by="Ines")
    assert subjects(timeline, Contract, "C-1") == {
        "Contract C-1",
        "Contract called B-991 by billing",
    }
    timeline.office.unlink(billing.calls("B-991"), Contract, by="Ines")

    assert subjects(timeline, Contract, "C-1") == {"Contract C-1"}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 7))
def test_pages_hold_every_event_once_newest_first(whom: list[int], limit: int) -> None:
    """Whatever the page, without gaps and without repeats, over several linked subjects."""
    with Timeline(acme) as timeline:
        timeline.says(contracts, Contract.holder, "C-1", "K-7")
        timeline.says(billing, Bill.contract, ("C-1", "1"), "C-1")
        for number, who in enumerate(whom):
            timeline.wait("1 s")
            moment = timeline.clock.now()
            if who == 0:
                timeline.says(contracts, Contract.since, "C-1", moment)
            elif who == 1:
                timeline.says(customers, Customer.name, "K-7", str(number))
            elif who == 2:
                timeline.says(billing, Bill.paid, ("C-1", "1"), bool(number % 2))
            else:
                timeline.says(contracts, Contract.since, "C-2", moment)
        whole = timeline.office.timeline(Contract, "C-1", limit=1000)
        paged, before = [], 2**62
        while page := timeline.office.timeline(Contract, "C-1", before=before, limit=limit):
            assert len(page) <= limit
            paged += page
            before = page[-1].number

        assert paged == whole
        numbers = [event.number for event in whole]
        assert numbers == sorted(set(numbers), reverse=True)
        known = [event.known for event in whole]
        assert known == sorted(known, reverse=True)
        assert {event.subject for event in whole} <= {"Contract C-1", "Customer K-7", "Bill C-1 1"}


def test_pages_stay_whole_while_more_becomes_known(timeline: Timeline) -> None:
    """What is heard between two pages is on neither."""
    for number in range(1, 11):
        timeline.says(contracts, Contract.since, "C-1", timeline.minute(number))
    first = timeline.office.timeline(Contract, "C-1", limit=4)
    timeline.says(contracts, Contract.since, "C-1", timeline.minute(99))
    second = timeline.office.timeline(Contract, "C-1", before=first[-1].number, limit=100)

    assert [event.number for event in first + second] == [*range(10, 0, -1)]


def test_a_timeline_as_known_at_a_moment_ends_there(timeline: Timeline) -> None:
    """What became known later is not on it."""
    timeline.says(contracts, Contract.signed, "C-1", value=False)
    timeline.wait_until(10)
    timeline.says(contracts, Contract.signed, "C-1", value=True)

    then = timeline.office.timeline(Contract, "C-1", known=timeline.minute(5))
    assert [event.sentence for event in then] == ["signed = no"]


def test_a_subject_that_nobody_spoke_of_has_no_timeline(timeline: Timeline) -> None:
    """With a guess, where there is one."""
    with pytest.raises(NoSuchName, match="Nobody ever spoke of Contract 'C-1'"):
        timeline.office.timeline(Contract, "C-1")


def sentences(timeline: Timeline) -> list[str]:
    """What the contract's own timeline says, oldest first."""
    events = timeline.office.timeline(Contract, "C-1", limit=1000)
    return [event.sentence for event in reversed(events) if event.subject == "Contract C-1"]


def test_values_are_written_as_a_person_reads_them(timeline: Timeline) -> None:
    """Yes and no, amounts with their currency, addresses in a line, moments in UTC."""
    says = timeline.says
    says(contracts, Contract.price, "C-1", Money(Decimal("49.9"), "EUR"))
    says(contracts, Contract.plan, "C-1", Plan.SMALL)
    says(contracts, Contract.plan, "C-1", None)
    says(contracts, Contract.signed, "C-1", value=True)
    says(contracts, Contract.since, "C-1", datetime(2027, 1, 5, 9, 30, tzinfo=UTC))
    says(contracts, Contract.address, "C-1", Address("Ring 5", None, "Ulm"))
    says(contracts, Contract.holder, "C-1", "K-7")

    assert sentences(timeline) == [
        "price = 49.90 EUR",
        "plan = small",
        "plan = (empty)",
        "signed = yes",
        "since = 2027-01-05 09:30 UTC",
        "address = Ring 5, Ulm",
        "holder = K-7",
    ]


def test_a_claim_says_from_when_until_when_and_whether_it_came_late(timeline: Timeline) -> None:
    """Each in its sentence."""
    hour, says = timedelta(hours=1), timeline.says
    now = timeline.clock.now()
    says(contracts, Contract.term, "C-1", SPRING, sequence=1)
    says(
        contracts, Contract.term, "C-1", SUMMER, sequence=3, since=now + hour, until=now + 2 * hour
    )
    says(contracts, Contract.term, "C-1", date(2027, 1, 31), sequence=2, since=now - hour)

    assert sentences(timeline) == [
        "term = 2027-03-31",
        "term = 2027-06-30 from 2027-01-05 10:00 UTC until 2027-01-05 11:00 UTC",
        "term = 2027-01-31 from 2027-01-05 08:00 UTC",
    ]
    says(contracts, Contract.price, "C-1", Money(Decimal(1), "EUR"), sequence=9)
    says(contracts, Contract.price, "C-1", Money(Decimal(2), "EUR"), sequence=8)
    assert sentences(timeline)[-1] == "price = 2.00 EUR (came late)"


def test_contradictions_and_what_people_say_are_sentences(timeline: Timeline) -> None:
    """Opened, settled, allowed, disputed, told: each can be read aloud."""
    office, says = timeline.office, timeline.says
    says(contracts, Contract.holder, "C-1", "K-7")
    says(contracts, Contract.term, "C-1", SPRING)
    timeline.wait("6 min")
    says(billing, Contract.term, "C-1", SPRING)
    says(contracts, Contract.term, "C-1", SUMMER)
    office.declares_different(
        billing, Contract.term, "C-1", because="Old plan.", until=timeline.minute(60), by="Ines"
    )
    office.disputes(Contract.term, "C-1", by=ALICE)
    office.disputes_no_longer(Contract.term, "C-1", by=ALICE)
    timeline.wait("62 min")
    office.tell(Contract, "C-1", to=desk, person=ALICE, record=True)

    assert sentences(timeline) == [
        "holder = K-7",
        "term = 2027-03-31",
        "term: contracts decided 2027-03-31, billing has said nothing; due 2027-01-05 09:05 UTC",
        "term = 2027-03-31",
        "term in billing: agreed",
        "term = 2027-06-30",
        "term may differ in billing: Old plan.",
        "disputes term",
        "disputes no longer term",
        "term: contracts decided 2027-06-30, billing says 2027-03-31; due 2027-01-05 09:11 UTC",
        "term: contracts decided 2027-06-30, customers K-7 says 2027-03-31; due 2027-01-05 10:06 UTC",
        "holder = K-7, to K-7 by agent desk; term = 2027-06-30, to K-7 by agent desk",
        "term in customers: told",
    ]


def test_each_event_carries_its_proof(timeline: Timeline) -> None:
    """Who, when, of which kind, and the hash that the chain holds."""
    timeline.says(contracts, Contract.signed, "C-1", value=True)

    (event,) = timeline.office.timeline(Contract, "C-1")
    assert (event.number, event.kind, event.party) == (1, "heard", "contracts")
    assert event.known == timeline.minute(0)
    with timeline.office.ledger.view() as view:
        assert event.hash == view.connection.rows("entries_between", 0, 1)[0][10].hex()
