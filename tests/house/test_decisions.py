"""Decision records: each is numbered, listed, and one page."""

from __future__ import annotations

import re

from .pages import DOCS


def test_decisions_are_numbered_and_short() -> None:
    """Each record is one page: a sentence, its context, what was decided and ruled out, and what follows."""
    records = sorted((DOCS / "decisions").glob("*.md"))
    numbers = [record.name[:4] for record in records]

    assert numbers == [f"{number:04}" for number in range(1, len(records) + 1)]
    listed = re.findall(
        r"^\* \[(.+)\]\((.+)\)$", (DOCS / "decisions.md").read_text("utf-8"), re.MULTILINE
    )
    titles = [record.read_text("utf-8").partition("\n")[0].removeprefix("# ") for record in records]
    assert listed == [
        (title, f"decisions/{record.name}") for title, record in zip(titles, records, strict=True)
    ]
    for record in records:
        text = record.read_text("utf-8")
        assert text.startswith(f"# {record.name[:4]} "), f"{record.name} has no number in its title"
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Ruled out", "Consequences"], record.name
        assert text.count("\n") <= 60, f"{record.name} is over a page"
