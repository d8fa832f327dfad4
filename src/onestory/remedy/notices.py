"""The remedy that every notice is: the person who has not been told is told."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ..model import PATIENT, Company, Notice, Remedy
from .repair import Repair


def notice_remedies(company: Company) -> dict[str, Remedy]:
    """A remedy for every fact that a notice tells, by name; those a company declares go before."""
    found: dict[str, Remedy] = {}
    for notice in company.declared(Notice):
        text = f"{notice.subject}\n{notice.text}\n{notice.purpose.value}"
        version = sha256(text.encode()).hexdigest()[:16]
        for fact in notice.tells:
            remedy = Remedy(notice.to, fact, _tells(notice), PATIENT, notice.where, version)
            found.setdefault(remedy.name, remedy)
    return found


def _tells(notice: Notice) -> Any:
    def tell(repair: Repair[Any]) -> None:
        repair.until_quiet(lasting=notice.quiet)
        repair.tell(notice)

    tell.__doc__ = f"Tell them by the notice {notice.name!r}."
    return tell
