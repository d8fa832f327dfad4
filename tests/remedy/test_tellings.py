"""Messages to people: who is told what, once, by which channel, and at which hour."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from onestory import Purpose, RepairState, Standing
from onestory.ledger.journal import ATTEMPTED, Journal, StepRow
from onestory.testing import Timeline

from .post import Telecom, telecom

SPRING, SUMMER, AUTUMN = date(2027, 3, 31), date(2027, 6, 30), date(2027, 9, 30)
NAMES = ("customers/Contract.renewed_until", "customers/Contract.monthly")


def told_spring(
    here: Telecom, people: tuple[str, ...] = ("Ada",), address: str = "sqlite://"
) -> Timeline:
    """Each of these people holds contract C-1-<name>, and its first term is spring: nobody is told."""
    timeline = Timeline(here.company, address=address)
    for name in NAMES:
        timeline.office.arm(name, by="the test")
    for person in people:
        customer, contract = here.Customer, here.Contract
        timeline.says(here.shop, customer.email, person, f"{person}@example.org")
        timeline.says(here.shop, customer.zone, person, "Europe/Berlin")
        timeline.says(here.contracts, contract.renewed_until, f"C-{person}", SPRING)
        timeline.says(here.contracts, contract.monthly, f"C-{person}", "49.00 EUR")
        timeline.says(here.contracts, contract.holder, f"C-{person}", person)
    go_on(timeline, 3)
    return timeline


def go_on(timeline: Timeline, minutes: int) -> None:
    for _ in range(minutes):
        timeline.office.remedy()
        timeline.wait("1 min")
    timeline.office.remedy()


def test_h18_a_changed_term_is_told_once_and_rests_on_the_claim() -> None:
    """H18: she was told spring, contracts says summer: one message, and the ledger says why."""
    here = telecom()
    with told_spring(here) as timeline:
        assert here.mail.sent == []
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 10)
        (sent,) = here.mail.sent
        assert sent.to == "Ada@example.org"
        assert sent.text.startswith(f"Acme Telecom, service message, reference {sent.reference}\n")
        assert "We told you otherwise before. It runs until 2027-06-30 at 49.00 EUR." in sent.text
        person = (here.Customer, "Ada")
        stands = timeline.standing(
            here.customers, here.Contract.renewed_until, "C-Ada", person=person
        )
        assert stands is Standing.AGREES
        told = [e for e in timeline.office.timeline(here.Contract, "C-Ada") if e.kind == "told"]
        assert len(told) == 1
        confirmed = timeline.office.confirm(sent.reference)
        assert confirmed is not None
        assert confirmed.person == "Ada"
        assert confirmed.channel == "mail"
        assert confirmed.told["renewed_until"] == SUMMER
        assert confirmed.rests["renewed_until"] == ("contracts", 8)  # the number of receipt
        assert timeline.office.confirm("AAAAA-AAAAA") is None


def test_h19_what_is_so_again_before_the_message_leaves_is_not_told() -> None:
    """H19: the term changes and changes back within the quiet minute: nothing is sent."""
    here = telecom()
    with told_spring(here) as timeline:
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        timeline.office.remedy()
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SPRING)
        go_on(timeline, 10)
        assert here.mail.sent == []


def test_h20_a_lost_answer_is_asked_about_before_anything_else_is_sent() -> None:
    """H20: sent, the answer lost, then C says z: if it went, z corrects it, once; if not, z, once."""
    for lost in ("answer", "request"):
        here = telecom()
        with told_spring(here) as timeline:
            here.mail.lose = [lost]
            timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
            timeline.wait("1 min")
            timeline.office.remedy()
            assert here.mail.calls == 1
            timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", AUTUMN)
            go_on(timeline, 10)
            wanted = ["2027-06-30", "2027-09-30"] if lost == "answer" else ["2027-09-30"]
            assert [s.text.split("until ")[1][:10] for s in here.mail.sent] == wanted
            states = {r.state for r in timeline.office.repairs(states=tuple(RepairState))}
            assert RepairState.LIVE not in states


def test_two_facts_that_change_together_are_one_message() -> None:
    """A renewal changes the term and the price: she gets one message with both."""
    here = telecom()
    with told_spring(here) as timeline:
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        timeline.says(here.contracts, here.Contract.monthly, "C-Ada", "39.00 EUR")
        go_on(timeline, 10)
        (sent,) = here.mail.sent
        assert "until 2027-06-30 at 39.00 EUR" in sent.text


def test_h24_people_come_and_go_while_they_are_told() -> None:
    """H24: of 30 people, 3 leave and 5 join while being told: who is there is told, once."""
    here = telecom()
    people = tuple(f"P{number}" for number in range(30))
    with told_spring(here, people) as timeline:
        for person in people:
            timeline.says(here.contracts, here.Contract.renewed_until, f"C-{person}", SUMMER)
        for gone in people[:3]:
            timeline.says(here.contracts, here.Contract.holder, f"C-{gone}", None)
        for number in range(5):
            timeline.says(here.shop, here.Customer.email, f"N{number}", f"N{number}@example.org")
            timeline.says(here.contracts, here.Contract.holder, f"C-P{number + 10}", f"N{number}")
        go_on(timeline, 5)
        assert sorted(s.to for s in here.mail.sent) == sorted(
            f"P{number}@example.org" for number in [*range(3, 10), *range(15, 30)]
        )


def test_nobody_is_written_to_at_night() -> None:
    """The term changes at 22:00 in Berlin: the message goes at 08:00."""
    here = telecom()
    with told_spring(here) as timeline:
        timeline.wait_until(12 * 60)
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 5)
        assert here.mail.sent == []
        timeline.wait_until(22 * 60)
        timeline.office.remedy()
        assert len(here.mail.sent) == 1


def test_safety_goes_at_once() -> None:
    """A message of safety is not held back by the hour."""
    here = telecom(purpose=Purpose.SAFETY)
    with told_spring(here) as timeline:
        timeline.wait_until(12 * 60)
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 3)
        assert len(here.mail.sent) == 1


def test_an_offer_needs_her_consent_and_her_word_counts_at_once() -> None:
    """Sales: not before she says that we may; and no more from the second she says that we may not."""
    here = telecom(purpose=Purpose.SALES)
    with told_spring(here) as timeline:
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 3)
        assert here.mail.sent == []
        (repair,) = timeline.office.repairs()
        assert "did not say that we may" in repair.reason
        held = [e for e in timeline.office.timeline(here.Contract, "C-Ada") if e.kind == "done"]
        rule = "sales: the person did not say that we may"
        said = f"repair {repair.number}: the message is held back by the rule: {rule}"
        assert [e.sentence for e in held] == [said]
        timeline.says(here.shop, here.Customer.may_call, "Ada", value=True)
        timeline.office.remedy()
        assert len(here.mail.sent) == 1
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", AUTUMN)
        timeline.says(here.shop, here.Customer.may_call, "Ada", value=False)
        timeline.wait_until(20 * 24 * 60)
        go_on(timeline, 3)
        assert len(here.mail.sent) == 1


def test_who_cannot_be_reached_by_one_channel_is_reached_by_the_next() -> None:
    """Her mailbox refuses: the message goes by SMS; without a number, a person is asked."""
    here = telecom()
    with told_spring(here) as timeline:
        timeline.says(here.shop, here.Customer.phone, "Ada", "+49 30 1234567")
        here.mail.lose = ["refused"]
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 3)
        assert (len(here.mail.sent), len(here.sms.sent)) == (0, 1)

    here = telecom()
    with told_spring(here) as timeline:
        here.mail.lose = ["refused"]
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 3)
        (repair,) = timeline.office.repairs()
        assert repair.state is RepairState.HANDED_OVER
        assert "mail refused it; sms: no address" in repair.reason


def test_a_message_that_bounces_at_once_is_sent_by_the_next_channel_at_once() -> None:
    """The mail comes back before anything else happens: she is told by SMS, and not a day later."""
    here = telecom()
    with told_spring(here) as timeline:
        timeline.says(here.shop, here.Customer.phone, "Ada", "+49 30 1234567")
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        timeline.wait("1 min")
        timeline.office.remedy()
        assert timeline.office.repairs() == []
        timeline.office.undelivered(here.mail.sent[0].reference, because="mailbox full")
        timeline.wait("1 min")
        timeline.office.remedy()
        assert (len(here.mail.sent), len(here.sms.sent)) == (1, 1)


def test_a_message_that_bounces_was_not_told() -> None:
    """The mail comes back: she was not told, and is, by the next channel."""
    here = telecom()
    with told_spring(here) as timeline:
        timeline.says(here.shop, here.Customer.phone, "Ada", "+49 30 1234567")
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 3)
        reference = here.mail.sent[0].reference
        timeline.office.undelivered(f" {reference.lower()} ", because="mailbox full")
        assert not getattr(timeline.office.confirm(reference), "arrived", True)
        (event,) = timeline.office.timeline(here.Contract, "C-Ada", limit=1)
        assert event.sentence == f"the message {reference} did not arrive: mailbox full"
        go_on(timeline, 3)
        assert (len(here.mail.sent), len(here.sms.sent)) == (1, 1)


def test_a_notice_that_cannot_be_written_is_handed_over() -> None:
    """Its text asks a date for what no date has: nobody is told half of it, and a person looks."""
    here = telecom(more="{{ renewed_until.weekday_name }}")
    with told_spring(here) as timeline:
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 3)
        (repair,) = timeline.office.repairs()

        assert (repair.state, here.mail.sent) == (RepairState.HANDED_OVER, [])
        assert "The notice 'your contract' cannot be written" in repair.reason


def test_what_did_not_go_need_not_go_once_it_is_so_no_more() -> None:
    """A message did not go, and then what she knows is so again: she is not told it twice."""
    here = telecom()
    with told_spring(here) as timeline:
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 3)
        here.mail.lose = ["not done"]
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", AUTUMN)
        timeline.wait("1 min")
        timeline.office.remedy()
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 30)
        assert [s.text.split("until ")[1][:10] for s in here.mail.sent] == ["2027-06-30"]


def test_two_facts_whose_messages_are_due_a_second_apart_are_one_message() -> None:
    """The price's repair is thought out in the very round in which the term's message is answered."""
    here = telecom()
    with told_spring(here) as timeline:
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        timeline.wait("1 s")
        timeline.says(here.contracts, here.Contract.monthly, "C-Ada", "39.00 EUR")
        timeline.office.remedy()
        timeline.wait("59 s")
        think = timeline.office.repairing._think

        def slowly(*given: Any) -> Any:
            timeline.clock.move(timedelta(seconds=0.6))
            return think(*given)

        timeline.office.repairing._think = slowly  # type: ignore[assignment,method-assign]
        go_on(timeline, 5)


def test_what_surely_did_not_go_may_go_in_other_words() -> None:
    """The post was shut, and the price changed before it opened: one message, with the price of now."""
    here = telecom()
    with told_spring(here) as timeline:
        here.mail.lose = ["not done"]
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        timeline.wait("1 min")
        timeline.office.remedy()
        assert (here.mail.calls, here.mail.sent) == (1, [])
        timeline.says(here.contracts, here.Contract.monthly, "C-Ada", "39.00 EUR")
        go_on(timeline, 10)

        (sent,) = here.mail.sent
        assert "until 2027-06-30 at 39.00 EUR" in sent.text


def test_no_more_offers_go_than_the_rule_allows_whatever_they_are_about() -> None:
    """Two contracts change together, and one offer a week is allowed: one goes, the other waits."""
    here = telecom(purpose=Purpose.SALES)
    with told_spring(here) as timeline:
        contract = here.Contract
        timeline.says(here.shop, here.Customer.may_call, "Ada", value=True)
        timeline.says(here.contracts, contract.renewed_until, "C-2", SPRING)
        timeline.says(here.contracts, contract.monthly, "C-2", "49.00 EUR")
        timeline.says(here.contracts, contract.holder, "C-2", "Ada")
        go_on(timeline, 3)
        for key in ("C-Ada", "C-2"):
            timeline.says(here.contracts, contract.renewed_until, key, SUMMER)
        go_on(timeline, 5)
        assert len(here.mail.sent) == 1
        (repair,) = timeline.office.repairs()
        assert repair.reason == "at most 1 of sales in 7 days, 0:00:00"
        timeline.wait("7 d")
        go_on(timeline, 1)
        assert len(here.mail.sent) == 2


def test_a_rule_counts_as_many_messages_as_it_allows() -> None:
    """A rule of 101 messages a week: the 102nd waits, though a hundred went last."""
    here = telecom(at_most={Purpose.SERVICE: (101, "7 d")})
    with told_spring(here) as timeline:
        for cents in range(105):
            price = f"39.{cents:03d} EUR"
            timeline.says(here.contracts, here.Contract.monthly, "C-Ada", price)
            go_on(timeline, 2)
        assert len(here.mail.sent) == 101


def test_who_disputes_a_value_is_not_written_to_about_it() -> None:
    """She says that the term is wrong: no message claims it, until she disputes it no longer."""
    here = telecom()
    person = (here.Customer, "Ada")
    with told_spring(here) as timeline:
        timeline.office.disputes(here.Contract.renewed_until, "C-Ada", by=person)
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 5)
        (repair,) = timeline.office.repairs()
        assert repair.reason == "the person disputes it; the story says so, and no message"
        assert here.mail.sent == []
        timeline.office.disputes_no_longer(here.Contract.renewed_until, "C-Ada", by=person)
        timeline.wait("1 h")
        go_on(timeline, 3)

        assert len(here.mail.sent) == 1


def test_a_message_whose_key_stands_for_another_request_is_not_sent() -> None:
    """The sender would take it for what it was asked by this key before, and send nothing."""
    here = telecom()
    with told_spring(here) as timeline:
        key = f"{timeline.office.ledger.id}-1-1"
        other = StepRow(9, 1, "x", "postman", "[]", key, ATTEMPTED, 1, 0, 5, 0, 0, None, "", None)
        with timeline.office.writing() as batch:
            Journal(batch.connection).use_keys([other])
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        go_on(timeline, 3)
        (repair,) = timeline.office.repairs()

        assert repair.state is RepairState.HANDED_OVER
        assert f"The key {key} was used for another tell." in repair.reason
        assert here.mail.calls == 0


def test_a_message_that_may_have_gone_is_not_sent_again_at_night() -> None:
    """The sender cannot be asked, and its answer was lost: it is tried again in the morning."""
    here = telecom(asks=False)
    with told_spring(here) as timeline:
        here.mail.lose = ["request"]
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        timeline.wait("1 min")
        timeline.office.remedy()
        timeline.wait_until(12 * 60)
        go_on(timeline, 5)
        assert (here.mail.calls, here.mail.sent) == (1, [])
        timeline.wait_until(22 * 60)
        timeline.office.remedy()
        assert len(here.mail.sent) == 1


def test_a_message_that_may_have_gone_is_not_sent_again_against_her_word() -> None:
    """She says that we may not, while nobody knows whether it went: a person looks."""
    here = telecom(asks=False, purpose=Purpose.SALES)
    with told_spring(here) as timeline:
        here.mail.lose = ["request"]
        timeline.says(here.shop, here.Customer.may_call, "Ada", value=True)
        timeline.says(here.contracts, here.Contract.renewed_until, "C-Ada", SUMMER)
        timeline.wait("1 min")
        timeline.office.remedy()
        timeline.says(here.shop, here.Customer.may_call, "Ada", value=False)
        go_on(timeline, 5)
        (repair,) = timeline.office.repairs()
        assert (here.mail.calls, repair.state) == (1, RepairState.HANDED_OVER)
        assert "may not be sent again" in repair.reason


def test_when_two_messages_bounce_she_knows_what_reached_her_before_both() -> None:
    """Summer bounces, then autumn: when it is summer again she is told, for she never heard of it."""
    here = telecom(quiet="1 s")
    with told_spring(here) as timeline:
        timeline.says(here.shop, here.Customer.phone, "Ada", "+49 30 1234567")
        term = here.Contract.renewed_until
        for value in (SUMMER, AUTUMN):
            timeline.says(here.contracts, term, "C-Ada", value)
            go_on(timeline, 2)
        first, second = [sent.reference for sent in here.mail.sent]
        timeline.office.undelivered(first, because="mailbox full")
        timeline.office.undelivered(second, because="mailbox full")
        timeline.says(here.contracts, term, "C-Ada", SUMMER)
        go_on(timeline, 3)
        assert [s.text.split("until ")[1][:10] for s in here.sms.sent] == ["2027-06-30"]
