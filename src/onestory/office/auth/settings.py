"""What a company sets of its door: where it is reached, and the providers people sign in at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from ...errors import DeclarationError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""The hosts by which a machine reaches itself."""

_PROVIDER = re.compile(r"ONESTORY_OIDC_([A-Z0-9]+)_([A-Z_]+)")
_PARTS = {"ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ROLES", "GROUPS", "SCOPE", "PERSON"}


class Provider(msgspec.Struct, frozen=True):
    """Somebody who knows who people are, by OpenID Connect.

    Args:
        name: What it is called here; part of the path it sends people back to.
        issuer: Its issuer; what it can do stands at ``/.well-known/openid-configuration`` below.
        client_id: What it knows this office by.
        client_secret: What proves that to it.
        roles: The role of each of its groups; who is in none of them is not let in.
        groups: The claim that holds a person's groups.
        scope: What is asked of it.
        person: The entity of its people, and the claim that holds their keys, where they are customers.
    """

    name: str
    issuer: str
    client_id: str
    client_secret: str
    roles: Mapping[str, str]
    groups: str = "groups"
    scope: str = "openid profile email"
    person: tuple[str, str] | None = None

    def __repr__(self) -> str:
        """Without its secret, wherever it may be written."""
        return f"Provider(name={self.name!r}, issuer={self.issuer!r}, client_id={self.client_id!r})"


class AuthSettings(msgspec.Struct, frozen=True):
    """What a company sets of its door.

    Args:
        public_url: Where browsers reach it, as ``https`` with its host; by what they ask, if left out.
        hosts: Further hosts by which it may be asked; the one of ``public_url`` and loopback always.
        insecure_cookies: Cookies without ``Secure`` and ``__Host-``, to try it without https.
        providers: Where people may sign in.
    """

    public_url: str = ""
    hosts: tuple[str, ...] = ()
    insecure_cookies: bool = False
    providers: tuple[Provider, ...] = ()

    @property
    def known_hosts(self) -> frozenset[str]:
        """The hosts by which it may be asked, without their ports."""
        public = urlsplit(self.public_url).hostname
        return frozenset(
            {*LOOPBACK, *(h.casefold() for h in self.hosts), *([public] if public else [])}
        )

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by https."""
        return self.public_url.startswith("https:")


def settings_of(environment: Mapping[str, str], *, insecure_cookies: bool = False) -> AuthSettings:
    """What the environment says; secrets are never on a command line.

    Args:
        environment: The variables.
        insecure_cookies: Whether the command line says so.

    Raises:
        DeclarationError: A variable is missing, or does not say what it must.
    """
    public = environment.get("ONESTORY_PUBLIC_URL", "").rstrip("/")
    if public and (urlsplit(public).scheme not in ("http", "https") or urlsplit(public).path):
        raise DeclarationError(
            f"{public!r} is not where browsers can reach this office.",
            where="ONESTORY_PUBLIC_URL",
            fix="Write https, the host, and the port if it needs one.",
        )
    hosts = tuple(environment.get("ONESTORY_HOSTS", "").replace(",", " ").split())
    named: dict[str, dict[str, str]] = {}
    for variable, value in environment.items():
        parts = _PROVIDER.fullmatch(variable)
        if parts:
            named.setdefault(parts[1].lower(), {})[parts[2]] = value
    providers = tuple(_provider(name, said) for name, said in sorted(named.items()))
    return AuthSettings(public, hosts, insecure_cookies, providers)


def _provider(name: str, said: Mapping[str, str]) -> Provider:
    prefix = f"ONESTORY_OIDC_{name.upper()}"
    for part in sorted(said.keys() - _PARTS):
        raise DeclarationError(
            f"Nothing is set by {prefix}_{part}.",
            where=f"{prefix}_{part}",
            fix=f"Write one of {', '.join(sorted(_PARTS))} after {prefix}_.",
        )
    for part in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ROLES"):
        if not said.get(part):
            raise DeclarationError(
                f"The provider {name} has no {part}.", where=f"{prefix}_{part}", fix="Set it, too."
            )
    issuer = said["ISSUER"]
    url = urlsplit(issuer)
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOOPBACK):
        raise DeclarationError(
            f"{name} would be asked without https.",
            where=f"{prefix}_ISSUER",
            fix="Write the issuer as it names itself, with https.",
        )
    roles = dict(pair.partition("=")[::2] for pair in said["ROLES"].split(","))
    person = said.get("PERSON", "").partition("=")
    if not all(roles.values()) or (any(person) and not all(person)):
        raise DeclarationError(
            f"What {name} says of people is not told as pairs.",
            where=f"{prefix}_{'PERSON' if all(roles.values()) else 'ROLES'}",
            fix="Write group=role, with a comma between two; for a person, Entity=claim.",
        )
    return Provider(
        name,
        issuer,
        said["CLIENT_ID"],
        said["CLIENT_SECRET"],
        {group.strip(): role.strip() for group, role in roles.items()},
        said.get("GROUPS", "groups"),
        said.get("SCOPE", "openid profile email"),
        (person[0], person[2]) if any(person) else None,
    )
