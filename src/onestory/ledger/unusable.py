"""Why a ledger cannot be used as it is, on any database: closed, read by too many, or too new."""

from __future__ import annotations

from datetime import timedelta

from ..errors import LedgerBusy, LedgerError, LedgerNewer
from ..model.durations import spelled
from .readers import READERS


def was_closed(where: str) -> LedgerError:
    """Its office lets nobody in any more."""
    return LedgerError(
        "The ledger was closed.",
        where=where,
        fix="Use an office before its close(), or inside its with block; or open it anew.",
    )


def all_lent(where: str, patience: timedelta) -> LedgerBusy:
    """Every connection that reads is with a thread, and none came back in time."""
    return LedgerBusy(
        f"{READERS} threads have been reading the ledger for {spelled(patience)}.",
        where=where,
        fix="Let them finish: read what you need, and leave the view.",
    )


def refuse_newer(version: int, newest: int, where: str) -> None:
    """Leave a ledger alone that a later version of onestory has written to.

    Raises:
        LedgerNewer: Its last migration is none of ours.
    """
    if version > newest:
        raise LedgerNewer(
            f"The ledger is of version {version}; this program knows versions up to {newest}.",
            where=where,
            fix="Install the version of onestory that wrote it, or a later one.",
        )
