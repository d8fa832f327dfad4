"""Order: what counts when words come late, twice, for later or under several names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypedDict

import pytest

from onestory import (
    Channel,
    Claims,
    Company,
    Entity,
    Fact,
    Fate,
    Key,
    Standing,
    System,
    Telling,
    message,
    reads,
)
from onestory.agreement.order import MAX_TIMED
from onestory.errors import ReaderFailed
from onestory.testing import Timeline

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
carrier = System("carrier", of=acme)


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    sent: Fact[bool] = carrier.decides()
    term: Fact[str] = contracts.decides(billing.follows(within="5 min"))
    price: Fact[str] = contracts.decides(billing.follows(within="5 min"))
    address: Fact[str] = contracts.decides(
        billing.follows(within="5 min"), until=sent, then=carrier
    )


class Both(TypedDict):
    """A contract as it is saved."""

    contract: str
    term: str
    price: str


@reads(contracts, "contract.saved")
def contract_saved(both: Both) -> Claims:
    """Read a message that says two facts."""
    yield Contract.term.claim(both["contract"], both["term"])
    yield Contract.price.claim(both["contract"], both["price"])


desk = Channel("agent desk", of=acme)
TERM, KEY, B991 = Contract.term, "C-1042", billing.calls("B-991")
F, L, A = Standing.FOLLOWING, Standing.LATE, Standing.AGREES


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline
        assert timeline.office.verify(dossiers=True) == []


def told(timeline: Timeline, known: datetime | None = None) -> Telling[str]:
    """What is told of the term."""
    return timeline.office.tell(Contract, KEY, to=desk, known=known)[TERM]


@pytest.mark.parametrize("words", [("east", "west"), ("west", "east")])
def test_of_two_words_with_one_number_the_same_counts_in_any_order(
    words: tuple[str, str], timeline: Timeline
) -> None:
    """A system that numbers two words alike is heard alike, whichever arrives first."""
    for word in words:
        timeline.says(contracts, TERM, KEY, word, sequence=5)

    assert told(timeline).value == "west"


def test_a_late_copy_of_a_former_word_is_a_repeat(timeline: Timeline) -> None:
    """What it says was known of that time or a later one, and writes no line."""
    for value, sequence in (("x", 3), ("y", 5)):
        timeline.says(contracts, TERM, KEY, value, sequence=sequence)
    entries = timeline.office.counts().entries

    late = timeline.says(contracts, TERM, KEY, "x", sequence=2)
    assert late.fate is Fate.REPEATED
    assert timeline.office.counts().entries == entries
    assert told(timeline).value == "y"


def test_a_former_word_is_kept_with_the_latest_it_was_said(timeline: Timeline) -> None:
    """Said at 1, and late again at 3: a copy numbered 2 is no news after that."""
    for value, sequence in (("x", 1), ("y", 5)):
        timeline.says(contracts, TERM, KEY, value, sequence=sequence)
    newer = timeline.says(contracts, TERM, KEY, "x", sequence=3)
    older = timeline.says(contracts, TERM, KEY, "x", sequence=2)

    assert (newer.fate, older.fate) == (Fate.HEARD, Fate.REPEATED)


def test_a_word_about_the_past_is_no_newer_than_it_says(timeline: Timeline) -> None:
    """It is known that x was said at 3; that it began an hour ago was said at 2, and changes nothing."""
    for value, sequence in (("x", 3), ("y", 5)):
        timeline.says(contracts, TERM, KEY, value, sequence=sequence)
    timeline.says(contracts, TERM, KEY, "x", sequence=2, since=timeline.minute(-60))

    assert told(timeline).value == "y"
    copy = timeline.says(contracts, TERM, KEY, "x", sequence=3)
    assert copy.fate is Fate.REPEATED


def test_a_word_for_later_that_comes_twice_is_one() -> None:
    """Under another message id, since it was sent anew."""
    with Timeline(acme) as timeline:
        timeline.says(contracts, TERM, KEY, "x")
        timeline.says(contracts, TERM, KEY, "y", since=timeline.minute(10), sequence=7)
        entries = timeline.office.counts().entries
        again = timeline.says(contracts, TERM, KEY, "y", since=timeline.minute(10), sequence=7)

        assert (again.fate, timeline.office.counts().entries) == (Fate.REPEATED, entries)
        assert timeline.office.verify(dossiers=True) == []
        timeline.wait_until(10)
        assert told(timeline).value == "y"


def test_a_follower_whose_word_has_ended_says_nothing(timeline: Timeline) -> None:
    """Until minute 3 billing agrees; from then on it has said nothing, and has its time."""
    timeline.says(contracts, TERM, KEY, "x")
    timeline.says(billing, TERM, KEY, "x", until=timeline.minute(3))
    before = timeline.standing(billing, TERM, KEY)
    timeline.wait_until(3)

    assert (before, told(timeline).followers[0].said) == (A, None)
    assert timeline.standing(billing, TERM, KEY) is F


def test_a_word_that_ends_and_begins_again_is_no_former_one(timeline: Timeline) -> None:
    """An offer of ten minutes that is made again at twenty: it is so again, and only then."""
    timeline.says(contracts, TERM, KEY, "offer", until=timeline.minute(10), sequence=1)
    timeline.says(contracts, TERM, KEY, "offer", since=timeline.minute(20), sequence=2)
    values = []
    for minute in (9, 10, 19, 20):
        timeline.wait_until(minute)
        values.append(told(timeline).said)

    assert values == [("offer",), (), (), ("offer",)]


def test_a_message_that_repeats_two_facts_makes_a_word_between_late(timeline: Timeline) -> None:
    """Each was said in a message of its own; one message says both again."""
    timeline.says(contracts, TERM, KEY, "x", sequence=1)
    timeline.says(contracts, Contract.price, KEY, "49", sequence=2)
    both = {"contract": KEY, "term": "x", "price": "49"}
    repeat = message("contracts", "contract.saved", both, id="both", sequence=9)
    assert timeline.office.hear(repeat)[0].fate is Fate.REPEATED

    timeline.says(contracts, TERM, KEY, "late", sequence=5)
    assert told(timeline).value == "x"


def test_a_word_repeated_under_another_name_is_the_last_word(timeline: Timeline) -> None:
    """Billing has two names for one contract: what it said last counts, under either."""
    timeline.says(contracts, TERM, KEY, "x")
    timeline.says(billing, TERM, KEY, "x", sequence=1)
    timeline.office.link(B991, Contract, KEY, by="Ines")
    timeline.says(billing, TERM, B991, "y", sequence=2)
    between = timeline.standing(billing, TERM, KEY)
    timeline.says(billing, TERM, KEY, "x", sequence=3)

    assert between is F
    assert timeline.standing(billing, TERM, KEY) is A


def test_what_became_due_unseen_is_judged_when_a_name_is_linked(timeline: Timeline) -> None:
    """The clock went on and nothing was judged meanwhile; linking begins with what is due."""
    timeline.says(contracts, TERM, KEY, "x")
    timeline.says(billing, TERM, KEY, "x")
    timeline.says(contracts, TERM, KEY, "y")
    timeline.clock.move_to(timeline.minute(6))
    timeline.office.link(B991, Contract, KEY, by="Ines")

    (found,) = timeline.open_contradictions()
    assert (found.due, found.opened) == (timeline.minute(5), timeline.minute(6))


def test_unlinking_settles_what_was_open_since_the_name_spoke(timeline: Timeline) -> None:
    """Under its own name billing followed y, and not z; without that name it never followed y."""
    timeline.says(contracts, TERM, KEY, "x")
    timeline.says(billing, TERM, KEY, "x", sequence=1)
    timeline.office.link(B991, Contract, KEY, by="Ines")
    timeline.wait_until(1)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.wait_until(2)
    timeline.says(billing, TERM, B991, "y", sequence=2)
    timeline.wait_until(3)
    timeline.says(contracts, TERM, KEY, "z")
    timeline.wait_until(9)
    (linked,) = timeline.open_contradictions()
    timeline.office.unlink(B991, Contract, by="Ines")

    settled, opened = timeline.office.contradictions(settled=True)
    assert (linked.since, linked.due) == (timeline.minute(3), timeline.minute(8))
    assert (settled.number, settled.how) == (linked.number, "unlinked")
    assert (opened.since, opened.due) == (timeline.minute(1), timeline.minute(6))
    assert opened.settled is None


def test_linking_a_name_that_says_nothing_new_changes_no_decision(timeline: Timeline) -> None:
    """What was decided is decided still, and authority stays where it was."""
    timeline.says(carrier, Contract.sent, KEY, value=True)
    timeline.says(contracts, Contract.address, KEY, "Ulm")
    timeline.says(billing, TERM, B991, "x")
    timeline.office.link(B991, Contract, KEY, by="Ines")

    telling = timeline.office.tell(Contract, KEY, to=desk)[Contract.address]
    assert telling.decided_by == "carrier"


def test_a_thousand_words_may_wait_for_their_time_and_no_more(timeline: Timeline) -> None:
    """Whoever claims every minute of two days is told to claim fewer steps."""
    for minute in range(1, MAX_TIMED + 1):
        timeline.says(contracts, TERM, KEY, f"v{minute}", since=timeline.minute(minute))
    with pytest.raises(ReaderFailed, match="More than 1,000 claims of one fact of 'C-1042' wait"):
        timeline.says(contracts, TERM, KEY, "one more", since=timeline.minute(2_000))

    timeline.says(contracts, TERM, "C-1043", "another", since=timeline.minute(2_000))
    assert timeline.office.counts().asides == 1


def test_what_became_known_later_under_a_systems_own_name_was_so_then(timeline: Timeline) -> None:
    """Billing says by its own name, at 10, what it has held since 2: at 5 it held it, as known now."""
    timeline.says(contracts, TERM, KEY, "x")
    timeline.says(billing, TERM, KEY, "old", sequence=1)
    timeline.office.link(B991, Contract, KEY, by="Ines")
    timeline.wait_until(10)
    timeline.says(billing, TERM, B991, "x", since=timeline.minute(2), sequence=2)

    at_five = timeline.office.tell(Contract, KEY, to=desk, valid=timeline.minute(5))[TERM]
    believed = told(timeline, known=timeline.minute(5))
    assert (at_five.followers[0].said, at_five.standing) == ("x", A)
    assert (believed.followers[0].said, believed.standing) == ("old", F)
