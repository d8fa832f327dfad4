"""Telling: every channel says the same, shows what it shows, and never a stale value."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from onestory import (
    Channel,
    Company,
    Entity,
    Fact,
    Key,
    Link,
    People,
    Standing,
    System,
    Telling,
    declares_different,
)
from onestory.errors import NoSuchName, NotHeard, NotShown
from onestory.testing import NINE, Timeline

acme = Company(
    "Acme Telecom",
    cautious="We are checking this; more at {next:%H:%M}.",
    unknown="Nobody has told us yet.",
)
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("shop", of=acme)
customers = People("customers", of=acme)


class Customer(Entity, of=acme, one_of=customers):
    """Somebody who holds contracts."""

    customer_no: Key[str]


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    month: Key[str]
    holder: Link[Customer] = contracts.decides()
    term: Fact[str] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="10 min")
    )
    price: Fact[int] = contracts.decides(billing.follows(within="5 min"))
    note: Fact[str | None] = contracts.decides()


declares_different(
    shop,
    Contract.term,
    because="The shop shows last year's names.",
    until=NINE + timedelta(days=30),
    only=[("C-2", "2027-01")],
)

desk = Channel("agent desk", of=acme)
portal = Channel(
    "portal",
    of=acme,
    shows=[Contract.term, Contract.holder],
    unsettled="Right everywhere by {due:%H:%M} on {due:%d.%m.}",
)
till = Channel("till", of=acme, shows=[])
TERM, KEY = Contract.term, ("C-1", "2027-01")
F, L, X, A, D, U = (
    Standing.FOLLOWING,
    Standing.LATE,
    Standing.CONTRADICTS,
    Standing.AGREES,
    Standing.DECLARED,
    Standing.UNKNOWN,
)


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def tell(timeline: Timeline, channel: Channel = desk, key: tuple[str, str] = KEY) -> Telling[str]:
    """What a channel tells of the term."""
    return timeline.office.tell(Contract, key, to=channel)[TERM]


def agreed(timeline: Timeline, key: tuple[str, str] = KEY) -> None:
    """All three say x."""
    for party in (contracts, billing, shop):
        timeline.says(party, TERM, key, "x")


def test_a_told_entity_is_its_key_and_its_values(timeline: Timeline) -> None:
    """Each part of the key by its name, each value by its fact, each telling by the fact itself."""
    agreed(timeline)
    timeline.says(contracts, Contract.note, KEY, None)

    told = timeline.office.tell(Contract, KEY, to=desk)
    assert (told.contract_no, told.month, told.term, told.note) == ("C-1", "2027-01", "x", None)
    assert told[TERM].fact is TERM


def test_what_all_say_is_told_plainly(timeline: Timeline) -> None:
    """No sentence beside it, no next word; decided by, since and as of."""
    agreed(timeline)
    timeline.wait("3 min")
    timeline.says(contracts, TERM, KEY, "x")

    telling = tell(timeline)
    assert (telling.value, telling.standing, telling.decided_by) == ("x", A, "contracts")
    assert (telling.since, telling.as_of) == (timeline.minute(0), timeline.minute(3))
    assert (telling.sentence, telling.next_word) == ("", None)
    assert [(how.party, how.standing) for how in telling.followers] == [("billing", A), ("shop", A)]


def test_while_some_follow_it_is_said_by_when_all_show_it(timeline: Timeline) -> None:
    """The latest of their times, in each channel's own words."""
    agreed(timeline)
    timeline.says(contracts, TERM, KEY, "y")

    at_desk, at_home = tell(timeline), tell(timeline, portal)
    assert (at_desk.value, at_desk.standing, at_desk.next_word) == ("y", F, timeline.minute(10))
    assert at_desk.sentence == "All our systems will show this by 09:10 UTC."
    assert at_home.sentence == "Right everywhere by 09:10 on 05.01."
    timeline.says(shop, TERM, KEY, "y")
    assert tell(timeline, portal).sentence == "Right everywhere by 09:05 on 05.01."


def test_what_is_not_settled_is_said_alike_in_every_channel(timeline: Timeline) -> None:
    """The decided value, one cautious sentence, one time of the next word; never a stale value."""
    agreed(timeline)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.wait("6 min")
    timeline.says(billing, TERM, KEY, "x")

    tellings = [tell(timeline, channel) for channel in (desk, portal)]
    assert {(t.value, t.standing) for t in tellings} == {("y", X)}
    assert {t.sentence for t in tellings} == {"We are checking this; more at 09:36."}
    assert {t.next_word for t in tellings} == {timeline.minute(36)}


@pytest.mark.parametrize(
    ("minute", "next_word"), [(6, 36), (35, 36), (36, 66), (65.9, 66), (66, 96), (600, 606)]
)
def test_the_next_word_is_due_every_half_hour(
    minute: float, next_word: float, timeline: Timeline
) -> None:
    """From when it was first not settled; at the moment it is due, the one after is promised."""
    agreed(timeline)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.wait_until(6)
    timeline.wait_until(minute)

    assert tell(timeline).next_word == timeline.minute(next_word)


def test_the_standing_told_is_the_worst(timeline: Timeline) -> None:
    """One agrees, one is late: late."""
    agreed(timeline)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.says(shop, TERM, KEY, "y")
    timeline.wait("6 min")

    telling = tell(timeline)
    assert telling.standing is L
    assert {how.party: how.standing for how in telling.followers} == {"billing": L, "shop": A}


def test_one_follows_and_one_is_late(timeline: Timeline) -> None:
    """The cautious sentence wins over the promise."""
    agreed(timeline)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.wait("6 min")

    assert tell(timeline).sentence == "We are checking this; more at 09:36."


def test_a_declared_difference_is_shown_with_its_reason(timeline: Timeline) -> None:
    """In every channel; the decided value is told."""
    other = ("C-2", "2027-01")
    agreed(timeline, other)
    timeline.says(contracts, TERM, other, "y")
    timeline.says(billing, TERM, other, "y")

    for channel in (desk, portal):
        telling = tell(timeline, channel, other)
        assert (telling.value, telling.standing) == ("y", D)
        assert telling.sentence == "shop: The shop shows last year's names. (until 2027-02-04)"


def test_what_nobody_decided_is_unknown(timeline: Timeline) -> None:
    """A follower's word is no value to tell, nor is it a contradiction: it is not known yet."""
    timeline.says(billing, TERM, KEY, "x")

    telling = tell(timeline)
    assert (telling.standing, telling.said, telling.since) == (U, (), None)
    assert (telling.sentence, telling.next_word) == ("Nobody has told us yet.", None)
    with pytest.raises(NotHeard) as caught:
        _ = telling.value
    assert caught.value.what == "contracts has not said anything about Contract.term yet."
    assert caught.value.where.startswith("test_telling.py:")
    assert "Tell its sentence instead: 'Nobody has told us yet.'" in caught.value.fix


def test_what_is_unknown_is_told_alike_in_every_channel(timeline: Timeline) -> None:
    """It stays unknown for as long as nobody decides, and no time is promised."""
    timeline.says(billing, TERM, KEY, "x")
    timeline.wait("2 d")

    tellings = [tell(timeline, channel) for channel in (desk, portal)]
    assert {(t.sentence, t.next_word) for t in tellings} == {("Nobody has told us yet.", None)}
    timeline.says(contracts, TERM, KEY, "x")
    timeline.says(shop, TERM, KEY, "x")
    assert tell(timeline).sentence == ""


def test_a_company_that_writes_no_sentence_says_that_it_does_not_know() -> None:
    """It does not say that its systems disagree, since they do not."""
    assert Company("Halcyon").unknown == "We do not know this yet."


def test_each_follower_says_what_it_says_and_since_when_it_differs(timeline: Timeline) -> None:
    """S8: value, as of, since and due."""
    agreed(timeline)
    timeline.wait("1 min")
    timeline.says(contracts, TERM, KEY, "y")
    timeline.wait("2 min")
    timeline.says(billing, TERM, KEY, "w")

    telling = tell(timeline)
    behind, other = telling.followers
    assert (behind.party, behind.said, behind.as_of) == ("billing", "w", timeline.minute(3))
    assert (other.said, other.as_of, other.since) == ("x", timeline.minute(0), timeline.minute(1))
    assert other.due == timeline.minute(11)


def test_a_channel_shows_what_it_shows(timeline: Timeline) -> None:
    """What it does not show is an error that names channel, fact and subject."""
    agreed(timeline)
    timeline.says(contracts, Contract.price, KEY, 49)
    told = timeline.office.tell(Contract, KEY, to=portal)

    assert told.term == "x"
    with pytest.raises(NotShown) as caught:
        _ = told.price
    assert caught.value.what == "portal does not show Contract.price of Contract C-1/2027-01."
    assert caught.value.where.startswith("test_telling.py:")
    with pytest.raises(NotShown):
        _ = told[Contract.price]


def test_a_channel_may_show_nothing(timeline: Timeline) -> None:
    """An empty list is a list."""
    agreed(timeline)

    with pytest.raises(NotShown):
        _ = timeline.office.tell(Contract, KEY, to=till).term


def test_a_fact_of_another_entity_is_not_told(timeline: Timeline) -> None:
    """A contract's story tells facts of contracts."""
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    told = timeline.office.tell(Customer, "K-7", to=desk)

    with pytest.raises(NotShown, match="does not show Contract.term of Customer K-7"):
        _ = told[TERM]


def test_a_subject_that_nobody_spoke_of_is_not_found(timeline: Timeline) -> None:
    """With the nearest keys, where there are some."""
    with pytest.raises(NoSuchName, match="Check the key, or hear of it first"):
        timeline.office.tell(Contract, KEY, to=desk)
    agreed(timeline)

    with pytest.raises(NoSuchName, match="Did you mean C-1/2027-01"):
        timeline.office.tell(Contract, ("C-1", "2027-10"), to=desk)


def test_a_deadline_is_told_as_a_moment_with_its_zone(timeline: Timeline) -> None:
    """Whoever shows it may write it in her own."""
    agreed(timeline)
    timeline.says(contracts, TERM, KEY, "y")

    assert tell(timeline).next_word == datetime(2027, 1, 5, 9, 10, tzinfo=UTC)


def test_a_fact_nobody_decided_is_disputed_first(timeline: Timeline) -> None:
    """The person who disputes is told that it is looked into, though nobody knows the answer."""
    timeline.says(billing, TERM, KEY, "x")
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    timeline.office.disputes(TERM, KEY, by=(Customer, "K-7"))

    hers = timeline.office.tell(Contract, KEY, to=desk, person=(Customer, "K-7"))[TERM]
    assert hers.standing is Standing.DISPUTED
    assert hers.sentence == "We are checking this; more at 09:30."
