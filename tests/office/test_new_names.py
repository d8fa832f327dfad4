"""New names: what was said, opened, told and disputed of a fact holds under its other name."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from onestory import Standing
from onestory.testing import NINE

from .versions import KEY, LATER, A, Acme, D, F, L, Versions, before, held, renamed, said


def test_another_name_keeps_what_was_said(versions: Versions) -> None:
    """Claims, standing and deadline are as they were."""
    before(versions)
    acme = Acme()
    contract = acme.entity("Contract", ends=acme.term(was="term"))

    with versions.open(acme) as timeline:
        telling = timeline.office.tell(contract, KEY, to=acme.desk)[contract.ends]
        assert (telling.value, telling.standing) == ("y", F)
        timeline.wait("5 min")
        assert timeline.standing(acme.billing, contract.ends, KEY) is L
        timeline.says(acme.billing, contract.ends, KEY, "y")
        assert timeline.standing(acme.billing, contract.ends, KEY) is A


def test_another_name_keeps_what_is_open(versions: Versions) -> None:
    """The contradiction goes by the new name, can be explained, and is settled when they agree."""
    before(versions, wait="6 min")
    acme = Acme()
    contract = acme.entity("Contract", ends=acme.term(was="term"))

    with versions.open(acme) as timeline:
        (opened,) = timeline.open_contradictions()
        assert opened.path == "Contract.ends"
        assert timeline.office.explain(opened.number).decided.value == "y"
        timeline.says(acme.billing, contract.ends, KEY, "y")
        assert timeline.open_contradictions() == []


@pytest.mark.parametrize("entries", [2, 300])
def test_the_past_is_told_under_the_new_name(entries: int, versions: Versions) -> None:
    """As known before the renaming, too, and however long the past is."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    timeline = versions.open(acme)
    moments: dict[datetime, str] = {}
    for number in range(entries):
        timeline.says(acme.contracts, contract.term, KEY, f"v{number}")
        timeline.wait("1 s")
        moments[timeline.clock.now()] = f"v{number}"
        timeline.wait("1 s")
    timeline.says(acme.contracts, contract.term, KEY, "dated", since=NINE - timedelta(days=2))
    versions.close(timeline)
    acme = Acme()
    contract = acme.entity("Contract", ends=acme.term(was="term"))

    with versions.open(acme) as timeline:
        timeline.says(acme.contracts, contract.ends, KEY, "now")
        tell = timeline.office.tell
        for moment in [*moments][:: max(1, entries // 7)]:
            assert tell(contract, KEY, to=acme.desk, known=moment).ends == moments[moment]
        assert tell(contract, KEY, to=acme.desk, valid=NINE - timedelta(days=1)).ends == "dated"


def test_another_name_keeps_links_audiences_and_disputes(versions: Versions) -> None:
    """Who is told of it, what each was told, and who challenges it."""
    acme = Acme()
    contract = held(acme, told=True)
    timeline = versions.open(acme)
    person = (acme.customer, "K-7")
    timeline.says(acme.contracts, contract.holder, KEY, "K-7")
    timeline.says(acme.contracts, contract.term, KEY, "x")
    timeline.says(acme.contracts, contract.term, KEY, "y")
    timeline.office.disputes(contract.term, KEY, by=person)
    versions.close(timeline)
    acme = Acme()
    follows = acme.customers.follows(within="1 h")
    contract = acme.entity(
        "Contract",
        owner=(acme.customer, acme.contracts.decides(was="holder")),
        ends=(str, acme.contracts.decides(follows, was="term")),
    )

    with versions.open(acme) as timeline:
        person = (acme.customer, "K-7")
        hers = timeline.office.tell(contract, KEY, to=acme.desk, person=person)
        assert hers[contract.ends].standing is Standing.DISPUTED
        timeline.wait("61 min")
        assert [(c.fact, c.person) for c in timeline.open_contradictions()] == [("ends", "K-7")]
        timeline.says(acme.contracts, contract.owner, KEY, "K-8")
        assert timeline.open_contradictions() == []
        shown = {event.subject for event in timeline.office.timeline(acme.customer, "K-7")}
        assert shown in ({"Customer K-7"}, set())


def test_a_name_that_is_free_again_may_be_used_again(versions: Versions) -> None:
    """What was said of the old fact stays with it under its new name."""
    before(versions, behind=False)
    renamed = Acme()
    renamed.entity("Contract", ends=renamed.term(was="term"))
    versions.close(versions.open(renamed))
    acme = Acme()
    contract = acme.entity("Contract", ends=acme.term(), term=acme.term())

    with versions.open(acme) as timeline:
        story = timeline.office.tell(contract, KEY, to=acme.desk)
        assert story[contract.ends].said == ("y",)
        assert story[contract.term].said == ()
        timeline.says(acme.contracts, contract.term, KEY, "new")
        timeline.wait("1 s")
        then = timeline.office.tell(contract, KEY, to=acme.desk, known=timeline.clock.now())
        assert (then.ends, then.term) == ("y", "new")


def test_a_late_word_is_late_under_the_new_name_too(versions: Versions) -> None:
    """The repeat before it left no line, so its line says what was said: by the name of then."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    timeline = versions.open(acme)
    timeline.says(acme.contracts, contract.term, KEY, "new", sequence=1)
    timeline.says(acme.contracts, contract.term, KEY, "new", sequence=5)
    timeline.wait("1 min")
    timeline.says(acme.contracts, contract.term, KEY, "late", sequence=3)
    timeline.wait("1 min")
    then = timeline.clock.now()
    timeline, acme, contract = renamed(timeline, versions)

    timeline.says(acme.contracts, contract.ends, KEY, "now", sequence=6)
    told = timeline.office.tell(contract, KEY, to=acme.desk, known=then)
    assert told.ends == "new"
    timeline.close()


def test_a_systems_own_name_keeps_its_order_under_the_new_name_too(versions: Versions) -> None:
    """What was repeated under a system's own name before it was linked is not older than it was."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    timeline = versions.open(acme)
    account = acme.billing.calls("B-991")
    timeline.says(acme.contracts, contract.term, KEY, "x")
    timeline.says(acme.billing, contract.term, account, "new", sequence=1)
    timeline.says(acme.billing, contract.term, account, "new", sequence=5)
    timeline.says(acme.billing, contract.term, KEY, "old", sequence=3)
    timeline.office.link(account, contract, KEY, by="Ines")
    timeline.wait("1 min")
    then = timeline.clock.now()
    timeline, acme, contract = renamed(timeline, versions)

    timeline.says(acme.billing, contract.ends, KEY, "now", sequence=6)
    told = timeline.office.tell(contract, KEY, to=acme.desk, known=then)
    assert told[contract.ends].followers[0].said == "new"
    timeline.close()


def test_a_declared_difference_holds_under_the_new_name_too(versions: Versions) -> None:
    """Asked about the time before the renaming, the difference is shown with its reason."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    timeline = versions.open(acme)
    said(timeline, acme, contract.term)
    timeline.office.declares_different(
        acme.billing, contract.term, KEY, because="It is rebuilt.", until=LATER, by="Ines"
    )
    timeline.wait("1 h")
    then = timeline.clock.now()
    timeline, acme, contract = renamed(timeline, versions)

    timeline.says(acme.contracts, contract.ends, KEY, "z")
    told = timeline.office.tell(contract, KEY, to=acme.desk, known=then)
    assert told[contract.ends].standing is D
    timeline.close()


def test_a_dispute_of_the_past_is_told_under_the_new_name(versions: Versions) -> None:
    """She challenged it then, whatever it was called; now she does no longer."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    timeline = versions.open(acme)
    said(timeline, acme, contract.term, behind=False)
    alice = (acme.customer, "K-7")
    timeline.office.disputes(contract.term, KEY, by=alice)
    timeline.wait("1 min")
    then = timeline.clock.now()
    timeline.wait("1 min")
    timeline.office.disputes_no_longer(contract.term, KEY, by=alice)
    timeline, acme, contract = renamed(timeline, versions)

    her = (acme.customer, "K-7")
    tell = timeline.office.tell
    past = tell(contract, KEY, to=acme.desk, known=then, person=her)[contract.ends]
    assert past.standing is Standing.DISPUTED
    assert tell(contract, KEY, to=acme.desk, person=her)[contract.ends].standing is A
    assert tell(contract, KEY, to=acme.desk, known=then)[contract.ends].standing is A
    timeline.close()
