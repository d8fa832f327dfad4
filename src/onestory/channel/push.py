"""Pushing to addresses that others name: to public ones only, resolved once, answered within a time.

Source: OWASP, Server-Side Request Forgery Prevention; IANA's registries of special-purpose addresses, as the
module ``ipaddress`` holds them.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from ..errors import NotAllowed, NotDone, OutcomeUnknown
from .timeout import ended_after

MAX_URL = 2_000
"""Characters of an address: what all programs can be told."""

PUSHED_WITHIN = 15.0
"""Seconds for the connection, and again for the whole answer: what Standard Webhooks advises at least."""

MAX_WORDS = 4_096
"""Bytes that are read of an answer: a reason to show, not a file."""

_NAT64 = IPv6Network("64:ff9b::/96")


def checked_url(url: str, *, private: bool) -> SplitResult:
    """An address that may be pushed to, as far as can be seen without asking for its host.

    Args:
        url: The address.
        private: Whether addresses inside are allowed, and those without TLS.

    Raises:
        NotAllowed: It is none, names who signs in, or is not https.
    """
    found = _split(url)
    can_be_asked = (
        found.scheme in ({"http", "https"} if private else {"https"})
        and bool(found.hostname)
        and "@" not in found.netloc
        and url.isascii()
        and url.isprintable()
        and " " not in url
        and len(url) <= MAX_URL
    )
    if not can_be_asked:
        raise NotAllowed(
            f"{url!r:.200} cannot be pushed to.",
            fix="Name https, a public host and a path, in ASCII; nobody signs in in an address.",
        )
    return found


def is_public(address: str) -> bool:
    """Whether an address is one of the public Internet, and none of a host, a link or a network inside."""
    ip = ip_address(address.partition("%")[0])
    within = _within(ip) if isinstance(ip, IPv6Address) else None
    if within is not None:
        return is_public(str(within))
    site_local = isinstance(ip, IPv6Address) and ip.is_site_local
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or site_local)


def push(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    private: bool,
    within: float = PUSHED_WITHIN,
    context: ssl.SSLContext | None = None,
) -> tuple[int, str]:
    """Post a body; what is answered: the status, and the beginning of what is said. No redirect is followed.

    The host is resolved once, and the connection made to the very address that was looked at.

    Args:
        url: Where.
        body: What.
        headers: Besides.
        private: Whether addresses inside are allowed.
        within: Seconds for the connection, and again for the whole answer.
        context: What TLS trusts; what this machine trusts, if left out.

    Raises:
        NotAllowed: The address may not be pushed to.
        NotDone: Nobody is there.
        OutcomeUnknown: There was no answer, or not in time.
    """
    found = checked_url(url, private=private)
    connection = _Pinned(found, within, context)
    try:
        try:
            connection.reach(_allowed(found, private=private))
        except (OSError, UnicodeError) as error:
            raise NotDone(f"{found.netloc} cannot be reached: {_said(error)}") from error
        target = (found.path or "/") + (f"?{found.query}" if found.query else "")
        try:
            with ended_after(within, connection.sock):
                connection.request("POST", target, body, dict(headers))
                answer = connection.getresponse()
                said = answer.read(MAX_WORDS)
        except (OSError, HTTPException) as error:
            raise OutcomeUnknown(f"{found.netloc} did not answer: {_said(error)}") from error
        return answer.status, said[:200].decode("utf-8", "replace").strip()
    finally:
        connection.close()


class _Pinned(HTTPConnection):
    """A connection to one of some addresses, whatever its host is resolved to a moment later."""

    def __init__(self, url: SplitResult, within: float, context: ssl.SSLContext | None) -> None:
        self._tls = url.scheme == "https"
        port = url.port or (443 if self._tls else 80)
        super().__init__(url.hostname or "", port, timeout=within)
        self.default_port = 443 if self._tls else 80
        self._context, self._within = context, within

    def reach(self, addresses: list[tuple[str, int]]) -> None:
        """Connect to the first of the addresses that answers."""
        self.sock = self._first(addresses)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            context = self._context or ssl.create_default_context()
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            with ended_after(self._within, self.sock):
                self.sock.do_handshake()

    def connect(self) -> None:
        """Never connect anew: what was connected was looked at."""
        raise HTTPException("the connection was closed")

    def _first(self, addresses: list[tuple[str, int]]) -> socket.socket:
        failed: OSError | None = None
        for address in addresses[:4]:
            try:
                return socket.create_connection(address, self.timeout)
            except OSError as error:
                failed = error
        raise failed or OSError("its name has no address")


def _split(url: str) -> SplitResult:
    """The parts of an address; none, if it has none or its port is none."""
    try:
        found = urlsplit(url)
        return urlsplit("") if found.port == 0 else found
    except ValueError:
        return urlsplit("")


def _allowed(url: SplitResult, *, private: bool) -> list[tuple[str, int]]:
    """What a host resolves to, and may be pushed to."""
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [(str(where[0]), port) for *_, where in found]
    allowed = [address for address in addresses if private or is_public(address[0])]
    if not allowed:
        raise NotAllowed(
            f"{host!r:.80} is inside: it is no address of the public Internet.",
            fix="Name a public host, or start the office with ONESTORY_PRIVATE_HOOKS=1.",
        )
    return allowed


def _within(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: mapped, by 6to4, Teredo or NAT64."""
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    return IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
