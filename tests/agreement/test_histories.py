"""The histories: the rules of judging and telling as examples, by the oracle and by the product.

``C`` decides, ``B`` follows within 5 min, ``D`` within 10 s, the holder within 1 d. Times are minutes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

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
    to_the_cent,
)
from onestory.errors import NotHeard
from onestory.ledger import plain
from onestory.testing import NINE, Oracle, Timeline

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
desk_system = System("desk", of=acme)
customers = People("customers", of=acme)


class Customer(Entity, of=acme, one_of=customers):
    """Somebody who holds contracts."""

    customer_no: Key[str]


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    holder: Link[Customer] = contracts.decides()
    renewed_until: Fact[str] = contracts.decides(
        billing.follows(within="5 min"),
        desk_system.follows(within="10 s"),
        customers.follows(within="1 d"),
    )
    monthly_price: Fact[Money] = contracts.decides(
        billing.follows(within="5 min"), same=to_the_cent
    )


desk = Channel("agent desk", of=acme)
portal = Channel("portal", of=acme)

TERM, KEY = Contract.renewed_until, "C-1042"
ALICE = (Customer, "K-7")
BOB = (Customer, "K-8")
F, L, X, A, D, U = (
    Standing.FOLLOWING,
    Standing.LATE,
    Standing.CONTRADICTS,
    Standing.AGREES,
    Standing.DECLARED,
    Standing.UNKNOWN,
)


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    """A timeline of Acme, in memory."""
    with Timeline(acme) as timeline:
        yield timeline


History = list[tuple[float, str, str | None, Standing]]
"""Minute, what is said (``C:x``, or nothing), and how B stands right after."""

TWO_PARTIES: dict[str, History] = {
    "H1": [
        (0, "C:x", None, F),
        (0, "B:x", None, A),
        (1, "C:y", None, F),
        (6, "", None, F),
        (6.01, "", None, L),
    ],
    "H2": [
        (0, "C:x", None, F),
        (0, "B:x", None, A),
        (1, "C:y", None, F),
        (6.01, "", None, L),
        (8, "B:y", None, A),
    ],
    "H3": [
        (0, "C:x", None, F),
        (0, "B:x", None, A),
        (1, "C:y", None, F),
        (6.01, "", None, L),
        (7, "B:x", None, X),
    ],
    "H4": [
        (0, "C:x", None, F),
        (0, "B:x", None, A),
        (1, "C:y", None, F),
        (3, "C:y", None, F),
        (5, "C:y", None, F),
        (6, "", None, F),
        (6.01, "", None, L),
    ],
    "H5": [
        (0, "C:x", None, F),
        (0, "B:x", None, A),
        (1, "C:y", None, F),
        (4, "C:z", None, F),
        (5, "C:y", None, F),
        (6, "", None, F),
        (6.01, "", None, L),
    ],
    "H6": [
        (0, "C:x", None, F),
        (0, "B:x", None, A),
        (1, "B:y", None, F),
        (2, "C:y", None, A),
        (9, "", None, A),
    ],
    "H7": [
        (0, "C:x", None, F),
        (0, "B:x", None, A),
        (1, "B:y", None, F),
        (6, "", None, F),
        (6.01, "", None, X),
    ],
    "H8": [(0, "C:x", None, F), (5, "", None, F), (5.01, "", None, L)],
}


@pytest.mark.parametrize("name", TWO_PARTIES)
def test_the_product_judges_as_the_histories_say(name: str, timeline: Timeline) -> None:
    """H1 to H8: B stands as the table says at each minute."""
    for minute, said, _, expected in TWO_PARTIES[name]:
        timeline.wait_until(minute)
        if said:
            party, value = said.split(":")
            timeline.says(contracts if party == "C" else billing, TERM, KEY, value)
        assert timeline.standing(billing, TERM, KEY) is expected, f"{name} at {minute} min"


@pytest.mark.parametrize("name", TWO_PARTIES)
def test_the_oracle_judges_as_the_histories_say(name: str) -> None:
    """H1 to H8: the oracle, which shares no line with the product, says the same."""
    oracle = Oracle(within=5 * 60_000)
    for sequence, (minute, said, _, expected) in enumerate(TWO_PARTIES[name]):
        now = round(minute * 60_000)
        if said:
            party, value = said.split(":")
            oracle.hear(now, "a" if party == "C" else "b", value, sequence)
        assert oracle.judge(now)[0] is expected, f"{name} at {minute} min"


def test_a_follower_that_is_late_contradicts(timeline: Timeline) -> None:
    """Billing has five minutes to follow a renewal. At 5 min 1 s it is late."""
    timeline.says(contracts, TERM, KEY, "spring")
    timeline.says(billing, TERM, KEY, "spring")
    timeline.says(contracts, TERM, KEY, "summer")

    timeline.wait("5 min")
    assert timeline.standing(billing, TERM, KEY) is F

    timeline.wait("1 s")
    assert timeline.standing(billing, TERM, KEY) is L


def test_messages_that_share_a_commit_are_judged_as_if_they_came_apart(timeline: Timeline) -> None:
    """Who spoke first is known from the order of receipt, not from a clock."""
    said = [(contracts, "x"), (billing, "x"), (contracts, "y")]
    timeline.office.hear(*[timeline.word(party, TERM, KEY, value) for party, value in said])
    timeline.wait("6 min")

    assert timeline.standing(billing, TERM, KEY) is L


def h1(timeline: Timeline) -> None:
    """0 ``C:x`` ``B:x``; 1 ``C:y``; the desk follows at once."""
    for party in (contracts, billing, desk_system):
        timeline.says(party, TERM, KEY, "x")
    timeline.wait_until(1)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.says(desk_system, TERM, KEY, "y")


def test_a_contradiction_carries_since_and_due(timeline: Timeline) -> None:
    """H1: it opens at 6.01, since 1, due 6."""
    h1(timeline)
    timeline.wait_until(6.01)

    (opened,) = timeline.open_contradictions()
    assert (opened.fact, opened.follower) == ("renewed_until", "billing")
    assert moments(timeline, opened.since, opened.due, opened.opened) == [1, 6, 6.01]


def test_a_settled_contradiction_keeps_when_it_was_opened_and_settled(timeline: Timeline) -> None:
    """H2: opened 6.01, settled 8 are kept."""
    h1(timeline)
    timeline.wait_until(6.01)
    timeline.wait_until(8)
    timeline.says(billing, TERM, KEY, "y")

    assert timeline.open_contradictions() == []
    (settled,) = timeline.office.contradictions(settled=True)
    assert settled.settled is not None
    assert moments(timeline, settled.opened, settled.settled) == [6.01, 8]
    assert settled.how == "agreed"


def test_a_repeat_that_differs_keeps_the_same_contradiction_open(timeline: Timeline) -> None:
    """H3: B has spoken since C's change and still says x; it is the same contradiction."""
    h1(timeline)
    timeline.wait_until(6.01)
    before = timeline.open_contradictions()
    timeline.wait_until(7)
    timeline.says(billing, TERM, KEY, "x")

    assert timeline.open_contradictions() == before


def test_flapping_postpones_nothing(timeline: Timeline) -> None:
    """H5: since 1 though C said z in between; the decided value is y."""
    h1(timeline)
    timeline.wait_until(4)
    timeline.says(contracts, TERM, KEY, "z")
    timeline.wait_until(5)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.wait_until(6.01)

    opened = next(c for c in timeline.open_contradictions() if c.follower == "billing")
    assert moments(timeline, opened.since) == [1]
    assert timeline.office.tell(Contract, KEY, to=desk).renewed_until == "y"


def test_a_follower_that_heard_first_opens_nothing(timeline: Timeline) -> None:
    """H6: B said y before C did; nothing is opened, ever."""
    timeline.says(contracts, TERM, KEY, "x")
    timeline.says(billing, TERM, KEY, "x")
    timeline.says(desk_system, TERM, KEY, "x")
    timeline.wait_until(1)
    timeline.says(billing, TERM, KEY, "y")
    timeline.wait_until(2)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.says(desk_system, TERM, KEY, "y")
    timeline.wait_until(60)

    assert timeline.office.contradictions(settled=True) == []


def test_a_silent_link_is_one_incident(timeline: Timeline) -> None:
    """H9: B's whole link is silent since C's change: one incident, its members counted."""
    timeline.says(billing, TERM, "other", "x")
    for key in ("C-1", "C-2", "C-3"):
        timeline.says(contracts, TERM, key, "x")
        timeline.says(desk_system, TERM, key, "x")
    timeline.wait_until(5.01)

    (incident,) = timeline.office.incidents()
    assert (incident.follower, incident.members) == ("billing", 3)
    assert moments(timeline, incident.silent_since) == [0]


def test_a_link_that_is_alive_is_no_incident(timeline: Timeline) -> None:
    """H8: B speaks of something else meanwhile: a contradiction of its own, no incident."""
    timeline.says(contracts, TERM, KEY, "x")
    timeline.wait_until(2)
    timeline.says(billing, TERM, "other", "x")
    timeline.wait_until(5.01)

    assert timeline.standing(billing, TERM, KEY) is L
    assert [i for i in timeline.office.incidents() if i.follower == "billing"] == []


def day(number: int) -> datetime:
    """The start of a day, counted from the timeline's."""
    return NINE + timedelta(days=number)


def test_a_late_claim_changes_what_was_so_and_not_what_is(timeline: Timeline) -> None:
    """H10: w#6 arrives late: still y, agrees; between #6 and #7 it was w."""
    timeline.says(contracts, TERM, KEY, "x", sequence=5, since=day(-3))
    timeline.says(contracts, TERM, KEY, "y", sequence=7, since=day(-1))
    timeline.says(billing, TERM, KEY, "y")
    timeline.wait_until(3)
    timeline.says(contracts, TERM, KEY, "w", sequence=6, since=day(-2))

    assert timeline.standing(billing, TERM, KEY) is A
    tell = timeline.office.tell
    assert tell(Contract, KEY, to=desk).renewed_until == "y"
    assert tell(Contract, KEY, to=desk, valid=day(-1) - timedelta(hours=1)).renewed_until == "w"
    assert tell(Contract, KEY, to=desk, valid=day(-3)).renewed_until == "x"
    then = tell(Contract, KEY, to=desk, valid=day(-2), known=timeline.minute(2))
    assert then.renewed_until == "x"


def test_the_order_of_arrival_does_not_matter() -> None:
    """H11: the messages of H10 in every order, some twice: the same dossier and contradictions."""
    results = set()
    for order in itertools.permutations(range(4)):
        with Timeline(acme) as timeline:
            words = [
                timeline.word(contracts, TERM, KEY, "x", sequence=5, id="5"),
                timeline.word(contracts, TERM, KEY, "w", sequence=6, id="6"),
                timeline.word(contracts, TERM, KEY, "y", sequence=7, id="7"),
                timeline.word(billing, TERM, KEY, "y", sequence=1, id="1"),
            ]
            for place in order:
                timeline.office.hear(words[place])
                timeline.office.hear(words[order[0]])
            timeline.wait("10 min")
            with timeline.office.ledger.view() as view:
                dossier = plain(view.page(0)[0].dossier)
            contradictions = [(c.fact, c.follower) for c in timeline.open_contradictions()]
            said = {name: [*map(repr, part)] for name, part in sorted(dossier[3].items())}
            results.add((repr(said), repr(sorted(dossier[4].items())), repr(contradictions)))

    assert len(results) == 1


def test_a_claim_about_the_future_waits(timeline: Timeline) -> None:
    """H12: x is so from day 30; until then the old value decides; B follows from day 30 on."""
    timeline.says(contracts, TERM, KEY, "old")
    timeline.says(billing, TERM, KEY, "old")
    timeline.says(contracts, TERM, KEY, "x", since=day(30))
    assert timeline.standing(billing, TERM, KEY) is A
    timeline.wait("29 d")
    assert timeline.office.tell(Contract, KEY, to=desk).renewed_until == "old"
    assert timeline.standing(billing, TERM, KEY) is A

    timeline.wait("1 d")
    telling = timeline.office.tell(Contract, KEY, to=desk)[TERM]
    assert telling.value == "x"
    assert telling.since == day(30)
    assert timeline.standing(billing, TERM, KEY) is F
    timeline.wait("5 min")
    assert timeline.standing(billing, TERM, KEY) is F
    timeline.wait("1 s")
    assert timeline.standing(billing, TERM, KEY) is L


def test_money_is_the_same_to_the_cent(timeline: Timeline) -> None:
    """H13: B says 0.004 EUR more; that agrees."""
    timeline.says(contracts, Contract.monthly_price, KEY, Money(Decimal("49.90"), "EUR"))
    timeline.says(billing, Contract.monthly_price, KEY, Money(Decimal("49.904"), "EUR"))
    assert timeline.standing(billing, Contract.monthly_price, KEY) is A

    timeline.says(billing, Contract.monthly_price, KEY, Money(Decimal("49.91"), "EUR"))
    assert timeline.standing(billing, Contract.monthly_price, KEY) is F


def test_a_declared_difference_ends(timeline: Timeline) -> None:
    """H14: declared at 7 until 60: settled as declared; late again at 60.01, since 1, as a new one."""
    h1(timeline)
    timeline.wait_until(7)
    (first,) = timeline.open_contradictions()
    timeline.office.declares_different(
        billing, TERM, KEY, because="the old plan is honoured", until=timeline.minute(60), by="Ines"
    )

    assert timeline.standing(billing, TERM, KEY) is D
    assert timeline.open_contradictions() == []
    assert timeline.office.contradictions(settled=True)[0].how == "declared"
    telling = timeline.office.tell(Contract, KEY, to=desk)[TERM]
    assert telling.standing is D
    assert "the old plan is honoured" in telling.sentence
    timeline.wait_until(60)
    assert timeline.standing(billing, TERM, KEY) is D
    timeline.wait_until(60.01)
    assert timeline.standing(billing, TERM, KEY) is L
    (again,) = timeline.open_contradictions()
    assert again.number != first.number
    assert moments(timeline, again.since) == [1]


def test_a_first_load_shows_and_does_nothing_else(timeline: Timeline) -> None:
    """H17: B is behind on 40 of many subjects: 40 contradictions are shown; nothing is armed."""
    words = []
    for number in range(400):
        key = f"C-{number:04}"
        words.append(timeline.word(contracts, TERM, key, "new"))
        words.append(timeline.word(desk_system, TERM, key, "new"))
        words.append(timeline.word(billing, TERM, key, "old" if number < 40 else "new"))
    timeline.office.hear(*words)
    assert timeline.open_contradictions() == []
    timeline.wait_until(5.01)

    assert len(timeline.open_contradictions()) == 40
    assert timeline.office.armed() == []
    kinds = {event.kind for event in timeline.office.timeline(Contract, "C-0001")}
    assert kinds == {"heard", "opened"}


def test_a_first_value_is_a_baseline(timeline: Timeline) -> None:
    """H21: the holder was never told anything; C says x; nobody must be told."""
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    timeline.says(contracts, TERM, KEY, "x")
    timeline.wait("2 d")

    assert timeline.standing(customers, TERM, KEY, person=ALICE) is A
    assert [c for c in timeline.open_contradictions() if c.follower == "customers"] == []


def test_a_person_who_is_not_told_in_time_is_a_contradiction(timeline: Timeline) -> None:
    """H18, its judging: she was told x; C says y; within a day she follows, after it she is late."""
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    timeline.says(contracts, TERM, KEY, "x")
    timeline.office.tell(Contract, KEY, to=portal, person=ALICE, record=True)
    timeline.wait_until(1)
    timeline.says(contracts, TERM, KEY, "y")
    assert timeline.standing(customers, TERM, KEY, person=ALICE) is F

    timeline.wait("1 d")
    timeline.wait("1 s")
    assert timeline.standing(customers, TERM, KEY, person=ALICE) is L
    (late,) = [c for c in timeline.open_contradictions() if c.follower == "customers"]
    assert (late.person, moments(timeline, late.since)) == ("K-7", [1])

    timeline.office.tell(Contract, KEY, to=portal, person=ALICE, record=True)
    assert timeline.standing(customers, TERM, KEY, person=ALICE) is A
    assert [c for c in timeline.open_contradictions() if c.follower == "customers"] == []


def test_she_was_told_x_and_x_is_so_again(timeline: Timeline) -> None:
    """H19, its judging: C says y, then x again before she was told: she agrees."""
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    timeline.says(contracts, TERM, KEY, "x")
    timeline.wait_until(1)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.wait_until(2)
    timeline.says(contracts, TERM, KEY, "x")

    assert timeline.standing(customers, TERM, KEY, person=ALICE) is A


def test_who_joins_later_has_a_baseline_and_who_leaves_follows_no_longer(
    timeline: Timeline,
) -> None:
    """H24, its judging: the holder changes while a change is being told."""
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    timeline.says(contracts, TERM, KEY, "x")
    timeline.wait_until(1)
    timeline.says(contracts, TERM, KEY, "y")
    timeline.wait_until(2)
    timeline.says(contracts, Contract.holder, KEY, "K-8")

    assert timeline.standing(customers, TERM, KEY, person=BOB) is A
    assert timeline.standing(customers, TERM, KEY, person=ALICE) is U
    timeline.wait("2 d")
    assert [c for c in timeline.open_contradictions() if c.follower == "customers"] == []


def test_the_desk_is_told_the_decided_value_and_never_the_stale_one(timeline: Timeline) -> None:
    """H22: at 3 y with the time by which all show it; at 7 y and the cautious sentence; never x."""
    h1(timeline)
    timeline.wait_until(3)
    following = timeline.office.tell(Contract, KEY, to=desk)[TERM]
    assert (following.value, following.standing) == ("y", F)
    assert "09:06" in following.sentence
    timeline.wait_until(7)
    timeline.says(billing, TERM, KEY, "x")

    at_desk = timeline.office.tell(Contract, KEY, to=desk)[TERM]
    at_home = timeline.office.tell(Contract, KEY, to=portal)[TERM]
    assert (at_desk.value, at_desk.standing) == ("y", X)
    assert at_desk.sentence == at_home.sentence
    assert at_desk.next_word is not None
    assert at_desk.next_word > timeline.clock.now()
    assert f"{at_desk.next_word:%H:%M}" in at_desk.sentence


def test_a_dispute_concerns_one_story_only(timeline: Timeline) -> None:
    """H23: the holder disputes y: her story has the cautious sentence only; others are unchanged."""
    h1(timeline)
    timeline.says(contracts, Contract.holder, KEY, "K-7")
    timeline.says(billing, TERM, KEY, "y")
    timeline.wait_until(4)
    timeline.office.disputes(TERM, KEY, by=ALICE)

    for channel in (desk, portal):
        hers = timeline.office.tell(Contract, KEY, to=channel, person=ALICE)[TERM]
        assert hers.standing is Standing.DISPUTED
        assert hers.sentence == acme.cautious.format(next=f"{hers.next_word:%H:%M} UTC")
        with pytest.raises(NotHeard):
            _ = hers.value
    others = timeline.office.tell(Contract, KEY, to=desk)[TERM]
    assert (others.value, others.standing) == ("y", A)
    timeline.office.disputes_no_longer(TERM, KEY, by=ALICE)
    assert timeline.office.tell(Contract, KEY, to=desk, person=ALICE)[TERM].standing is A


def company(
    authority: str, *, since: datetime | None = None
) -> tuple[Company, type[Entity], Fact[str]]:
    """A company whose fact is decided by one of two systems."""
    made = Company("Moving")
    systems = {name: System(name, of=made) for name in ("C", "P", "B")}

    class Thing(Entity, of=made):
        """A thing."""

        no: Key[str]
        term: Fact[str] = systems[authority].decides(
            systems["B"].follows(within="5 min"), since=since
        )

    return made, Thing, Thing.term


def test_authority_moves_at_its_moment(tmp_path: object) -> None:
    """H27: before 10 judged by C, after it by P; as-of answers keep the old authority."""
    address = f"sqlite:///{tmp_path}/moving.db"
    old, _, term = company("C")
    systems = {system.name: system for system in old.declared(System)}
    channel = Channel("desk", of=old)
    with Timeline(old, address=address) as timeline:
        timeline.says(systems["C"], term, "1", "x")
        timeline.says(systems["B"], term, "1", "x")
        start = timeline.clock.now()
        assert timeline.office.tell(term.entity, "1", to=channel)[term].value == "x"

    new, thing, term = company("P", since=start + timedelta(minutes=10))
    systems = {system.name: system for system in new.declared(System)}
    channel = Channel("desk", of=new)
    with Timeline(new, address=address) as timeline:
        timeline.wait_until(1)
        timeline.says(systems["P"], term, "1", "y")
        assert timeline.standing(systems["B"], term, "1") is A
        assert timeline.office.tell(thing, "1", to=channel)[term].decided_by == "C"

        timeline.wait_until(10)
        assert timeline.standing(systems["B"], term, "1") is F
        timeline.wait_until(15.01)
        assert timeline.standing(systems["B"], term, "1") is L
        told = timeline.office.tell(thing, "1", to=channel)[term]
        assert (told.value, told.decided_by) == ("y", "P")
        then = timeline.office.tell(thing, "1", to=channel, known=timeline.minute(5))[term]
        assert (then.value, then.decided_by) == ("x", "C")


def test_the_sources_clock_does_not_matter(timeline: Timeline) -> None:
    """H28: C's clock is set back two hours; order is C's sequence."""
    first = timeline.word(contracts, TERM, KEY, "x", sequence=1)
    second = timeline.word(contracts, TERM, KEY, "y", sequence=2)
    first.time = datetime(2027, 1, 5, 9, tzinfo=UTC)
    second.time = datetime(2027, 1, 5, 7, tzinfo=UTC)
    timeline.office.hear(first)
    timeline.office.hear(second)

    assert timeline.office.tell(Contract, KEY, to=desk).renewed_until == "y"


def moments(timeline: Timeline, *moments: datetime | None) -> list[float]:
    """Moments as minutes from the timeline's start."""
    assert timeline.company is acme
    return [round((m - NINE) / timedelta(minutes=1), 4) for m in moments if m is not None]
