"""New terms: a company opened again on its ledger with other declarations than before."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from onestory import Channel, Money, declares_different, derives, equal, latest_of, to_the_cent
from onestory.errors import NotShown, OtherCompany, TermsRefused
from onestory.office import planned

from .versions import KEY, LATER, A, Acme, D, F, L, Versions, X, before, held, said


def test_a_new_fact_is_heard_and_told(versions: Versions) -> None:
    """Beside the old one, which stays as it was."""
    before(versions, behind=False)
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term(), note=acme.term())

    with versions.open(acme) as timeline:
        timeline.says(acme.contracts, contract.note, KEY, "n")
        told = timeline.office.tell(contract, KEY, to=acme.desk)
        assert (told.term, told.note) == ("y", "n")
        assert timeline.standing(acme.billing, contract.term, KEY) is A


def test_the_same_terms_are_kept_once(versions: Versions) -> None:
    """Opening again with nothing changed writes nothing."""
    for _ in range(3):
        acme = Acme()
        acme.entity("Contract", term=acme.term())
        timeline = versions.open(acme)
        assert len(timeline.office.ledger.terms()) == 1
        versions.close(timeline)


def unsafe(how: str) -> Acme:
    """A version that the ledger cannot follow."""
    acme = Acme()
    if how == "type":
        acme.entity(
            "Contract", term=(int, acme.contracts.decides(acme.billing.follows(within="5 min")))
        )
    elif how == "authority":
        acme.entity("Contract", term=(str, acme.shop.decides(acme.billing.follows(within="5 min"))))
    elif how == "key":
        acme.entity("Contract", key=("no", "month"), term=acme.term())
    elif how == "type under another name":
        acme.entity("Contract", ends=(int, acme.contracts.decides(was="term")))
    else:
        acme.entity("Contract", term=(str, latest_of(acme.contracts, acme.billing).decides()))
    return acme


UNSAFE = {
    "type": "Contract.term holds int; it was str",
    "authority": "Contract.term is decided by shop; it was contracts. Say from when",
    "key": "Contract has the key no, month; it was no",
    "type under another name": "Contract.ends holds int; it was str",
    "latest of": "Contract.term is decided by latest of contracts, billing; it was contracts",
}


@pytest.mark.parametrize("how", UNSAFE)
def test_an_unsafe_change_is_refused_at_open(how: str, versions: Versions) -> None:
    """With what was, what is, and what to write; the ledger stays as it was."""
    before(versions)
    with pytest.raises(TermsRefused) as caught:
        versions.open(unsafe(how))

    assert UNSAFE[how] in caught.value.what
    assert caught.value.where.startswith("versions.py:")
    assert "onestory plan" in caught.value.fix
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    with versions.open(acme) as timeline:
        assert timeline.office.tell(contract, KEY, to=acme.desk).term == "y"
        assert len(timeline.office.ledger.terms()) == 1


def test_a_plan_shows_the_changes_and_writes_nothing(versions: Versions) -> None:
    """What opening would do, one line each."""
    before(versions)
    acme = Acme()
    acme.entity("Contract", ends=acme.term("1 h", was="term"))

    changes = planned(acme.company, versions.address)
    assert [(c.sign, c.about) for c in changes] == [("~", "Contract.ends"), ("~", "Contract.ends")]
    assert "was called term" in changes[0].sentence
    assert planned(acme.company, versions.address) == changes


def test_another_company_is_refused(versions: Versions) -> None:
    """One ledger holds one company."""
    before(versions)
    acme = Acme("Halcyon")
    acme.entity("Contract", term=acme.term())

    with pytest.raises(OtherCompany, match="holds Acme Telecom, not Halcyon"):
        versions.open(acme)


def test_a_shorter_time_is_judged_from_now_on(versions: Versions) -> None:
    """Billing had an hour and has five minutes: late at once, since it was behind all the time."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term("1 h"))
    timeline = versions.open(acme)
    said(timeline, acme, contract.term)
    timeline.wait("10 min")
    assert timeline.open_contradictions() == []
    versions.close(timeline)
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term("5 min"))

    with versions.open(acme) as timeline:
        assert timeline.standing(acme.billing, contract.term, KEY) is L
        (opened,) = timeline.open_contradictions()
        assert opened.due - opened.since == timedelta(minutes=5)


def test_a_longer_time_is_judged_from_now_on(versions: Versions) -> None:
    """What was due at minute 7 is due at minute 62; what is open stays open."""
    before(versions)
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term("1 h"))

    with versions.open(acme) as timeline:
        timeline.wait("30 min")
        assert timeline.standing(acme.billing, contract.term, KEY) is F
        timeline.wait("30 min")
        assert timeline.standing(acme.billing, contract.term, KEY) is L


def test_what_is_open_stays_open_when_the_time_gets_longer(versions: Versions) -> None:
    """Until they agree or the difference is declared."""
    before(versions, wait="6 min")
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term("1 d"))

    with versions.open(acme) as timeline:
        assert [c.follower for c in timeline.open_contradictions()] == ["billing"]
        timeline.says(acme.billing, contract.term, KEY, "y")
        assert timeline.open_contradictions() == []


def test_another_sameness_is_judged_from_now_on(versions: Versions) -> None:
    """A tenth of a cent was a contradiction, and is none any more."""
    for same, expected in [(equal, X), (to_the_cent, A), (equal, F)]:
        acme = Acme()
        follows = acme.billing.follows(within="5 min")
        contract = acme.entity(
            "Contract", price=(Money, acme.contracts.decides(follows, same=same))
        )
        timeline = versions.open(acme)
        if expected is X:
            timeline.says(acme.contracts, contract.price, KEY, Money(Decimal("49.90"), "EUR"))
            timeline.says(acme.billing, contract.price, KEY, Money(Decimal("49.901"), "EUR"))
            timeline.wait("6 min")
        assert timeline.standing(acme.billing, contract.price, KEY) is expected
        assert len(timeline.open_contradictions()) == (expected is X)
        versions.close(timeline)


def test_a_new_follower_is_judged_from_now_on(versions: Versions) -> None:
    """The shop never heard of it: it has its time from the moment it was declared."""
    before(versions, wait="1 d")
    acme = Acme()
    followers = (acme.billing.follows(within="5 min"), acme.shop.follows(within="10 min"))
    contract = acme.entity("Contract", term=(str, acme.contracts.decides(*followers)))

    with versions.open(acme) as timeline:
        assert timeline.standing(acme.shop, contract.term, KEY) is F
        timeline.wait("10 min")
        assert timeline.standing(acme.shop, contract.term, KEY) is F
        timeline.wait("1 s")
        assert timeline.standing(acme.shop, contract.term, KEY) is L


def test_people_who_newly_follow_begin_with_what_is_decided(versions: Versions) -> None:
    """Nobody is told because they were never told; the next change is theirs to hear."""
    acme = Acme()
    contract = held(acme, told=False)
    timeline = versions.open(acme)
    timeline.says(acme.contracts, contract.holder, KEY, "K-7")
    timeline.says(acme.contracts, contract.term, KEY, "x")
    versions.close(timeline)
    acme = Acme()
    contract = held(acme, told=True)

    with versions.open(acme) as timeline:
        person = (acme.customer, "K-7")
        assert timeline.standing(acme.customers, contract.term, KEY, person=person) is A
        timeline.says(acme.contracts, contract.term, KEY, "y")
        assert timeline.standing(acme.customers, contract.term, KEY, person=person) is F


def test_a_fact_that_a_channel_does_not_know_is_not_shown(versions: Versions) -> None:
    """A channel of the old version shows what it showed."""
    before(versions)
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term(), note=acme.term())
    portal = Channel("portal", of=acme.company, shows=[contract.term])

    with versions.open(acme) as timeline:
        told = timeline.office.tell(contract, KEY, to=portal)
        assert told.term == "y"
        with pytest.raises(NotShown, match="portal does not show Contract.note"):
            _ = told.note


def differing(until: datetime | None) -> tuple[Acme, Any]:
    """A version in which billing may differ until a moment, or may not."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    if until is not None:
        declares_different(acme.billing, contract.term, because="The old plan.", until=until)
    return acme, contract


def test_a_difference_that_is_declared_later_settles_what_is_open(versions: Versions) -> None:
    """From the moment the company is opened with it; and without it, it is open again."""
    before(versions, wait="6 min")
    for until, expected in [(LATER, D), (None, L)]:
        acme, contract = differing(until)
        timeline = versions.open(acme)
        assert timeline.standing(acme.billing, contract.term, KEY) is expected
        assert len(timeline.open_contradictions()) == (until is None)
        versions.close(timeline)
    assert len(versions.open(differing(None)[0]).office.contradictions(settled=True)) == 2


def test_a_fact_that_is_derived_from_now_on_is_derived_for_all(versions: Versions) -> None:
    """For the subjects that were there before, too."""
    before(versions, behind=False)
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term(), loud=(str, acme.shop.decides()))
    derives(acme.shop, contract.loud, contract.term)(lambda term: term.upper())

    with versions.open(acme) as timeline:
        assert timeline.office.tell(contract, KEY, to=acme.desk).loud == "Y"


def test_many_subjects_are_judged_by_new_terms(versions: Versions) -> None:
    """More than one page of them."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    timeline = versions.open(acme)
    timeline.office.hear(
        *[timeline.word(acme.contracts, contract.term, f"C-{n}", "x") for n in range(1100)]
    )
    timeline.wait("6 min")
    assert timeline.office.counts().contradictions == 1100
    versions.close(timeline)
    acme = Acme()
    acme.entity("Contract", term=(str, acme.contracts.decides()))

    with versions.open(acme) as timeline:
        assert timeline.office.counts().contradictions == 0
