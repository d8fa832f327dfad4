"""Those whom providers let in: kept on their way there, and made accounts of when they come back."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from ...clock import MICROSECOND
from ...errors import DeclarationError, FromElsewhere, NoRight, NoSuchName, TooManyTries
from ...ledger import Account, Ledger, SignIn, Way
from ...model import Company
from ...model.durations import duration
from . import sessions
from .accounts import CUSTOMER, SYSTEM, change_roles, refuse_nobody
from .rights import Rights
from .secret import digest_of
from .settings import Provider

if TYPE_CHECKING:
    from .oidc import Known, Oidc

WAY_WITHIN = "10 min"
"""How long somebody may take at a provider: to find a second factor, and no longer."""

WAYS_FROM_ADDRESS = 200
"""How many may be on their way from one address: a floor that begins its shift, and no flood of rows."""


class Visitors:
    """Those whom providers let in.

    Args:
        ledger: The ledger.
        company: The company, whose people customers are.
        providers: The providers.
        rights: The matrix, whose roles there are.

    Raises:
        DeclarationError: A provider's group has a role that is none.
        NotAllowed: A provider's people are of an entity that is none of people.
    """

    def __init__(
        self, ledger: Ledger, company: Company, providers: tuple[Provider, ...], rights: Rights
    ) -> None:
        self._ledger = ledger
        self._providers: dict[str, Oidc] = {}
        for one in providers:
            if one.person is not None:
                where = f"ONESTORY_OIDC_{one.name.upper()}_PERSON"
                refuse_nobody(company, one.person[0], where=where)
            for role in one.roles.values():
                if role not in rights.roles or role == SYSTEM:
                    raise DeclarationError(
                        f"{one.name} gives a role {role!r} that accounts cannot have.",
                        where=f"ONESTORY_OIDC_{one.name.upper()}_ROLES",
                        fix=f"Choose from {', '.join(r for r in rights.roles if r != SYSTEM)}.",
                    )
        if providers:
            from .oidc import Oidc  # noqa: PLC0415 - Authlib takes longer to load than all the rest

            self._providers = {one.name: Oidc(one) for one in providers}

    def provider(self, name: str) -> Oidc:
        """One provider.

        Raises:
            NoSuchName: There is none of this name.
        """
        if name not in self._providers:
            raise NoSuchName(
                f"Nobody signs in at {name!r}.",
                fix=f"Choose from {', '.join(self._providers)}."
                if self._providers
                else "Sign in at /sign-in.",
            )
        return self._providers[name]

    def on_their_way(self, state: str, way: Way, address: str) -> None:
        """Keep somebody who goes to a provider.

        Raises:
            TooManyTries: Too many from this address have not come back yet.
        """
        within = duration(WAY_WITHIN)
        with self._ledger.reading_sign_in() as sign_in:
            if sign_in.ways_from(address) >= WAYS_FROM_ADDRESS:
                raise TooManyTries(
                    "Too many from this address began to sign in and did not come back.",
                    fix="Try again in a few minutes.",
                )
        with self._ledger.changing_sign_in() as sign_in:
            sign_in.begin_way(digest_of(state), way, address, sign_in.now + within // MICROSECOND)

    def back(self, provider: str, state: str, visit: str) -> Way:
        """What was kept of somebody who comes back; it is good once, and in their own browser.

        Raises:
            FromElsewhere: They did not go from here, or took too long, or came back before.
        """
        with self._ledger.changing_sign_in() as sign_in:
            way = sign_in.end_way(digest_of(state))
        mine = way is not None and way.provider == provider
        if way is None or not mine or not hmac.compare_digest(way.browser, digest_of(visit)):
            raise FromElsewhere(
                "This sign-in was not begun in this browser, or took too long, or was used already.",
                where=f"/sign-in/{provider}/return",
                fix="Begin again at /sign-in.",
            )
        return way

    def let_in(self, oidc: Oidc, known: Known, *, instead_of: str, request: str) -> str:
        """Begin a session for whom a provider let in, with the roles of their groups now.

        Returns:
            What the session's cookie holds.

        Raises:
            NoRight: None of their groups has a role here, or the account is disabled.
        """
        provider = oidc.provider
        login = f"{provider.name}/{known.subject}"
        roles, person = _may(provider, known)
        with self._ledger.changing_sign_in() as sign_in:
            account = sign_in.account(login)
            if account is None and roles:
                entity, key = person or ("", "")
                account = Account(
                    login, None, provider.name, known.subject, roles, entity, key, sign_in.now
                )
                sign_in.add_account(account)
                sign_in.audit.add("account made", login, by=login, request=request, became=roles)
            elif account is not None:
                change_roles(sign_in, account, roles, person, by=provider.name, request=request)
            why, secret = _why_not(account, roles, provider), ""
            if why:
                sign_in.end_sessions(login)
                sign_in.audit.add("sign-in refused", login, by=provider.name, request=request)
            else:
                at = {"provider": provider.name, "named": known.session}
                secret = sessions.begin(sign_in, login, instead_of=instead_of, **at)
                sign_in.audit.add("signed in", login, by=login, request=request)
        if why:
            raise NoRight(why, where=login, fix="Whoever looks after the office can say more.")
        return secret

    def ended(self, provider: str, subject: str, session: str, *, request: str) -> int:
        """End the sessions that a provider says have ended; how many."""
        login = f"{provider}/{subject}" if subject else ""
        with self._ledger.changing_sign_in() as sign_in:
            ended = _end(sign_in, provider, login, session)
            became = {"sessions ended": ended}
            sign_in.audit.add(
                "signed out", login or provider, by=provider, request=request, became=became
            )
        return ended


def _end(sign_in: SignIn, provider: str, login: str, session: str) -> int:
    return sign_in.end_provider_session(provider, login=login, named=session)


def _may(provider: Provider, known: Known) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    """The roles of somebody's groups; nobody is a customer without being a person of the company."""
    roles = {provider.roles[group] for group in known.groups if group in provider.roles}
    person = None
    if CUSTOMER in roles:
        if provider.person is not None and known.person:
            person = (provider.person[0], known.person)
        else:
            roles.discard(CUSTOMER)
    return tuple(sorted(roles)), person


def _why_not(account: Account | None, roles: tuple[str, ...], provider: Provider) -> str:
    if not roles:
        return f"None of your groups at {provider.name} has a role here."
    return "This account is disabled." if account and account.disabled is not None else ""
