"""Whatever order changes, polls, sweeps and breaks come in, the ledger ends with what the table says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from onestory import Asked, NotPulled, Page, Source
from onestory.testing import Timeline

from .pulled_acme import Acme, Billing, acme_of, billing_says, pulled

CONTRACTS = [f"C-{number}" for number in range(7)]


class Step(NamedTuple):
    """Something that happens.

    Args:
        what: ``begin`` a change, ``end`` those begun, change ``by hand`` and move no stamp, ``poll``,
            ``sweep`` or ``wait``.
        contract: Whose row it is.
        term: What it says then.
        breaks: The page at which the next reading breaks; none, if below 0.
        heard: Whether it breaks after that page is heard, and not before.
    """

    what: str
    contract: str = ""
    term: str = ""
    breaks: int = -1
    heard: bool = False


class Breaking:
    """A source that breaks where it is told to, before or after a page."""

    whole = False

    def __init__(self, source: Source) -> None:
        self._source, self.name = source, source.name
        self.breaks, self.heard = -1, False

    def pages(self, asked: Asked) -> Iterator[Page]:
        """Give pages until it breaks."""
        for number, page in enumerate(self._source.pages(asked)):
            if number == self.breaks and not self.heard:
                raise NotPulled("It broke before the page.")
            yield page
            if number == self.breaks:
                raise NotPulled("It broke after the page.")


def steps(*changes: str) -> st.SearchStrategy[list[Step]]:
    """Histories of some kinds of change among polls, sweeps and breaks."""
    change = st.builds(
        Step, st.sampled_from(changes), st.sampled_from(CONTRACTS), st.sampled_from("ABC")
    )
    reading = st.builds(
        Step,
        st.sampled_from(["poll", "poll", "sweep"]),
        breaks=st.integers(-2, 3),
        heard=st.booleans(),
    )
    others = st.sampled_from([Step("wait"), Step("end")])
    return st.lists(st.one_of(change, reading, others), max_size=25)


class Played(NamedTuple):
    """What a history left behind."""

    timeline: Timeline
    billing: Billing
    source: Breaking
    acme: Acme


def play(folder: Path, history: Sequence[Step]) -> Played:
    """Let a history happen."""
    billing = Billing(folder / "billing.db")
    source = Breaking(billing.source(page_rows=2))
    acme = acme_of(source)
    timeline = Timeline(acme.company)
    begun: list[tuple[Step, int]] = []

    def end_all() -> None:
        for step, stamp in begun:
            billing.says(step.contract, step.term, stamp=stamp)
        begun.clear()

    for step in [*history, Step("end")]:
        if step.what == "begin" and step.contract not in [one.contract for one, _ in begun]:
            billing.stamp += 1
            begun.append((step, billing.stamp))
        elif step.what == "by hand":
            billing.ask(
                "update contract set term = ? where contract_no = ?", step.term, step.contract
            )
        elif step.what == "end":
            end_all()
        elif step.what == "wait":
            end_all()  # what was begun is ended within the overlap
            timeline.wait("2 min")
        elif step.what in ("poll", "sweep"):
            source.breaks, source.heard = step.breaks, step.heard
            pulled(timeline, at_once=True, sweep=step.what == "sweep")
            source.breaks = -1
            timeline.wait("5 s")
    return Played(timeline, billing, source, acme)


def differing(played: Played) -> list[tuple[str, str, object]]:
    """The contracts of which the ledger has billing say something else than its table."""
    timeline, billing, _, acme = played
    rows = billing.ask("select contract_no, term from contract")
    said = [(contract, term, billing_says(timeline, acme, contract)) for contract, term in rows]
    assert timeline.office.verify(dossiers=True) == []
    timeline.close()
    return [one for one in said if one[1] != one[2]]


@given(steps("begin"))
def test_where_each_change_moves_its_stamp_a_poll_finds_them_all(history: list[Step]) -> None:
    """Rows that change there and back, are committed late or share a page's border; readings that break."""
    with TemporaryDirectory() as folder:
        played = play(Path(folder), history)
        pulled(played.timeline, at_once=True)

        assert differing(played) == []


@given(steps("begin", "by hand"))
def test_whatever_moves_no_stamp_the_next_sweep_finds(history: list[Step]) -> None:
    """The same, with rows that somebody changed by hand."""
    with TemporaryDirectory() as folder:
        played = play(Path(folder), history)
        pulled(played.timeline, sweep=True)
        pulled(played.timeline, sweep=True)

        assert differing(played) == []
