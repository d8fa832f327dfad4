"""Systems that are down or lie, while repairs run: real servers, and one effect of each step."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from onestory import (
    Channel,
    Company,
    Entity,
    Fact,
    Key,
    Link,
    Money,
    Notice,
    Patience,
    People,
    Refund,
    Repair,
    RepairState,
    System,
    arm,
    remedies,
)
from onestory.channel import smtp, webhook
from onestory.testing import Timeline

from ..channel.servers import Gateway, Mailbox, free_port, gateway_server, mail_server

SPRING, SUMMER = date(2027, 3, 31), date(2027, 6, 30)
TWENTY = Money(Decimal("20.00"), "EUR")


def writes_to_ada(port: int) -> tuple[Timeline, Any]:
    """Ada's contract is renewed, and the mail server at a port is to tell her so."""
    company = Company("Acme Telecom")
    contracts, postman = System("contracts", of=company), System("postman", of=company)
    customers = People("customers", of=company)

    class Customer(Entity, of=company, one_of=customers):
        """A person who holds contracts."""

        customer_no: Key[str]
        email: Fact[str] = contracts.decides()

    class Contract(Entity, of=company):
        """One subscription that a customer holds."""

        contract_no: Key[str]
        holder: Link[Customer] = contracts.decides()
        renewed_until: Fact[date] = contracts.decides(customers.follows(within="1 d"))

    smtp(postman, host="127.0.0.1", port=port, sender="service@acme.example", timeout="5 s")
    mail = Channel("mail", of=company, by=postman, address=Customer.email)
    Notice(
        "your contract",
        of=company,
        to=customers,
        tells=[Contract.renewed_until],
        by=[mail],
        subject="Contract {{ key }}",
        text="It runs until {{ renewed_until }}.",
    )
    arm(customers, Contract.renewed_until)
    timeline = Timeline(company)
    timeline.says(contracts, Customer.email, "Ada", "ada@acme.example")
    timeline.says(contracts, Contract.renewed_until, "C-1", SPRING)
    timeline.says(contracts, Contract.holder, "C-1", "Ada")
    timeline.wait("1 min")
    timeline.says(contracts, Contract.renewed_until, "C-1", SUMMER)
    timeline.wait("1 min")
    return timeline, Contract


def states(timeline: Timeline) -> list[RepairState]:
    """How every repair stands."""
    return [r.state for r in timeline.office.repairs(states=tuple(RepairState))]


def go_on(timeline: Timeline, minutes: int) -> None:
    """Let time pass, remedying each minute."""
    for _ in range(minutes):
        timeline.office.remedy()
        timeline.wait("1 min")


def test_mail_waits_for_a_server_that_is_down_and_goes_once_when_it_is_up() -> None:
    """Nobody listens for three minutes: nothing is lost, nothing is handed over, one message goes."""
    port, mailbox = free_port(), Mailbox()
    timeline, _ = writes_to_ada(port)
    with timeline:
        go_on(timeline, 3)
        assert states(timeline) == [RepairState.LIVE]
        (repair,) = timeline.office.repairs()
        assert "No mail server" in repair.steps[0].reason

        with mail_server(mailbox, port=port):
            go_on(timeline, 5)
        assert len(mailbox.taken) == 1
        assert states(timeline) == [RepairState.DONE]


def test_mail_of_which_the_answer_was_lost_is_the_same_message() -> None:
    """The server takes it and is gone before it says so: what comes again has the same Message-ID."""
    mailbox = Mailbox(data=["lost"])
    with mail_server(mailbox) as port:
        timeline, _ = writes_to_ada(port)
        with timeline:
            go_on(timeline, 5)
            assert states(timeline) == [RepairState.DONE]

    assert len(mailbox.taken) == 2
    assert len({m["Message-ID"] for m in mailbox.taken}) == 1
    assert len({m["X-Reference"] for m in mailbox.taken}) == 1


def test_mail_to_a_server_that_stays_down_is_handed_over() -> None:
    """After all its tries a person is asked, with the reason; nothing is taken for sent."""
    timeline, contract = writes_to_ada(free_port())
    with timeline:
        go_on(timeline, 60)
        (repair,) = timeline.office.repairs()
        assert repair.state is RepairState.HANDED_OVER
        assert "No mail server" in repair.reason
        told = [e for e in timeline.office.timeline(contract, "C-1") if e.kind == "told"]
        assert told == []


def refunds(gateway: Gateway, *, asked: bool) -> tuple[Timeline, System, Any]:
    """An order is cancelled, and 20 EUR are to be given back by a payment provider."""
    company = Company("Acme Shop")
    shop, provider = System("shop", of=company), System("provider", of=company, team="payments")

    class Order(Entity, of=company):
        """What somebody bought."""

        order_no: Key[str]
        owed: Fact[Money] = shop.decides(provider.follows(within="5 min"))

    asked_at = f"{gateway.url}/refunds/{{key}}" if asked else ""
    webhook(provider, Refund, url=f"{gateway.url}/refunds", asked_at=asked_at, timeout="5 s")

    @remedies(provider, Order.owed, patience=Patience(first="30 s"))
    def refund(repair: Repair[Money]) -> None:
        """Give back what is not owed any more."""
        repair.do(provider, Refund("K-7", TWENTY, "the order was cancelled"))
        repair.until_agreed(within="1 d")

    arm(provider, Order.owed)
    timeline = Timeline(company)
    timeline.says(shop, Order.owed, "O-1", Money(Decimal(0), "EUR"))
    timeline.says(provider, Order.owed, "O-1", TWENTY)
    timeline.wait("6 min")
    timeline.says(provider, Order.owed, "O-0", TWENTY)
    return timeline, provider, Order


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("planned", [[500], ["lost"], [500, 503, "lost"], [-429, 500]])
def test_a_provider_that_answers_500_after_doing_it_moves_money_once(
    planned: list[int | str], *, asked: bool
) -> None:
    """Asked about, or posted again with its key: one refund, and the books are the provider's."""
    with gateway_server(Gateway(plan=planned)) as gateway:
        timeline, provider, _ = refunds(gateway, asked=asked)
        with timeline:
            go_on(timeline, 20)
            (key,) = gateway.done
            assert timeline.office.reconcile(provider, {key: Money(-TWENTY.amount, "EUR")}) == []
            assert timeline.office.balances()["paid by K-7"] == (TWENTY,)
            (repair,) = timeline.office.repairs()
            assert [s.answered for s in repair.steps] == ["sms-0"]
            assert len({p.body for p in gateway.posted}) == 1


def test_a_provider_that_refuses_moves_no_money() -> None:
    """402: it will never be done, so it is handed over and nothing is booked."""
    with gateway_server(Gateway(plan=[-402])) as gateway:
        timeline, _, _ = refunds(gateway, asked=True)
        with timeline:
            go_on(timeline, 5)
            assert states(timeline) == [RepairState.HANDED_OVER]
            assert timeline.office.balances() == {}
