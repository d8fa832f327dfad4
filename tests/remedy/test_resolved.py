"""A person's word for what became of an attempt, while a program works on the repair."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from onestory import Charge, Money, Repair, System
from onestory.remedy import Repairs

from .test_steps import FIVE, Shop


def test_a_persons_word_in_the_midst_of_a_round_is_not_overwritten() -> None:
    """She says that the charge was done while a round thinks of asking for it again: it is charged once."""
    tries: list[str] = []

    def charged(repair: Repair[int], till: System) -> None:
        repair.do(till, Charge("K-7", FIVE, because="price"))

    shop = Shop(charged)

    def ask(what: str) -> None:
        tries.append(what)
        if len(tries) == 1:
            raise TimeoutError("no answer")

    shop.ask = ask  # type: ignore[method-assign]
    with shop.late() as timeline:
        timeline.office.remedy()
        office = timeline.office
        desk = Repairs(office.company, office.ledger, office._agreements, office.worker.audience)
        timeline.wait("1 min")
        think = office.repairing._think

        def resolved(*given: Any) -> Any:
            thought = think(*given)
            if thought and not said:
                said.append(1)
                here, office.repairing = office.repairing, desk
                office.resolve(1, done=True, by="Eve", answer="ref 1")
                office.repairing = here
            return thought

        said: list[int] = []
        office.repairing._think = resolved  # type: ignore[assignment,method-assign]
        office.remedy()
        assert len(tries) == 1
        assert office.balances()["cash at till"] == (Money(Decimal(5), "EUR"),)
