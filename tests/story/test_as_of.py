"""As of: what was so on day v, as known on day k, against what was told at that moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

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
    People,
    Standing,
    System,
    derives,
    latest_of,
)
from onestory.agreement import Agreements, rehearing
from onestory.errors import ImpossibleTime, NotHeard
from onestory.ledger import Ref, new_dossier, plain
from onestory.ledger.dossier import read_dossier, write_dossier
from onestory.ledger.history import dossier_at, lines
from onestory.testing import NINE, Timeline

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("shop", of=acme)
carrier = System("carrier", of=acme)
rating = System("rating", of=acme)
customers = People("customers", of=acme)


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    term: Fact[int] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="10 s")
    )
    email: Fact[int] = latest_of(shop, billing, within="1 min").decides(
        contracts.follows(within="5 min")
    )
    sent: Fact[bool] = shop.decides()
    address: Fact[int] = contracts.decides(
        carrier.follows(within="1 min"), until=sent, then=carrier
    )
    fee: Fact[int] = rating.decides(billing.follows(within="5 min"))


@derives(rating, Contract.fee, Contract.term)
def fee(term: int) -> int:
    """Work out a fee."""
    return 10 * term


desk = Channel("agent desk", of=acme)
FACTS: list[Fact[Any]] = [
    Contract.term,
    Contract.email,
    Contract.sent,
    Contract.address,
    Contract.fee,
]
KEY = "C-1042"


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


class Step(msgspec.Struct, frozen=True):
    """Some time passes, then one party says something, or a person allows a difference."""

    wait: int
    party: System
    fact: Fact[Any]
    value: int
    sequence: int | None = None
    since: int | None = None
    until: int | None = None


WAITS = [1, 9, 11, 61, 299, 301, 900]
"""Seconds: on either side of every time to follow."""

plain_steps = st.sampled_from(
    [
        (contracts, Contract.term),
        (billing, Contract.term),
        (shop, Contract.term),
        (shop, Contract.email),
        (billing, Contract.email),
        (contracts, Contract.email),
        (shop, Contract.sent),
        (contracts, Contract.address),
        (carrier, Contract.address),
        (billing, Contract.fee),
    ]
).flatmap(
    lambda pair: st.builds(
        Step, st.sampled_from(WAITS), st.just(pair[0]), st.just(pair[1]), st.integers(0, 2)
    )
)
numbered_steps = st.builds(
    Step,
    st.sampled_from(WAITS),
    st.sampled_from([contracts, billing]),
    st.sampled_from([Contract.term, Contract.address]),
    st.integers(0, 2),
    st.integers(0, 12),
).filter(lambda step: step.party is contracts or step.fact is Contract.term)
timed_steps = st.builds(
    Step,
    st.sampled_from(WAITS),
    st.sampled_from([contracts, billing]),
    st.just(Contract.term),
    st.integers(0, 2),
    st.integers(0, 12),
    st.none() | st.integers(-20, 20),
    st.none() | st.integers(21, 40),
)


def say(timeline: Timeline, step: Step) -> None:
    """Let one step happen."""
    timeline.wait(timedelta(seconds=step.wait))
    value = bool(step.value) if step.fact is Contract.sent else step.value
    timeline.says(
        step.party,
        step.fact,
        KEY,
        value,
        sequence=step.sequence,
        since=None if step.since is None else timeline.minute(step.since),
        until=None if step.until is None else timeline.minute(step.until),
    )
    timeline.wait("1 ms")  # messages of one moment are told apart by microseconds


def told(timeline: Timeline, **when: Any) -> dict[str, Any]:
    """All that is told: the value, how it stands, who decides, since when, and each follower."""
    story = timeline.office.tell(Contract, KEY, to=desk, **when)
    return {
        fact.name: (
            telling.said,
            telling.standing,
            telling.decided_by,
            telling.since,
            [(how.party, how.standing, how.said, how.since) for how in telling.followers],
        )
        for fact in FACTS
        for telling in [story[fact]]
    }


def numbered(step: Step) -> object:
    """A party gives a number of its own to one message only; what has none is like no other."""
    return object() if step.sequence is None else (step.party.name, step.sequence)


@pytest.mark.parametrize(
    "steps", [plain_steps, numbered_steps, timed_steps], ids=["plain", "numbered", "timed"]
)
@given(data=st.data())
def test_what_was_told_at_a_moment_is_what_is_told_of_that_moment(
    steps: st.SearchStrategy[Step], data: st.DataObject
) -> None:
    """S4: ``known=`` some moment tells exactly what was told live at that moment."""
    history = data.draw(st.lists(steps, min_size=1, max_size=12, unique_by=numbered))
    live: dict[datetime, dict[str, Any]] = {}
    with Timeline(acme) as timeline:
        for step in history:
            say(timeline, step)
            live[timeline.clock.now()] = told(timeline)
            timeline.wait(timedelta(seconds=data.draw(st.sampled_from(WAITS))))
            live[timeline.clock.now()] = told(timeline)

        for moment, then in live.items():
            assert told(timeline, known=moment) == then, moment


def holds(step: Step, minute: float) -> bool:
    """Whether a claim is about this minute."""
    return (step.since or 0) <= minute and (step.until is None or minute < step.until)


@given(data=st.data())
def test_what_was_so_is_what_the_greatest_sequence_says_of_that_moment(
    data: st.DataObject,
) -> None:
    """At moment v a party says the claim of greatest sequence whose interval holds v."""
    dated = timed_steps.filter(lambda step: step.since is not None)
    history = data.draw(st.lists(dated, min_size=1, max_size=8, unique_by=lambda s: s.sequence))
    with Timeline(acme) as timeline:
        for step in history:
            say(timeline, step)

        for minute in [-25, *range(-20, 41, 4), 60]:
            holding = [s for s in history if s.party is contracts and holds(s, minute)]
            greatest = max(holding, key=lambda s: s.sequence or 0, default=None)
            expected = () if greatest is None else (greatest.value,)
            then = timeline.office.tell(Contract, KEY, to=desk, valid=timeline.minute(minute))
            assert then[Contract.term].said == expected, minute


TERM = Contract.term


def on(day: int) -> datetime:
    """Nine o'clock, so many days after the timeline begins."""
    return NINE + timedelta(days=day)


def renewals(timeline: Timeline) -> None:
    """Day 0: 1. Day 4: it has been 2 since day 2, as we learn. Day 6: 3."""
    timeline.says(contracts, TERM, KEY, 1)
    timeline.wait("4 d")
    timeline.says(contracts, TERM, KEY, 2, since=on(2))
    timeline.wait("2 d")
    timeline.says(contracts, TERM, KEY, 3)
    timeline.wait("1 d")


@pytest.mark.parametrize(
    ("valid", "known", "value"),
    [
        (None, 1, 1),
        (None, 3, 1),
        (3, None, 2),
        (3, 3, 1),
        (3, 5, 2),
        (1, None, 1),
        (1, 5, 1),
        (5, 5, 2),
        (5, None, 2),
        (6.5, 5, 2),
        (6.5, None, 3),
        (None, None, 3),
        (365, None, 3),
        (365, 5, 2),
    ],
)
def test_what_was_believed_and_what_was_so_are_two_questions(
    valid: float | None, known: float | None, value: int, timeline: Timeline
) -> None:
    """S4: "what did we believe on 3 May" and "what was so on 3 May as we know now" differ."""
    renewals(timeline)
    when: dict[str, Any] = {
        name: NINE + timedelta(days=day)
        for name, day in (("valid", valid), ("known", known))
        if day is not None
    }

    assert timeline.office.tell(Contract, KEY, to=desk, **when).term == value


def test_before_anything_was_said_nothing_was_known(timeline: Timeline) -> None:
    """Neither believed nor so: no value, and the sentence that says so."""
    renewals(timeline)
    for when in ({"known": on(-1)}, {"valid": on(-1)}):
        telling = timeline.office.tell(Contract, KEY, to=desk, **when)[TERM]  # type: ignore[arg-type]
        assert (telling.standing, telling.sentence) == (Standing.UNKNOWN, acme.unknown)
        with pytest.raises(NotHeard):
            _ = telling.value


def test_what_will_be_so_is_told_as_far_as_it_is_known(timeline: Timeline) -> None:
    """A future ``valid=`` tells claims about the future, and no follower has spoken of it yet."""
    timeline.says(contracts, TERM, KEY, 1)
    timeline.says(billing, TERM, KEY, 1)
    timeline.says(shop, TERM, KEY, 1)
    timeline.says(contracts, TERM, KEY, 2, since=on(10), until=on(20))

    values = [
        timeline.office.tell(Contract, KEY, to=desk, valid=on(d)).term for d in (9, 10, 19, 20)
    ]
    assert values == [1, 2, 2, 1]
    now = timeline.office.tell(Contract, KEY, to=desk)[TERM]
    assert (now.value, now.standing) == (1, Standing.AGREES)
    assert timeline.open_contradictions() == []


def test_a_story_says_since_when_and_as_of_when(timeline: Timeline) -> None:
    """Since it changed; as of when it was last said."""
    timeline.says(contracts, TERM, KEY, 1)
    timeline.wait_until(5)
    timeline.says(contracts, TERM, KEY, 1)
    timeline.wait_until(7)

    telling = timeline.office.tell(Contract, KEY, to=desk)[TERM]
    assert (telling.since, telling.as_of) == (timeline.minute(0), timeline.minute(5))


def test_a_long_past_is_told_from_copies_as_from_its_beginning(timeline: Timeline) -> None:
    """2,000 entries: at any moment, the same as hearing them all again."""
    for number in range(500):
        for party in (contracts, billing, shop):
            timeline.clock.move(timedelta(seconds=1))
            timeline.office.hear(timeline.word(party, TERM, KEY, (number + len(party.name)) % 7))
        if number % 50 == 0:
            timeline.wait("6 min")
    agreed = Agreements(acme).of("Contract")
    with timeline.office.ledger.view() as view:
        found = view.find(Ref("Contract", "", KEY))
        assert found is not None
        every = lines(view, found)
        copies = len([line for line in every if line.entry.number % 256 == 0])
        moments = [line.entry.known for line in every[:: len(every) // 40]] + [
            every[-1].entry.known
        ]
        from_copies = [plain(dossier_at(view, found, at, rehearing(agreed, KEY))) for at in moments]

    dossier, rehear, plainly = new_dossier(), rehearing(agreed, KEY), []
    waiting = list(every)
    for at in moments:
        while waiting and waiting[0].entry.known <= at:
            rehear(dossier, waiting.pop(0))
        plainly.append(plain(read_dossier(write_dossier(dossier))))
    assert len(every) > 2000
    assert copies
    assert from_copies == plainly


def test_a_moment_without_a_zone_is_no_moment(timeline: Timeline) -> None:
    """A naive datetime is an error at the door."""
    timeline.says(contracts, TERM, KEY, 1)

    for name in ("valid", "known"):
        with pytest.raises(ImpossibleTime, match="no time zone"):
            timeline.office.tell(Contract, KEY, to=desk, **{name: datetime(2027, 1, 5)})  # type: ignore[arg-type]  # noqa: DTZ001  # type: ignore[arg-type]
