"""Signing in and being known: accounts, sessions, keys and the throttle of one office, together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ...clock import Clock
from ...errors import NotRecognized, TooManyTries
from ...ledger import Account
from ..office import Office
from . import sessions, throttle
from .accounts import Accounts
from .caller import Caller
from .keys import Keys
from .passwords import Passwords
from .rights import Rights
from .sessions import Sessions
from .settings import AuthSettings
from .visitors import Visitors

HASHED_AT_ONCE = 2
"""Passwords that are compared at once: each takes 64 MiB and four threads for a tenth of a second."""

WAITING_AT_MOST = 100
"""Sign-ins that wait for that at most: some ten seconds. Who comes then is told to come again."""

LOOKED_UP_AT_ONCE = 8
"""Callers that are looked up at once: as many as connections read the ledger."""


T = TypeVar("T")


class Auth:
    """Who may come in to an office.

    Args:
        office: The open office.
        settings: What the company sets of its door.
        rights: The matrix of rights; onestory's own, if left out.
        passwords: How passwords are kept; with argon2-cffi's own parameters, if left out.
    """

    def __init__(
        self,
        office: Office,
        settings: AuthSettings | None = None,
        *,
        rights: Rights | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self.office, self.settings = office, settings or AuthSettings()
        self.rights = rights or Rights.load()
        self.passwords = passwords or Passwords()
        _ = self.passwords.nobodys  # the first login that is nobody's takes no longer than the next
        self.accounts = Accounts(office.ledger, office.company, self.passwords, self.rights.roles)
        self.sessions = Sessions(office.ledger)
        self.keys = Keys(office.ledger, office.company, self.rights.roles)
        self.visitors = Visitors(
            office.ledger, office.company, self.settings.providers, self.rights
        )
        self._hashing = ThreadPoolExecutor(HASHED_AT_ONCE, "sign-in")
        self._looking = ThreadPoolExecutor(LOOKED_UP_AT_ONCE, "caller")
        self._lock, self._waiting = threading.Lock(), 0

    @property
    def clock(self) -> Clock:
        """What tells the time."""
        return self.office.ledger.clock

    @property
    def session_cookie(self) -> str:
        """The name of the cookie that holds a session."""
        return "sid" if self.settings.insecure_cookies else "__Host-sid"

    @property
    def visit_cookie(self) -> str:
        """The name of the cookie that marks a browser before anybody signs in."""
        return "visit" if self.settings.insecure_cookies else "__Host-visit"

    async def by_session(self, secret: str) -> Caller | None:
        """Whose session a cookie is, if it has not ended."""
        return await _in(self._looking, lambda: self.sessions.caller(secret))

    async def by_key(self, secret: str) -> Caller | None:
        """Whose key it is, if it is good, or was a moment ago."""
        known = self.keys.remembered(secret)
        if known is not None:
            return known
        return await _in(self._looking, lambda: self.keys.caller(secret))

    def still(self, caller: Caller) -> Caller | None:
        """Who a caller is by now: None once the session ended or the key was revoked.

        For what goes on long after its request began, like a live stream. It does not count as use: a session
        that only listens ends like one that does nothing. It reads the database, so ask in a thread.
        """
        if caller.kind == "account":
            return self.sessions.still(caller)
        if caller.kind == "key":
            return self.keys.still(caller)
        return caller

    async def sign_in(
        self, login: str, password: str, *, address: str, instead_of: str = "", request: str = ""
    ) -> tuple[str, Caller]:
        """Begin a session for whoever knows an account's password.

        Args:
            login: The account.
            password: What was typed.
            address: From where.
            instead_of: What the browser's cookie held until now; that session ends.
            request: The id of the request.

        Returns:
            What the session's cookie holds, and who they are.

        Raises:
            NotRecognized: No account has this login and this password.
            TooManyTries: It comes too soon after too many tries in vain.
        """
        return await self._in_turn(
            lambda: self._sign_in(login, password, address, instead_of, request)
        )

    async def change_password(
        self, caller: Caller, old: str, new: str, *, address: str, request: str = ""
    ) -> None:
        """Give whoever asks another password; their other sessions end.

        Raises:
            NotRecognized: The old password is another.
            TooManyTries: It comes too soon after too many tries in vain.
            PasswordRefused: The new password would be guessed.
        """
        await self._in_turn(lambda: self._change_password(caller, old, new, address, request))

    async def _in_turn(self, does: Callable[[], T]) -> T:
        """Compare a password, when those who came before have theirs compared."""
        with self._lock:
            if self._waiting >= WAITING_AT_MOST:
                raise TooManyTries(
                    "Too many people sign in at this moment.", fix="Try again in a few seconds."
                )
            self._waiting += 1
        try:
            return await _in(self._hashing, does)
        finally:
            with self._lock:
                self._waiting -= 1

    def _sign_in(
        self, login: str, password: str, address: str, instead_of: str, request: str
    ) -> tuple[str, Caller]:
        login = login.strip()
        account = self._recognized(login, password, address, request)
        dated = self.passwords.is_dated(account.password or "")
        anew = self.passwords.hashed(password) if dated else ""
        with self.office.ledger.changing_sign_in() as sign_in:
            if sign_in.account(login) != account:
                raise _not_recognized()  # it was changed or disabled while this was compared
            throttle.not_in_vain(sign_in, login, address)
            if anew:
                sign_in.set_password(login, anew)
            secret = sessions.begin(sign_in, login, instead_of=instead_of)
            sign_in.audit.add("signed in", login, by=login, request=request)
        caller = self.sessions.caller(secret)
        if caller is None:
            raise _not_recognized()  # it ended at once: the account was disabled
        return secret, caller

    def _change_password(
        self, caller: Caller, old: str, new: str, address: str, request: str
    ) -> None:
        self._recognized(caller.name, old, address, request)
        with self.office.ledger.changing_sign_in() as sign_in:
            throttle.not_in_vain(sign_in, caller.name, address)
        keep = bytes.fromhex(caller.session)
        self.accounts.set_password(caller.name, new, by=caller.name, request=request, keep=keep)

    def _recognized(self, login: str, password: str, address: str, request: str) -> Account:
        """The account of a login and a password; every try is counted before it is looked at."""
        ledger = self.office.ledger
        with ledger.reading_sign_in() as sign_in:
            throttle.throttled(sign_in, login, address)  # without writing: others may try for ever
        with ledger.changing_sign_in() as sign_in:
            throttle.throttled(sign_in, login, address)
            throttle.tried(sign_in, login, address)
            account = sign_in.account(login)
        usable = account is not None and account.disabled is None
        hashed = account.password if account is not None and usable else None
        fits = self.passwords.fits(hashed, password)  # nobody's, too: it takes as long
        if account is None or not fits:
            with ledger.changing_sign_in() as sign_in:
                # What was typed may be a password in the wrong place: only a login that is one is kept.
                target = login if account else throttle.account_name(login)
                sign_in.audit.add("sign-in refused", target, by="", request=request)
            raise _not_recognized()
        return account


async def _in(threads: ThreadPoolExecutor, does: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(threads, does)


def _not_recognized() -> NotRecognized:
    return NotRecognized(
        "No account has this login and this password.",
        fix="Check both; whoever looks after the office can set a new password.",
    )
