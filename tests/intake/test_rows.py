"""Rows: files of CSV and JSON lines, heard row by row, each known by its file or by its own id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from onestory import (
    Channel,
    Claims,
    Company,
    Entity,
    Fact,
    Fate,
    Key,
    Message,
    Money,
    Receipt,
    RowFile,
    System,
    message,
    reads,
)
from onestory.errors import NoSequence, NotAMessage, ValueMisfit
from onestory.testing import Timeline

acme = Company("Acme Retail")
book = System("price book", of=acme)
tills = System("tills", of=acme)


class Article(Entity, of=acme):
    """Something for sale."""

    article_no: Key[str]
    price: Fact[Money] = book.decides(tills.follows(within="15 min"))
    stock: Fact[int | None] = book.decides()
    from_day: Fact[date] = book.decides()
    changed: Fact[datetime] = book.decides()
    sold: Fact[bool] = book.decides()


class Row(msgspec.Struct):
    """A row of the price book."""

    article: str
    price: Decimal
    stock: int | None = None
    from_day: date | None = None
    changed: datetime | None = None
    sold: bool | None = None


@reads(book, "price")
def price(row: Row) -> Claims:
    """Read a row."""
    yield Article.price.claim(row.article, Money(row.price, "EUR"))
    yield Article.stock.claim(row.article, row.stock)
    if row.from_day is not None:
        yield Article.from_day.claim(row.article, row.from_day)
    if row.changed is not None:
        yield Article.changed.claim(row.article, row.changed)
    if row.sold is not None:
        yield Article.sold.claim(row.article, row.sold)


desk = Channel("desk", of=acme)


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(acme) as timeline:
        yield timeline


class Files:
    """Files of rows, written and heard."""

    def __init__(self, folder: Path, timeline: Timeline) -> None:
        self.folder, self.office = folder, timeline.office

    def hear(
        self,
        text: str,
        name: str = "prices.csv",
        *,
        id: str = "",
        sequence: str = "",
        time: str = "",
    ) -> list[Receipt]:
        """Write a file and hear it."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8", newline="")
        rows = RowFile(path, system="price book", type="price", id=id, sequence=sequence, time=time)
        return self.office.hear(*rows.messages())

    def told(self, article: str) -> Article:
        """What is told of an article."""
        return self.office.tell(Article, article, to=desk)


@pytest.fixture
def files(tmp_path: Path, timeline: Timeline) -> Files:
    return Files(tmp_path, timeline)


def fates(receipts: list[Receipt]) -> list[Fate]:
    """What became of each row."""
    return [receipt.fate for receipt in receipts]


def test_texts_of_a_row_stand_for_numbers_and_dates(files: Files) -> None:
    """CSV has only text; the types of the payload say what it means."""
    header = "article,price,stock,from_day,changed,sold\n"
    files.hear(header + "007,49.90,12,2027-03-31,2027-01-05T09:00:00Z,true\n")

    told = files.told("007")
    assert told.price == Money(Decimal("49.90"), "EUR")
    assert told.stock == 12
    assert told.from_day == date(2027, 3, 31)
    assert told.changed == datetime(2027, 1, 5, 9, tzinfo=UTC)
    assert told.sold is True


def test_a_text_that_is_no_number_is_set_aside_with_its_row(files: Files) -> None:
    """The rest of the file flows."""
    receipts = files.hear("article,price,stock\nA,49.90,1\nB,forty,1\nC,9.90,2\n")

    assert fates(receipts) == [Fate.HEARD, Fate.ASIDE, Fate.HEARD]
    assert isinstance(receipts[1].reason, ValueMisfit)
    assert "$.price" in receipts[1].reason.what


def test_a_column_that_the_payload_does_not_name_is_passed_over(files: Files) -> None:
    """Files have more columns than anybody asks for."""
    assert fates(files.hear("colour,article,price\nred,A,49.90\n")) == [Fate.HEARD]


def test_a_column_that_the_payload_needs_is_missed_by_name(files: Files) -> None:
    """A column that was renamed is seen at once, in every row."""
    (receipt,) = files.hear("article,amount\nA,49.90\n")

    assert receipt.reason is not None
    assert "missing required field `price`" in receipt.reason.what


def test_cells_may_hold_commas_quotes_and_line_ends(files: Files) -> None:
    """As RFC 4180 writes them."""
    files.hear('article,price\r\n"A, ""big""\nsize",49.90\r\n')

    assert files.told('A, "big"\nsize').price == Money(Decimal("49.90"), "EUR")


def test_a_mark_before_the_text_is_no_part_of_the_header(files: Files) -> None:
    """Some programs put a byte order mark before UTF-8."""
    assert fates(files.hear("\ufeffarticle,price\nA,49.90\n")) == [Fate.HEARD]


def test_a_row_of_other_length_is_set_aside_with_its_line(files: Files) -> None:
    """Which cell is missing cannot be known."""
    receipts = files.hear("article,price\nA,49,90\nB,9.90\n\nC\n")

    assert fates(receipts) == [Fate.ASIDE, Fate.HEARD, Fate.ASIDE]
    assert [r.reason.where for r in receipts if r.reason] == ["prices.csv:2", "prices.csv:5"]


@pytest.mark.parametrize("header", ["article,article", "article,", ""], ids=repr)
def test_a_file_without_a_header_is_refused_whole(header: str, files: Files) -> None:
    """Nothing says what its cells mean."""
    with pytest.raises(NotAMessage, match="is not a header"):
        files.hear(f"{header}\nA,49.90\n")


def test_an_empty_file_says_nothing(files: Files) -> None:
    """Not even a header: no message, no error."""
    assert files.hear("") == []


def test_the_same_file_again_adds_nothing(files: Files) -> None:
    """Rows without an id are known by the file's digest and their line."""
    text = "article,price\nA,49.90\nB,9.90\n"
    files.hear(text)

    assert fates(files.hear(text, "again.csv")) == [Fate.KNOWN, Fate.KNOWN]
    assert files.office.counts().messages == 2


def test_tomorrows_file_is_heard(files: Files) -> None:
    """It says again what is as it was, and what has changed."""
    files.hear("article,price\nA,49.90\nB,9.90\n")
    receipts = files.hear("article,price\nA,49.90\nB,8.90\n")

    assert fates(receipts) == [Fate.REPEATED, Fate.HEARD]
    assert files.told("B").price == Money(Decimal("8.90"), "EUR")


def test_two_rows_alike_in_one_file_are_two_rows(files: Files) -> None:
    """Each has a line of its own."""
    receipts = files.hear("article,price\nA,49.90\nA,49.90\n")

    assert fates(receipts) == [Fate.HEARD, Fate.REPEATED]


def test_rows_are_known_by_their_own_id_across_files(files: Files) -> None:
    """A row that every file holds is heard once."""
    files.hear("article,price,no\nA,49.90,1\n", id="no")
    receipts = files.hear("no,article,price\n1,A,49.90\n2,B,9.90\n", "next.csv", id="no")

    assert fates(receipts) == [Fate.KNOWN, Fate.HEARD]
    assert receipts[0].id == "1"


def test_a_row_without_its_id_is_set_aside(files: Files) -> None:
    """An empty cell identifies nothing; the others are heard."""
    receipts = files.hear("article,price,no\nA,49.90,\nB,9.90,2\n", id="no")

    assert fates(receipts) == [Fate.ASIDE, Fate.HEARD]


def test_a_column_that_is_not_there_is_missed_by_name(files: Files) -> None:
    """The reason names the columns there are."""
    (receipt,) = files.hear("article,price\nA,49.90\n", id="no")

    assert receipt.reason is not None
    assert receipt.reason.what == "The row has no column 'no'."
    assert receipt.reason.fix == "It has: article, price."


def test_a_column_numbers_the_versions_of_a_row(files: Files) -> None:
    """Order is the column's, not the file's."""
    files.hear("article,price,version\nA,49.90,2\nA,59.90,1\n", sequence="version")

    assert files.told("A").price == Money(Decimal("49.90"), "EUR")


def test_a_version_that_is_no_number_is_set_aside(files: Files) -> None:
    """The order of claims is not guessed."""
    (receipt,) = files.hear("article,price,version\nA,49.90,v2\n", sequence="version")

    assert isinstance(receipt.reason, NotAMessage)
    assert "v2" in receipt.reason.what
    assert receipt.reason.where


def test_rows_without_versions_cannot_follow_rows_with_versions(files: Files) -> None:
    """They could not be put in order among them."""
    files.hear("article,price,version\nA,49.90,2\n", sequence="version")
    (receipt,) = files.hear("article,price\nA,39.90\n", "next.csv")

    assert isinstance(receipt.reason, NoSequence)


def test_a_column_says_when_it_happened(tmp_path: Path) -> None:
    """Shown, and used by a replay; never to order claims."""
    path = tmp_path / "prices.csv"
    path.write_text(
        "article,price,at\nA,49.90,2027-01-05T10:00:00+01:00\nB,9.90,2027-01-05T09:00\n"
    )

    first, second = RowFile(path, system="price book", type="price", time="at").messages()
    assert isinstance(first, Message)
    assert first.time == datetime(2027, 1, 5, 9, tzinfo=UTC)
    assert not isinstance(second, Message)
    assert "no zone" in second.reason.what


def test_lines_of_json_are_rows(files: Files) -> None:
    """One object a line; numbers are numbers here, and empty lines are nothing."""
    lines = '{"article": "A", "price": 49.90, "stock": null}\n\n{"article": "B", "price": "9.90"}\n'
    receipts = files.hear(lines, "prices.jsonl")

    assert fates(receipts) == [Fate.HEARD, Fate.HEARD]
    assert files.told("A").price == Money(Decimal("49.90"), "EUR")
    assert files.told("A").stock is None


def test_texts_of_json_do_not_stand_for_numbers(files: Files) -> None:
    """JSON can say what it means, so that a text for a number is a mistake."""
    (receipt,) = files.hear('{"article": "A", "price": 1, "stock": "12"}\n', "prices.jsonl")

    assert isinstance(receipt.reason, ValueMisfit)


@pytest.mark.parametrize("line", ["{", "7", "[]", '"A"', "null"], ids=repr)
def test_a_line_that_is_no_object_is_set_aside(line: str, files: Files) -> None:
    """With its line; the next is heard."""
    receipts = files.hear(f'{line}\n{{"article": "A", "price": 1}}\n', "prices.ndjson")

    assert fates(receipts) == [Fate.ASIDE, Fate.HEARD]
    assert receipts[0].reason is not None
    assert receipts[0].reason.where == "prices.ndjson:1"


def test_a_line_may_be_a_cloudevent_of_any_system(files: Files) -> None:
    """It names its own source, type and id."""
    event = message("price book", "price", {"article": "A", "price": 1}, id="P-1").raw.decode()

    (receipt,) = files.hear(event + "\n", "events.jsonl")
    assert (receipt.id, receipt.fate) == ("P-1", Fate.HEARD)


def test_rows_that_were_set_aside_are_replayed_as_rows(files: Files) -> None:
    """Laxly, as they were read; after the reader was mended they would be heard."""
    files.hear("article,price\nA,forty\n")
    (receipt,) = files.office.replay()

    assert receipt.fate is Fate.ASIDE
    assert isinstance(receipt.reason, ValueMisfit)
    assert len(files.office.asides()) == 1
