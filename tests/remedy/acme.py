"""A telecom with a stubborn billing system, for the tests of remedies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from onestory import (
    Ability,
    Company,
    Entity,
    Fact,
    Key,
    NotDone,
    Patience,
    Refused,
    Repair,
    System,
    does,
    remedies,
)

SPRING, SUMMER, AUTUMN = date(2027, 3, 31), date(2027, 6, 30), date(2027, 9, 30)


class SetEndDate(Ability[None], frozen=True):
    """Write the last day of a contract's term."""

    contract: str
    until: date


@dataclass
class Billing:
    """A billing system: what it holds, which keys it saw, and how it misbehaves.

    ``lose`` holds what happens to the next requests: ``"request"`` loses it on the way in,
    ``"answer"`` on the way back, ``"not done"`` and ``"refused"`` say no.
    """

    holds: dict[str, date] = field(default_factory=dict)
    keys: dict[str, SetEndDate] = field(default_factory=dict)
    effects: list[SetEndDate] = field(default_factory=list)
    lose: list[str] = field(default_factory=list)
    calls: int = 0

    def set_end_date(self, request: SetEndDate, key: str) -> None:
        """Write an end date, unless a fault is planned."""
        self.calls += 1
        fault = self.lose.pop(0) if self.lose else ""
        if fault == "request":
            raise TimeoutError("no answer")
        if fault == "not done":
            raise NotDone("the nightly run is on")
        if fault == "refused":
            raise Refused("no such contract")
        if key not in self.keys:
            self.keys[key] = request
            self.effects.append(request)
            self.holds[request.contract] = request.until
        if fault == "answer":
            raise TimeoutError("no answer")

    def asked(self, key: str) -> None:
        """What became of a key."""
        if key not in self.keys:
            raise NotDone("never got it")


@dataclass
class Acme:
    """The company and its systems, made anew for each test."""

    company: Company
    contracts: System
    billing: System
    system: Billing
    Contract: Any


def acme(*, how: str = "asked", patience: Patience | None = None, deaf: bool = False) -> Acme:
    """A company whose billing can be asked (``asked``), knows keys (``keyed``) or is ``deaf``."""
    company = Company("Acme Telecom")
    contracts = System("contracts", of=company)
    billing = System("billing", of=company, team="billing desk")

    class Contract(Entity, of=company):
        """One subscription that a customer holds."""

        contract_no: Key[str]
        renewed_until: Fact[date] = contracts.decides(billing.follows(within="5 min"))

    system = Billing()
    if how == "asked":
        does(billing, SetEndDate, asked=system.asked)(system.set_end_date)
    elif how == "keyed":
        does(billing, SetEndDate)(system.set_end_date)
    else:

        def deaf_set_end_date(request: SetEndDate) -> None:
            system.set_end_date(request, f"effect {system.calls}")

        does(billing, SetEndDate)(deaf_set_end_date)

    @remedies(billing, Contract.renewed_until, patience=patience or Patience(first="30 s"))
    def write_the_term(repair: Repair[date]) -> None:
        """Write the term into billing again."""
        repair.do(billing, SetEndDate(contract=repair.key, until=repair.decided))
        repair.until_agreed(within="10 min")

    return Acme(company, contracts, billing, system, Contract)
