"""A bar that shows how far long work is: on standard error, and only when that is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

_STEPS = 500
"""Times that a bar is moved at most: more is not seen, and costs more than the work."""


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar while something is done; what this gives is called with how much is done.

    Args:
        what: What is done, in a word or two.
        total: How much there is to do.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as bar:
        task, last = bar.add_task(what, total=total or None), 0

        def done(so_far: int) -> None:
            nonlocal last
            if (so_far - last) * _STEPS >= total:
                last = so_far
                bar.update(task, completed=so_far)

        yield done
