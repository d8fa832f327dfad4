"""Works on the repairs of a ledger on a server, at once with others that do the same.

    python -m tests.faults.remedies_at ADDRESS FILE

says ``ready``, waits for a line, moves on all repairs, and says how many calls it made. Each call adds
a line with what was asked for to the file, which all share: that is the world outside.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path

import onestory
from onestory import (
    Ability,
    Claims,
    Company,
    Entity,
    Fact,
    Key,
    Office,
    Repair,
    System,
    does,
    message,
    reads,
    remedies,
)
from onestory.clock import HandClock
from onestory.testing import NINE

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
WORLD: list[Path] = []
"""The file that calls are written to."""


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    renewed_until: Fact[date] = contracts.decides(billing.follows(within="5 min"))


@reads(contracts, "renewed")
@reads(billing, "renewed")
def renewed(sent: dict[str, str]) -> Claims:
    """Until when a contract runs."""
    yield Contract.renewed_until.claim(sent["contract"], date.fromisoformat(sent["until"]))


class SetEndDate(Ability[None], frozen=True):
    """Write the last day of a contract's term."""

    contract: str
    until: date


@does(billing, SetEndDate)
def set_end_date(request: SetEndDate, key: str) -> None:
    """Write a line, whole, wherever others write."""
    line = f"{request.contract} {key}\n".encode()
    out = os.open(WORLD[0], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(out, line)
    os.close(out)


@remedies(billing, Contract.renewed_until)
def write_the_term(repair: Repair[date]) -> None:
    """Write the term into billing."""
    repair.do(billing, SetEndDate(contract=repair.key, until=repair.decided))
    repair.until_agreed(within="10 min")


def opened(address: str, minutes: int = 0) -> Office:
    """The office, so long after nine."""
    clock = HandClock(NINE)
    clock.move(onestory.model.duration(f"{minutes} min"))
    return onestory.open(acme, address, clock=clock)


def contradict(address: str, contracts_there: int) -> None:
    """Let so many contracts be renewed of which billing never says anything."""
    with opened(address) as office:
        office.arm("billing/Contract.renewed_until", by="the test")
        office.hear(
            *(
                message(
                    "contracts", "renewed", {"contract": f"C-{n}", "until": "2027-06-30"}, id=str(n)
                )
                for n in range(contracts_there)
            )
        )
    with opened(address, minutes=4) as office:  # billing is there: it is not silent as a whole
        data = {"contract": "C-0", "until": "2026-06-30"}
        office.hear(message("billing", "renewed", data, id="alive"))
    opened(address, minutes=6).close()


def main(address: str, file: str) -> None:
    """Wait for the word, then remedy."""
    WORLD.append(Path(file))
    with opened(address, minutes=6) as office:
        print("ready", flush=True)  # noqa: T201 - the test reads it
        sys.stdin.readline()
        print(office.remedy(), flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
