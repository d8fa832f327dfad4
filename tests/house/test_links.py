"""Links in the docs: each leads somewhere, and no page names a host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .pages import ROOT, SOURCE, WRITTEN, read

HOST = re.compile(r"\w+://(?=\w)|\b[\w-]+\.(?:com|org|net|io|dev|eu)\b|\blocalhost\b")
EVERYWHERE = {"schema.org", "localhost"}  # the name of a vocabulary; and each machine, to itself
MACHINE = re.compile(r"(?<![\w./}])/(?:home|root|work|Users|tmp)/\w")
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")


def dead_links(page: Path) -> Iterator[str]:
    """Give the links of a page that lead nowhere."""
    for target in LINK.findall(read(page)[0]):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if HOST.search(target) or not file.exists() or (anchor and anchor not in anchors(file)):
            yield target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as Markdown viewers make them."""
    headings = re.findall(r"^#{1,4} (.+)$", read(page)[0], re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def named_hosts(page: Path) -> Iterator[str]:
    """Give the lines of a page that name a host, or a place on one machine."""
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        for found in (*HOST.finditer(line), *MACHINE.finditer(line)):
            if found[0] not in EVERYWHERE:
                yield f"{page.name}:{number}: {line}"


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Links lead to pages of this project and to headings that are there."""
    assert list(dead_links(page)) == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_host(page: Path) -> None:
    """A page holds on every machine, and without a network."""
    assert list(named_hosts(page)) == []


def test_dead_links_and_hosts_are_found(tmp_path: Path) -> None:
    """What these tests look for is found where it is."""
    page = tmp_path / "page.md"
    host = "exam" + "ple.org"
    page.write_text(f"# A b\n[no](no.md) [c](#c) [a](#a-b)\nsee {host}\n")

    assert list(dead_links(page)) == ["no.md", "#c"]
    assert len(list(named_hosts(page))) == 1


def test_the_sources_name_pages_that_are_there() -> None:
    """A file that sends its reader to the docs sends them somewhere."""
    named = {
        (path.name, page)
        for path in [*SOURCE.rglob("*.py"), ROOT / "do", ROOT / "CONTRIBUTING.md"]
        for page in re.findall(r"docs/[\w/.-]+\.md", path.read_text("utf-8"))
    }

    assert [(path, page) for path, page in named if not (ROOT / page).exists()] == []
    assert named
