"""What the tests of the command line type: a company as a file, what its systems say, and how it is asked."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from onestory.office.cli import app

COMPANY = "acme_telecom:acme"

ACME = '''
"""Acme Telecom: contracts decides, billing follows."""

from datetime import date
from typing import TypedDict

from onestory import (
    Channel, Claims, Company, Entity, Fact, Key, Money, System, reads, to_the_cent
)

acme = Company("Acme Telecom")
contracts = System("contracts", of=acme)
billing = System("billing", of=acme)
shop = System("shop", of=acme)


class Contract(Entity, of=acme):
    """One subscription that a customer holds."""

    contract_no: Key[str]
    renewed_until: Fact[date] = contracts.decides(
        billing.follows(within="5 min"), about="The last day of the term, inclusive."
    )
    monthly_price: Fact[Money] = contracts.decides(
        billing.follows(within="5 min"), same=to_the_cent, about="What a month costs."
    )


desk = Channel("desk", of=acme)
portal = Channel("portal", of=acme, shows=[Contract.renewed_until])


class Term(TypedDict):
    contract: str
    until: date


class Price(TypedDict):
    contract: str
    price: str


@reads(contracts, "contract.renewed")
def contract_renewed(term: Term) -> Claims:
    yield Contract.renewed_until.claim(term["contract"], term["until"])


@reads(billing, "term.changed")
def term_changed(term: Term) -> Claims:
    yield Contract.renewed_until.claim(term["contract"], term["until"])


@reads(billing, "price.changed")
def price_changed(price: Price) -> Claims:
    yield Contract.monthly_price.claim(price["contract"], Money.read(price["price"]))
'''

RENEWALS = """contract,until,at
C-1,2021-03-31,2021-01-05T09:00:00Z
C-2,2021-04-30,2021-01-05T09:01:00Z
"""


def onestory(*words: str, given: str = "", columns: int | None = 80) -> Result:
    """Start the command line, on a terminal of so many columns or in a pipe."""
    env = {"COLUMNS": str(columns) if columns else None}
    return CliRunner().invoke(app, list(words), input=given, env=env, prog_name="onestory")


def page(*words: str, given: str = "", columns: int | None = 80) -> str:
    """What a command writes for people, when all goes well."""
    result = onestory(*words, given=given, columns=columns)
    assert result.exit_code == 0, result.output
    return result.stdout


def document(*words: str, given: str = "") -> Any:
    """What a command writes for programs, when all goes well."""
    result = onestory(*words, "--json", given=given)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1, "there is one document, and nothing else"
    return json.loads(result.stdout)


def event(source: str, kind: str, number: int, time: str, **data: str) -> str:
    """A CloudEvent as a line of a file."""
    about = {"specversion": "1.0", "id": f"{source}-{number}", "source": source, "type": kind}
    return json.dumps({**about, "time": time, "data": data}) + "\n"


BILLING_IS_LATE = (
    event("contracts", "contract.renewed", 1, "2021-01-05T09:00:00Z", contract="C-1", until="2021-03-31")
    + event("billing", "term.changed", 1, "2021-01-05T09:00:00Z", contract="C-1", until="2021-03-31")
    + event("contracts", "contract.renewed", 2, "2021-01-05T09:01:00Z", contract="C-1", until="2022-03-31")
    + event("billing", "term.changed", 2, "2021-01-05T09:02:00Z", contract="C-2", until="2021-05-31")
)  # fmt: skip
"""H1: at 9:00 both say x, at 9:01 contracts says y; billing, though alive, is late from 9:06 on."""

BILLING_FOLLOWS = BILLING_IS_LATE + event(
    "billing", "term.changed", 3, "2021-01-05T09:08:00Z", contract="C-1", until="2022-03-31"
)
"""H2: and at 9:08 billing says y."""
