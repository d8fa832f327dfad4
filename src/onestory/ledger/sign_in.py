"""Who may ask: accounts, sessions, keys and tries, in one transaction or one view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from .audit import Audit
from .database import Connection

_encode = msgspec.json.Encoder().encode
_roles = msgspec.json.Decoder(list[str]).decode


class Account(NamedTuple):
    """Somebody who may sign in.

    Args:
        login: What they sign in with; of those whom a provider lets in, its name, ``/`` and theirs there.
        password: Its argon2 hash; None for those whom a provider lets in.
        provider: The provider, or nothing.
        subject: What the provider calls them.
        roles: Their roles, in order.
        entity: The entity of the person that a customer is, or nothing.
        key: That person's key.
        made: When it was made, in microseconds.
        disabled: Since when it may not be used, if so.
    """

    login: str
    password: str | None
    provider: str
    subject: str
    roles: tuple[str, ...]
    entity: str
    key: str
    made: int
    disabled: int | None = None


class Session(NamedTuple):
    """A session that has not ended, with what its account may.

    Args:
        login: The account.
        begun: When it began, in microseconds.
        seen: When it was used last, to the minute.
        until: When it ends, however much it is used.
        roles: The account's roles now.
        entity: The entity of the person that the account is, or nothing.
        key: That person's key.
    """

    login: str
    begun: int
    seen: int
    until: int
    roles: tuple[str, ...]
    entity: str
    key: str


class SessionLine(NamedTuple):
    """One session of an account, by the SHA-256 of its cookie."""

    id: bytes
    begun: int
    seen: int
    until: int


class ProgramKey(NamedTuple):
    """A program's key.

    Args:
        id: Its name, which is no secret.
        digest: The SHA-256 of the whole key.
        system: The system it speaks for, or nothing.
        roles: Its roles, in order.
        made: When it was made, in microseconds.
        by: Who made it.
        revoked: Since when it may not be used, if so.
    """

    id: str
    digest: bytes
    system: str
    roles: tuple[str, ...]
    made: int
    by: str
    revoked: int | None = None


class Tries(NamedTuple):
    """How often it was tried in vain to sign in, and when last."""

    tries: int
    last: int


class Way(NamedTuple):
    """What is kept of somebody who went to a provider, until they come back.

    Args:
        provider: The provider.
        browser: The SHA-256 of the cookie of the browser.
        verifier: The code verifier (RFC 7636, section 4.1).
        nonce: What the provider must say in its token.
        back: The path to go to afterwards.
    """

    provider: str
    browser: bytes
    verifier: str
    nonce: str
    back: str


class SignIn:
    """Accounts, sessions, keys and tries.

    Args:
        connection: The transaction, or the view.
        now: The present moment, in microseconds.
    """

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection, self.now = connection, now
        self.audit = Audit(connection, now)

    # Accounts

    def account(self, login: str) -> Account | None:
        """One account."""
        rows = self._connection.rows("account", login)
        return _account(rows[0]) if rows else None

    def accounts(self, after: str, limit: int) -> list[Account]:
        """A page of accounts, in the order of their logins."""
        return [_account(row) for row in self._connection.rows("accounts", after, limit)]

    def has_accounts(self) -> bool:
        """Whether anybody can sign in."""
        return bool(self._connection.rows("any_account"))

    def add_account(self, account: Account) -> bool:
        """Keep an account; whether there was none of its login."""
        *named, roles, entity, key, made, _ = account
        return bool(self._connection.run("insert_account", *named, _said(roles), entity, key, made))

    def set_password(self, login: str, password: str) -> None:
        """An account has another password, given as its hash."""
        self._connection.run("set_password", password, login)

    def set_roles(self, login: str, roles: Sequence[str], entity: str, key: str) -> None:
        """An account has other roles, and is another person."""
        self._connection.run("set_roles", _said(roles), entity, key, login)

    def set_disabled(self, login: str, since: int | None) -> None:
        """An account may not be used, or may again."""
        self._connection.run("set_disabled", since, login)

    # Sessions

    def begin_session(self, id: bytes, login: str, until: int, provider: str, named: str) -> None:  # noqa: A002 - it is one
        """Keep a session that begins now."""
        self._connection.run("end_old_sessions", self.now)
        self._connection.run(
            "insert_session", id, login, self.now, self.now, until, provider, named
        )

    def session(self, id: bytes, idle_since: int) -> Session | None:  # noqa: A002 - as above
        """A session that was used since a moment."""
        rows = self._connection.rows("session", id, self.now, idle_since)
        if not rows:
            return None
        login, begun, seen, until, roles, entity, key = rows[0]
        return Session(login, begun, seen, until, tuple(_roles(roles)), entity, key)

    def sessions_of(self, login: str, idle_since: int) -> list[SessionLine]:
        """The sessions of an account that were used since a moment, oldest first."""
        rows = self._connection.rows("sessions_of", login, self.now, idle_since)
        return [SessionLine(bytes(row[0]), *row[1:]) for row in rows]

    def see_session(self, id: bytes) -> None:  # noqa: A002 - as above
        """A session is used now."""
        self._connection.run("see_session", self.now, id)

    def end_session(self, id: bytes, login: str) -> bool:  # noqa: A002 - as above
        """End a session of an account; whether there was one."""
        return bool(self._connection.run("end_session", id, login))

    def end_sessions(self, login: str, but: bytes = b"") -> int:
        """End the sessions of an account, all but one; how many."""
        return self._connection.run("end_sessions", login, but)

    def end_provider_session(self, provider: str, *, login: str, named: str) -> int:
        """End the sessions that a provider let begin; how many.

        Args:
            provider: The provider.
            login: The account, or any.
            named: What the provider calls its own session, or any.
        """
        of = login, login, named, named
        return self._connection.run("end_provider_session", provider, *of)

    # Keys

    def add_key(self, key: ProgramKey) -> None:
        """Keep a key."""
        self._connection.run(
            "insert_key", key.id, key.digest, key.system, _said(key.roles), key.made, key.by
        )

    def key(self, id: str) -> ProgramKey | None:  # noqa: A002 - as above
        """One key."""
        rows = self._connection.rows("api_key", id)
        return _key(rows[0]) if rows else None

    def keys(self, after: str, limit: int) -> list[ProgramKey]:
        """A page of keys, in the order of their ids."""
        return [_key(row) for row in self._connection.rows("api_keys", after, limit)]

    def revoke_key(self, id: str) -> bool:  # noqa: A002 - as above
        """A key may not be used from now on; whether it could until now."""
        return bool(self._connection.run("revoke_key", self.now, id))

    # Tries

    def tries(self, what: Sequence[str]) -> dict[str, Tries]:
        """How often each was tried in vain."""
        rows = self._connection.rows("tries", _said(what))
        return {name: Tries(tries, last) for name, tries, last in rows}

    def count_try(self, what: str, since: int) -> None:
        """Count one more; what was last tried before a moment is forgotten."""
        self._connection.run("count_try", what, self.now, since)

    def forget_tries(self, what: str) -> None:
        """It was not in vain."""
        self._connection.run("forget_tries", what)

    def take_back_try(self, what: str) -> None:
        """One of them was not in vain."""
        self._connection.run("take_back_try", what)

    def forget_old_tries(self, before: int) -> None:
        """Forget what was last tried before a moment."""
        self._connection.run("forget_old_tries", before)

    # Ways to a provider

    def begin_way(self, id: bytes, way: Way, address: str, until: int) -> None:  # noqa: A002 - as above
        """Keep somebody who goes to a provider now."""
        self._connection.run("end_old_states", self.now)
        self._connection.run("insert_state", id, *way, address, until)

    def ways_from(self, address: str) -> int:
        """How many are on their way from one address."""
        return int(self._connection.rows("states_from", address, self.now)[0][0])

    def end_way(self, id: bytes) -> Way | None:  # noqa: A002 - as above
        """Somebody comes back: what was kept of them, which is forgotten."""
        rows = self._connection.rows("sign_in_state", id, self.now)
        self._connection.run("end_state", id)
        if not rows:
            return None
        provider, browser, verifier, nonce, back = rows[0]
        return Way(provider, bytes(browser), verifier, nonce, back)


def _said(words: Sequence[str]) -> str:
    return _encode(list(words)).decode()


def _account(row: tuple[Any, ...]) -> Account:
    login, password, provider, subject, roles, *rest = row
    return Account(login, password, provider, subject, tuple(_roles(roles)), *rest)


def _key(row: tuple[Any, ...]) -> ProgramKey:
    name, digest, system, roles, *rest = row
    return ProgramKey(name, bytes(digest), system, tuple(_roles(roles)), *rest)
