"""Reading back: what to do while a follower does not say what is decided."""

from __future__ import annotations

from ..ledger.journal import MADE, StepRow
from ..model import Company, MovesMoney, kind_of
from .situation import Again, HandsOver, Situation, Waits


def read_back(seen: Situation, within: int) -> Waits | Again | HandsOver:
    """What to do while the follower does not say what is decided: wait, do the last step anew, give up.

    Money is never moved anew: that it is not seen yet does not mean that it was not moved.
    """
    last = next((s for s in reversed(seen.steps) if s.state == MADE and s.attempted), None)
    end = (last.attempted if last and last.attempted else seen.begun) + within
    if seen.now < end:
        return Waits(end)
    if last is None:
        return HandsOver("Nothing was done, and the follower still differs.")
    if _moves_money(seen.company, last):
        return HandsOver(f"{last.name} moved money, once, and the follower still differs.")
    if last.again + 1 >= seen.patience.tries:
        times = f"{last.again + 1} times" if last.again else "once"
        return HandsOver(f"{last.name} was done {times}, and the follower still differs.")
    return Again(last.place)


def _moves_money(company: Company, step: StepRow) -> bool:
    kind = kind_of(company, step.system, step.name)
    return kind is not None and issubclass(kind, MovesMoney)
