"""Aliases: what one system calls a subject, linked and unlinked with nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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
    latest_of,
    message,
    reads,
)
from onestory.agreement import Agreements
from onestory.errors import NotHeard
from onestory.ledger import Ref, plain
from onestory.model import Alias
from onestory.office.rebuild import differing
from onestory.testing import Timeline

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("shop", of=acme)


class Contract(Entity, of=acme):
    """One subscription."""

    contract_no: Key[str]
    term: Fact[str] = contracts.decides(
        billing.follows(within="5 min"), shop.follows(within="10 s")
    )
    email: Fact[str] = latest_of(shop, billing).decides()
    paid: Fact[bool] = billing.decides(contracts.follows(within="5 min"))


class Account(msgspec.Struct):
    """What billing says of an account, by its own number."""

    account: str
    term: str = ""
    contract: str = ""


@reads(billing, "account")
def account(said: Account) -> Claims:
    """Read an account."""
    if said.contract:
        yield billing.calls(said.account).names(Contract, said.contract)
    if said.term:
        yield Contract.term.claim(billing.calls(said.account), said.term)


desk = Channel("agent desk", of=acme)
B991, B992 = billing.calls("B-991"), billing.calls("B-992")
TERM = Contract.term
F, L, A, U = Standing.FOLLOWING, Standing.LATE, Standing.AGREES, Standing.UNKNOWN


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


def link(timeline: Timeline, alias: Alias, key: str) -> None:
    """Link a name to a subject."""
    timeline.office.link(alias, Contract, key, by="Ines")


def unlink(timeline: Timeline, alias: Alias) -> None:
    """Undo it."""
    timeline.office.unlink(alias, Contract, by="Ines")


def follower(timeline: Timeline, key: str | Alias, party: str = "billing") -> Any:
    """How a party follows the term, as the desk is told."""
    telling = timeline.office.tell(Contract, key, to=desk)[TERM]
    return next(how for how in telling.followers if how.party == party)


def kept(timeline: Timeline) -> dict[str, Any]:
    """What every subject's dossier says, and where its followers differ since when."""
    found = {}
    with timeline.office.ledger.view() as view:
        for subject in view.page(0):
            dossier = plain(subject.dossier)
            said = {name: part for name, part in dossier[3].items() if part[0]}
            gaps = {
                (fact, party): (gap.since, gap.due)
                for fact, gaps in subject.dossier.gaps.items()
                for party, gap in gaps.items()
            }
            if said:
                found[f"{subject.ref.alias_of}:{subject.ref.key}"] = (said, gaps)
    return found


def check_the_ledger(timeline: Timeline) -> None:
    """The dossiers are what the ledger says (I3), and the chain holds."""
    with timeline.office.ledger.view() as view:
        assert list(differing(view, Agreements(acme))) == []
    assert timeline.office.verify() == []


def test_a_name_that_means_nothing_known_keeps_its_own_dossier(timeline: Timeline) -> None:
    """What is said of B-991 says nothing of C-1042, until somebody says that they are one."""
    timeline.says(contracts, TERM, "C-1042", "x")
    timeline.says(billing, TERM, B991, "x")

    assert timeline.standing(billing, TERM, "C-1042") is F
    assert follower(timeline, B991).said == "x"
    with pytest.raises(NotHeard):
        _ = timeline.office.tell(Contract, B991, to=desk).term


def test_what_was_said_under_a_name_is_heard_again_when_it_is_linked(timeline: Timeline) -> None:
    """It counts for the subject as if it had been said of it, with its own time."""
    timeline.says(contracts, TERM, "C-1042", "x")
    timeline.wait("1 min")
    timeline.says(billing, TERM, B991, "x")
    timeline.wait("10 min")
    assert timeline.standing(billing, TERM, "C-1042") is L
    link(timeline, B991, "C-1042")

    assert timeline.standing(billing, TERM, "C-1042") is A
    assert follower(timeline, "C-1042").as_of == timeline.minute(1)
    assert [c for c in timeline.open_contradictions() if c.follower == "billing"] == []
    check_the_ledger(timeline)


def test_what_is_said_under_a_linked_name_counts_for_its_subject(timeline: Timeline) -> None:
    """Decided, followed and contradicted, all under the system's own name."""
    timeline.says(contracts, TERM, "C-1042", "x")
    link(timeline, B991, "C-1042")
    timeline.says(billing, TERM, B991, "x")
    timeline.says(billing, Contract.paid, B991, value=True)

    assert timeline.standing(billing, TERM, "C-1042") is A
    assert timeline.office.tell(Contract, "C-1042", to=desk).paid is True
    timeline.says(contracts, TERM, "C-1042", "y")
    timeline.wait("6 min")
    timeline.says(billing, TERM, B991, "x")
    assert timeline.standing(billing, TERM, "C-1042") is Standing.CONTRADICTS
    check_the_ledger(timeline)


def test_a_linked_name_tells_the_story_of_its_subject(timeline: Timeline) -> None:
    """Whoever asks by the bill's number hears the contract's story."""
    timeline.says(contracts, TERM, "C-1042", "x")
    timeline.says(billing, TERM, B991, "x")
    link(timeline, B991, "C-1042")

    told = timeline.office.tell(Contract, B991, to=desk)
    assert (told.contract_no, told.term) == ("C-1042", "x")


def test_a_reader_may_say_what_a_name_means(timeline: Timeline) -> None:
    """What was heard before, with it and after it counts for the subject."""
    timeline.says(contracts, TERM, "C-1042", "x")
    hear = timeline.office.hear
    hear(message("billing", "account", Account("B-991", term="w"), id="1"))
    assert timeline.standing(billing, TERM, "C-1042") is F
    hear(message("billing", "account", Account("B-991", contract="C-1042", term="x"), id="2"))

    assert timeline.standing(billing, TERM, "C-1042") is A
    again = hear(message("billing", "account", Account("B-991", contract="C-1042"), id="3"))
    assert again[0].fate is Fate.REPEATED
    check_the_ledger(timeline)


def test_a_reader_may_link_a_name_before_anything_is_said_of_either(timeline: Timeline) -> None:
    """The order of the two does not matter."""
    timeline.office.hear(message("billing", "account", Account("B-991", contract="C-1"), id="1"))
    timeline.says(billing, TERM, B991, "x")
    timeline.says(contracts, TERM, "C-1", "x")

    assert timeline.standing(billing, TERM, "C-1") is A
    check_the_ledger(timeline)


def test_the_later_of_two_names_is_what_the_system_says(timeline: Timeline) -> None:
    """Two accounts of one contract: the word of greatest sequence counts."""
    timeline.says(contracts, TERM, "C-1042", "y")
    timeline.says(billing, TERM, B991, "x")
    timeline.says(billing, TERM, B992, "y")
    link(timeline, B992, "C-1042")
    link(timeline, B991, "C-1042")

    assert timeline.standing(billing, TERM, "C-1042") is A
    timeline.says(billing, TERM, B991, "x2")
    assert follower(timeline, "C-1042").said == "x2"
    unlink(timeline, B991)
    assert follower(timeline, "C-1042").said == "y"
    check_the_ledger(timeline)


def test_unlinking_restores_both(timeline: Timeline) -> None:
    """I13: both dossiers are as they were, to the sequence and the moment."""
    timeline.says(contracts, TERM, "C-1042", "x")
    timeline.says(billing, TERM, "C-1042", "w")
    timeline.wait("1 min")
    timeline.says(billing, TERM, B991, "x")
    before = kept(timeline)
    timeline.wait("1 min")
    link(timeline, B991, "C-1042")
    assert kept(timeline) != before
    timeline.wait("1 min")
    unlink(timeline, B991)

    assert kept(timeline) == before
    check_the_ledger(timeline)


def test_unlinking_gives_back_what_was_said_while_it_was_linked(timeline: Timeline) -> None:
    """Each name's own history is whole: what was said under it goes with it."""
    timeline.says(contracts, TERM, "C-1042", "x")
    link(timeline, B991, "C-1042")
    timeline.says(billing, TERM, B991, "x")
    unlink(timeline, B991)

    assert follower(timeline, B991).said == "x"
    assert timeline.standing(billing, TERM, "C-1042") is F
    check_the_ledger(timeline)


def test_what_a_wrong_link_settled_is_open_again_since_then(timeline: Timeline) -> None:
    """H8, as if the link had never been: since the authority's first claim, as a new contradiction."""
    timeline.says(contracts, TERM, "C-1042", "x")
    timeline.says(shop, TERM, "C-1042", "x")
    timeline.says(billing, TERM, B991, "x")
    timeline.wait_until(6)
    (first,) = timeline.open_contradictions()
    link(timeline, B991, "C-1042")
    assert timeline.open_contradictions() == []
    timeline.wait_until(30)
    unlink(timeline, B991)

    (again,) = timeline.open_contradictions()
    assert again.number != first.number
    assert (again.since, again.due) == (first.since, first.due)
    assert timeline.standing(billing, TERM, "C-1042") is L
    check_the_ledger(timeline)


def test_a_name_can_be_linked_elsewhere(timeline: Timeline) -> None:
    """The subject it was linked to by mistake is as it was; the right one has it all."""
    for key in ("C-1", "C-2"):
        timeline.says(contracts, TERM, key, "x")
    timeline.says(billing, TERM, B991, "x")
    before = kept(timeline)
    link(timeline, B991, "C-1")
    link(timeline, B991, "C-2")

    assert timeline.standing(billing, TERM, "C-1") is F
    assert timeline.standing(billing, TERM, "C-2") is A
    assert kept(timeline)[":C-1"] == before[":C-1"]
    check_the_ledger(timeline)


def test_linking_twice_or_unlinking_what_is_not_linked_changes_nothing(timeline: Timeline) -> None:
    """The dossiers stay as they are."""
    timeline.says(contracts, TERM, "C-1042", "x")
    timeline.says(billing, TERM, B991, "x")
    free = kept(timeline)
    unlink(timeline, B991)
    assert kept(timeline) == free
    link(timeline, B991, "C-1042")
    linked = kept(timeline)
    link(timeline, B991, "C-1042")

    assert kept(timeline) == linked
    check_the_ledger(timeline)


def test_a_contradiction_of_a_name_is_settled_when_it_is_linked(timeline: Timeline) -> None:
    """What it decided was followed by nobody; as part of its subject it is."""
    timeline.says(contracts, Contract.paid, "C-1042", value=True)
    timeline.says(billing, Contract.paid, B991, value=True)
    timeline.wait("6 min")
    (alone,) = timeline.open_contradictions()
    assert alone.key == "B-991"
    link(timeline, B991, "C-1042")

    assert timeline.open_contradictions() == []
    assert [c.how for c in timeline.office.contradictions(settled=True)] == ["linked"]
    check_the_ledger(timeline)


def test_the_latest_of_two_systems_may_be_told_under_a_name(timeline: Timeline) -> None:
    """Who was told last decides, under whatever name; unlinked, that word goes with the name."""
    timeline.says(shop, Contract.email, "C-1042", "old@example.org")
    link(timeline, B991, "C-1042")
    timeline.says(billing, Contract.email, B991, "new@example.org")
    assert timeline.office.tell(Contract, "C-1042", to=desk).email == "new@example.org"
    unlink(timeline, B991)

    assert timeline.office.tell(Contract, "C-1042", to=desk).email == "old@example.org"
    assert timeline.office.tell(Contract, B991, to=desk).email == "new@example.org"
    check_the_ledger(timeline)


def test_a_claim_about_the_future_goes_with_its_name(timeline: Timeline) -> None:
    """What billing says from minute 30 on is what it says then, linked or not."""
    timeline.says(contracts, TERM, "C-1042", "y")
    timeline.says(billing, TERM, B991, "x")
    timeline.says(billing, TERM, B991, "y", since=timeline.minute(30))
    link(timeline, B991, "C-1042")
    assert follower(timeline, "C-1042").said == "x"
    timeline.wait_until(20)
    unlink(timeline, B991)
    timeline.wait_until(31)
    assert follower(timeline, B991).said == "y"
    link(timeline, B991, "C-1042")

    assert timeline.standing(billing, TERM, "C-1042") is A
    check_the_ledger(timeline)


def test_before_it_was_linked_a_name_said_nothing_of_its_subject(timeline: Timeline) -> None:
    """S4: what we believed on 3 May did not know what we learned on 4 May."""
    timeline.says(contracts, TERM, "C-1042", "x")
    timeline.says(billing, TERM, B991, "x")
    timeline.wait_until(2)
    link(timeline, B991, "C-1042")
    timeline.wait_until(3)

    then = timeline.office.tell(Contract, "C-1042", to=desk, known=timeline.minute(1))[TERM]
    now = timeline.office.tell(Contract, "C-1042", to=desk, known=timeline.minute(2.5))[TERM]
    assert [h.standing for h in then.followers if h.party == "billing"] == [F]
    assert [h.standing for h in now.followers if h.party == "billing"] == [A]


def test_while_it_was_linked_a_name_spoke_of_its_subject(timeline: Timeline) -> None:
    """S4: that the link was wrong, we learned later."""
    timeline.says(contracts, TERM, "C-1042", "x")
    timeline.says(billing, TERM, B991, "x")
    timeline.wait_until(2)
    link(timeline, B991, "C-1042")
    timeline.wait_until(4)
    unlink(timeline, B991)
    timeline.wait_until(5)

    def said(minute: float) -> list[Any]:
        then = timeline.office.tell(Contract, "C-1042", to=desk, known=timeline.minute(minute))
        return [how.said for how in then[TERM].followers if how.party == "billing"]

    assert (said(1), said(3), said(4.5)) == ([None], ["x"], [None])


def test_a_long_past_knows_of_links_and_unlinks_too(timeline: Timeline) -> None:
    """Copies of a dossier that were taken while a name was linked do not outlive the link."""
    link(timeline, B991, "C-1042")
    timeline.says(billing, TERM, B991, "x")
    for number in range(300):
        timeline.says(contracts, TERM, "C-1042", f"{number}")
    timeline.wait_until(1)
    unlink(timeline, B991)
    timeline.wait_until(2)
    timeline.says(contracts, TERM, "C-1042", "last")
    timeline.wait_until(3)

    then = timeline.office.tell(Contract, "C-1042", to=desk, known=timeline.minute(2.5))[TERM]
    assert then.value == "last"
    assert [how.said for how in then.followers if how.party == "billing"] == [None]


def test_a_name_without_a_past_can_be_linked(timeline: Timeline) -> None:
    """Neither the name nor the subject need have been spoken of."""
    link(timeline, B991, "C-1042")
    timeline.says(billing, TERM, B991, "x")

    assert timeline.office.tell(Contract, "C-1042", to=desk)[TERM].standing is U
    check_the_ledger(timeline)


class Deed(msgspec.Struct, frozen=True):
    """Something said under a name or a key, or a link made or undone."""

    wait: int
    what: str
    name: int
    key: int
    value: int


deeds = st.lists(
    st.builds(
        Deed,
        st.sampled_from([1, 61, 299, 301]),
        st.sampled_from(["link", "unlink", "decide", "follow", "follow", "pay", "mail"]),
        st.integers(0, 1),
        st.integers(0, 2),
        st.integers(0, 1),
    ),
    max_size=14,
)


def do(timeline: Timeline, deed: Deed, *, links: bool) -> None:
    """Let one thing happen; links only if asked for."""
    timeline.wait(timedelta(seconds=deed.wait))
    alias, key, value = (B991, B992)[deed.name], f"C-{deed.key}", f"v{deed.value}"
    name: Any = key if deed.key < 2 else alias
    if deed.what == "decide":
        timeline.says(contracts, TERM, f"C-{deed.key % 2}", value)
    elif deed.what == "follow":
        timeline.says(billing, TERM, name, value)
    elif deed.what == "pay":
        timeline.says(billing, Contract.paid, name, bool(deed.value))
    elif deed.what == "mail":
        timeline.says(billing if deed.key == 2 else shop, Contract.email, name, value)
    elif links and deed.what == "link":
        link(timeline, alias, f"C-{deed.key % 2}")
    elif links:
        unlink(timeline, alias)


@given(deeds)
def test_after_any_links_and_unlinks_all_is_as_if_there_had_been_none(history: list[Deed]) -> None:
    """I13: links are reversible; and at every moment the dossiers are what the ledger says."""
    with Timeline(acme) as linked, Timeline(acme) as free:
        for deed in history:
            do(linked, deed, links=True)
            do(free, deed, links=False)
            check_the_ledger(linked)
        unlink(linked, B991)
        unlink(linked, B992)

        check_the_ledger(linked)
        assert _without_receipts(kept(linked)) == _without_receipts(kept(free))
        still = {(c.key, c.fact, c.follower, c.since, c.due) for c in linked.open_contradictions()}
        assert still == {
            (c.key, c.fact, c.follower, c.since, c.due) for c in free.open_contradictions()
        }


SPOKEN_BEFORE_IT_WAS_LINKED = [
    Deed(1, "link", 0, 1, 0),
    Deed(1, "mail", 0, 0, 0),
    Deed(1, "mail", 0, 2, 1),
    Deed(1, "mail", 0, 0, 0),
    Deed(301, "link", 0, 0, 0),
    Deed(301, "mail", 1, 1, 0),
]
"""The shop repeats itself, which leaves no entry, after billing spoke under a name linked only later."""


@given(deeds)
@example(SPOKEN_BEFORE_IT_WAS_LINKED)
def test_what_was_told_at_a_moment_is_told_of_that_moment_whatever_was_linked(
    history: list[Deed],
) -> None:
    """S4: links and unlinks are part of what was known."""
    with Timeline(acme) as timeline:
        for key in ("C-0", "C-1"):
            timeline.says(contracts, TERM, key, "v0")
        live = {}
        for deed in history:
            do(timeline, deed, links=True)
            timeline.wait("1 ms")
            live[timeline.clock.now()] = _told(timeline)

        for moment, then in live.items():
            assert _told(timeline, known=moment) == then, moment


def _told(timeline: Timeline, **when: Any) -> dict[str, Any]:
    """All that is told of two contracts."""
    return {
        f"{key} {fact.name}": (
            telling.said,
            telling.standing,
            [(how.party, how.standing, how.said, how.since) for how in telling.followers],
        )
        for key in ("C-0", "C-1")
        for story in [timeline.office.tell(Contract, key, to=desk, **when)]
        for fact in (TERM, Contract.email, Contract.paid)
        for telling in [story[fact]]
    }


def _without_receipts(found: dict[str, Any]) -> Any:
    """What is said, when and since when; without numbers of receipt, which links take up, too."""
    return {
        name: (
            {who: (part[0], part[2], part[3]) for who, part in said.items()},
            gaps,
        )
        for name, (said, gaps) in found.items()
    }


def test_a_name_is_a_subject_of_its_own_in_the_ledger(timeline: Timeline) -> None:
    """Entries stay with the name they were said under; the chain covers the name."""
    timeline.says(billing, TERM, B991, "x")
    link(timeline, B991, "C-1042")
    timeline.says(billing, TERM, B991, "y")

    with timeline.office.ledger.view() as view:
        alias = view.find(Ref("Contract", "billing", "B-991"))
        assert alias is not None
        bodies = [entry.body for entry in view.past(alias)]
    assert [body["says"]["term"] for body in bodies if "says" in body] == ["y", "x"]
