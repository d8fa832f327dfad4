"""The command line is asked: stories, contradictions and explanations, for people and as JSON."""

import re
from pathlib import Path

from .typed import ACME, BILLING_FOLLOWS, COMPANY, document, page


def test_a_story_shows_what_every_party_says(late: int) -> None:
    """H1, asked for by an engineer: the decided value, and the follower that is late."""
    lines = page("story", COMPANY, "Contract", "C-1").splitlines()

    assert "Contract C-1" in lines
    assert any(re.match(r"renewed_until  contracts  2022-03-31  decides ", line) for line in lines)
    assert any(re.match(r" +billing    2021-03-31  ! late ", line) for line in lines)
    assert any(line.startswith("renewed_until: Our systems do not agree") for line in lines)


def test_a_story_told_by_a_channel_shows_no_stale_value(late: int) -> None:
    """H22: the portal tells the decided value and the cautious sentence, and nothing it hides."""
    text = page("story", COMPANY, "Contract", "C-1", "--channel", "portal")

    assert "as the portal tells it" in text
    assert "2022-03-31" in text
    assert "2021-03-31" not in text
    assert "monthly_price" not in text


def test_a_story_answers_a_program(late: int) -> None:
    """The names in the document stay as they are; values are as the ledger keeps them."""
    told = document("story", COMPANY, "Contract", "C-1")
    term = told["facts"]["renewed_until"]

    assert {name: told[name] for name in ("entity", "key", "channel")} == {
        "entity": "Contract",
        "key": "C-1",
        "channel": None,
    }
    assert (term["value"], term["standing"], term["decided_by"]) == (
        "2022-03-31",
        "late",
        "contracts",
    )
    assert term["followers"][0] == {
        "party": "billing",
        "person": None,
        "says": "2021-03-31",
        "standing": "late",
        "as_of": "2021-01-05T09:00:00Z",
        "since": "2021-01-05T09:01:00Z",
        "due": "2021-01-05T09:06:00Z",
    }
    assert "value" not in told["facts"]["monthly_price"]
    assert (
        "followers"
        not in document("story", COMPANY, "Contract", "C-1", "--channel", "desk")["facts"][
            "renewed_until"
        ]
    )


def test_a_story_is_told_as_it_was_known(late: int) -> None:
    """At 9:05 billing still had a minute, in whichever way that moment is written."""
    for known in ("2021-01-05T09:05", "2021-01-05T10:05+01:00"):
        told = document("story", COMPANY, "Contract", "C-1", "--known", known)

        assert told["facts"]["renewed_until"]["standing"] == "following"


def test_times_are_shown_and_read_in_the_zone_that_is_asked_for(late: int) -> None:
    """9:05 in Greenwich is 10:05 in Berlin, on the page and on the command line."""
    zone = ["--zone", "Europe/Berlin"]
    text = page("story", COMPANY, "Contract", "C-1", "--known", "2021-01-05T10:05", *zone)

    assert "as of 2021-01-05 10:05 CET" in text
    assert "… following  2021-01-05 10:01" in text
    assert "All our systems will show this by 10:06 CET." in text


def test_without_a_zone_a_page_is_in_that_of_the_channel_or_of_the_company(
    here: Path, late: int
) -> None:
    """The page says which, and shows the very sentence that the channel tells."""
    abroad = ACME.replace('"Acme Telecom"', '"Acme Telecom", zone="Europe/Berlin"').replace(
        '"desk", of=acme', '"desk", of=acme, zone="America/New_York"'
    )
    (here / "acme_abroad.py").write_text(abroad)
    story = ["story", "acme_abroad:acme", "Contract", "C-1"]

    assert "Times in Europe/Berlin." in page("contradictions", "acme_abroad:acme")
    assert page(*story).endswith("Times in Europe/Berlin.\n")
    text = page(*story, "--channel", "desk", "--known", "2021-01-05T04:05")
    assert "as the desk tells it, as of 2021-01-05 04:05 EST" in text
    assert "by 04:06 EST." in text
    assert text.endswith("Times in America/New_York.\n")
    opened = page(*story, "--timeline").split()
    assert opened[opened.index("due") + 2 :][:2] == ["10:06", "CET"]


def test_a_timeline_shows_what_became_known_newest_first(late: int) -> None:
    """What was heard and what was opened, a page at a time."""
    first = document("story", COMPANY, "Contract", "C-1", "--timeline", "--limit", "2")
    rest = document(
        "story", COMPANY, "Contract", "C-1", "--timeline", "--before", str(first["before"])
    )

    kinds = [event["kind"] for event in first["events"] + rest["events"]]
    assert kinds == ["opened", "heard", "heard", "heard"]
    assert rest["before"] is None
    assert "opened" in page("story", COMPANY, "Contract", "C-1", "--timeline")


def test_contradictions_are_counted_and_listed_with_what_is_said(late: int) -> None:
    """H1: one is open, of one fact, and both values stand in its row."""
    text = page("contradictions", COMPANY)

    assert text.startswith("1 contradiction open\n")
    assert "   1  Contract.renewed_until  billing" in text
    assert re.search(rf" {late}  Contract C-1  renewed_until +! late\n", text)
    assert "contracts: 2022-03-31, billing: 2021-03-31" in text


def test_contradictions_answer_a_program(late: int) -> None:
    """The same, with names that stay."""
    found = document("contradictions", COMPANY)

    assert (found["open"], found["incidents"], found["after"]) == (1, [], None)
    assert found["by_fact"] == [
        {"entity": "Contract", "fact": "renewed_until", "follower": "billing", "open": 1}
    ]
    assert found["contradictions"][0] == {
        "number": late,
        "subject": "Contract C-1",
        "entity": "Contract",
        "key": "C-1",
        "fact": "renewed_until",
        "follower": "billing",
        "person": None,
        "decided": "2022-03-31",
        "said": "2021-03-31",
        "standing": "late",
        "since": "2021-01-05T09:01:00Z",
        "due": "2021-01-05T09:06:00Z",
        "opened": "2021-01-05T09:06:00.000001Z",
        "silent_since": None,
        "settled": None,
        "how": None,
    }


def test_a_silent_system_is_one_incident_on_top(here: Path) -> None:
    """H9: billing was never heard of anything; two contradictions have that one cause."""
    replay = ["--from", "contracts", "--replay", "--time", "at"]
    page("hear", COMPANY, "renewals.csv", *replay)
    text, found = page("contradictions", COMPANY), document("contradictions", COMPANY)

    assert "   2  contracts to billing" in text
    assert text.index("incident") < text.index("Contract C-1")
    assert [(one["follower"], one["open"], one["silent_since"]) for one in found["incidents"]] == [
        ("billing", 2, None)
    ]


def test_contradictions_come_in_pages(here: Path) -> None:
    """A page says after which number the next begins; the last says nothing."""
    replay = ["--from", "contracts", "--replay", "--time", "at"]
    page("hear", COMPANY, "renewals.csv", *replay)
    first = document("contradictions", COMPANY, "--limit", "1")
    rest = document("contradictions", COMPANY, "--limit", "1", "--after", str(first["after"]))

    keys = [one["key"] for one in first["contradictions"] + rest["contradictions"]]
    assert keys == ["C-1", "C-2"]
    assert rest["after"] is None
    assert f"--after {first['after']} shows more" in page("contradictions", COMPANY, "--limit", "1")


def test_settled_contradictions_are_listed_when_asked_for(here: Path) -> None:
    """H2: settled, and kept."""
    (here / "events.jsonl").write_text(BILLING_FOLLOWS)
    page("hear", COMPANY, "events.jsonl", "--replay")

    assert page("contradictions", COMPANY).startswith("Nothing is contradicted.\n")
    assert "✓ agreed" in page("contradictions", COMPANY, "--all")


def test_contradictions_by_fact_are_totals_only(late: int) -> None:
    """For whoever wants to know where it hurts."""
    assert "contradictions" not in document("contradictions", COMPANY, "--by-fact")
    assert "Contract C-1" not in page("contradictions", COMPANY, "--by-fact")


def test_a_contradiction_is_explained_on_one_page(late: int) -> None:
    """H1: the sentence, the times, the link that failed, and the two messages with their proof."""
    text = page("explain", COMPANY, str(late))
    found = document("explain", COMPANY, str(late))

    assert "contracts decided 2022-03-31, and billing, which had 5 min to follow" in " ".join(
        text.split()
    )
    assert "had time until  2021-01-05 09:06 UTC" in text
    assert "message 'contracts-2'" in text
    assert found["fault"] == "missed"
    assert found["decided"]["hash"] in text
    assert found["followed"]["message"] == "billing-1"
