"""Lists over HTTP: every item is heard, however they are paged, and what goes wrong is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from onestory import Message, NotPulled, items_of
from onestory.errors import ColumnsChanged, DeclarationError
from onestory.intake import answer as limits

from .lists import Answer, List, served
from .polled import Polled


@pytest.fixture
def listing() -> List:
    listing = List()
    for number in range(5):
        listing.says(f"C-{number}", "spring")
    return listing


@pytest.fixture
def url(listing: List) -> Iterator[str]:
    with served(listing) as url:
        yield url


def ids(messages: list[Message]) -> list[str]:
    """The keys of items, in the order they came."""
    return [msgspec.json.decode(message.data)["id"] for message in messages]


ALL = [f"C-{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("paged", "how"),
    [
        ("", {}),
        ("link", {}),
        ("next", {"items": "data", "next": "links.next"}),
        ("token", {"items": "data", "next": "meta.next", "next_as": "from"}),
        ("page", {"page": "page"}),
        ("after", {"after": "after", "key": "id"}),
    ],
)
def test_every_page_is_read_however_it_is_asked_for(
    paged: str, how: dict[str, Any], listing: List, url: str
) -> None:
    """By the header Link, an address or a mark in the answer, a number, the last item's key."""
    listing.paged = paged

    assert ids(Polled(items_of(url, **how)).poll()) == ALL


def test_what_did_not_change_is_not_sent_and_not_heard(listing: List, url: str) -> None:
    """A list with an ETag is asked for by it; one without is compared. A sweep reads it all the same."""
    for listing.tagged in (True, False):
        polled = Polled(items_of(url))

        assert ids(polled.poll()) == ALL
        assert polled.poll() == []
        assert ("if-none-match" in listing.sent[-1]) == listing.tagged
        assert ids(polled.poll(sweep=True)) == ALL
        listing.says("C-9", "spring")
        assert ids(polled.poll()) == [*ALL, "C-9"]
        listing.items.pop()


def test_only_what_changed_is_asked_for_where_the_list_can_say(listing: List, url: str) -> None:
    """The greatest stamp of the items is what is asked for next, as it was when it was that long ago."""
    polled = Polled(items_of(url, since="since", cursor="updated", overlap="2 min"))
    polled.poll()
    listing.says("C-1", "summer", "2027-01-05T09:01")
    first = polled.poll()
    listing.says("C-2", "summer", "2027-01-05T09:02")
    for _ in range(5):
        polled.poll()

    assert ids(first) == [*ALL[:1], *ALL[2:], "C-1"]
    assert [params.get("since") for params in listing.asked] == [
        *[None] * 5,
        "2027-01-05T09:01",
        "2027-01-05T09:02",
    ]


def test_an_item_is_the_same_message_until_it_changes(listing: List, url: str) -> None:
    """What an overlap gives twice is one message; what a sweep gives is another."""
    polled = Polled(items_of(url, since="since", cursor="updated"))
    first, second = polled.poll(), polled.poll()
    listing.says("C-1", "summer", "2027-01-02")
    third, swept = polled.poll(), polled.poll(sweep=True)

    assert {m.id for m in first} == {m.id for m in second}
    assert len({m.id for m in third} - {m.id for m in first}) == 1
    assert not {m.id for m in swept} & {m.id for m in first + third}


def test_a_list_that_repeats_itself_is_told(listing: List, url: str) -> None:
    """A system that ignores the number of the page would be read for ever."""
    with pytest.raises(NotPulled, match="one that came before: the list repeats itself"):
        Polled(items_of(url, page="p")).poll()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(500), "127.0.0.1 answers 500 Internal Server Error."),
        (Answer(302, {"Location": "/other"}), "127.0.0.1 answers 302 Found."),
        (Answer(body=b"<html>"), "The answer is not JSON, or not all of it: "),
        (Answer(body=b'[{"id": '), "The answer is not JSON, or not all of it: "),
        (Answer(body=b'{"data": []}'), "The answer has no list in it: Expected `array`"),
        (
            Answer(body=b"[]", headers={"Link": '<https://elsewhere.test/>; rel="next"'}),
            "The next page is said to be at elsewhere.test, which is not where the list is.",
        ),
    ],
)
def test_what_is_no_list_is_told(answer: Answer, said: str, listing: List, url: str) -> None:
    """A refusal, an address elsewhere, a page for people: each says what came instead."""
    listing.instead = [answer]

    with pytest.raises(NotPulled) as told:
        Polled(items_of(url)).poll()
    assert told.value.what.startswith(said)


@pytest.mark.parametrize(
    ("written", "pause"),
    [
        ("90", timedelta(seconds=90)),
        ("Tue, 05 Jan 2027 09:03:00 GMT", timedelta(minutes=2)),
        ("99999999999", timedelta(days=1)),
        ("soon", None),
    ],
)
def test_a_system_that_wants_to_be_left_alone_is(
    written: str, pause: timedelta | None, listing: List, url: str
) -> None:
    """Retry-After in seconds or as a time; a year is taken for a day, and words for nothing."""
    listing.instead = [Answer(429, {"Retry-After": written})]

    with pytest.raises(NotPulled, match="429 Too Many Requests") as told:
        Polled(items_of(url)).poll()
    assert told.value.again_after == pause


def test_a_system_that_hangs_or_is_gone_is_told(listing: List) -> None:
    """No answer within the declared time; and nobody there at all."""
    done = threading.Event()
    listing.instead = [Answer(hangs=done)]
    with served(listing) as url:
        with pytest.raises(NotPulled, match="did not answer within 0.2 s"):
            Polled(items_of(url, timeout="200 ms")).poll()
        done.set()
    with pytest.raises(NotPulled, match="127.0.0.1 cannot be reached: ConnectError"):
        Polled(items_of(url)).poll()


def test_an_answer_over_the_limit_is_not_held(listing: List, url: str) -> None:
    """One byte too many, and the rest is not read."""
    listing.instead = [Answer(body=b" " * (limits.MAX_ANSWER_BYTES + 1))]

    with pytest.raises(NotPulled, match="answers more than 67,108,864 bytes"):
        Polled(items_of(url)).poll()


def test_s14_a_stamp_that_is_gone_is_named(listing: List, url: str) -> None:
    """Without it nobody knows where the next poll begins; the items are heard all the same."""
    polled = Polled(items_of(url, since="since", cursor="updated"))
    polled.poll()
    kept = polled.cursor
    body = b'[{"id": "C-1", "changed": "2027-01-05"}]'
    listing.instead = [Answer(body=body)]

    with pytest.raises(ColumnsChanged, match="No item has a member updated any more"):
        polled.poll()
    assert polled.cursor == kept


def test_keys_are_sent_with_each_page_and_asked_for_anew(listing: List, url: str) -> None:
    """Headers may be a function, so that a key that was changed is used without a restart."""
    listing.paged, keys = "link", iter(["one", "two"])
    polled = Polled(items_of(url, headers=lambda: {"authorization": next(keys)}))
    polled.poll()
    polled.poll()

    assert [sent["authorization"] for sent in listing.sent] == ["one"] * 3 + ["two"] * 3


@pytest.mark.parametrize(
    ("url", "how"),
    [
        ("ftp://host/list", {}),
        ("file:///etc/passwd", {}),
        ("https://name:word@host/list", {}),
        ("https://host/list", {"since": "since"}),
        ("https://host/list", {"after": "after"}),
        ("https://host/list", {"page": "page", "next": "next"}),
        ("https://host/list", {"timeout": "0 s"}),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_when_declared(url: str, how: dict[str, Any]) -> None:
    """Another protocol, a password in the address, parts that do not fit: at import, not at night."""
    with pytest.raises(DeclarationError):
        items_of(url, **how)
