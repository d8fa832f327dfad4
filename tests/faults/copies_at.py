"""Copies a ledger, and stops in the middle until it is spoken to.

    python -m tests.faults.copies_at FROM TO STEP

says ``verifying 200`` and the like when it begins a step, then each time it has done some of it; of the step
that is named, each time it waits for a line first. ``copied`` is its last word, with the most memory that it
held, in KiB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from onestory.ledger import copy


def main(source: str, target: str, waits: str) -> None:
    """Copy, step by step."""

    @contextmanager
    def shows(what: str, total: int) -> Iterator[Callable[[int], None]]:
        def done(number: int) -> None:
            print(what, number, flush=True)  # noqa: T201 - the test reads it
            if what == waits:
                sys.stdin.readline()

        done(0)
        yield done if what == "copying" else lambda _: None

    copy(source, target, shows=shows)
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    most = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    print("copied", most, flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main(*sys.argv[1:])
