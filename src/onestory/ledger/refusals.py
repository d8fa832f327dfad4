"""What a PostgreSQL server refuses, in the words of a ledger."""

from __future__ import annotations

import psycopg

from ..errors import (
    LedgerBusy,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
    LedgerReadOnly,
    LedgerUnreachable,
    NotALedger,
)

_RESTORE = "Restore it from a backup; `onestory verify` names what does not hold."
_LATER = "Nothing of this batch was kept. Send it again, once the server answers."

_CAUSES: dict[str, tuple[type[LedgerError], str, str]] = {
    "25006": (
        LedgerReadOnly,
        "The ledger may be read here, but not written.",
        "Name the server that may be written to; this one follows another, or only reads.",
    ),
    "42501": (
        LedgerReadOnly,
        "This user may not do that in the ledger: {error}.",
        "Give the user the right to make the schema, or to read and write the tables in it.",
    ),
    "25P03": (
        LedgerUnreachable,
        "The server broke off a transaction in which nothing was done for too long.",
        _LATER,
    ),
    "55P03": (
        LedgerBusy,
        "Another process has been writing to the ledger for {patience}.",
        "Let it finish, or stop it; nothing of this batch was kept.",
    ),
    "53100": (
        LedgerFull,
        "The server's disk is full. What was acknowledged is kept; this batch was not.",
        "Make room and send it again; no restart is needed.",
    ),
    "53300": (
        LedgerBusy,
        "The server takes no more connections.",
        "Close some, or raise its max_connections: an office needs one to write and up to 8 to read.",
    ),
    "57P03": (LedgerBusy, "The server is starting or stopping.", _LATER),
    "3D000": (
        NotALedger,
        "The server has no such database.",
        "Create it first (`createdb`), or check the spelling.",
    ),
    "28": (
        LedgerReadOnly,
        "The server does not let this user in: {error}.",
        "Check the user and the password in the address, and the server's pg_hba.conf.",
    ),
    "42": (LedgerCorrupt, "The ledger does not hold what it must: {error}.", _RESTORE),
    "23": (LedgerCorrupt, "The ledger holds what it must not: {error}.", _RESTORE),
    "XX": (LedgerCorrupt, "The ledger's tables are damaged: {error}.", _RESTORE),
    "58": (
        LedgerError,
        "The server's disk failed while the ledger was read or written: {error}.",
        "Check the disk; what was acknowledged before is kept.",
    ),
    "57": (LedgerUnreachable, "The server broke off: {error}.", _LATER),
    "08": (LedgerUnreachable, "The connection to the server was lost: {error}.", _LATER),
}
_UNREACHED = (
    LedgerUnreachable,
    "The server cannot be reached: {error}.",
    "Start it, or check the address.",
)
_OTHERWISE = (
    LedgerError,
    "The server refused: {error}.",
    "Nothing of this batch was kept. Run `onestory verify`; if all holds, report this as our mistake.",
)


def refusal(error: psycopg.Error, where: str, patience: str, *, reached: bool) -> LedgerError:
    """What a server's error means for a ledger.

    Args:
        error: What the server, or the way to it, said.
        where: The ledger.
        patience: How long a writer waits for another.
        reached: Whether there was a connection.
    """
    state = error.sqlstate
    if state is None:
        cause = _CAUSES["08"] if reached else _told_while_connecting(str(error))
    else:
        cause = _CAUSES.get(state) or _CAUSES.get(state[:2]) or _OTHERWISE
    kind, what, fix = cause
    return kind(what.format(error=first_line(error), patience=patience), where=where, fix=fix)


def not_known_whether_kept(error: psycopg.Error, where: str) -> LedgerError:
    """The connection broke between the commit and its answer."""
    return LedgerUnreachable(
        f"The connection to the server was lost during the commit ({first_line(error)}): whether this "
        "batch was kept is not known.",
        where=where,
        fix="Send it again: what was kept is known, and is not kept twice.",
    )


def first_line(error: BaseException) -> str:
    """What an error says, on one line and without its full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[-1] if lines and lines[0].startswith("connection failed") else "".join(lines[:1])
    return said.removeprefix("FATAL:").strip().rstrip(".") or type(error).__name__


def _told_while_connecting(said: str) -> tuple[type[LedgerError], str, str]:
    """While it connects, libpq gives words and no code."""
    known = {
        "password authentication failed": "28",
        "no password supplied": "28",
        "no pg_hba.conf entry": "28",
        "role ": "28",
        "too many": "53300",
        "remaining connection slots": "53300",
        "starting up": "57P03",
        "shutting down": "57P03",
        "in recovery mode": "57P03",
        "not yet accepting connections": "57P03",
        "not accepting connections": "57P03",
    }
    if 'database "' in said and "does not exist" in said:
        return _CAUSES["3D000"]
    return next((_CAUSES[state] for words, state in known.items() if words in said), _UNREACHED)
