"""A telecom that writes to its customers, for the tests of tellings."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from onestory import (
    Channel,
    Company,
    ContactPolicy,
    Entity,
    Fact,
    Key,
    Link,
    NotDone,
    Notice,
    People,
    Purpose,
    Refused,
    Send,
    System,
    does,
)


@dataclass
class Post:
    """A sender of messages: what it sent, and how it misbehaves (as ``Billing`` does)."""

    sent: list[Send] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    lose: list[str] = field(default_factory=list)
    calls: int = 0

    def send(self, request: Send, key: str) -> str:
        """Send a message, unless a fault is planned."""
        self.calls += 1
        fault = self.lose.pop(0) if self.lose else ""
        if fault == "request":
            raise TimeoutError("no answer")
        if fault == "not done":
            raise NotDone("the post is shut")
        if fault == "refused":
            raise Refused("no such mailbox")
        if key not in self.keys:
            self.keys[key] = f"<{len(self.sent)}@post>"
            self.sent.append(request)
        if fault == "answer":
            raise TimeoutError("no answer")
        return self.keys[key]

    def asked(self, key: str) -> str:
        """What became of a key."""
        if key not in self.keys:
            raise NotDone("never got it")
        return self.keys[key]


@dataclass
class Telecom:
    """The company, made anew for each test."""

    company: Company
    contracts: System
    shop: System
    customers: People
    mail: Post
    sms: Post
    Customer: Any
    Contract: Any
    notice: Notice


def telecom(
    *,
    purpose: Purpose = Purpose.SERVICE,
    quiet: str = "1 min",
    more: str = "",
    by: tuple[str, ...] = ("mail", "sms"),
    asks: bool = True,
    **policy: Any,
) -> Telecom:
    """A company that writes by mail, then by SMS, of a renewal and a price."""
    company = Company("Acme Telecom", zone="Europe/Berlin")
    contracts = System("contracts", of=company)
    shop = System("shop", of=company)
    postman, gateway = System("postman", of=company), System("gateway", of=company)
    customers = People("customers", of=company)

    class Customer(Entity, of=company, one_of=customers):
        """A person who holds contracts."""

        customer_no: Key[str]
        email: Fact[str | None] = shop.decides()
        phone: Fact[str | None] = shop.decides()
        zone: Fact[str] = shop.decides()
        may_call: Fact[bool] = shop.decides()

    class Contract(Entity, of=company):
        """One subscription that a customer holds."""

        contract_no: Key[str]
        holder: Link[Customer] = contracts.decides()
        renewed_until: Fact[date] = contracts.decides(customers.follows(within="1 d"))
        monthly: Fact[str] = contracts.decides(customers.follows(within="1 d"))

    mail, sms = Post(), Post()
    does(postman, Send, asked=mail.asked if asks else None)(mail.send)
    does(gateway, Send, asked=sms.asked)(sms.send)
    by_mail = Channel("mail", of=company, by=postman, address=Customer.email)
    by_sms = Channel("sms", of=company, by=gateway, address=Customer.phone)
    notice = Notice(
        "your contract",
        of=company,
        to=customers,
        tells=[Contract.renewed_until, Contract.monthly],
        by=[channel for channel in (by_mail, by_sms) if channel.name in by],
        purpose=purpose,
        quiet=quiet,
        subject="Contract {{ key }}",
        text="{% if corrects %}We told you otherwise before. {% endif %}"
        "It runs until {{ renewed_until }} at {{ monthly }}. {{ sentence }}" + more,
    )
    ContactPolicy(
        of=company,
        zone=Customer.zone,
        consent={Purpose.SALES: Customer.may_call, **policy.pop("consent", {})},
        **policy,
    )
    return Telecom(company, contracts, shop, customers, mail, sms, Customer, Contract, notice)
