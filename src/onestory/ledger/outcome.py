"""What became of a transaction whose commit was not answered: asked of the server, once it is there again.

A server that crashed may give a transaction's number to another one, if nothing of the first had reached its
disk. So a number that was committed proves something only where the server has not crashed since; after
that, the seal of the commit does, which only this transaction can have written.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import psycopg

from .database import Row

if TYPE_CHECKING:
    from .session import Session

ASKED_AGAIN = 50
"""How often a server is asked: for ten seconds, twice what it needs to be there again after it was killed."""

ASKED_EVERY = 0.2
"""Seconds between two questions."""

SERVER = """
select system_identifier, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
    pg_postmaster_start_time(), (select stats_reset from pg_stat_bgwriter)
from pg_control_system()
"""
"""Which server this is; how often another took its place; since when it runs, and without a crash, for
that begins its statistics anew."""

_END = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where backend_xid = xid(cast($1 as xid8)) and wait_event is distinct from 'SyncRep'
"""
"""Ends what a server still holds open for a client that is gone; not what waits for a second server."""

_STATUS = "select pg_xact_status(cast($1 as xid8))"


class Sent(NamedTuple):
    """A transaction whose commit is on its way.

    Args:
        server: Which server it was sent to, as that says itself; None if it does not.
        number: Its number there.
        seal: The number and the hash of the seal that it writes, if it writes one.
    """

    server: Row | None
    number: str
    seal: Row | None


def outcome(session: Session, sent: Sent) -> bool | None:
    """Whether a transaction was kept; None if nobody can tell.

    Args:
        session: The session that sent it; it is connected anew.
        sent: The transaction.
    """
    for asked in range(ASKED_AGAIN):
        try:
            session.connect()
            if asked:  # at first, the commit may be on its way still
                session.ask(_END, sent.number)
            status = _status(session, sent.number)
            if status != "in progress":
                return _judged(session, sent, status)
        except psycopg.OperationalError:
            pass  # it is not there yet
        except psycopg.Error:
            return None
        Event().wait(ASKED_EVERY)
    return None


def _status(session: Session, number: str) -> str | None:
    try:
        status: str | None = session.ask(_STATUS, number)[0]
    except psycopg.errors.InvalidParameterValue:
        return "aborted"  # a crashed server has forgotten that it ever gave out this number
    return status


def _judged(session: Session, sent: Sent, status: str | None) -> bool | None:
    before, now = sent.server, session.server
    if before is None or now is None or before[0] != now[0]:
        return None
    if sent.seal is not None:
        return bool(session.rows("sealed", *sent.seal))
    if status == "aborted":
        return False
    return True if status == "committed" and before == now else None
