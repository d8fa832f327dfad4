"""The tail: what the number line says has changed, however it is woken and however far behind it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import onestory
from onestory import Office
from onestory.errors import LedgerError
from onestory.ledger import Ref
from onestory.office.live.shown import Index
from onestory.office.live.tail import BEGUN_NAMED, PAGE, Moved, Tail

from .halcyon import Flight, bookings, departs, desk_system, flies, halcyon, says


class Interested(Index):
    """An interest in all there may be."""

    people = missing = True


class Followed:
    """A tail that is made to look by hand, and what it said."""

    def __init__(self, office: Office) -> None:
        self.said: list[Moved] = []
        self.watched, self.office = True, office
        reach = office.worker.audience.reach
        watched = {"watched": lambda: self.watched, "say": self.said.append}
        self.tail = Tail(office.ledger, reach, Interested(), **watched)  # type: ignore[arg-type]
        self.tail.look()

    def look(self) -> Moved:
        """What it says after one look."""
        self.tail.look()
        return self.said[-1]

    def names(self, ids: set[int] | None) -> set[str]:
        """Subjects by their names."""
        assert ids is not None
        with self.office.ledger.view() as view:
            return {f"{found.ref.entity} {found.ref.key}" for found in view.by_id(ids)}


@pytest.fixture
def office() -> Iterator[Office]:
    with onestory.open(halcyon, "sqlite://") as office:
        yield office


def test_the_first_look_says_that_all_may_have_changed(office: Office) -> None:
    """Nobody knows what there was before: whatever is watched is sent anew."""
    office.hear(departs("HA-1", "14:00"))

    (first,) = Followed(office).said
    assert (first.number, first.subjects, first.people, first.begun) == (1, None, None, None)


def test_a_look_names_what_changed_since_the_last(office: Office) -> None:
    """Two flights were there; of one something new is said, and a third is spoken of first."""
    office.hear(departs("HA-1", "14:00"), departs("HA-2", "14:00"))
    followed = Followed(office)
    office.hear(departs("HA-1", "15:00"), departs("HA-3", "16:00"))
    moved = followed.look()
    nothing = followed.look()

    assert followed.names(moved.subjects) == {"Flight HA-1", "Flight HA-3"}
    assert moved.begun == [Ref("Flight", "", "HA-3")]
    assert (nothing.number, nothing.subjects, nothing.begun) == (moved.number, set(), [])


def test_a_change_is_traced_to_the_people_it_concerns(office: Office) -> None:
    """A trip names its passenger."""
    followed = Followed(office)
    office.hear(flies("T-1", "HA-1", "P-1"))

    assert followed.names(followed.look().people) == {"Passenger P-1"}


def test_a_name_stands_for_what_it_means(office: Office) -> None:
    """What the desk says under its own name for a flight changes the flight."""
    office.hear(departs("HA-1", "14:00"))
    office.link(desk_system.calls("D-9"), Flight, "HA-1", by="Ann")
    followed = Followed(office)
    office.hear(says(desk_system, "flight", called="D-9", departs="14:00"))

    assert "Flight HA-1" in followed.names(followed.look().subjects)


def test_who_is_a_page_behind_is_told_that_all_may_have_changed(office: Office) -> None:
    """To read more than a page of entries costs more than to send anew what is watched."""
    followed = Followed(office)
    office.hear(*(departs(f"HA-{n}", "14:00") for n in range(PAGE + 1)))
    moved = followed.look()
    office.hear(departs("HA-1", "15:00"))

    assert (moved.number, moved.subjects) == (PAGE + 1, None)
    assert followed.names(followed.look().subjects) == {"Flight HA-1"}


def test_of_many_new_subjects_none_is_named(office: Office) -> None:
    """Beyond what is matched by name, whoever waits for a subject looks whether it is there."""
    followed = Followed(office)
    office.hear(*(departs(f"HA-{n}", "14:00") for n in range(BEGUN_NAMED + 1)))

    assert followed.look().begun is None


def test_what_is_not_traced_in_one_look_is_in_the_next(office: Office) -> None:
    """Nobody is left out because many were concerned at once; of too many, everybody may be."""
    followed = Followed(office)
    office.hear(*(flies(f"T-{n}", "HA-1", f"P-{n}") for n in range(1_000)))
    found = set[str]()
    for _ in range(8):
        people = followed.look().people
        found |= followed.names(people)

    assert len(found) == 1_000


def test_while_nobody_watches_nothing_is_read(office: Office) -> None:
    """A process without viewers asks the ledger nothing; with the first, all may have changed."""
    followed = Followed(office)
    followed.watched = False
    followed.tail.look()
    assert len(followed.said) == 1
    followed.watched = True

    assert followed.look().subjects is None


def test_a_look_that_the_ledger_refused_loses_nothing(tmp_path: Path) -> None:
    """The next look begins where the last good one ended."""
    address = f"sqlite:///{tmp_path}/acme.db"
    with onestory.open(halcyon, address) as writer:
        reader = onestory.open(halcyon, address)
        followed = Followed(reader)
        writer.hear(departs("HA-1", "14:00"))
        reader.close()
        with pytest.raises(LedgerError):
            followed.tail.look()
        again = onestory.open(halcyon, address)
        followed.tail._ledger = again.ledger
        moved = followed.look()

        assert moved.number == 1
        assert moved.subjects
        again.close()


def test_each_commit_is_told_once_it_is_there(office: Office) -> None:
    """What follows commits is called after each, with the last entry, even if it added none."""
    told: list[int] = []
    office.ledger.after_commit = told.append
    office.hear(departs("HA-1", "14:00"))
    office.hear(says(bookings, "unheard of"))

    assert told[0] == 1
    assert told[-1] == 1
    assert len(told) >= 2
