"""The stage of the story: billing, the mailbox and the office, each a process, and what contracts says."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from subprocess import PIPE, Popen
from types import TracebackType
from typing import Any, Final, Self
from urllib.request import Request, urlopen

from onestory import OnestoryError, WallClock
from telecom.pace import Pace

EXAMPLES: Final = Path(__file__).resolve().parents[1]
CONTRACT, CUSTOMER = "C-1042", "K-7"
OLD: Final = {"until": "2025-03-31", "price": "49.00 EUR", "since": "2024-04-01"}
NEW: Final = {"until": "2027-03-31", "price": "39.90 EUR", "since": "2025-03-12"}
MONTH: Final = "2025-03-01"
OTHERS: Final = (("C-1043", "K-8"), ("C-1044", "K-9"))


class NotStarted(OnestoryError):
    """A process of the story ended before it was ready."""


class Stage:
    """The processes of one story, which end with it.

    Args:
        folder: Where they keep what they hold.
        pace: How many times as fast as ours the story's clock goes.
        faults: The share of requests that billing answers badly.
        seed: What its faults are drawn from.
        mail_port: The port of a mail server; one of its own is started, if left out.
    """

    def __init__(
        self, folder: Path, *, pace: float, faults: float, seed: int, mail_port: int = 0
    ) -> None:
        self.folder, self.pace, self.began = folder, pace, WallClock().now()
        self.clock = Pace(self.began, pace)
        self._running: list[Popen[str]] = []
        billing = [str(folder / "billing.db"), "--faults", str(faults), "--seed", str(seed)]
        self.billing_port = int(_first_line(self.start("billing", *billing)))
        self.mail_port = mail_port or int(_first_line(self.start("mailbox", str(folder / "mail"))))

    @property
    def billing(self) -> str:
        """Where billing is asked."""
        return f"http://127.0.0.1:{self.billing_port}"

    def start(self, module: str, *words: str, more: Mapping[str, str] | None = None) -> Popen[str]:
        """Start a process of the story."""
        paths = [str(EXAMPLES), *filter(None, sys.path)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(more or {})}
        command = [sys.executable, "-m", f"telecom.{module}", *words]
        process = Popen(command, stdout=PIPE, text=True, env=environment)  # noqa: S603 - our own
        self._running.append(process)
        return process

    def open_office(self) -> Popen[str]:
        """Start the office, and wait until it is open."""
        where = {"TELECOM_BILLING": self.billing, "TELECOM_MAIL_PORT": str(self.mail_port)}
        words = [str(self.folder), "--began", self.began.isoformat(), "--pace", str(self.pace)]
        office = self.start("office", *words, more=where)
        _first_line(office)
        return office

    def ask(self, what: str, **asked: str) -> Any:
        """Ask billing, as its own people and systems do."""
        request = Request(f"{self.billing}/{what}", json.dumps(asked).encode())  # noqa: S310 - billing's own
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - billing's own
            return json.load(answer)

    def sign(self, contract: str, customer: str, terms: Mapping[str, str], before: str) -> None:
        """Contracts signs or renews: it writes its message, and tells billing, which may forget it."""
        data = {"contract": contract, "customer": customer, "before": before, **terms}
        data["email"] = f"{customer.lower()}@customers.example"
        event = {
            "specversion": "1.0",
            "id": f"{contract} until {terms['until']} at {terms['price']}",
            "source": "contracts",
            "type": "contract.signed",
            "data": data,
        }
        with (self.folder / "contracts.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")
        more = {"until": terms["until"], "price": terms["price"]}
        self.ask("signed", contract=contract, customer=customer, **more)

    def before_the_story(self, state: str = "posted") -> None:
        """Three contracts, known to both systems, and the bills of the month, posted or drafted."""
        for contract, customer in ((CONTRACT, CUSTOMER), *OTHERS):
            self.sign(contract, customer, OLD, OLD["price"])
        self.ask("months", month=MONTH, state=state)

    def renew(self, terms: Mapping[str, str] = NEW, before: str = OLD["price"]) -> None:
        """The contract is renewed during billing's run, which says its bills again, and forgets it."""
        self.ask("run/begin")
        self.sign(CONTRACT, CUSTOMER, terms, before)
        self.ask("run/end")

    def told(self) -> list[EmailMessage]:
        """The messages in the mailbox."""
        files = sorted((self.folder / "mail").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=default) for file in files]

    def in_billing(self, sql: str) -> list[Any]:
        """What billing's own database says."""
        with closing(sqlite3.connect(self.folder / "billing.db", timeout=10)) as database:
            return database.execute(sql).fetchall()

    def story_time(self) -> datetime:
        """The present moment of the story."""
        return self.clock.now()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in reversed(self._running):
            process.communicate()


def _first_line(process: Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise NotStarted(
            "A process of the story ended before it was ready.",
            where=" ".join(map(str, process.args if isinstance(process.args, list) else [])),
            fix="What it said stands above.",
        )
    return line
