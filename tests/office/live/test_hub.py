"""The hub: rendered once for all, bounded, asked again who may see what, and ended at once."""

from __future__ import annotations

import threading
from collections.abc import Collection, Hashable, Iterator
from http.client import HTTPResponse

import pytest

import onestory
from onestory import Office
from onestory.errors import LedgerBusy
from onestory.office.http import Serving
from onestory.office.live import Live, Rendered, Topic

from .halcyon import departs, flies, halcyon
from .served import Reader, serve, served

FLIGHT = "subject/Flight/HA-1"


@pytest.fixture
def office() -> Iterator[Office]:
    with onestory.open(halcyon, "sqlite://") as office:
        yield office


class Board:
    """Renders one board: whatever it is told to show, as often as it is asked."""

    def __init__(self) -> None:
        self.text, self.rendered, self.refused = "first\nboard", 0, 0
        self.asked = threading.Semaphore(0)

    def topic(self, about: str, channel: str) -> Topic:
        """There is one board."""
        return Topic("board", about, channel)

    def render(self, _topic: Topic) -> Rendered:
        """What it shows; it refuses as often as it was told to."""
        self.asked.release()
        if self.refused:
            self.refused -= 1
            raise LedgerBusy("Others write.")
        self.rendered += 1
        return Rendered(self.rendered, self.text.encode(), everything=True)


def with_board(office: Office, board: Board) -> Serving:
    """An office that has a board to show."""
    serving = Serving(office)
    serving.live.hub.renderers["board"] = board
    return serving


def status(answer: tuple[HTTPResponse, bytes]) -> int:
    """The status of an answer."""
    return answer[0].status


def test_a_topic_is_rendered_once_for_all_who_watch(office: Office) -> None:
    """A hundred readers of one board: one change, one rendering or two, a hundred times the bytes."""
    board = Board()
    with serve(with_board(office, board)) as here:
        readers = [here.read("board") for _ in range(100)]
        first = {"\n".join(reader.block()[2:] or reader.block()[2:]) for reader in readers}
        before, board.text = board.rendered, "second board"
        office.hear(departs("HA-1", "14:00"))
        then = {"\n".join(reader.block()[2:]) for reader in readers}
        rendered = board.rendered - before

    assert first == {"data: first\ndata: board"}
    assert then == {"data: second board"}
    assert rendered <= 3


def test_what_cannot_be_rendered_is_rendered_again(office: Office) -> None:
    """A rendering that was refused is shown to nobody, and kept by nobody."""
    board = Board()
    board.refused = 1
    with serve(with_board(office, board)) as here:
        reader = here.read("board")
        assert reader.block() == ["retry: 1000"]

        assert reader.block() == ["id: 1", "event: board", "data: first", "data: board"]


def test_what_stays_the_same_is_not_sent_again(office: Office) -> None:
    """Counters are counted after every commit; a reader is sent what differs."""
    with served(office) as here:
        reader = here.read("counters", FLIGHT)
        reader.next(), reader.next()
        office.hear(departs("HA-1", "14:00"))
        reader.until("subject", lambda data: data["story"])
        office.hear(departs("HA-1", "15:00"))
        told = reader.next()

    assert told.kind == "subject"


def test_a_slow_reader_is_sent_the_last_and_not_everything(office: Office) -> None:
    """A reader that takes nothing while much changes gets what is so, not what was: memory is bounded."""
    board = Board()
    changes = 60
    with serve(with_board(office, board)) as here:
        slow, quick = here.read("board"), here.read("board")
        quick.block(), quick.block()
        for n in range(changes):
            board.text = f"{n} " + 500_000 * "x"
            office.hear(departs("HA-1", str(n)))
            quick.block()
        slow.block()
        seen = 0
        while not (lines := slow.block())[-1].startswith(f"data: {changes - 1} "):
            seen += bool(lines)

    assert seen < changes / 2


def test_a_reader_that_takes_nothing_is_let_go_of(office: Office) -> None:
    """After four beats without a byte taken its stream is over, and its place is free."""
    board = Board()
    board.text = 16_000_000 * "x"
    serving = Serving(office)
    serving.live = Live(office, beat=0.05)
    serving.live.hub.renderers["board"] = board
    with serve(serving) as here:
        here.read("board")
        assert serving.live.hub.streams == 1
        while serving.live.hub.streams:
            here.get("/healthz")

        assert not serving.live.hub.watched


def test_a_reader_has_so_many_streams_and_no_more(office: Office) -> None:
    """What one caller may have leaves room for others; what a process may have leaves it alive."""
    serving = Serving(office)
    serving.live.hub.room_of_one, serving.live.hub.room = 2, 3
    with serve(serving) as here:
        here.read(FLIGHT), here.read(FLIGHT)
        too_many = here.get(f"/live?topic={FLIGHT}")
        other = Reader(here.port, FLIGHT, here="127.0.0.2")
        full = Reader(here.port, FLIGHT, here="127.0.0.3")
        other.close()
        full.close()

    assert status(too_many) == 429
    assert b"You have 2 live streams" in too_many[1]
    assert (other.answer.status, full.answer.status) == (200, 503)


def test_room_is_given_back_when_a_reader_leaves(office: Office) -> None:
    """Nothing is kept of a stream that is over, nor of a topic that nobody watches."""
    with served(office) as here:
        hub = here.serving.live.hub
        reader = here.read(FLIGHT, "person/Passenger/P-1", "counters")
        reader.next()
        assert hub.streams == 1
        reader.close()
        while hub.streams:
            here.get("/healthz")

        assert not hub.watched
        assert not hub.index.people
        assert not hub.index.missing


def test_a_stream_ends_once_its_caller_may_see_it_no_longer(office: Office) -> None:
    """Who is signed out elsewhere is told so within two beats, and sent no more."""
    allowed = {"127.0.0.1"}
    serving = Serving(office, still_allowed=lambda who, topics: topics if who in allowed else ())
    serving.live = Live(office, still_allowed=serving.still_allowed, beat=0.05)
    with serve(serving) as here:
        reader = here.read(FLIGHT)
        reader.next()
        reader.heartbeats(3)
        allowed.clear()
        last = reader.until("gone", lambda _: True)

        assert last.data == {}
        assert reader.block() == []


def test_a_stream_ends_once_one_of_its_topics_may_be_seen_no_longer(office: Office) -> None:
    """What was somebody's may become another's; their streams about all else go on."""
    hidden: set[str] = set()

    def still(_: Hashable, topics: Collection[Topic]) -> list[Topic]:
        return [topic for topic in topics if topic.kind not in hidden]

    serving = Serving(office)
    serving.live = Live(office, still_allowed=still, beat=0.05)
    with serve(serving) as here:
        one, both = here.read(FLIGHT), here.read(FLIGHT, "counters")
        one.next()
        hidden.add("counters")
        both.until("gone", lambda _: True)
        one.heartbeats(one.comments + 5)

        assert both.block() == []
        assert serving.live.hub.streams == 1


def test_a_topic_that_one_may_not_see_is_refused(office: Office) -> None:
    """Whether a request may watch a topic is asked of each topic, before anything is sent."""
    serving = Serving(office, may_see=lambda _, topic: topic.kind != "counters")
    with serve(serving) as here:
        one, both = (
            here.get("/live?topic=counters"),
            here.get(f"/live?topic={FLIGHT}&topic=counters"),
        )

    assert (status(one), status(both)) == (404, 404)


@pytest.mark.parametrize(
    ("query", "answered"),
    [
        ("topic=nothing", 404),
        ("topic=subject/Ship/S-1", 404),
        ("topic=person/Flight/HA-1", 404),
        ("topic=counters/some", 404),
        (f"topic={FLIGHT}&channel=radio", 404),
        ("&".join(f"topic=subject/Flight/HA-{n}" for n in range(51)), 422),
    ],
)
def test_what_is_no_topic_is_answered_with_an_error(
    office: Office, query: str, answered: int
) -> None:
    """A stream is about topics that the company declares, fifty at most."""
    with served(office) as here:
        answer, body = here.get(f"/live?{query}")

    assert answer.status == answered
    assert answer.headers["content-type"] == "application/problem+json"
    assert b'"fix"' in body


def test_a_stream_is_told_to_come_again_when_the_process_stops(office: Office) -> None:
    """The last word of every stream is when to come again: another process serves it."""
    with served(office) as here:
        readers = [here.read(FLIGHT) for _ in range(50)]
        for reader in readers:
            reader.next()
        here.serving.live.end_soon()

        assert [reader.block() for reader in readers] == [["retry: 500"]] * 50


def test_proxies_are_told_to_pass_each_event_on(office: Office) -> None:
    """What a stream is, and that nobody may hold it back or keep it."""
    with served(office) as here:
        headers = here.read(FLIGHT).answer.headers

    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (headers["x-accel-buffering"], headers["cache-control"]) == ("no", "no-store")


def test_a_reader_is_sent_nothing_older_than_it_knows(office: Office) -> None:
    """Last-Event-ID, and after= where a page says it, is the number that is known already."""
    office.hear(departs("HA-1", "14:00"), flies("T-1", "HA-1", "P-1"))
    with served(office) as here:
        before = here.read(FLIGHT).next()
        known = here.read(FLIGHT, after=str(office.counts().entries)).next()
        unheard_of = here.read(FLIGHT, after="9" * 15).next()

    assert before.id == known.id == unheard_of.id == office.counts().entries
