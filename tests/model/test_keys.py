"""Keys: a subject's name in one part or several, written one way; what one system calls it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from onestory import Company, Entity, Fact, Key, Link, System
from onestory.errors import ValueMisfit
from onestory.model import Alias, key_parts, key_text
from onestory.model.keys import MAX_KEY
from onestory.testing.strategies import TEXT

acme = Company("Acme")
book = System("price book", of=acme)
tills = System("tills", of=acme)


class Article(Entity, of=acme):
    """Something for sale."""

    article_no: Key[str]
    name: Fact[str] = book.decides()


class Price(Entity, of=acme):
    """What an article costs in one store."""

    article_no: Key[str]
    store: Key[str]
    article: Link[Article] = book.decides()
    amount: Fact[int] = book.decides(tills.follows(within="15 min"))


class Mark(Entity, of=acme):
    """A mark on one price."""

    mark_no: Key[str]
    price: Link[Price] = book.decides()


parts = TEXT.filter(lambda text: text and "\0" not in text)


@given(parts, parts)
def test_the_parts_of_a_key_read_back(one: str, other: str) -> None:
    """Slashes and percent signs in a part are escaped, so that parts never run together."""
    written = key_text(Price, (one, other))

    assert key_parts(written, parts=2) == (one, other)


@given(parts, parts, parts, parts)
def test_two_keys_are_written_alike_only_if_they_are_alike(a: str, b: str, c: str, d: str) -> None:
    """("1/2", "3") is not ("1", "2/3"), nor is ("1%2F2", "3")."""
    assert (key_text(Price, (a, b)) == key_text(Price, (c, d))) == ((a, b) == (c, d))


@pytest.mark.parametrize(
    ("key", "written"),
    [
        (("A-1", "Ulm"), "A-1/Ulm"),
        (("A/1", "Ulm"), "A%2F1/Ulm"),
        (("100%", "2F"), "100%25/2F"),
        (("%2F", "Ulm"), "%252F/Ulm"),
        ((7, 12), "7/12"),
    ],
)
def test_a_key_of_parts_has_one_written_form(key: Any, written: str) -> None:
    """Parts are joined by a slash; numbers are written as text."""
    assert key_text(Price, key) == written


@pytest.mark.parametrize("key", ["A/1", "100%", "%2F", " x ", "Łódź"])
def test_a_key_of_one_part_is_written_as_it_is(key: str) -> None:
    """Nothing is escaped or trimmed where nothing can run together."""
    assert key_text(Article, key) == key
    assert key_parts(key, parts=1) == (key,)


@pytest.mark.parametrize(
    ("entity", "key"),
    [
        (Article, ""),
        (Article, "x" * (MAX_KEY + 1)),
        (Article, ("A-1", "Ulm")),
        (Article, None),
        (Article, 1.5),
        (Article, b"A-1"),
        (Article, "A\0-1"),
        (Article, "A\ud83d"),
        (Price, "A-1"),
        (Price, ("A-1",)),
        (Price, ("A-1", "Ulm", "2")),
        (Price, ("A-1", None)),
        (Price, ("A-1", "")),
        (Price, ("", "Ulm")),
        (Price, ("x" * MAX_KEY, "Ulm")),
    ],
)
def test_what_is_no_key_is_refused(entity: Any, key: Any) -> None:
    """Empty, too long, of other parts, of what no ledger keeps: refused where it is claimed."""
    fact = entity.name if entity is Article else entity.amount

    with pytest.raises(ValueMisfit, match="is not a key of"):
        key_text(entity, key)
    with pytest.raises(ValueMisfit, match="is not a key of"):
        key_text(entity, fact.claim(key, "x").key)


def test_a_key_of_parts_says_which_parts_it_wants() -> None:
    """The reason names the entity and its parts."""
    with pytest.raises(ValueMisfit) as caught:
        Price.amount.claim("A-1", 5)

    assert "'A-1' is not a key of Price" in caught.value.what
    assert "article_no and store" in caught.value.fix


@pytest.mark.parametrize("name", ["", "x" * (MAX_KEY + 1), "B\0-991"])
def test_what_is_no_name_is_no_alias(name: str) -> None:
    """A system's own name for a subject keeps to the limits of a key."""
    with pytest.raises(ValueMisfit, match="is not a key of"):
        book.calls(name)


def test_an_alias_names_a_subject_by_its_key() -> None:
    """What a system's own name means is a key, with all its parts; never another alias."""
    alias = tills.calls("T-5")

    assert alias == Alias(tills, "T-5")
    assert alias.names(Price, ("A/1", "Ulm")).key == "A%2F1/Ulm"
    with pytest.raises(ValueMisfit, match="is not a key of Price"):
        alias.names(Price, tills.calls("T-6"))  # type: ignore[arg-type]


def test_a_link_holds_the_written_key_of_its_target() -> None:
    """What is told of a link is a text, and that text may be claimed again."""
    form = Mark.price.form  # type: ignore[attr-defined]
    written = form.write(("A/1", "Ulm"))

    assert form.read(written) == written == "A%2F1/Ulm"
    assert form.write(form.read(written)) == written
    assert form.write(None) is None


@pytest.mark.parametrize("target", ["A-1", ("A-1",), ("", "Ulm"), "", tills.calls("T-5"), 5])
def test_a_link_to_what_is_no_key_is_refused(target: Any) -> None:
    """A link is claimed by key; one that is none is named."""
    with pytest.raises(ValueMisfit, match="is not a key of Price"):
        Mark.price.form.write(target)  # type: ignore[attr-defined]
