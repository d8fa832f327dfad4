"""Answers for programs: every moment is aware, and a subject is spelled alike in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from onestory import Company, Entity, Fact, Fault, Key, System, message
from onestory.office.contradicted import page_of
from onestory.testing import Timeline

acme = Company("Acme Market")
prices = System("prices", of=acme)
till = System("till", of=acme)


class Article(Entity, of=acme):
    """What one store sells."""

    article_no: Key[str]
    store: Key[str]
    price: Fact[int] = prices.decides(till.follows(within="5 min"))


MILK = ("4711", "Ulm")


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def late(timeline: Timeline, *, heard_before: bool = True) -> None:
    """The price of milk was 49 and is 59, and the till has said nothing since."""
    timeline.says(prices, Article.price, MILK, 49)
    if heard_before:
        timeline.says(till, Article.price, MILK, 49)
    timeline.wait("1 min")
    timeline.says(prices, Article.price, MILK, 59)
    timeline.wait("6 min")


def test_a_contradiction_says_when_in_moments(timeline: Timeline) -> None:
    """Since 9:01, due 9:06, opened when it was judged; and so is when it was settled."""
    late(timeline)
    (found,) = timeline.open_contradictions()
    timeline.says(till, Article.price, MILK, 59)
    (settled,) = timeline.office.contradictions(settled=True)

    assert (found.since, found.due) == (timeline.minute(1), timeline.minute(6))
    assert (found.opened, found.settled) == (timeline.minute(7), None)
    assert settled.settled == timeline.minute(7)
    assert {m.utcoffset() for m in (found.since, settled.settled)} == {timedelta(0)}


@pytest.mark.parametrize("heard_before", [True, False])
def test_a_silent_system_was_last_heard_then_or_never(
    *, heard_before: bool, timeline: Timeline
) -> None:
    """Never is None, in the contradiction, in its incident and in its cause."""
    late(timeline, heard_before=heard_before)
    last: datetime | None = timeline.minute(0) if heard_before else None

    (found,) = timeline.open_contradictions()
    (incident,) = timeline.office.incidents()
    cause = timeline.office.explain(found.number).cause
    assert (found.silent, found.silent_since) == (True, last)
    assert (incident.silent_since, incident.members) == (last, 1)
    assert (incident.since, incident.opened) == (found.since, found.opened)
    assert (cause.fault, cause.silent_since) == (Fault.SILENT, last)


def test_a_system_that_speaks_of_something_else_is_not_silent(timeline: Timeline) -> None:
    """It is alive, so this contradiction is its own."""
    timeline.says(prices, Article.price, MILK, 49)
    timeline.says(till, Article.price, MILK, 49)
    timeline.wait("1 min")
    timeline.says(prices, Article.price, MILK, 59)
    timeline.wait("1 min")
    timeline.says(till, Article.price, ("4712", "Ulm"), 99)
    timeline.wait("5 min")

    (found,) = timeline.open_contradictions()
    assert (found.silent, found.silent_since) == (False, None)
    assert timeline.office.incidents() == []


def test_a_message_set_aside_says_when_it_arrived(timeline: Timeline) -> None:
    """As a moment, like every other answer."""
    timeline.wait("3 min")
    timeline.office.hear(message("till", "nobody reads this", {}, id="1"))

    (aside,) = timeline.office.asides()
    assert (aside.known, aside.lax) == (timeline.minute(3), False)


def test_a_key_of_several_parts_is_spelled_alike_in_every_answer(timeline: Timeline) -> None:
    """In a timeline, in an explanation and in a list, as a person reads it."""
    late(timeline)
    (found,) = timeline.open_contradictions()

    listed = page_of(timeline.office, after=0, limit=10, settled=False).rows[0]
    (event, *_) = timeline.office.timeline(Article, MILK)
    spelled = {listed.subject, event.subject, timeline.office.explain(found.number).subject}
    assert spelled == {"Article 4711 Ulm"}


def test_a_subject_known_only_by_a_systems_own_name_is_spelled_so(timeline: Timeline) -> None:
    """Whoever reads it knows whose name that is."""
    timeline.says(prices, Article.price, till.calls("T-9"), 49)
    timeline.wait("6 min")
    (found,) = timeline.open_contradictions()

    listed = page_of(timeline.office, after=0, limit=10, settled=False).rows[0]
    spelled = {listed.subject, timeline.office.explain(found.number).subject}
    assert spelled == {"Article called T-9 by till"}
