"""Systems that are pulled: what is new in them is heard, whatever they are, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from onestory import PullState, Standing
from onestory.testing import Timeline

from .pulled_acme import Acme, Billing, acme_of, billing_says, decides, pulled


@pytest.fixture
def billing(tmp_path: Path) -> Billing:
    return Billing(tmp_path / "billing.db")


@pytest.fixture
def acme(billing: Billing) -> Acme:
    return acme_of(billing.source())


@pytest.fixture
def timeline(acme: Acme) -> Iterator[Timeline]:
    timeline = Timeline(acme.company)
    yield timeline
    timeline.close()


def test_a_table_is_read_whole_and_then_by_what_is_new(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """The first poll hears every row, the next ones those whose cursor grew."""
    billing.says_many(1_200, "spring")

    first = pulled(timeline)
    assert first.state is PullState.UP_TO_DATE
    assert (first.heard, first.repeated, first.swept_rows) == (1_200, 0, 1_200)

    billing.says("C-00007", "summer")
    timeline.wait("30 s")
    second = pulled(timeline)
    assert (second.heard, second.repeated) == (1_201, 0)
    assert billing_says(timeline, acme, "C-00007") == "summer"


def test_a_pull_is_read_when_it_is_due_and_not_before(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """It is asked every half minute: not after 29 seconds, but after 30."""
    pulled(timeline)
    billing.says("C-1", "spring")

    timeline.wait("29 s")
    assert pulled(timeline).rows == 0
    timeline.wait("1 s")
    assert pulled(timeline).heard == 1


def test_trap_1_a_change_that_moved_no_timestamp_is_found_by_the_sweep(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """A price changed by hand moves no changed_at: no poll sees it, the daily sweep does."""
    billing.says("C-1", "spring")
    for n in range(20):
        billing.says(f"D-{n}", "spring")
        pulled(timeline)
        timeline.wait("1 min")
    billing.ask("update contract set term = 'summer' where contract_no = 'C-1'")

    assert pulled(timeline).heard == 21
    assert billing_says(timeline, acme, "C-1") == "spring"
    timeline.wait("1 d")
    assert pulled(timeline).heard == 22
    assert billing_says(timeline, acme, "C-1") == "summer"


def test_trap_2_a_push_that_was_lost_is_found_by_the_sweep(billing: Billing) -> None:
    """Billing pushes, and one push came while we were down; the sweep behind it hears what it said."""
    acme = acme_of(billing.source(), every="1 d", behind_pushes=True)
    timeline = Timeline(acme.company)
    billing.says("C-1", "spring")
    decides(timeline, acme, "C-1", "spring")
    timeline.says(acme.billing, acme.term, "C-1", "spring")
    pulled(timeline)

    billing.says("C-1", "winter")  # its push is lost
    timeline.wait("1 d")
    assert timeline.standing(acme.billing, acme.term, "C-1") is Standing.AGREES
    pulled(timeline)
    assert timeline.standing(acme.billing, acme.term, "C-1") is Standing.FOLLOWING
    timeline.close()


def test_a_sweep_is_heard_as_a_repeat(acme: Acme, billing: Billing, timeline: Timeline) -> None:
    """A follower that is swept and still says the old value insists: it contradicts, it is not late."""
    billing.says("C-1", "spring")
    decides(timeline, acme, "C-1", "spring")
    pulled(timeline)
    timeline.wait("1 h")
    pulled(timeline)
    decides(timeline, acme, "C-1", "summer")
    timeline.wait("10 min")
    pulled(timeline)
    assert timeline.standing(acme.billing, acme.term, "C-1") is Standing.LATE

    swept = pulled(timeline, sweep=True)
    assert swept.repeated + swept.heard == 2
    assert timeline.standing(acme.billing, acme.term, "C-1") is Standing.CONTRADICTS


def test_a_row_that_changes_there_and_back_is_heard_each_time(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """A, B and A again are three statements, however alike the first and the third are."""
    said = []
    for term in ("spring", "summer", "spring", "summer", "spring"):
        billing.says("C-1", term)
        pulled(timeline)
        said.append(billing_says(timeline, acme, "C-1"))
        timeline.wait("30 s")

    assert said == ["spring", "summer", "spring", "summer", "spring"]


def test_rows_of_one_timestamp_are_all_heard_however_many(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """An update of 1,300 rows stamps all of them alike; no page ends between them and loses the rest."""
    billing.says_many(1_300, "spring")
    pulled(timeline)
    billing.says_many(1_300, "summer", stamp=5_000)
    timeline.wait("30 s")
    pulled(timeline)

    assert {billing_says(timeline, acme, f"C-{n:05}") for n in range(1_300)} == {"summer"}


def test_a_row_that_is_committed_late_is_not_missed(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """Stamped 5, committed after 9 was seen: within the overlap it is found by polling all the same."""
    billing.says("C-1", "spring", stamp=1)
    pulled(timeline)
    timeline.wait("30 s")
    billing.says("C-9", "spring", stamp=9)
    pulled(timeline)
    timeline.wait("30 s")
    billing.says("C-5", "spring", stamp=5)
    pulled(timeline)

    assert billing_says(timeline, acme, "C-5") == "spring"


def test_a_row_that_is_committed_late_behind_the_first_reading_is_not_missed(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """Stamped before the last row that was there then, and visible only after: polls begin earlier."""
    billing.says("C-9", "spring", stamp=9)
    pulled(timeline)
    billing.says("C-5", "spring", stamp=5)
    timeline.wait("30 s")
    pulled(timeline)

    assert billing_says(timeline, acme, "C-5") == "spring"


def test_a_table_without_a_cursor_is_read_whole_each_time(billing: Billing) -> None:
    """Each reading is a sweep, so that a change is seen at once, whatever it moved."""
    acme = acme_of(billing.source(cursor=""))
    timeline = Timeline(acme.company)
    billing.says_many(700, "spring")
    first = pulled(timeline)
    billing.ask("update contract set term = 'summer' where contract_no = 'C-00650'")
    timeline.wait("30 s")
    second = pulled(timeline)

    assert (first.heard, second.heard, second.repeated) == (700, 701, 699)
    assert first.swept is not None
    assert second.swept is not None
    assert second.swept > first.swept
    timeline.close()


def test_a_row_that_is_gone_says_nothing_and_is_counted(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """What billing said of it stands, for it said nothing else; the sweep shows how many are fewer."""
    for n in range(10):
        billing.says(f"C-{n}", "spring")
    pulled(timeline)
    billing.ask("delete from contract where contract_no in ('C-1', 'C-2')")
    timeline.wait("1 d")
    swept = pulled(timeline)

    assert (swept.swept_rows, swept.fewer) == (8, 2)
    assert billing_says(timeline, acme, "C-1") == "spring"


def test_s16_a_source_that_is_down_is_shown_and_loses_nothing(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """It is shown since when and why; what changed meanwhile is heard when it is back."""
    billing.says("C-1", "spring")
    pulled(timeline)
    away = billing.file.rename(billing.file.with_name("away.db"))
    timeline.wait("30 s")
    down = pulled(timeline)
    away.rename(billing.file)
    billing.says("C-1", "summer")
    timeline.wait("1 min")
    back = pulled(timeline)

    assert (down.state, down.failures) == (PullState.DOWN, 1)
    assert down.failing == down.tried
    assert down.words == "down since 2027-01-05 09:00:30 UTC, asked in vain 1 time"
    assert down.error is not None
    assert down.error[:2] == (
        "not-pulled",
        "billing cannot be read: OperationalError: unable to open database file",
    )
    assert (back.state, back.failures, back.error) == (PullState.UP_TO_DATE, 0, None)
    assert billing_says(timeline, acme, "C-1") == "summer"


def test_s16_a_source_that_stays_down_is_asked_less_and_less(
    billing: Billing, timeline: Timeline
) -> None:
    """Every half minute at first, every quarter of an hour at last, and never at the same moment."""
    billing.file.unlink()
    waits = []
    for _ in range(10):
        down = pulled(timeline, at_once=True)
        assert down.tried is not None
        waits.append((down.next - down.tried).total_seconds())

    assert all(15 * 2**n <= wait <= 30 * 2**n for n, wait in enumerate(waits[:5]))
    assert all(450 <= wait <= 900 for wait in waits[6:])
    assert len(set(waits)) == len(waits)


def test_s14_rows_whose_columns_no_longer_fit_are_set_aside_and_replayed(
    billing: Billing, tmp_path: Path
) -> None:
    """A renamed column: its rows wait with the reason, and are heard once the reader is mended."""
    address = f"sqlite:///{tmp_path / 'acme.db'}"
    acme = acme_of(billing.source())
    timeline = Timeline(acme.company, address=address)
    billing.says("C-1", "spring")
    pulled(timeline)
    billing.ask("alter table contract rename column term to term_of_contract")
    billing.ask("insert into contract values ('C-2', 'summer', 9)")
    timeline.wait("30 s")
    shown = pulled(timeline)
    asides = timeline.office.asides()
    timeline.close()
    mended = acme_of(billing.source(), renamed=True)
    timeline = Timeline(mended.company, start=timeline.clock.now(), address=address)
    timeline.office.replay()

    assert shown.state is PullState.COLUMNS_CHANGED
    assert shown.words == (
        "columns changed at 2027-01-05 09:00:30 UTC, without term and with term_of_contract: 2 set aside"
    )
    assert {aside.code for aside in asides} == {"value-misfit"}
    assert billing_says(timeline, mended, "C-2") == "summer"
    timeline.wait("1 d")
    assert pulled(timeline).state is PullState.UP_TO_DATE
    timeline.close()


def test_s14_a_cursor_column_that_is_gone_is_named_and_the_cursor_does_not_move(
    acme: Acme, billing: Billing, timeline: Timeline
) -> None:
    """It says which column and what there is instead; mended, it goes on where it was."""
    billing.says("C-1", "spring")
    pulled(timeline)
    billing.ask("alter table contract rename column changed_at to moved_at")
    billing.ask("insert into contract values ('C-2', 'summer', 9)")
    timeline.wait("30 s")
    gone = pulled(timeline)
    billing.ask("alter table contract rename column moved_at to changed_at")
    timeline.wait("1 min")
    mended = pulled(timeline)

    assert gone.state is PullState.DOWN
    assert gone.error is not None
    assert gone.error[0] == "columns-changed"
    assert gone.error[1] == "There is no column changed_at any more."
    assert gone.error[3].endswith("It has: contract_no, term, moved_at.")
    assert (mended.state, mended.heard) == (PullState.UP_TO_DATE, 2)
