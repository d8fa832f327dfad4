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
from onestory.errors import NotHeard
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


def told(timeline: Timeline, **when: datetime) -> dict[str, Any]:
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


@pytest.mark.parametrize(
    "steps", [plain_steps, numbered_steps, timed_steps], ids=["plain", "numbered", "timed"]
)
@given(data=st.data())
def test_what_was_told_at_a_moment_is_what_is_told_of_that_moment(
    steps: st.SearchStrategy[Step], data: st.DataObject
) -> None:
    """S4: ``known=`` some moment tells exactly what was told live at that moment."""
    history = data.draw(st.lists(steps, min_size=1, max_size=12))
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
