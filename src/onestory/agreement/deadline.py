"""Deadlines: since when a follower differs, until when it may, and when to judge again."""

from __future__ import annotations

from ..ledger.dossier import Dossier, Gap, Said
from .agreement import Agreement, EntityAgreements
from .judge import excused
from .order import boundaries


def since(
    agreement: Agreement, authority: Said, follower: Said | None, gap: Gap | None, at: int
) -> int:
    """When the authority stopped saying what the follower says.

    If the authority never said it, when they began to differ; if the follower never spoke, the
    authority's first claim. A repeat never moves it, and a flapping authority does not postpone it.
    """
    formers = authority.former.get(agreement.fact)
    if follower is not None and formers:
        said = follower.values[agreement.fact]
        for former in reversed(formers):
            if agreement.agree(former.value, said):
                return former.stopped
    return at if gap is None else gap.began


def next_wake(dossier: Dossier, agreed: EntityAgreements, key: str) -> int | None:
    """When a subject must be judged again though nothing is heard.

    That is at a deadline, when a claim's time comes or ends, at the end of a declared difference.
    """
    wake: list[int] = []
    for fact, gaps in dossier.gaps.items():
        agreement = agreed.facts.get(fact)
        if agreement is None:
            continue
        excusing = dossier.excuses or agreement.differences
        for follower, gap in gaps.items():
            if gap.opened:
                continue
            excuse = excused(dossier, agreement, follower, key, dossier.at) if excusing else None
            wake.append((gap.due if excuse is None else max(gap.due, excuse.until)) + 1)
    wake += [moment for moment in agreed.moves if moment > dossier.at]
    for name in dossier.waiting:
        said = dossier.speaker(name)
        wake += [moment for moment in boundaries(said) if moment > dossier.at] if said else []
    return min(wake, default=None)
