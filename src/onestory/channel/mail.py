"""Mail: how a system sends messages by SMTP.

Source: RFC 5321 (SMTP), RFC 5322 (messages), RFC 3834 (mail sent by programs).
"""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from hashlib import sha256
from ipaddress import ip_address
from smtplib import SMTP_SSL, SMTPAuthenticationError, SMTPException

from ..clock import WallClock
from ..errors import DeclarationError, NotDone, Refused
from ..model import Send, System, does, here
from .timeout import ended_after, seconds

_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]+@[^\s@<>()\\,;:\"\x00-\x1f\x7f]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_DEVIATES = frozenset("\u00df\u03c2\u200c\u200d")
"""Signs that Python's spelling of domains (IDNA of 2003) makes another domain of: sharp s is not ss."""

_GO_AHEAD = 354
_YES, _NO, _NO_FOR_GOOD = 2, 4, 5  # the first digit of an answer (RFC 5321, 4.2.1)
ANSWERS = 9
"""Times that ``timeout`` which a conversation by SMTP may take in all: it has so many answers at most."""

_PORT, _PORT_OF_TLS = 587, 465


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, and as whom it is used.

    Args:
        host: Its name or address.
        port: Its port.
        sender: The address that messages come from.
        company: The name that stands before that address.
        user: Who signs in; nobody, if empty.
        password: With what.
        starttls: Whether the connection turns to TLS after the greeting.
        tls: Whether it is TLS from its first byte.
        context: What TLS trusts.
        wait: Seconds to wait for one answer.
    """

    host: str
    port: int
    sender: str
    company: str
    user: str
    password: str = field(repr=False)
    starttls: bool
    tls: bool
    context: ssl.SSLContext | None
    wait: float

    def send(self, request: Send, key: str) -> str:
        """Send one message; its Message-ID, which is the same whenever the key is.

        Raises:
            NotDone: It surely did not go: the server was not reached, or not ready.
            Refused: The server refused the recipient, or the message, for good.
            OSError: The connection was lost when the message was under way.
            SMTPException: As ``OSError``.
        """
        if not _ADDRESS.fullmatch(request.to):
            raise Refused(f"{request.to!r:.100} is not an address of one mailbox.")
        try:
            client = self._connected()
        except (OSError, SMTPException) as error:
            raise self._unreached(error) from error
        try:
            with ended_after(ANSWERS * self.wait, client.sock):
                return self._converse(client, request, key)
        finally:
            client.close()

    def _connected(self) -> smtplib.SMTP:
        if self.tls:
            return SMTP_SSL(self.host, self.port, timeout=self.wait, context=self._trusted())
        return smtplib.SMTP(self.host, self.port, timeout=self.wait)

    def _converse(self, client: smtplib.SMTP, request: Send, key: str) -> str:
        """Send one message by a connection; its Message-ID."""
        try:
            self._greet(client)
        except (OSError, SMTPException) as error:
            raise self._unreached(error) from error
        recipient, utf8 = _spelled(request.to, allowed=client.has_extn("smtputf8"))
        message = written(self, request, recipient, key)
        raw = message.as_bytes(policy=SMTPUTF8 if utf8 else SMTP)
        self._announce(client, recipient, utf8=utf8)
        # From here on the message may have gone: whatever is lost leaves the outcome unknown.
        client.send(_dotted(raw))
        _permit(*client.getreply(), "the message", for_good=True)
        with suppress(OSError, SMTPException):  # it went, however the farewell goes
            client.quit()
        return str(message["Message-ID"])

    def _greet(self, client: smtplib.SMTP) -> None:
        """Come to where a message can be announced."""
        client.ehlo_or_helo_if_needed()
        if self.starttls:
            client.starttls(context=self._trusted())
            client.ehlo_or_helo_if_needed()
        if self.user:
            client.login(self.user, self.password)

    def _trusted(self) -> ssl.SSLContext:
        return self.context or ssl.create_default_context()

    def _unreached(self, error: Exception) -> NotDone:
        return NotDone(f"No mail server at {self.host}:{self.port}: {_said(error)}.")

    def _announce(self, client: smtplib.SMTP, recipient: str, *, utf8: bool) -> None:
        """Say from whom and to whom, and that the message comes; the server agreed to each."""
        try:
            options = ["SMTPUTF8"] if utf8 else []
            _permit(*client.mail(self.sender, options), "the sender", for_good=False)
            _permit(*client.rcpt(recipient), recipient, for_good=True)
            client.putcmd("data")
            code, answer = client.getreply()
            if code != _GO_AHEAD:
                _permit(code, answer, "the message", for_good=True)
                raise NotDone(f"{self.host} did not ask for the message: {code} {_text(answer)}.")
        except (OSError, SMTPException) as error:
            raise NotDone(f"{self.host} broke off before the message: {_said(error)}.") from error


def smtp(
    system: System,
    *,
    host: str,
    sender: str,
    port: int = 0,
    user: str = "",
    password: str = "",
    starttls: bool = False,
    tls: bool = False,
    context: ssl.SSLContext | None = None,
    timeout: str | timedelta = "20 s",
) -> None:
    """Declare that a system sends messages by mail: it does ``Send``, by SMTP.

    The Message-ID is made of the step's key, so a message that had to be sent again, because the
    answer to it was lost, is the same message; most mailboxes then show it once.

    Args:
        system: The system that sends.
        host: The name or the address of the mail server.
        sender: The address that messages come from; the company's name stands before it.
        port: The server's port; 465 with ``tls``, else 587, if left out.
        user: Who signs in there; nobody, if left out.
        password: With what. It is kept nowhere.
        starttls: Whether the connection turns to TLS after the greeting.
        tls: Whether it is TLS from its first byte.
        context: What TLS trusts; what this machine trusts, if left out.
        timeout: How long to wait for each of the server's answers.

    Raises:
        DeclarationError: The sender is no address, a password would go in clear text over a
            network, or the timeout is too long.
    """
    if not (_ADDRESS.fullmatch(sender) and sender.isascii()):
        raise DeclarationError(
            f"{sender!r} is not an address to send from.",
            where=here(),
            fix='Write sender="service@acme.example"; the company\'s name is put before it.',
        )
    if user and not (starttls or tls or _is_here(host)):
        raise DeclarationError(
            f"The password of {user} would go to {host} in clear text.",
            where=here(),
            fix="Write starttls=True or tls=True; without, passwords go to this machine only.",
        )
    server = Server(
        host,
        port or (_PORT_OF_TLS if tls else _PORT),
        sender,
        system.company.name,
        user,
        password,
        starttls,
        tls,
        context,
        seconds(timeout),
    )
    does(system, Send)(server.send)


def written(server: Server, request: Send, recipient: str, key: str) -> EmailMessage:
    """The message as it goes. No value can add a header: each is one line, and checked as such."""
    message = EmailMessage(policy=SMTP)
    domain = server.sender.rpartition("@")[2]
    message["From"] = Address(_line(server.company), addr_spec=server.sender)
    message["To"] = recipient
    message["Subject"] = _line(request.subject)
    message["Date"] = format_datetime(WallClock().now())
    message["Message-ID"] = f"<{sha256(key.encode()).hexdigest()[:40]}@{domain}>"
    message["X-Reference"] = _line(request.reference)
    message["Auto-Submitted"] = "auto-generated"  # so that no machine on holiday answers (RFC 3834)
    text = request.text.encode("utf-8", "replace").decode()
    message.set_content(text, cte="quoted-printable")
    return message


def _permit(code: int, answer: bytes, what: str, *, for_good: bool) -> None:
    """Go on if the server said yes."""
    said = f"The mail server said of {what}: {code} {_text(answer)}."
    kind = code // 100
    if kind == _NO_FOR_GOOD:
        raise Refused(said) if for_good else NotDone(said)
    if kind == _NO:
        raise NotDone(said)
    if kind != _YES:
        raise SMTPException(said)


def _spelled(address: str, *, allowed: bool) -> tuple[str, bool]:
    """An address as the server reads it, and whether that needs its leave to write in any script."""
    if address.isascii():
        return address, False
    name, _, domain = address.rpartition("@")
    try:
        domain = "" if _DEVIATES.intersection(domain) else domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not domain:
        raise Refused(
            f"{address!r:.100} names no domain that is spelled in one way only.",
            fix="Keep the address with its domain as the mail system spells it: xn--...",
        )
    if not name.isascii() and not allowed:
        raise Refused(f"The mail server takes no address like {address!r:.100}.")
    return f"{name}@{domain}", not name.isascii()


def _dotted(raw: bytes) -> bytes:
    """A message with its end, and no other line that looks like one (RFC 5321, 4.5.2)."""
    lines = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", raw))
    return (lines if lines.endswith(b"\r\n") else lines + b"\r\n") + b".\r\n"


def _line(text: str) -> str:
    return " ".join(_CONTROLS.sub(" ", text).split())


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _said(error: Exception) -> str:
    if isinstance(error, SMTPAuthenticationError):
        return f"it does not know the user: {error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
