"""The paper that pages are written on: a console whose tables are never cut off."""

from __future__ import annotations

import os
import sys

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_PIPED_WIDTH = 160
"""Columns where no terminal says how many: a row is then one line, for grep and its like."""

_READABLE_WIDTH = 88
"""Columns of a sentence: longer lines are hard to read, however wide the terminal."""


class Paper:
    """Writes titles, sentences and tables to standard output."""

    def __init__(self) -> None:
        piped = not sys.stdout.isatty() and "COLUMNS" not in os.environ
        self._console = Console(width=_PIPED_WIDTH if piped else None, highlight=False)

    def title(self, text: str) -> None:
        """What the page is about."""
        self.write(Text(text, "bold"))

    def write(self, text: str | Text, *, indent: int = 0, style: str = "") -> None:
        """A sentence or a paragraph."""
        words = text if isinstance(text, Text) else Text(text, style)
        width = min(self._console.width, _READABLE_WIDTH)
        self._print(Padding(words, (0, 0, 0, indent), expand=False), width)

    def table(self, *heads: str) -> Table:
        """A table to be filled and then laid down.

        Args:
            heads: What stands over each column; numbers go to the right of one that begins
                with ``>``.
        """
        table = Table(
            box=None,
            pad_edge=False,
            padding=(0, 2, 0, 0),
            show_header=any(head.strip(">") for head in heads),
            header_style="dim",
        )
        for head in heads:
            if head.startswith(">"):
                table.add_column(head[1:], justify="right", no_wrap=True)
            else:
                table.add_column(head, overflow="fold")
        return table

    def lay(self, table: Table) -> None:
        """A table, after an empty line; nothing, if it is empty."""
        if table.row_count:
            self.gap()
            self._print(table, self._console.width)

    def gap(self) -> None:
        """An empty line."""
        self._console.print()

    def note(self, text: str) -> None:
        """Small print, after an empty line."""
        self.gap()
        self.write(text, style="dim")

    def _print(self, what: RenderableType, width: int) -> None:
        console = self._console
        if console.is_terminal:
            console.print(what, width=width)
            return
        # Rich fills a line up to the end of its column; a pipe need not carry that.
        with console.capture() as captured:
            console.print(what, width=width)
        for line in captured.get().splitlines():
            sys.stdout.write(line.rstrip() + "\n")
