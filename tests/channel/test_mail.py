"""Mail: what goes by a real SMTP server, and what is known when it does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from smtplib import SMTPException
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from onestory import Company, NotDone, Refused, Send, System
from onestory.channel import smtp
from onestory.errors import DeclarationError
from onestory.model import ability_of

from .servers import Mailbox, free_port, mail_server, tls_client, tls_server

TO_ADA = Send("mail", "ada@acme.example", "Your contract", "It runs until May.\n", "ABCDE-FGHIJ")


def sends(
    port: int, request: Send = TO_ADA, *, key: str = "L-1-1", timeout: str = "5 s", **more: Any
) -> str:
    """What a system answers that sends by the server at a port."""
    company = Company("Acme Telecom")
    postman = System("postman", of=company)
    sender = "service@acme.example"
    smtp(postman, host="127.0.0.1", port=port, sender=sender, timeout=timeout, **more)
    answer = ability_of(company, postman, Send).perform(request, key)
    assert isinstance(answer, str)
    return answer


@contextmanager
def breaks_off(after: bytes, *, answering: bool = True) -> Iterator[int]:
    """A server that says yes to all, and drops the connection when it got some bytes; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 here\r\n" if answering else b"")
                text = False
                for line in lines:
                    if line.startswith(after):
                        return
                    if line.lower().startswith(b"data"):
                        text = True
                        connection.sendall(b"354 go on\r\n")
                    elif not text:
                        connection.sendall(b"250 yes\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        thread.join(5)


def test_a_message_goes_with_its_sender_and_its_reference() -> None:
    """Company, purpose and reference are in the message; its name is what the sender answers."""
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        answer = sends(port)

    (message,) = mailbox.taken
    assert mailbox.recipients == ["ada@acme.example"]
    assert message["From"] == "Acme Telecom <service@acme.example>"
    assert message["X-Reference"] == "ABCDE-FGHIJ"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == answer
    assert message["Date"]
    assert message.get_content().splitlines() == ["It runs until May."]


def test_what_is_sent_again_with_its_key_is_the_same_message() -> None:
    """The Message-ID is made of the key and nothing else, so that mailboxes know it again."""
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        first, again, other = sends(port), sends(port), sends(port, key="L-1-2")

    assert first == again
    assert other != first


@pytest.mark.parametrize(
    "text", ["Grüße, 3 € billiger\n", ".\r\n.. dots\n.\nQUIT\n", "x" * 3_000 + "\n", "a\rb\n"]
)
def test_every_text_arrives_as_it_was_written(text: str) -> None:
    """No line ends a message early, however it looks, and no letter is lost."""
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        sends(port, Send("mail", "ada@acme.example", "Grüße", text, "R"))

    (message,) = mailbox.taken
    assert message["Subject"] == "Grüße"
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert message.get_content().replace("\r\n", "\n").replace("\r", "\n") == lines


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b", "\x00"])
def test_no_value_can_add_a_header(end: str) -> None:
    """What a template put into the subject stays in the subject."""
    mailbox = Mailbox()
    subject = f"Hello{end}Bcc: eve@evil.example{end}{end}Buy!"
    with mail_server(mailbox) as port:
        sends(port, Send("mail", "ada@acme.example", subject, "Text", f"R{end}X-Evil: 1"))

    (message,) = mailbox.taken
    assert mailbox.recipients == ["ada@acme.example"]
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert message["Subject"] == "Hello Bcc: eve@evil.example Buy!"
    assert message.get_content().strip() == "Text"


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "a@b, eve@evil.example",
        "a@b\r\nRCPT TO:<eve@evil.example>",
        "<a@b>",
        "a b@c",
        "a@b@c",
        "ada@\udcff.example",
        "ada@straße.example",  # which Python would spell as strasse, another domain
    ],
)
def test_what_is_no_address_is_refused_unsent(to: str) -> None:
    """An address is one mailbox; a list or a command in its place is refused before anything goes."""
    mailbox = Mailbox()
    with mail_server(mailbox) as port, pytest.raises(Refused):
        sends(port, Send("mail", to, "S", "T", "R"))

    assert mailbox.taken == []


def test_a_domain_in_any_script_is_reached() -> None:
    """Its name goes as the mail system spells it."""
    mailbox = Mailbox()
    with mail_server(mailbox) as port:
        sends(port, Send("mail", "ada@bücher.example", "S", "T", "R"))

    assert mailbox.recipients == ["ada@xn--bcher-kva.example"]


def test_nobody_listens() -> None:
    """Nothing was sent: it may be tried again."""
    with pytest.raises(NotDone) as refused:
        sends(free_port())

    assert not isinstance(refused.value, Refused)


def test_a_recipient_refused_for_good_is_refused() -> None:
    """550: there is no such mailbox, and there will be none on the next try."""
    mailbox = Mailbox(rcpt=["550 no such mailbox"])
    with mail_server(mailbox) as port, pytest.raises(Refused, match="no such mailbox"):
        sends(port)


@pytest.mark.parametrize(
    "mailbox", [Mailbox(rcpt=["450 greylisted"]), Mailbox(data=["451 later"])], ids=["rcpt", "data"]
)
def test_a_recipient_refused_for_now_is_not_done(mailbox: Mailbox) -> None:
    """4xx: surely not done, and perhaps later."""
    with mail_server(mailbox) as port:
        with pytest.raises(NotDone) as refused:
            sends(port)
        assert not isinstance(refused.value, Refused)

        sends(port)
    assert len(mailbox.taken) == 1


def test_a_message_refused_for_good_is_refused() -> None:
    """554 after the text: the server read it and will not have it."""
    mailbox = Mailbox(data=["554 spam"])
    with mail_server(mailbox) as port, pytest.raises(Refused, match="spam"):
        sends(port)


@pytest.mark.parametrize("after", [b"ehlo", b"mail", b"rcpt", b"data"])
def test_a_connection_lost_before_the_text_is_not_done(after: bytes) -> None:
    """The server never saw the text, so nothing can have gone."""
    with breaks_off(after) as port, pytest.raises(NotDone):
        sends(port)


def test_a_connection_lost_after_the_text_leaves_it_unknown() -> None:
    """The server may have taken it: nobody says that it was not done."""
    with breaks_off(b".\r\n") as port, pytest.raises((SMTPException, OSError)):
        sends(port)


def test_a_server_that_never_answers_the_text_leaves_it_unknown() -> None:
    """It took the message and keeps silent: after the timeout the outcome is unknown."""
    with breaks_off(b"never") as port, pytest.raises((SMTPException, OSError)):
        sends(port, timeout="1 s")


def test_a_server_that_never_ends_its_answer_is_left() -> None:
    """It takes the text, then answers a byte at a time: after nine timeouts the outcome is unknown."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.sendall(b"220 here\r\n" + b"250 yes\r\n" * 3 + b"354 go on\r\n250 ")
                while not over.wait(0.05):
                    connection.sendall(b"x")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with pytest.raises((SMTPException, OSError)):
            sends(int(listening.getsockname()[1]), timeout="200 ms")
        over.set()
        thread.join(5)


def test_a_farewell_that_fails_undoes_nothing() -> None:
    """The server said yes and was gone before the QUIT: the message went."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 here\r\n")
                for line in lines:
                    if line.lower().startswith((b"ehlo", b"mail", b"rcpt", b".\r\n")):
                        connection.sendall(b"250 yes\r\n")
                    if line == b".\r\n":
                        return
                    if line.lower().startswith(b"data"):
                        connection.sendall(b"354 go on\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        answer = sends(int(listening.getsockname()[1]))
        thread.join(5)

    assert answer.endswith("@acme.example>")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"sender": "Acme"}, "not an address to send from"),
        ({"sender": "a@b", "user": "u", "password": "p", "host": "mail.example"}, "clear text"),
        ({"sender": "a@b", "timeout": "5 min"}, "cannot be waited for"),
    ],
)
def test_what_cannot_work_is_refused_where_it_is_declared(given: dict[str, str], says: str) -> None:
    """A wrong sender, a password in clear text, a timeout longer than a lease: at import."""
    system = System("postman", of=Company("Acme"))
    with pytest.raises(DeclarationError, match=says):
        smtp(system, **{"host": "127.0.0.1", **given})  # type: ignore[arg-type]


def knows(_: object, __: object, ___: object, ____: str, signs_in: LoginPassword) -> AuthResult:
    """Whether a server knows who signs in: Ada, by her word."""
    known = signs_in == LoginPassword(b"ada", b"sesame")
    return AuthResult(success=known, handled=known)


def test_a_connection_turns_to_tls_before_anybody_signs_in() -> None:
    """STARTTLS, then the user and the password; a server that knows both takes the message."""
    mailbox = Mailbox()
    with mail_server(
        mailbox,
        tls_context=tls_server(),
        require_starttls=True,
        authenticator=knows,
        auth_required=True,
    ) as port:
        more: dict[str, Any] = {"starttls": True, "user": "ada", "context": tls_client()}
        sends(port, password="sesame", **more)  # noqa: S106 - that of the test
        with pytest.raises(NotDone, match="does not know the user") as refused:
            sends(port, password="simsalabim", **more)  # noqa: S106 - a wrong one

    assert len(mailbox.taken) == 1
    assert not isinstance(refused.value, Refused)


@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_is_told_nothing(how: str) -> None:
    """Its certificate is its own and not trusted here: nothing goes, and it is no refusal for good."""
    mailbox = Mailbox()
    secured: dict[str, Any] = {how: True}
    served: dict[str, Any] = {"ssl_context" if how == "tls" else "tls_context": tls_server()}
    with mail_server(mailbox, **served) as port:
        with pytest.raises(NotDone):
            sends(port, **secured)
        assert mailbox.taken == []

        sends(port, **secured, context=tls_client())
    assert len(mailbox.taken) == 1
