"""Sessions: opaque, kept in the database as a hash, ended by time, by their owner, or with the account."""

from __future__ import annotations

from contextlib import suppress

from ...clock import MICROSECOND
from ...ledger import Ledger, Session, SessionLine, SignIn
from ...model.durations import duration
from ..opened import PASSES
from .caller import Caller
from .secret import digest_of, new_secret, token_of

SESSION_IDLE = "1 h"
"""A session that is not used for so long has ended (NIST SP 800-63B-4, section 2.2.3: an hour at most)."""

SESSION_LONGEST = "12 h"
"""A session ends after so long however much it is used: a shift, and within that standard's 24 hours."""

SEEN_EVERY = "1 min"
"""How exactly it is known when a session was used last: a page would cost a commit otherwise."""

MAX_SESSIONS = 20
"""Sessions of one account at once; the oldest ends when one more begins."""


class Sessions:
    """The sessions of one ledger.

    Args:
        ledger: The ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def caller(self, secret: str) -> Caller | None:
        """Whose session a cookie is, if it has not ended."""
        digest = digest_of(secret)
        with self._ledger.reading_sign_in() as sign_in:
            session, now = sign_in.session(digest, _idle_since(sign_in)), sign_in.now
        if session is None:
            return None
        if now - session.seen > duration(SEEN_EVERY) // MICROSECOND:
            # Where the ledger takes nothing now, the next request says so again: reading goes on.
            with suppress(*PASSES), self._ledger.changing_sign_in() as sign_in:
                sign_in.see_session(digest)
        return _caller(session, digest.hex(), token_of(secret))

    def still(self, caller: Caller) -> Caller | None:
        """Who a session's caller is by now, if it has not ended; that does not count as use."""
        with self._ledger.reading_sign_in() as sign_in:
            session = sign_in.session(bytes.fromhex(caller.session), _idle_since(sign_in))
        return None if session is None else _caller(session, caller.session, caller.csrf)

    def of(self, caller: Caller) -> list[SessionLine]:
        """The sessions of whoever asks, oldest first."""
        with self._ledger.reading_sign_in() as sign_in:
            return sign_in.sessions_of(caller.name, _idle_since(sign_in))

    def end(self, caller: Caller, session: str, *, request: str = "") -> bool:
        """End one session of whoever asks; whether there was one."""
        try:
            digest = bytes.fromhex(session)
        except ValueError:
            return False
        with self._ledger.changing_sign_in() as sign_in:
            ended = sign_in.end_session(digest, caller.name)
            if ended:
                mine = session == caller.session
                action = "signed out" if mine else "session ended"
                sign_in.audit.add(action, caller.name, by=caller.name, request=request)
        return ended

    def end_others(self, caller: Caller, *, request: str = "") -> int:
        """End all sessions of whoever asks but the one that asks; how many."""
        with self._ledger.changing_sign_in() as sign_in:
            ended = sign_in.end_sessions(caller.name, bytes.fromhex(caller.session))
            became = {"sessions ended": ended}
            sign_in.audit.add(
                "sessions ended", caller.name, by=caller.name, request=request, became=became
            )
        return ended


def begin(
    sign_in: SignIn, login: str, *, instead_of: str, provider: str = "", named: str = ""
) -> str:
    """Begin a session within a transaction, always with a new secret; what its cookie holds.

    Args:
        sign_in: The transaction.
        login: The account.
        instead_of: What the browser's cookie held until now: that session ends.
        provider: The provider that let them in, or nothing.
        named: What the provider calls its own session.
    """
    before = sign_in.session(digest_of(instead_of), _idle_since(sign_in)) if instead_of else None
    if before is not None:
        sign_in.end_session(digest_of(instead_of), before.login)
    mine = sign_in.sessions_of(login, _idle_since(sign_in))
    for oldest in mine[: max(0, len(mine) + 1 - MAX_SESSIONS)]:
        sign_in.end_session(oldest.id, login)
    secret = new_secret()
    until = sign_in.now + duration(SESSION_LONGEST) // MICROSECOND
    sign_in.begin_session(digest_of(secret), login, until, provider, named)
    return secret


def _caller(session: Session, named: str, token: str) -> Caller:
    person = (session.entity, session.key) if session.entity else None
    roles = frozenset(session.roles)
    return Caller("account", session.login, roles, person=person, csrf=token, session=named)


def _idle_since(sign_in: SignIn) -> int:
    return sign_in.now - duration(SESSION_IDLE) // MICROSECOND
