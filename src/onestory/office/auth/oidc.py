"""Signing in at a provider: OpenID Connect's code flow, with PKCE, a state and a nonce, by Authlib."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import httpx2
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.starlette_client.apps import StarletteOAuth2App  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from ...clock import Clock, moment
from ...errors import ProviderRefused
from .settings import Provider

PROVIDER_WITHIN = 10
"""Seconds that a provider has for each answer; somebody waits at a blank page meanwhile."""

MAX_SUBJECT = 255
"""Characters of what a provider calls a person (OpenID Connect Core 1.0, section 2)."""

LOGOUT_AGE = timedelta(minutes=10)
"""A word that a session ended is taken for so long: later it would end a newer one."""

_ENDED = "http://schemas.openid.net/event/backchannel-logout"
_TRUSTED = httpx2.create_ssl_context()
"""Whom to trust, read once: Authlib makes a client for each question, which would read it each time."""

_SIGNED_BY = [
    "RS256",
    "PS256",
    "ES256",
    "EdDSA",
    "RS384",
    "RS512",
    "PS384",
    "PS512",
    "ES384",
    "ES512",
]
"""By key pairs only: with a shared secret, or none, whoever knows the client could sign."""


class Gone(NamedTuple):
    """Where to send somebody who signs in at a provider, and what to keep until they come back."""

    url: str
    state: str
    verifier: str
    nonce: str


class Known(NamedTuple):
    """Who came back from a provider.

    Args:
        subject: What it calls them.
        groups: Their groups there.
        person: The key of the person they are, as its claim says, or nothing.
        session: What it calls its own session, or nothing.
    """

    subject: str
    groups: tuple[str, ...]
    person: str
    session: str


class _Token(CodeIDToken):  # type: ignore[misc] # Authlib has no types
    """An ID token, which is for us where its audience says so, be that one or a list of several."""

    def validate_azp(self) -> None:
        """Be for us, and by us where it says by whom (OpenID Connect Core 1.0, section 3.1.3.7)."""
        audience, client = self.get("aud"), self.params["client_id"]
        if client not in (audience if isinstance(audience, list) else [audience]):
            raise InvalidClaimError("aud")
        if self.get("azp", client) != client:
            raise InvalidClaimError("azp")


class Oidc:
    """One provider.

    Args:
        provider: What is set of it.
    """

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._app = StarletteOAuth2App(
            None,
            provider.name,
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": provider.scope,
                "code_challenge_method": "S256",
                "timeout": PROVIDER_WITHIN,
                "verify": _TRUSTED,
            },
        )

    async def go(self, redirect_uri: str) -> Gone:
        """Where to send somebody.

        Raises:
            ProviderRefused: The provider cannot be asked, or is another.
        """
        try:
            await self._check_issuer()
            made = await self._app.create_authorization_url(redirect_uri)
        except (OAuthError, httpx2.HTTPError, ValueError, RuntimeError) as error:
            raise self._refused(error) from error
        return Gone(made["url"], made["state"], made["code_verifier"], made["nonce"])

    async def come_back(self, code: str, *, verifier: str, nonce: str, redirect_uri: str) -> Known:
        """Who came back with a code.

        Raises:
            ProviderRefused: The code is none of the provider's, or its token does not hold.
        """
        try:
            await self._check_issuer()
            token = await self._app.fetch_access_token(
                redirect_uri, code=code, code_verifier=verifier
            )
            claims = await self._claims(token, nonce)
        except (OAuthError, JoseError, httpx2.HTTPError, ValueError, RuntimeError) as error:
            raise self._refused(error) from error
        return self._known(claims)

    async def ended(self, logout_token: str, clock: Clock) -> tuple[str, str]:
        """Whose session the provider says has ended (OpenID Connect Back-Channel Logout 1.0, section 2.6).

        Returns:
            What it calls the person, and what it calls the session; one of them may be empty.

        Raises:
            ProviderRefused: The word is not the provider's, or not of now.
        """
        try:
            await self._check_issuer()
            claims = await self._signed(logout_token)
        except (OAuthError, JoseError, httpx2.HTTPError, ValueError, RuntimeError) as error:
            raise self._refused(error) from error
        audience = claims.get("aud")
        said = claims.get("iat")
        subject, session = claims.get("sub", ""), claims.get("sid", "")
        if not (
            claims.get("iss") == self.provider.issuer
            and self.provider.client_id in (audience if isinstance(audience, list) else [audience])
            and isinstance(claims.get("events"), dict)
            and _ENDED in claims["events"]
            and "nonce" not in claims
            and isinstance(said, int)
            and abs(clock.now() - moment(said * 1_000_000)) <= LOGOUT_AGE
            and isinstance(subject, str)
            and isinstance(session, str)
            and (subject or session)
        ):
            raise self._refused(ValueError("it says no session of ours that ended now"))
        return subject, session

    async def _check_issuer(self) -> None:
        metadata = await self._app.load_server_metadata()
        if metadata.get("issuer") != self.provider.issuer:
            raise ValueError(f"it calls itself {metadata.get('issuer')!r}")

    async def _claims(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        if "id_token" not in token:
            raise ValueError("it sent no ID token")
        claims = dict(await self._signed(token["id_token"], nonce=nonce, token=token))
        wanted = {self.provider.groups, *(self.provider.person or ())[1:]}
        metadata = await self._app.load_server_metadata()
        if wanted - claims.keys() and "userinfo_endpoint" in metadata and "access_token" in token:
            more = dict(await self._app.userinfo(token=dict(token)))
            if more.get("sub") != claims["sub"]:
                raise ValueError("it speaks of two people at once")
            claims = {**more, **claims}
        return claims

    async def _signed(
        self, written: str, *, nonce: str = "", token: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """The claims of what the provider signed; its keys are asked for anew where they have changed."""
        try:
            found = self._decoded(written, await self._app.fetch_jwk_set())
        except InvalidKeyIdError:
            found = self._decoded(written, await self._app.fetch_jwk_set(force=True))
        if token is None:
            return found.claims
        claims = _Token(
            found.claims,
            found.header,
            {"iss": {"values": [self.provider.issuer]}},
            {
                "nonce": nonce,
                "client_id": self.provider.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=60)
        return dict(claims)

    def _decoded(self, written: str, keys: Any) -> jwt.Token:
        registry = JWSRegistry(algorithms=_SIGNED_BY, strict_check_header=False)
        return jwt.decode(written, KeySet.import_key_set(keys), registry=registry)

    def _known(self, claims: Mapping[str, Any]) -> Known:
        subject = claims["sub"]
        if not (isinstance(subject, str) and 0 < len(subject) <= MAX_SUBJECT):
            raise self._refused(ValueError("it does not say whom it let in"))
        groups = claims.get(self.provider.groups, [])
        groups = [groups] if isinstance(groups, str) else groups
        person = claims.get(self.provider.person[1], "") if self.provider.person else ""
        session = claims.get("sid", "")
        return Known(
            subject,
            tuple(group for group in groups if isinstance(group, str)),
            person if isinstance(person, str) else "",
            session if isinstance(session, str) else "",
        )

    def _refused(self, error: Exception) -> ProviderRefused:
        said = str(error) or type(error).__name__
        return ProviderRefused(
            f"{self.provider.name} did not let you in: {said.rstrip('.')}.",
            where=self.provider.issuer,
            fix="Begin again at /sign-in; if it stays so, whoever looks after the office reads why here.",
        )
