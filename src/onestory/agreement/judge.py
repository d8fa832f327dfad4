"""Judging one follower against the authority: pure, no clock, no database (DESIGN.md section 7)."""

from __future__ import annotations

from ..ledger.dossier import Dossier, Excuse, Gap, Said
from ..model import Standing
from .agreement import Agreement


def judge(
    agreement: Agreement, authority: Said | None, follower: Said | None, gap: Gap | None, now: int
) -> Standing:
    """How one follower stands.

    Args:
        agreement: What is agreed on the fact.
        authority: Where the authority's answer stands, if it ever spoke.
        follower: Where the follower's answer stands, if it ever spoke.
        gap: Since when they differ, as the dossier keeps it.
        now: The moment, in microseconds.
    """
    fact = agreement.fact
    if authority is None:
        return Standing.UNKNOWN
    if follower is not None and agreement.agree(authority.values[fact], follower.values[fact]):
        return Standing.AGREES
    if gap is None or (not gap.opened and now <= gap.due):
        return Standing.FOLLOWING
    return Standing.CONTRADICTS if gap.spoken else Standing.LATE


def standing(dossier: Dossier, agreement: Agreement, follower: str, key: str, now: int) -> Standing:
    """How one follower of a subject stands, declared differences included."""
    authority = dossier.word(agreement.authority(dossier, now), agreement.fact)
    said = dossier.word(follower, agreement.fact)
    gap = dossier.gaps.get(agreement.fact, {}).get(follower)
    stands = judge(agreement, authority, said, gap, now)
    if stands in (Standing.FOLLOWING, Standing.LATE, Standing.CONTRADICTS) and excused(
        dossier, agreement, follower, key, now
    ):
        return Standing.DECLARED
    return stands


def excused(
    dossier: Dossier, agreement: Agreement, follower: str, key: str, now: int
) -> Excuse | None:
    """The declared difference that covers a follower now: a person's, else the company's own."""
    for excuse in dossier.excuses:
        if excuse.fact == agreement.fact and excuse.follower == follower and now <= excuse.until:
            return excuse
    return agreement.declared_excuse(follower, key, now)
