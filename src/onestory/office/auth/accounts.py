"""Accounts: who may sign in, made and changed with a line of the audit each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...errors import NoSuchName, NotAllowed
from ...ledger import Account, Ledger, SignIn
from ...model import Company, DeclaredEntity
from .passwords import Passwords, refuse_weak

MAX_LOGIN = 128
"""Characters of a login at most: an address of mail, and more."""

CUSTOMER, SYSTEM = "customer", "system"
"""The role of an account that is a person of the company; the role of a key that speaks for a system."""

_LOGIN = re.compile(r"[^\s/\x00-\x1f\x7f]+")


class Accounts:
    """The accounts of one ledger.

    Args:
        ledger: The ledger.
        company: The company, whose people customers are.
        passwords: How passwords are kept.
        roles: The roles there are.
    """

    def __init__(
        self, ledger: Ledger, company: Company, passwords: Passwords, roles: Iterable[str]
    ) -> None:
        self._ledger, self._company, self.passwords = ledger, company, passwords
        self.roles = tuple(role for role in roles if role != SYSTEM)

    def add(
        self,
        login: str,
        password: str,
        *,
        roles: Sequence[str],
        by: str,
        person: tuple[str, str] | None = None,
        request: str = "",
    ) -> None:
        """Make an account.

        Args:
            login: What they sign in with.
            password: Their password.
            roles: Their roles, one at least.
            by: Who makes it.
            person: Who they are, where they are a customer: entity and key.
            request: The id of the request.

        Raises:
            NotAllowed: There is one of this login, or it has no name, no role, or no person.
            NoSuchName: There is no such role.
            PasswordRefused: The password would be guessed.
        """
        login = login.strip()
        if not _LOGIN.fullmatch(login) or len(login) > MAX_LOGIN:
            raise NotAllowed(
                f"{login!r} cannot be a login.",
                fix=f"Write up to {MAX_LOGIN} characters without spaces and without a /.",
            )
        self._check_roles(roles, person)
        refuse_weak(password, login, self._ledger.company)
        hashed = self.passwords.hashed(password)
        with self._ledger.changing_sign_in() as sign_in:
            entity, key = person or ("", "")
            account = Account(login, hashed, "", "", tuple(roles), entity, key, sign_in.now)
            if not sign_in.add_account(account):
                raise NotAllowed(
                    f"There is an account {login} already.",
                    fix="Change its password with `onestory account password`, or choose another login.",
                )
            sign_in.audit.add(
                "account made", login, by=by, request=request, became=_what_it_may(account)
            )

    def set_password(
        self, login: str, password: str, *, by: str, request: str = "", keep: bytes = b""
    ) -> None:
        """Give an account another password; all its sessions end.

        Args:
            login: The account.
            password: The new password.
            by: Who does it.
            request: The id of the request.
            keep: The one session that goes on, if any.

        Raises:
            NoSuchName: There is no such account.
            NotAllowed: It signs in at a provider.
            PasswordRefused: The password would be guessed.
        """
        refuse_weak(password, login, self._ledger.company)
        hashed = self.passwords.hashed(password)
        with self._ledger.changing_sign_in() as sign_in:
            account = _there(sign_in, login)
            if account.provider:
                raise NotAllowed(
                    f"{login} signs in at {account.provider}.",
                    fix=f"Change the password at {account.provider}.",
                )
            sign_in.set_password(login, hashed)
            ended = sign_in.end_sessions(login, keep)
            sign_in.audit.add(
                "password changed", login, by=by, request=request, became={"sessions ended": ended}
            )

    def set_roles(
        self,
        login: str,
        roles: Sequence[str],
        *,
        by: str,
        person: tuple[str, str] | None = None,
        request: str = "",
    ) -> None:
        """Give an account other roles; they hold from its next request on.

        Raises:
            NoSuchName: There is no such account or role.
            NotAllowed: It would have no role, or no person.
        """
        self._check_roles(roles, person)
        with self._ledger.changing_sign_in() as sign_in:
            change_roles(sign_in, _there(sign_in, login), roles, person, by=by, request=request)

    def disable(self, login: str, *, by: str, request: str = "", again: bool = False) -> None:
        """Let an account in no more, or let it in again; its sessions end at once.

        Raises:
            NoSuchName: There is no such account.
        """
        with self._ledger.changing_sign_in() as sign_in:
            was = _there(sign_in, login).disabled is not None
            sign_in.set_disabled(login, None if again else sign_in.now)
            sign_in.end_sessions(login)
            action = "account enabled" if again else "account disabled"
            disabled = {"disabled": not again}
            sign_in.audit.add(
                action, login, by=by, request=request, was={"disabled": was}, became=disabled
            )

    def page(self, after: str = "", limit: int = 500) -> list[Account]:
        """A page of accounts, in the order of their logins."""
        with self._ledger.reading_sign_in() as sign_in:
            return sign_in.accounts(after, limit)

    def any(self) -> bool:
        """Whether anybody can sign in."""
        with self._ledger.reading_sign_in() as sign_in:
            return sign_in.has_accounts()

    def _check_roles(self, roles: Sequence[str], person: tuple[str, str] | None) -> None:
        unknown = [role for role in roles if role not in self.roles]
        if unknown:
            raise NoSuchName(
                f"There is no role {unknown[0]!r} for accounts.",
                fix=f"Choose from {', '.join(self.roles)}.",
            )
        if not roles:
            raise NotAllowed(
                "An account without a role may do nothing.",
                fix=f"Give it one or more of {', '.join(self.roles)}.",
            )
        if (CUSTOMER in roles) != (person is not None):
            raise NotAllowed(
                "A customer's account is one person's, and nobody else's account is.",
                fix="Name the person for the role customer, and for no other.",
            )
        if person is not None:
            refuse_nobody(self._company, person[0])


def refuse_nobody(company: Company, entity: str, *, where: str = "") -> None:
    """Refuse an entity whose subjects are not people.

    Raises:
        NotAllowed: No group of people has members of this entity.
    """
    people = [e.name for e in company.declared(DeclaredEntity) if e.one_of is not None]
    if entity not in people:
        raise NotAllowed(
            f"Nobody is a {entity}.",
            where=where,
            fix=f"A customer is one of {', '.join(people)}."
            if people
            else "Declare the entity of your customers with one_of=.",
        )


def change_roles(
    sign_in: SignIn,
    account: Account,
    roles: Sequence[str],
    person: tuple[str, str] | None,
    *,
    by: str,
    request: str,
) -> None:
    """Give an account other roles, and another person, within a transaction."""
    entity, key = person or ("", "")
    other = account._replace(roles=tuple(roles), entity=entity, key=key)
    if other == account:
        return
    sign_in.set_roles(account.login, other.roles, entity, key)
    was, became = _what_it_may(account), _what_it_may(other)
    sign_in.audit.add(
        "roles changed", account.login, by=by, request=request, was=was, became=became
    )


def _what_it_may(account: Account) -> dict[str, object]:
    """What the audit keeps of an account."""
    of = {"person": [account.entity, account.key]} if account.entity else {}
    return {"roles": list(account.roles), **of}


def _there(sign_in: SignIn, login: str) -> Account:
    account = sign_in.account(login)
    if account is None:
        raise NoSuchName(
            f"There is no account {login!r}.", fix="`onestory account list` shows those there are."
        )
    return account
