"""Copying a whole ledger, as of one moment, into an empty place: verified before anybody can open it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..errors import LedgerCorrupt, NotALedger, OtherCompany
from .chain import genesis
from .database import Row, Source
from .opening import empty_place, open_database
from .shows import Shows
from .verify import Finding, verify
from .view import View


class Copied(NamedTuple):
    """What a copy holds, as it was verified there.

    Args:
        company: The company.
        place: Where it is, without a password.
        messages: How many messages were ever accepted.
        entries: How many entries there are.
        last_hash: The hash of the last entry.
        last_seal: The seal of the last commit.
    """

    company: str
    place: str
    messages: int
    entries: int
    last_hash: str
    last_seal: str


def copy(source: str, target: str, *, company: str | None = None, shows: Shows) -> Copied:
    """Copy a ledger into an empty place; whoever reads the first, or writes to it, goes on meanwhile.

    What is broken off leaves nothing at the target, or a file by another name that nobody can open.

    Args:
        source: The address of the ledger, which is only read.
        target: The address of the copy: a file, or a schema, that does not exist yet.
        company: The company that the ledger must hold; any, if left out.
        shows: Shows how long it takes.

    Raises:
        NotEmpty: There is something at the target.
        OtherCompany: The ledger holds another company.
        LedgerCorrupt: The copy does not hold; nothing is left of it.
        LedgerError: One of the two cannot be opened, or refused.
    """
    database = open_database(f"{source}{'&' if '?' in source else '?'}mode=ro")
    try:
        with database.reading() as origin:
            name = _company(origin, company)
            ((newest,),) = origin.rows("last_migration")
            (head,) = origin.rows("head")
            lines = (head[0] or 0) + (head[1] or 0)
            with empty_place(target, newest, origin) as place:
                where = place.where
                place.fill(origin, shows)
                with place.reading() as reader, shows("verifying", lines) as done:
                    _check(View(reader, genesis(name)), head, done)
    finally:
        database.close()
    messages, entries, last_hash, _, _, last_seal, *_ = head
    hashes = (digest.hex() if digest else "" for digest in (last_hash, last_seal))
    return Copied(name, where, messages or 0, entries or 0, *hashes)


def _company(origin: Source, company: str | None) -> str:
    rows = origin.rows("company")
    if not rows:
        raise NotALedger(
            "The ledger holds no company yet, so that there is nothing to copy.",
            fix="Open it once: `onestory hear` does.",
        )
    name = str(rows[0][0])
    if company not in (None, name):
        raise OtherCompany(
            f"The ledger holds {name}, not {company}.",
            fix=f"Name the company.py of {name}, or the ledger of {company}.",
        )
    return name


def _check(view: View, head: Row, done: Callable[[int], None]) -> None:
    finding = next(iter(verify(view, done)), None)
    if finding is None and view.connection.rows("head") != [head]:
        finding = Finding("the end", "is not that of the ledger that was copied.")
    if finding is not None:
        raise LedgerCorrupt(
            f"The copy does not hold: {finding.where} {finding.what} Nothing is left of it.",
            fix="Run `onestory verify` on the ledger that was copied; if it holds, copy it again.",
        )
