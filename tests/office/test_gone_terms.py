"""What is declared no more: facts, entities and followers that go, and come back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from onestory.errors import NoSuchName
from onestory.testing import NINE

from .versions import KEY, A, Acme, F, Versions, before, held, said


def test_what_is_open_of_a_follower_that_is_gone_is_settled(versions: Versions) -> None:
    """It follows no longer, so nothing is owed."""
    before(versions, wait="6 min")
    acme = Acme()
    contract = acme.entity("Contract", term=(str, acme.contracts.decides()))

    with versions.open(acme) as timeline:
        assert timeline.open_contradictions() == []
        (settled,) = timeline.office.contradictions(settled=True)
        assert settled.how == "follows no longer"
        assert timeline.office.tell(contract, KEY, to=acme.desk)[contract.term].standing is A
        assert timeline.office.explain(settled.number).how == "follows no longer"


def test_a_follower_that_comes_back_is_judged_from_then_on(versions: Versions) -> None:
    """What it said is known still; its time begins anew, as far as nobody can say since when."""
    before(versions, wait="6 min")
    gone = Acme()
    gone.entity("Contract", term=(str, gone.contracts.decides()))
    versions.close(versions.open(gone))
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())

    with versions.open(acme) as timeline:
        telling = timeline.office.tell(contract, KEY, to=acme.desk)[contract.term]
        assert [how.said for how in telling.followers] == ["x"]
        timeline.says(acme.billing, contract.term, KEY, "y")
        assert timeline.standing(acme.billing, contract.term, KEY) is A


def test_people_who_follow_no_longer_are_owed_nothing(versions: Versions) -> None:
    """What is open of them is settled, and nothing more is opened."""
    acme = Acme()
    contract = held(acme, told=True)
    timeline = versions.open(acme)
    for key in ("C-1", "C-2"):
        timeline.says(acme.contracts, contract.holder, key, "K-7")
        timeline.says(acme.contracts, contract.term, key, "x")
    timeline.says(acme.contracts, contract.term, "C-1", "y")
    timeline.wait("61 min")
    timeline.says(acme.contracts, contract.term, "C-2", "y")
    assert len(timeline.open_contradictions()) == 1
    versions.close(timeline)
    acme = Acme()
    held(acme, told=False)

    with versions.open(acme) as timeline:
        timeline.wait("2 h")
        assert timeline.open_contradictions() == []


def test_what_is_open_of_a_fact_that_is_gone_is_settled(versions: Versions) -> None:
    """Its entries stay; no channel shows it; nobody can be asked why it was open."""
    before(versions, wait="6 min")
    acme = Acme()
    contract = acme.entity("Contract", note=acme.term())

    with versions.open(acme) as timeline:
        assert timeline.open_contradictions() == []
        (settled,) = timeline.office.contradictions(settled=True)
        assert (settled.fact, settled.how) == ("term", "no longer declared")
        with pytest.raises(NoSuchName, match="Contract.term is not declared any more"):
            timeline.office.explain(settled.number)
        assert "term = x" in [e.sentence for e in timeline.office.timeline(contract, KEY)]


def test_what_is_open_of_an_entity_that_is_gone_is_settled(versions: Versions) -> None:
    """It is judged no more, so nothing of it may stay open."""
    before(versions, wait="6 min")
    acme = Acme()
    acme.entity("Bill", note=acme.term())

    with versions.open(acme) as timeline:
        timeline.wait("1 d")
        assert timeline.open_contradictions() == []


def test_a_fact_that_comes_back_has_what_was_said_of_it(versions: Versions) -> None:
    """Gone for one version, told again in the next, with its past."""
    before(versions, behind=False)
    gone = Acme()
    gone.entity("Contract", note=gone.term())
    versions.close(versions.open(gone))
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term(), note=acme.term())

    with versions.open(acme) as timeline:
        told = timeline.office.tell(contract, KEY, to=acme.desk)
        assert told.term == "y"
        then = timeline.office.tell(contract, KEY, to=acme.desk, known=NINE + timedelta(seconds=90))
        assert then.term == "x"


def test_a_past_that_speaks_of_a_fact_that_is_gone_is_told_without_it(versions: Versions) -> None:
    """Its lines stay in the ledger; nothing is judged by them."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term(), note=acme.term())
    timeline = versions.open(acme)
    said(timeline, acme, contract.term)
    said(timeline, acme, contract.note)
    timeline.wait("1 min")
    then = timeline.clock.now()
    versions.close(timeline)
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())

    with versions.open(acme) as timeline:
        timeline.says(acme.contracts, contract.term, KEY, "z")
        told = timeline.office.tell(contract, KEY, to=acme.desk, known=then)
        assert (told.term, told[contract.term].standing) == ("y", F)


def test_a_fact_that_is_gone_while_somebody_follows_leaves_nothing_to_settle(
    versions: Versions,
) -> None:
    """Nothing was open yet, so nothing is opened or settled: also where the time is over by then."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term(), note=acme.term())
    timeline = versions.open(acme)
    said(timeline, acme, contract.note)
    timeline.wait("4 min")
    versions.close(timeline)
    versions.now += timedelta(hours=1)
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())

    with versions.open(acme) as timeline:
        timeline.says(acme.contracts, contract.term, KEY, "x")
        assert timeline.office.contradictions(settled=True) == []
        assert timeline.office.verify(dossiers=True) == []


def test_a_follower_that_is_gone_while_it_follows_leaves_nothing_to_settle(
    versions: Versions,
) -> None:
    """It still had time when it was taken out of the agreement."""
    before(versions)
    acme = Acme()
    contract = acme.entity("Contract", term=(str, acme.contracts.decides()))

    with versions.open(acme) as timeline:
        timeline.wait("1 h")
        assert timeline.office.contradictions(settled=True) == []
        told = timeline.office.tell(contract, KEY, to=acme.desk)
        assert (told.term, told[contract.term].standing) == ("y", A)


def test_a_word_for_later_of_a_fact_that_is_gone_comes_to_nothing(versions: Versions) -> None:
    """Its time comes, and the other facts are judged as ever."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term(), note=acme.term())
    timeline = versions.open(acme)
    said(timeline, acme, contract.term)
    timeline.says(acme.contracts, contract.note, KEY, "x")
    timeline.says(acme.contracts, contract.note, KEY, "y", since=NINE + timedelta(hours=1))
    versions.close(timeline)
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())

    with versions.open(acme) as timeline:
        timeline.wait("2 h")
        assert [c.fact for c in timeline.open_contradictions()] == ["term"]
