"""Times in what customers are told: in their zone, which is said, and of the day that is meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest

from onestory import Channel, Company, Entity, Fact, Key, System, declares_different
from onestory.errors import DeclarationError
from onestory.testing import NINE, Timeline

HALIFAX = timezone(timedelta(hours=-4), "AST")


class Acme:
    """A small company in one zone, and a contract that billing must follow in some time."""

    def __init__(self, zone: str | tzinfo = "Europe/Berlin", *, within: str = "5 min") -> None:
        self.company = company = Company("Acme Telecom", zone=zone)
        self.contracts = contracts = System("contracts", of=company)
        self.billing = billing = System("billing", of=company)

        class Contract(Entity, of=company):
            """One subscription."""

            no: Key[str]
            term: Fact[str] = contracts.decides(billing.follows(within=within))

        self.contract = Contract
        self.desk = Channel("desk", of=company)
        self.abroad = Channel("desk abroad", of=company, zone=HALIFAX)
        self.short = Channel("till", of=company, unsettled="Right by {due:%H:%M:%S}.")

    def told(self, channel: Channel, *, start: datetime = NINE, wait: str = "0 s") -> str:
        """The sentence beside a term that billing has not followed for so long."""
        with Timeline(self.company, start=start) as timeline:
            timeline.says(self.contracts, self.contract.term, "C-1", "spring")
            timeline.wait(wait)
            return timeline.office.tell(self.contract, "C-1", to=channel)[
                self.contract.term
            ].sentence


def test_a_time_is_told_in_the_zone_of_the_company() -> None:
    """09:05 in Greenwich is 10:05 in Berlin, and it is said that this is Berlin's time."""
    acme = Acme()

    assert acme.told(acme.desk) == "All our systems will show this by 10:05 CET."


def test_a_channel_abroad_tells_the_time_there() -> None:
    """Who asks at a desk in Halifax has a watch of Halifax."""
    acme = Acme()

    assert acme.told(acme.abroad) == "All our systems will show this by 05:05 AST."


@pytest.mark.parametrize(("abroad", "time"), [(False, "10:36 CET"), (True, "05:36 AST")])
def test_the_next_word_is_told_in_the_zone_of_the_channel(*, abroad: bool, time: str) -> None:
    """The cautious sentence is one; each hears its time by their own clock."""
    acme = Acme()

    sentence = acme.told(acme.abroad if abroad else acme.desk, wait="6 min")
    assert sentence.endswith(f"the next word is at {time}.")


@pytest.mark.parametrize(
    ("start", "within", "by"),
    [
        (NINE, "13 h", "23:00 CET"),
        (NINE, "14 h", "2027-01-06 00:00 CET"),
        (NINE, "7 d", "2027-01-12 10:00 CET"),
        (datetime(2027, 1, 5, 23, 30, tzinfo=UTC), "1 h", "01:30 CET"),
        (datetime(2027, 3, 27, 23, 30, tzinfo=UTC), "2 h", "03:30 CEST"),
    ],
)
def test_a_time_of_another_day_is_told_with_its_day(start: datetime, within: str, by: str) -> None:
    """Which day it is, is asked where the people are: 23:30 in Greenwich is tomorrow in Berlin."""
    acme = Acme(within=within)

    assert acme.told(acme.desk, start=start) == f"All our systems will show this by {by}."


def test_a_time_in_full_is_never_too_early() -> None:
    """Seconds are rounded up: at 10:01:10 a promise of 10:01 would be broken."""
    acme = Acme(within="70 s")

    assert acme.told(acme.desk).endswith("by 10:02 CET.")


def test_rounding_up_may_reach_the_next_day() -> None:
    """Half a minute to midnight is promised for midnight, which is tomorrow."""
    acme = Acme(within="30 s")
    late = datetime(2027, 1, 5, 22, 59, tzinfo=UTC)

    assert acme.told(acme.desk, start=late).endswith("by 2027-01-06 00:00 CET.")


def test_a_company_may_write_a_time_its_own_way() -> None:
    """As the format says, to the second, in the same zone."""
    acme = Acme(within="70 s")

    assert acme.told(acme.short) == "Right by 10:01:10."


def test_without_a_zone_times_are_told_in_utc() -> None:
    """And say so."""
    acme = Acme("UTC")

    assert acme.told(acme.desk).endswith("by 09:05 UTC.")


def test_the_end_of_a_difference_is_a_day_where_the_people_are() -> None:
    """Until midnight in Berlin, not until the day before, as Greenwich has it."""
    acme = Acme()
    midnight = datetime(2027, 5, 31, 22, tzinfo=UTC)
    declares_different(
        acme.billing, acme.contract.term, because="Billing is rebuilt.", until=midnight
    )

    assert acme.told(acme.desk) == "billing: Billing is rebuilt. (until 2027-06-01)"


@pytest.mark.parametrize(
    ("zone", "fix"),
    [
        ("Europe/Berln", "Did you mean Europe/Berlin?"),
        ("CETI", "Did you mean CET?"),
        ("../etc/passwd", "Write one like Europe/Berlin."),
        ("", "Write one like Europe/Berlin."),
        ("7", "Write one like Europe/Berlin."),
    ],
)
def test_an_unknown_zone_is_an_error_where_it_is_written(zone: str, fix: str) -> None:
    """In a company and in a channel: what, where, and what to write instead."""
    acme = Company("Acme Telecom")

    with pytest.raises(DeclarationError) as of_company:
        Company("Halcyon", zone=zone)
    with pytest.raises(DeclarationError) as of_channel:
        Channel("desk", of=acme, zone=zone)
    for caught in (of_company, of_channel):
        assert caught.value.what == f"{zone!r} is not a time zone."
        assert caught.value.where.startswith("test_zone.py:")
        assert caught.value.fix == fix


def test_a_moment_in_a_sentence_has_no_parts() -> None:
    """What a sentence asks of a moment is asked when it is declared, not when it must be said."""
    with pytest.raises(DeclarationError, match="Nobody can say 'Wait until {next.hour}.'"):
        Company("Acme Telecom", cautious="Wait until {next.hour}.")
