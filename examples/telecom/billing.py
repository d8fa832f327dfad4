"""The telecom's billing: a small, stubborn system of its own, as a process with its own database.

    python -m telecom.billing FILE [--port N] [--faults 0.4] [--seed 7]

It bills and collects, holds and credits. It remembers the key of every request, so that one that
comes twice is done once. It is stubborn, as such systems are: it forgets renewals that it is told
of during its nightly run; it answers 500 after doing what it was asked, or drops the connection, or
takes its time. Nothing in it knows of onestory: it says what it holds as CloudEvents, to whoever
asks for them.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

SCHEMA: Final = """
create table if not exists contract (
  contract text primary key, customer text not null, until text not null, price text not null);
create table if not exists bill (
  bill text primary key, contract text not null references contract, month text not null,
  amount text not null, state text not null check (state in ('draft', 'posted', 'collected')));
create table if not exists credit (
  note text primary key, bill text not null references bill, amount text not null,
  because text not null, key text not null unique);
create table if not exists hold (
  hold text primary key, on_what text not null, because text not null, released integer not null);
create table if not exists run (running integer not null);
create table if not exists remembered (
  key text primary key, asked text not null, answer text not null);
create table if not exists event (
  number integer primary key autoincrement, type text not null, data text not null);
"""
SLOW: Final = 0.3  # seconds
EVENTS_AT_ONCE: Final = 500

Json = dict[str, Any]


class No(Exception):
    """Billing refuses, with a status and a reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Billing:
    """What billing holds, and all it can be asked to do. One request at a time, each in one transaction."""

    def __init__(self, file: Path) -> None:
        self.database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self.database.executescript("pragma journal_mode = wal; pragma synchronous = full;")
        self.database.executescript(SCHEMA)
        self.lock = threading.Lock()

    def do(self, what: str, asked: Json, key: str) -> tuple[int, Json]:
        """Do what is asked, once for each key; the status and the answer."""
        digest = sha256(json.dumps([what, asked], sort_keys=True).encode()).hexdigest()
        with self.lock:
            known = self.row("select asked, answer from remembered where key = ?", key)
            if known is not None:
                return (200, json.loads(known[1])) if known[0] == digest else _OTHER_USE
            self.database.execute("begin immediate")
            try:
                answer = ASKED[what](self, asked, key)
                if key:
                    text = json.dumps(answer)
                    self.write("insert into remembered values (?, ?, ?)", key, digest, text)
                self.database.execute("commit")
            except No as no:
                return no.status, {"reason": no.reason}
            finally:
                if self.database.in_transaction:
                    self.database.execute("rollback")
            return 200, answer

    def requested(self, key: str) -> tuple[int, Json]:
        """What became of the request with a key."""
        with self.lock:
            known = self.row("select answer from remembered where key = ?", key)
        return (200, json.loads(known[0])) if known else (404, {"reason": "never got it"})

    def events(self, after: int) -> list[Json]:
        """What billing said after an event, as CloudEvents."""
        with self.lock:
            rows = self.database.execute(
                "select number, type, data from event where number > ? order by number limit ?",
                (after, EVENTS_AT_ONCE),
            ).fetchall()
        return [
            {
                "specversion": "1.0",
                "id": f"billing {number}",
                "source": "billing",
                "type": kind,
                "sequence": number,
                "data": json.loads(data),
            }
            for number, kind, data in rows
        ]

    # What it is asked to do

    def sign(self, asked: Json, _: str) -> Json:
        """Take a contract, or its renewal; during the nightly run, forget it."""
        if self.row("select 1 from run where running = 1"):
            return {"accepted": True}  # and that was that
        self.write(
            "insert or replace into contract values (?, ?, ?, ?)",
            *(asked[name] for name in ("contract", "customer", "until", "price")),
        )
        self.say_terms(asked["contract"])
        return {"accepted": True}

    def post_bills(self, asked: Json, _: str) -> Json:
        """Post a bill for each contract, or only draft it."""
        for contract, price in self.rows("select contract, price from contract"):
            bill = f"B-{asked['month'][:7]}-{contract}"
            self.write(
                "insert or ignore into bill values (?, ?, ?, ?, ?)",
                bill,
                contract,
                asked["month"],
                price,
                asked.get("state", "posted"),
            )
            self.say_bill(bill)
        return {}

    def begin_run(self, _: Json, __: str) -> Json:
        """Begin the nightly run."""
        self.write("insert into run values (1)")
        return {}

    def end_run(self, _: Json, __: str) -> Json:
        """End the nightly run, and say again all that is held, as such runs do."""
        self.write("delete from run")
        for (contract,) in self.rows("select contract from contract"):
            self.say_terms(contract)
        for (bill,) in self.rows("select bill from bill"):
            self.say_bill(bill)
        return {}

    def collect(self, _: Json, __: str) -> Json:
        """Collect every bill that was posted and that nothing holds; what was collected of which."""
        collected: dict[str, str] = {}
        for (bill,) in self.rows("select bill from bill where state = 'posted'"):
            if not self.held(bill):
                self.write("update bill set state = 'collected' where bill = ?", bill)
                collected[bill] = str(self.owed(bill))
        return collected

    def hold(self, asked: Json, key: str) -> Json:
        """Hold a bill, or all bills of a contract."""
        on_what = asked["on"]
        if not self.row("select 1 from contract where contract = ?", on_what):
            self.bill(on_what)
        number = f"H-{sha256(key.encode()).hexdigest()[:8]}"
        self.write("insert into hold values (?, ?, ?, 0)", number, on_what, asked["because"])
        return {"hold": number}

    def release(self, asked: Json, _: str) -> Json:
        """End one hold."""
        if not self.row("select 1 from hold where hold = ?", asked["hold"]):
            raise No(404, f"no hold {asked['hold']}")
        self.write("update hold set released = 1 where hold = ?", asked["hold"])
        return {}

    def set_term(self, asked: Json, _: str) -> Json:
        """Write a contract's last day."""
        self.contract(asked["contract"])
        self.write(
            "update contract set until = ? where contract = ?", asked["until"], asked["contract"]
        )
        self.say_terms(asked["contract"])
        return {}

    def set_price(self, asked: Json, _: str) -> Json:
        """Write a contract's price."""
        self.contract(asked["contract"])
        self.write(
            "update contract set price = ? where contract = ?", asked["price"], asked["contract"]
        )
        self.say_terms(asked["contract"])
        return {}

    def set_amount(self, asked: Json, _: str) -> Json:
        """Write the amount of a bill that was not posted yet."""
        if self.bill(asked["bill"])[1] != "draft":
            raise No(422, "it was posted; write a credit note")
        self.write("update bill set amount = ? where bill = ?", asked["amount"], asked["bill"])
        self.say_bill(asked["bill"])
        return {}

    def look(self, asked: Json, _: str) -> Json:
        """Show a bill."""
        contract, state = self.bill(asked["bill"])
        customer, *_rest = self.contract(contract)
        return {
            "owed": f"{self.owed(asked['bill'])} EUR",
            "posted": state != "draft",
            "customer": customer,
        }

    def credit(self, asked: Json, key: str) -> Json:
        """Write a credit note on a posted bill."""
        bill, amount = asked["bill"], Decimal(asked["amount"].removesuffix(" EUR"))
        if self.bill(bill)[1] == "draft":
            raise No(422, "it was not posted; rate it anew")
        if not 0 < amount <= self.owed(bill):
            raise No(422, f"only {self.owed(bill)} EUR are owed on it")
        note = f"CN-{sha256(key.encode()).hexdigest()[:8]}"
        self.write(
            "insert into credit values (?, ?, ?, ?, ?)",
            note,
            bill,
            str(amount),
            asked["because"],
            key,
        )
        self.say_bill(bill)
        return {"note": note}

    def say_again(self, asked: Json, _: str) -> Json:
        """Say again what is held of a contract or a bill."""
        if asked["entity"] == "Contract":
            self.contract(asked["key"])
            self.say_terms(asked["key"])
        else:
            self.bill(asked["key"])
            self.say_bill(asked["key"])
        return {}

    # What it holds

    def contract(self, contract: str) -> tuple[str, str, str]:
        """A contract's customer, last day and price."""
        found = self.row("select customer, until, price from contract where contract = ?", contract)
        if found is None:
            raise No(404, f"no contract {contract}")
        customer, until, price = found
        return customer, until, price

    def bill(self, bill: str) -> tuple[str, str]:
        """A bill's contract and state."""
        found = self.row("select contract, state from bill where bill = ?", bill)
        if found is None:
            raise No(404, f"no bill {bill}")
        contract, state = found
        return contract, state

    def owed(self, bill: str) -> Decimal:
        """What is owed on a bill: as it was posted, less what was credited."""
        (amount,) = self.row("select amount from bill where bill = ?", bill) or ("0 EUR",)
        notes = self.rows("select amount from credit where bill = ?", bill)
        return Decimal(amount.removesuffix(" EUR")) - sum(Decimal(credit) for (credit,) in notes)

    def held(self, bill: str) -> bool:
        """Whether a bill is held, or all bills of its contract."""
        sql = "select 1 from hold where on_what in (?, ?) and released = 0"
        return self.row(sql, bill, self.bill(bill)[0]) is not None

    def say_terms(self, contract: str) -> None:
        """Say by which terms a contract is billed."""
        _, until, price = self.contract(contract)
        self.say("contract.billed", {"contract": contract, "until": until, "price": price})

    def say_bill(self, bill: str) -> None:
        """Say what is owed on a bill."""
        sql = "select contract, month from bill where bill = ?"
        contract, month = self.row(sql, bill) or ("", "")
        owed = f"{self.owed(bill)} EUR"
        self.say("bill.posted", {"bill": bill, "contract": contract, "month": month, "owed": owed})

    def say(self, kind: str, data: Json) -> None:
        """Say something to whoever asks for what was said."""
        self.write("insert into event (type, data) values (?, ?)", kind, json.dumps(data))

    def row(self, sql: str, *values: object) -> Any:
        """The first row of a question, or None."""
        return self.database.execute(sql, values).fetchone()

    def rows(self, sql: str, *values: object) -> list[Any]:
        """The rows of a question."""
        return self.database.execute(sql, values).fetchall()

    def write(self, sql: str, *values: object) -> None:
        """Write something down."""
        self.database.execute(sql, values)


_OTHER_USE: Final = (422, {"reason": "this key was used for something else"})

ASKED: Final[dict[str, Callable[[Billing, Json, str], Json]]] = {
    "signed": Billing.sign,
    "months": Billing.post_bills,
    "run/begin": Billing.begin_run,
    "run/end": Billing.end_run,
    "collections": Billing.collect,
    "holds": Billing.hold,
    "releases": Billing.release,
    "terms": Billing.set_term,
    "prices": Billing.set_price,
    "amounts": Billing.set_amount,
    "looks": Billing.look,
    "credits": Billing.credit,
    "again": Billing.say_again,
}


class Faults:
    """How billing misbehaves: drawn from a seed, so that it can be seen again."""

    KINDS: Final = ("", "500 after", "lost after", "503 before", "slow")

    def __init__(self, share: float, seed: int) -> None:
        self._share, self._draw = share, random.Random(seed)  # noqa: S311 - nothing secret rests on it
        self._lock = threading.Lock()

    def draw(self) -> str:
        """What goes wrong with the next request."""
        with self._lock:
            wrong = self._draw.random() < self._share
            return self._draw.choice(self.KINDS[1:]) if wrong else ""


def handler(billing: Billing, faults: Faults) -> type[BaseHTTPRequestHandler]:
    """What answers for billing over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        """Answers one connection."""

        def do_POST(self) -> None:
            """Do what is asked, stubbornly."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            what = self.path.strip("/")
            key = (self.headers.get("Idempotency-Key") or "").strip('"')
            if what not in ASKED:
                self.say(404, {"reason": f"nobody can be asked for {what}"})
                return
            fault = faults.draw() if key else ""
            if fault == "503 before":
                self.say(503, {"reason": "come again"})
                return
            status, answer = billing.do(what, json.loads(body or b"{}"), key)
            if fault == "slow":
                time.sleep(SLOW)
            if fault == "500 after":
                self.say(500, {"reason": "something went wrong"})
            elif fault != "lost after":
                self.say(status, answer)

        def do_GET(self) -> None:
            """Say what was said, or what became of a request."""
            what, _, more = self.path.strip("/").partition("/")
            if what == "events":
                self.say(200, billing.events(int(more or 0)))
            elif what == "requests":
                self.say(*billing.requested(more))
            else:
                self.say(404, {"reason": "nothing here"})

        def say(self, status: int, answer: object) -> None:
            """Answer."""
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
            """Say nothing on the screen; the ledger has it all."""

    return Handler


def main(words: list[str]) -> None:
    """Answer until stopped; print the port that is answered at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--faults", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(words)
    billing = Billing(asked.file)
    answers = handler(billing, Faults(asked.faults, asked.seed))
    with (
        closing(billing.database),
        ThreadingHTTPServer(("127.0.0.1", asked.port), answers) as server,
    ):
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
