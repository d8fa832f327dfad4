"""Declared differences: allowed, with a reason and an end, and shown; by the company or by a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from onestory import (
    Channel,
    Company,
    Entity,
    Fact,
    Key,
    People,
    Standing,
    System,
    declares_different,
)
from onestory.errors import ImpossibleTime, NotAllowed
from onestory.testing import NINE, Timeline

acme = Company("Acme Retail")
book = System("price book", of=acme)
web = System("web", of=acme)
tills = System("tills", of=acme)
stranger = System("stranger", of=acme)
customers = People("customers", of=acme)

HOUR = NINE + timedelta(hours=1)


class Price(Entity, of=acme):
    """What an article costs in one store."""

    article: Key[str]
    store: Key[str]
    amount: Fact[int] = book.decides(
        web.follows(within="1 min"),
        tills.follows(within="15 min"),
        customers.follows(within="1 d"),
    )
    note: Fact[str] = book.decides(web.follows(within="1 min"))


declares_different(
    tills,
    Price.amount,
    because="The tills of Ulm sell off their stock.",
    until=HOUR,
    only=[("A-1", "Ulm"), ("A/2", "Ulm")],
)
declares_different(web, Price.note, because="The web has its own notes.", until=HOUR)

desk = Channel("agent desk", of=acme)
ULM, BONN = ("A-1", "Ulm"), ("A-1", "Bonn")
D, F, L, X, A = (
    Standing.DECLARED,
    Standing.FOLLOWING,
    Standing.LATE,
    Standing.CONTRADICTS,
    Standing.AGREES,
)


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def differ(timeline: Timeline, key: tuple[str, str]) -> None:
    """The price book says 69; the web follows, and the tills say 49."""
    timeline.says(book, Price.amount, key, 69)
    timeline.says(web, Price.amount, key, 69)
    timeline.says(tills, Price.amount, key, 49)


def test_a_difference_in_company_py_holds_for_its_keys_only(timeline: Timeline) -> None:
    """Ulm may differ; Bonn may not. A slash in a part of a key is a part of it."""
    for key in (ULM, BONN, ("A/2", "Ulm")):
        differ(timeline, key)

    assert timeline.standing(tills, Price.amount, ULM) is D
    assert timeline.standing(tills, Price.amount, ("A/2", "Ulm")) is D
    assert timeline.standing(tills, Price.amount, BONN) is F
    timeline.wait("16 min")
    assert [c.key for c in timeline.open_contradictions()] == ["A-1/Bonn"]


def test_a_difference_holds_for_its_follower_only(timeline: Timeline) -> None:
    """The web must follow, in Ulm, too."""
    differ(timeline, ULM)
    timeline.says(web, Price.amount, ULM, 49)

    assert timeline.standing(web, Price.amount, ULM) is F


def test_who_agrees_agrees_whatever_may_differ(timeline: Timeline) -> None:
    """A difference that is allowed is not one that is there."""
    differ(timeline, ULM)
    timeline.says(tills, Price.amount, ULM, 69)

    assert timeline.standing(tills, Price.amount, ULM) is A


def test_the_story_shows_the_difference_with_its_reason_and_its_end(timeline: Timeline) -> None:
    """The decided value is told, and why one may see another."""
    differ(timeline, ULM)

    telling = timeline.office.tell(Price, ULM, to=desk)[Price.amount]
    assert (telling.value, telling.standing) == (69, D)
    assert telling.sentence == "tills: The tills of Ulm sell off their stock. (until 2027-01-05)"


def test_a_difference_in_company_py_ends(timeline: Timeline) -> None:
    """Up to its end it is declared; then it is what it was, since it began."""
    differ(timeline, ULM)
    timeline.wait_until(60)
    assert timeline.standing(tills, Price.amount, ULM) is D
    assert timeline.open_contradictions() == []

    timeline.wait("1 s")
    assert timeline.standing(tills, Price.amount, ULM) is X
    (opened,) = timeline.open_contradictions()
    assert opened.due < opened.opened


def test_a_difference_that_ends_before_its_follower_is_late_gives_it_the_rest(
    timeline: Timeline,
) -> None:
    """The tills have 15 minutes; ten of them were declared."""
    timeline.wait_until(50)
    differ(timeline, ULM)
    timeline.wait_until(60.01)
    assert timeline.standing(tills, Price.amount, ULM) is F
    assert timeline.open_contradictions() == []

    timeline.wait_until(65.01)
    assert timeline.standing(tills, Price.amount, ULM) is X


def test_a_difference_without_keys_holds_for_all(timeline: Timeline) -> None:
    """Every note of the web may differ."""
    timeline.says(book, Price.note, BONN, "x")

    assert timeline.standing(web, Price.note, BONN) is D


def declare(timeline: Timeline, *, until: datetime, because: str = "Sold as seen.") -> None:
    """Ines allows the tills of Bonn to differ."""
    timeline.office.declares_different(
        tills, Price.amount, BONN, because=because, until=until, by="Ines"
    )


def test_a_person_may_declare_a_difference(timeline: Timeline) -> None:
    """What was open is settled as declared, with the reason in the ledger."""
    differ(timeline, BONN)
    timeline.wait_until(16)
    declare(timeline, until=timeline.minute(30))

    assert timeline.standing(tills, Price.amount, BONN) is D
    assert timeline.open_contradictions() == []
    assert timeline.office.contradictions(settled=True)[0].how == "declared"
    sentences = [event.sentence for event in timeline.office.timeline(Price, BONN)]
    assert "amount may differ in tills: Sold as seen." in sentences


def test_a_later_word_of_a_person_takes_the_place_of_the_earlier(timeline: Timeline) -> None:
    """Declared until 30, then until 20: at 21 it is open."""
    differ(timeline, BONN)
    declare(timeline, until=timeline.minute(30))
    timeline.wait_until(16)
    declare(timeline, until=timeline.minute(20), because="Until noon only.")
    assert "Until noon only." in timeline.office.tell(Price, BONN, to=desk)[Price.amount].sentence

    timeline.wait_until(20.01)
    assert timeline.standing(tills, Price.amount, BONN) is X


def test_a_new_decision_is_covered_too(timeline: Timeline) -> None:
    """The difference is allowed, not one value of it."""
    differ(timeline, BONN)
    declare(timeline, until=timeline.minute(30))
    timeline.says(book, Price.amount, BONN, 79)

    assert timeline.standing(tills, Price.amount, BONN) is D
    assert timeline.office.tell(Price, BONN, to=desk).amount == 79


def test_the_past_keeps_what_was_declared_then(timeline: Timeline) -> None:
    """As of a moment, a difference is declared once it was."""
    differ(timeline, BONN)
    timeline.wait_until(10)
    declare(timeline, until=timeline.minute(30))
    timeline.wait_until(40)

    def standing(minute: float) -> Standing:
        known = timeline.minute(minute)
        return timeline.office.tell(Price, BONN, to=desk, known=known)[Price.amount].standing

    assert [standing(5), standing(20), standing(35)] == [F, D, X]
    assert timeline.office.verify(dossiers=True) == []


@pytest.mark.parametrize(
    ("because", "minutes"), [("", 30), ("  ", 30), ("Sold as seen.", 0), ("Sold as seen.", -5)]
)
def test_a_difference_needs_a_reason_and_an_end_to_come(
    because: str, minutes: float, timeline: Timeline
) -> None:
    """Nothing is allowed for ever, for no reason, or after the fact."""
    with pytest.raises(NotAllowed, match="needs a reason, and an end"):
        declare(timeline, until=timeline.minute(minutes), because=because)


def test_an_end_has_a_zone(timeline: Timeline) -> None:
    """A naive datetime is an error at the door."""
    with pytest.raises(ImpossibleTime):
        declare(timeline, until=datetime(2028, 1, 1))  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize("party", [stranger, customers, book], ids=lambda party: party.name)
def test_only_a_system_that_follows_may_differ(party: System, timeline: Timeline) -> None:
    """People are told, and who does not follow cannot differ."""
    with pytest.raises(NotAllowed, match=f"{party.name} is no system that follows Price.amount"):
        timeline.office.declares_different(
            party, Price.amount, BONN, because="Why not.", until=HOUR, by="Ines"
        )
