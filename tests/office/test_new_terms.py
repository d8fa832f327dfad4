"""New terms: a company opened again on its ledger with other declarations than before."""

from __future__ import annotations

import types
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onestory import (
    Channel,
    Company,
    Entity,
    Fact,
    Key,
    Link,
    Money,
    People,
    Standing,
    System,
    declares_different,
    derives,
    equal,
    latest_of,
    to_the_cent,
)
from onestory.errors import NoSuchName, NotShown, OtherCompany, TermsRefused
from onestory.office import planned
from onestory.testing import NINE, Timeline

F, L, X, A, U, D = (
    Standing.FOLLOWING,
    Standing.LATE,
    Standing.CONTRADICTS,
    Standing.AGREES,
    Standing.UNKNOWN,
    Standing.DECLARED,
)
KEY = "C-1042"
LATER = NINE + timedelta(days=30)


class Acme:
    """One version of a company.py: always the same parties, other entities."""

    def __init__(self, name: str = "Acme Telecom") -> None:
        self.company = Company(name)
        self.contracts = System("contracts", of=self.company)
        self.billing = System("billing", of=self.company)
        self.shop = System("shop", of=self.company)
        self.customers = People("customers", of=self.company)
        self.desk = Channel("agent desk", of=self.company)
        self.customer: Any = self.entity("Customer", one_of=self.customers)

    def entity(
        self,
        entity: str,
        /,
        *,
        one_of: People | None = None,
        key: tuple[str, ...] = ("no",),
        **facts: Any,
    ) -> Any:
        """Declare an entity with facts, each a type and what ``decides()`` gave."""
        hints: dict[str, Any] = dict.fromkeys(key, Key[str])
        for name, (holds, _) in facts.items():
            linked = isinstance(holds, type) and issubclass(holds, Entity)
            hints[name] = Link[holds] if linked else Fact[holds]  # type: ignore[valid-type]
        members = {name: decided for name, (_, decided) in facts.items()}
        members |= {"__annotations__": hints, "__doc__": "A thing."}
        options = {"of": self.company, "one_of": one_of}
        return types.new_class(entity, (Entity,), options, lambda space: space.update(members))

    def term(self, within: str = "5 min", **more: Any) -> tuple[type, Any]:
        """A text that contracts decide and billing follows."""
        return str, self.contracts.decides(self.billing.follows(within=within), **more)


class Versions:
    """A ledger that is opened with one version of the company after another."""

    def __init__(self, path: Path) -> None:
        self.address = f"sqlite:///{path}/acme.db"
        self.now = NINE

    def open(self, acme: Acme) -> Timeline:
        """Open the company a minute after it was closed."""
        self.now += timedelta(minutes=1)
        return Timeline(acme.company, start=self.now, address=self.address)

    def close(self, timeline: Timeline) -> None:
        """Close it."""
        self.now = timeline.clock.now()
        timeline.close()


@pytest.fixture
def versions(tmp_path: Path) -> Versions:
    return Versions(tmp_path)


def said(timeline: Timeline, acme: Acme, fact: Fact[Any], *, behind: bool = True) -> None:
    """Both said x; contracts say y now, and billing is behind or not."""
    timeline.says(acme.contracts, fact, KEY, "x")
    timeline.says(acme.billing, fact, KEY, "x")
    timeline.wait("1 min")
    timeline.says(acme.contracts, fact, KEY, "y")
    if not behind:
        timeline.says(acme.billing, fact, KEY, "y")


def before(versions: Versions, *, wait: str = "0 s", **how: Any) -> None:
    """A first version with a term that billing follows, and what was said in it."""
    acme = Acme()
    contract = acme.entity("Contract", term=acme.term())
    timeline = versions.open(acme)
    said(timeline, acme, contract.term, **how)
    timeline.wait(wait)
    versions.close(timeline)


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
    assert caught.value.where.startswith("test_new_terms.py:")
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


# Other times, samenesses and followers


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


# People


def held(acme: Acme, *, told: bool) -> Any:
    """Contracts whose holder is told of the term, or is not."""
    followers = [acme.customers.follows(within="1 h")] if told else []
    return acme.entity(
        "Contract",
        holder=(acme.customer, acme.contracts.decides()),
        term=(str, acme.contracts.decides(*followers)),
    )


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


# Other names


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


# Facts that go and come


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


# What else a company.py says


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


def renamed(timeline: Timeline, versions: Versions) -> tuple[Timeline, Acme, Any]:
    """The same ledger, opened by a company whose term has another name."""
    versions.close(timeline)
    acme = Acme()
    contract = acme.entity("Contract", ends=acme.term(was="term"))
    return versions.open(acme), acme, contract


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
