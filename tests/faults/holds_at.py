"""Takes up the repairs of a ledger, and says so in the middle of its first calls; then it does nothing more.

    python -m tests.faults.holds_at ADDRESS [NAME]

says ``holding``. With a name, it is a process that nobody here can look for: one of another host.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from onestory.testing import Answer

from .remedies_at import opened


def hang(calls: Sequence[Callable[[], Any]]) -> list[Answer]:
    """Say so, and wait for a word that never comes."""
    print(f"holding {len(calls)}", flush=True)  # noqa: T201 - the test reads it
    sys.stdin.readline()
    return [Answer() for _ in calls]


def main(address: str, *name: str) -> None:
    """Take up what is due."""
    with opened(address, minutes=6) as office:
        office.calls_by(hang)
        if name:
            (office.repairing.holder,) = name
        office.remedy()


if __name__ == "__main__":
    main(*sys.argv[1:])
