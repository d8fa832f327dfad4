"""Processes of their own, for tests that kill them or measure them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import onestory

ROOT = Path(__file__).parents[2]


def started(name: str, *arguments: object, spoken_to: bool = False) -> Popen[str]:
    """Start one of the programs in this folder; what it prints can be read as it is printed."""
    source = str(Path(onestory.__file__).parents[1])
    return Popen(
        [sys.executable, "-m", f"{__package__}.{name}", *map(str, arguments)],
        stdin=PIPE if spoken_to else None,
        stdout=PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": source},
    )


def printed(name: str, *arguments: object) -> str:
    """Run one of the programs in this folder to its end; what it printed."""
    with started(name, *arguments) as process:
        said, _ = process.communicate()
    assert process.returncode == 0
    return said
