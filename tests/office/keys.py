"""Keys of programs, for tests that ask an office which runs in a process of its own."""

from __future__ import annotations

import onestory
from onestory import Company
from onestory.office.auth import Rights
from onestory.office.auth.keys import Keys


def bearers(company: Company, address: str, count: int = 1) -> list[str]:
    """What programs that may all an engineer may send as ``Authorization``."""
    with onestory.open(company, address) as office:
        keys = Keys(office.ledger, company, Rights.load().roles)
        return [f"Bearer {keys.add(by='the test', roles=['engineer'])}" for _ in range(count)]
