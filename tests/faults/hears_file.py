"""A process of its own that hears one file, and says what became of it and how much it grew.

    python hears_file.py LEDGER FILE

prints one JSON object: how many messages met each fate, how many were set aside for each reason, the
code of the error if the file was refused, and by how many KiB the peak of its memory rose.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from acme_load import acme  # type: ignore[import-not-found]

import onestory
from onestory import OnestoryError, RowFile, load


def peak() -> int:
    """The most memory this process ever held, in KiB."""
    return held("VmHWM")


def held(what: str = "VmRSS") -> int:
    """The memory this process holds, in KiB; where there is no /proc, the most it ever held.

    The figure of ``getrusage`` may begin with that of the parent, so it comes second.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text("utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(what))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


def main(ledger: str, file: str) -> None:
    """Hear the file."""
    fates: dict[str, int] = {}
    reasons: dict[str, int] = {}
    refused = ""
    with onestory.open(acme, f"sqlite:///{ledger}") as office:
        before = peak()
        try:
            loaded = load(office, RowFile(Path(file), system="contracts", type="plan").messages())
            fates = {fate.value: count for fate, count in loaded.fates.items()}
            reasons = {code: count for code, (count, _) in loaded.reasons.items()}
        except OnestoryError as error:
            refused = error.code
        grown = peak() - before
    said = {"fates": fates, "reasons": reasons, "refused": refused, "grown": grown}
    print(json.dumps(said))  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
