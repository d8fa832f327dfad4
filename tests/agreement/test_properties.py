"""Invariants I1 to I4 and I12, over many histories that nobody thought of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from onestory import Company, Entity, Fact, Key, Message, Standing, System
from onestory.agreement import Agreements, Speech, hear
from onestory.ledger import Dossier, new_dossier, plain
from onestory.office.rebuild import differing as differing_dossiers
from onestory.testing import Oracle, Timeline, differing
from onestory.testing.oracle import Said
from onestory.testing.strategies import Word, companies, words

acme = Company("Acme")
a = System("a", of=acme)
b = System("b", of=acme)
c = System("c", of=acme)


class Thing(Entity, of=acme):
    """A thing."""

    no: Key[str]
    one: Fact[int] = a.decides(b.follows(within="5 min"), c.follows(within="0 s"))
    two: Fact[int] = b.decides(a.follows(within="1 h"))


AGREED = {"one": ("a", ["b", "c"]), "two": ("b", ["a"])}
AGREEMENTS = Agreements(acme)
WITHIN = 5 * 60_000_000


class Step(msgspec.Struct, frozen=True):
    """One word at one moment: who, which fact, what, and what it is called."""

    party: str
    fact: str
    value: int
    sequence: int
    wait: int = 0


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(["a", "b", "c"]),
        st.just("one"),
        st.integers(0, 2),
        st.integers(0, 12),
        st.sampled_from([0, 0, 30, 120, 299, 300, 301, 600]),
    ),
    max_size=16,
)
intervals = st.tuples(st.none() | st.integers(-3, 6), st.none() | st.integers(7, 12))


@given(st.data())
def test_dossiers_do_not_depend_on_the_order_of_arrival(data: st.DataObject) -> None:
    """I3: any permutation, any repetition of messages with sequences and times: the same dossier."""
    said = data.draw(
        st.lists(
            st.tuples(
                st.sampled_from(["a", "b"]),
                st.dictionaries(st.sampled_from(["one", "two"]), st.integers(0, 2), min_size=1),
                st.integers(0, 6),
                intervals,
            ),
            min_size=1,
            max_size=8,
            unique_by=lambda message: (message[0], message[2]),
        )
    )
    again = data.draw(st.lists(st.sampled_from(said), max_size=4))
    order = data.draw(st.permutations(said + again))

    assert _after(said) == _after(order)


@given(st.data())
def test_contradictions_are_what_the_oracle_finds(data: st.DataObject) -> None:
    """I4: open or pending are exactly the places where the oracle sees a difference."""
    company = data.draw(companies())
    said = data.draw(words(company))
    repeats = data.draw(st.lists(st.sampled_from(said), max_size=4)) if said else []
    with Timeline(company) as timeline:
        sent: list[tuple[Word, Message]] = [
            (w, timeline.word(w.party, w.fact, w.key, w.value, sequence=w.sequence)) for w in said
        ]
        for word, message in data.draw(st.permutations(sent)) + [
            pair for pair in sent if pair[0] in repeats
        ]:
            assert timeline.office.hear(message)[0].reason is None, word
        timeline.wait("30 s")

        facts = {f.name: f for f in (w.fact for w in said)}
        agreed = {
            n: (f.authority.name, [x.party.name for x in f.followers]) for n, f in facts.items()
        }
        expected = differing(
            [Said(0, w.party.name, w.fact.name, w.key, w.value, w.sequence) for w in said],
            agreed,
            lambda one, other: one == other,
        )
        assert _gaps(timeline) == expected
        timeline.wait("2 h")
        opened = {(x.fact, x.key, x.follower) for x in timeline.open_contradictions()}
        assert opened == expected
        with timeline.office.ledger.view() as view:
            assert list(differing_dossiers(view, Agreements(company))) == []
        assert timeline.office.verify() == []


@given(steps)
def test_a_follower_stands_as_the_oracle_says(history: list[Step]) -> None:
    """I12: at every moment the product and the oracle agree; repeats and flapping buy no time."""
    with Timeline(acme) as timeline:
        oracle, begun = Oracle(within=WITHIN), timeline.clock.now()
        for number, step in enumerate(history):
            timeline.wait(timedelta(seconds=step.wait, milliseconds=1))
            now = (timeline.clock.now() - begun) // timedelta(microseconds=1)
            system = {"a": a, "b": b, "c": c}[step.party]
            timeline.says(system, Thing.one, "1", step.value, sequence=number)
            oracle.hear(now, step.party, step.value, number)
            _agree(timeline, oracle, now)
        for _ in range(3):
            timeline.wait("101 s")
            now = (timeline.clock.now() - begun) // timedelta(microseconds=1)
            _agree(timeline, oracle, now)


@given(steps)
def test_each_message_is_in_the_ledger_exactly_once(history: list[Step]) -> None:
    """I1, I2: every acknowledged message is there once, whatever is sent again; numbers have no hole."""
    with Timeline(acme) as timeline:
        sent = set()
        for step in history:
            system = {"a": a, "b": b, "c": c}[step.party]
            name = f"{step.party}-{step.sequence}"
            message = timeline.word(
                system, Thing.one, "1", step.value, sequence=step.sequence, id=name
            )
            timeline.office.hear(message, message)
            sent.add((step.party, name))
        with timeline.office.ledger.view() as view:
            rows = view.connection.rows("messages_between", 0, 2**62)
            parties: dict[int, str] = dict(view.connection.rows("parties"))
            entries = [row[0] for row in view.connection.rows("entries_between", 0, 2**62)]
        assert sorted((parties[row[1]], row[2]) for row in rows) == sorted(sent)
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
        assert entries == list(range(1, len(entries) + 1))
        assert timeline.office.verify() == []


def _after(said: Sequence[tuple[str, dict[str, int], int, tuple[int | None, int | None]]]) -> Any:
    """The dossier after these messages, all heard at moment 5."""
    dossier = new_dossier()
    for party, values, sequence, when in said:
        times = {} if when == (None, None) else dict.fromkeys(values, when)
        speech = Speech(party, dict(values), sequence, 1, times)
        hear(dossier, speech, AGREEMENTS.of("Thing"), 5, key="1")
    shown = plain(dossier)
    return dict(sorted(shown[3].items())), _pairs(dossier)


def _pairs(dossier: Dossier) -> list[tuple[str, str]]:
    return sorted((fact, follower) for fact, gaps in dossier.gaps.items() for follower in gaps)


def _gaps(timeline: Timeline) -> set[tuple[str, str, str]]:
    with timeline.office.ledger.view() as view:
        return {
            (fact, found.ref.key, follower)
            for found in view.page(0)
            for fact, follower in _pairs(found.dossier)
        }


def _agree(timeline: Timeline, oracle: Oracle, now: int) -> None:
    """The product and the oracle say the same of b."""
    expected, since, is_open = oracle.judge(now)
    if not oracle.words:
        return
    assert timeline.standing(b, Thing.one, "1") is expected
    mine = [x for x in timeline.open_contradictions() if (x.fact, x.follower) == ("one", "b")]
    assert bool(mine) == is_open
    if expected is not Standing.UNKNOWN and mine:
        start = timeline.clock.now() - timedelta(microseconds=now)
        assert since is not None
        assert mine[0].since == start + timedelta(microseconds=since)
