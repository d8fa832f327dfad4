"""The pages of the docs: what they say, what they show, and what is public, which they must tell.

In a page, a block marked ``file=NAME`` is a file of the folder that the page's commands run in,
or with ``diff`` a change in it;
``python`` blocks share one module; ``no-run`` marks a signature, which must be the real one; in what
a ``console`` block shows, ``...`` stands for what differs from run to run.
"""

from __future__ import annotations

import importlib
import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import NamedTuple

import onestory
from onestory import channel, testing

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "onestory"
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
WRITTEN = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PUBLIC = {
    name: getattr(room, name) for room in (onestory, channel, testing) for name in room.__all__
}


class Block(NamedTuple):
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    @property
    def file(self) -> str:
        """The name of the file that the block is, or nothing."""
        return next((m.removeprefix("file=") for m in self.marks if m.startswith("file=")), "")


def read(page: Path) -> tuple[str, list[Block]]:
    """Tell what a page says from what it shows."""
    prose: list[str] = []
    blocks: list[Block] = []
    fence: list[str] | None = None
    info, start = "", 0
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        if line.startswith("```") and fence is None:
            fence, info, start = [], line.removeprefix("```"), number
        elif line.startswith("```") and fence is not None:
            language, *marks = info.split() or [""]
            blocks.append(Block(page, start, language, tuple(marks), "\n".join(fence) + "\n"))
            fence = None
        elif fence is not None:
            fence.append(line)
        else:
            prose.append(line)
    assert fence is None, f"{page.name}:{start}: this fence is never closed"
    return "\n".join(prose), blocks


def jobs() -> set[str]:
    """Every job of the script `do`."""
    loader = SourceFileLoader("do", str(ROOT / "do"))
    spec = importlib.util.spec_from_loader("do", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return set(module.JOBS)
