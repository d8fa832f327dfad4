"""The telecom's office, as a process: it hears contracts and billing, and remedies, until stopped.

    python -m telecom.office FOLDER --began 2026-01-31T12:00:00+00:00 --pace 60

It is told where billing and the mailbox are by the environment, as company.py reads it. It may be
killed at any moment and started again: what it heard and did is in its ledger.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import onestory
from onestory import Office, RowFile
from onestory.errors import LedgerBusy, LedgerFull
from telecom.company import BILLING, acme
from telecom.pace import Pace

LOOK: Final = 0.05  # seconds between two looks at what contracts and billing said
WAIT: Final = 5.0  # seconds for billing to answer

LEDGER: Final = "acme.db"
CONTRACTS: Final = "contracts.jsonl"


class Link:
    """Brings to the office what its systems say.

    What was heard before is known to the office by its id, so a link begins anew after a kill.

    Args:
        office: The office.
        contracts: The file that contracts writes its messages to.
    """

    def __init__(self, office: Office, contracts: Path) -> None:
        self._office, self._contracts = office, contracts
        self._size, self._event = 0, 0

    def hear(self) -> None:
        """Hear what is new."""
        size = self._contracts.stat().st_size if self._contracts.exists() else 0
        if size != self._size:
            self._office.hear(*RowFile(self._contracts).messages())
            self._size = size
        try:
            with urlopen(f"{BILLING}/events/{self._event}", timeout=WAIT) as answer:  # noqa: S310 - billing's own
                events: list[dict[str, Any]] = json.load(answer)
        except (OSError, HTTPException):
            return  # billing is busy or down: it is asked again soon
        if events:
            self._office.hear(*(_message(event) for event in events))
            self._event = events[-1]["sequence"]


def _message(event: dict[str, Any]) -> onestory.Message:
    return onestory.message(
        event["source"], event["type"], event["data"], id=event["id"], sequence=event["sequence"]
    )


def main(words: list[str]) -> None:
    """Hear and remedy until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--began", type=datetime.fromisoformat, required=True)
    parser.add_argument("--pace", type=float, required=True)
    asked = parser.parse_args(words)
    folder: Path = asked.folder
    stop = threading.Event()

    def stopped(_: int, __: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stopped)
    address = f"sqlite:///{folder / LEDGER}"
    with onestory.open(acme, address, clock=Pace(asked.began, asked.pace)) as office:
        link = Link(office, folder / CONTRACTS)
        link.hear()
        print("open", flush=True)
        worker = threading.Thread(target=office.work, args=(stop,))
        worker.start()
        try:
            while not stop.wait(LOOK) and worker.is_alive():
                try:
                    link.hear()
                except (LedgerBusy, LedgerFull) as error:
                    print(error, file=sys.stderr)  # nothing of it was kept; it is heard again
        finally:
            stop.set()
            worker.join()


if __name__ == "__main__":
    main(sys.argv[1:])
