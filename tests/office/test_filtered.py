"""What is asked of one fact, one follower, one person: that, and nothing of others."""

from __future__ import annotations

import pytest

from onestory.errors import NoSuchName, NotAllowed
from onestory.office.contradicted import page_of
from onestory.testing import Timeline

from ..remedy.post import Telecom, telecom
from ..remedy.test_tellings import SPRING, SUMMER, go_on, told_spring


def sentences(timeline: Timeline, here: Telecom, person: str) -> list[str]:
    """What a person's timeline holds, newest first."""
    events = timeline.office.timeline_of((here.Customer, person))
    return [f"{event.subject}: {event.sentence}" for event in events]


def test_who_held_a_contract_before_is_not_in_the_timeline_of_who_holds_it_now() -> None:
    """Ada is told of her renewal, then Bea takes the contract over: each finds what is their own."""
    here = telecom()
    with told_spring(here, ("Ada", "Bea")) as timeline:
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 10)
        (sent,) = here.mail.sent
        timeline.says(here.contracts, here.Contract.holder, "C-Ada", "Bea")
        ada, bea = sentences(timeline, here, "Ada"), sentences(timeline, here, "Bea")
        whole = timeline.office.timeline(here.Contract, "C-Ada")

        assert [s for s in ada if sent.reference in s]
        assert not [s for s in bea if sent.reference in s or "Ada by" in s]
        assert "Contract C-Ada: renewed_until = 2027-06-30" in bea
        assert [e for e in whole if e.sentence.startswith("repair 1: done")]
        assert [s for s in ada if "repair 1: done" in s]
        assert not [s for s in bea if "repair 1:" in s]


def test_a_person_s_timeline_is_read_page_by_page_and_as_of_a_moment() -> None:
    """Pages of two hold each event once; as of the beginning there is less."""
    here = telecom()
    with told_spring(here) as timeline:
        began = timeline.clock.now()
        timeline.wait("1 min")
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 10)
        ada = (here.Customer, "Ada")
        whole = timeline.office.timeline_of(ada, limit=500)
        paged = timeline.office.timeline_of(ada, limit=2)
        while page := timeline.office.timeline_of(ada, before=paged[-1].number, limit=2):
            paged += page

        assert paged == whole
        then = timeline.office.timeline_of(ada, known=began)
        assert then == [event for event in whole if event.known <= began]
        assert 0 < len(then) < len(whole)


def test_only_people_have_a_timeline_of_theirs() -> None:
    """A contract is nobody, and of Cleo nobody ever spoke."""
    here = telecom()
    with told_spring(here) as timeline:
        with pytest.raises(NotAllowed, match="Contract is not one of any people"):
            timeline.office.timeline_of((here.Contract, "C-Ada"))
        with pytest.raises(NoSuchName, match="Cleo"):
            timeline.office.timeline_of((here.Customer, "Cleo"))


def test_contradictions_are_those_of_one_fact_or_in_one_follower() -> None:
    """Two people are not told of a term and one of a price: three in all, by fact two and one."""
    here = telecom()
    with Timeline(here.company) as timeline:
        fact, monthly = here.Contract.renewed_until, here.Contract.monthly
        for person, until in (("Ada", SPRING), ("Bea", SPRING)):
            timeline.says(here.contracts, fact, f"C-{person}", until)
            timeline.says(here.contracts, monthly, f"C-{person}", "49.00 EUR")
            timeline.says(here.contracts, here.Contract.holder, f"C-{person}", person)
        for person in ("Ada", "Bea"):
            timeline.says(here.contracts, fact, f"C-{person}", SUMMER)
        timeline.says(here.contracts, monthly, "C-Bea", "39.00 EUR")
        timeline.wait("30 d")
        timeline.says(here.contracts, fact, "C-Ada", SPRING)
        office = timeline.office

        def keys(**asked: object) -> list[str]:
            return [one.key for one in office.contradictions(**asked)]  # type: ignore[arg-type]

        assert sorted(keys()) == ["C-Bea", "C-Bea"]
        assert sorted(keys(settled=True)) == ["C-Ada", "C-Bea", "C-Bea"]
        assert keys(fact=monthly) == ["C-Bea"]
        assert sorted(keys(fact=fact, settled=True)) == ["C-Ada", "C-Bea"]
        assert sorted(keys(follower=here.customers)) == sorted(keys())
        assert keys(fact=fact, follower=here.shop) == []
        first = office.contradictions(fact=fact, settled=True, limit=1)[0].number
        assert keys(fact=fact, settled=True, after=first) == ["C-Bea"]
        page = page_of(office, after=0, limit=5, settled=False, fact=monthly)
        assert (page.open, [one.row.key for one in page.rows]) == (1, ["C-Bea"])
