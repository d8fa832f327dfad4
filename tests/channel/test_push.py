"""Pushing to addresses that others name: to public ones only, to what was looked at, within a time."""

from __future__ import annotations

import socket

import pytest

from onestory.channel.push import checked_url, is_public, push
from onestory.errors import NotAllowed, NotDone, OutcomeUnknown

from .receiver import receiving
from .servers import tls_client, tls_server


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1",
        "2001:db8::1", "2001:0:7f00:1::", "2001:0:1:1::80ff:fffe",
    ],
)  # fmt: skip
def test_an_address_inside_is_not_public(address: str) -> None:
    """Of this host, a link, a network inside, or one that leads there by another way of writing it."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "193.0.6.139", "2620:fe::fe", "64:ff9b::909:909"])
def test_an_address_outside_is_public(address: str) -> None:
    """Programs of others are there."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1/", "https://localhost:1/", "https://[::1]:1/", "https://0x7f.1:1/", "https://2130706433:1/"]
)  # fmt: skip
def test_an_address_inside_is_not_pushed_to(url: str) -> None:
    """However its name is written: what it resolves to is looked at."""
    with pytest.raises(NotAllowed, match="is inside"):
        push(url, b"{}", {}, private=False)


def test_what_is_answered_too_slowly_is_not_waited_for() -> None:
    """The whole answer has its time, whatever comes of it byte by byte."""
    with receiving("slow") as receiver, pytest.raises(OutcomeUnknown, match="did not answer"):
        push(receiver.url, b"{}", {}, private=True, within=0.3)


def test_where_nobody_is_nothing_is_done() -> None:
    """A closed port, and a name that has no address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotDone, match="cannot be reached"):
        push(f"http://127.0.0.1:{port}/", b"{}", {}, private=True)
    with pytest.raises(NotDone, match="cannot be reached"):
        push("http://nobody.invalid/", b"{}", {}, private=True)


def test_a_url_keeps_its_query() -> None:
    """It may say who is told."""
    assert checked_url("https://acme.example/told?by=us", private=False).query == "by=us"


def test_a_push_is_made_by_tls_to_whom_the_certificate_names() -> None:
    """A server with another's certificate is told nothing."""
    with receiving(tls=tls_server()) as receiver:
        assert push(receiver.url, b"{}", {}, private=True, context=tls_client()) == (200, "so")
        with pytest.raises(NotDone, match="CERTIFICATE_VERIFY_FAILED"):
            push(receiver.url, b"{}", {}, private=True)
        with pytest.raises(NotDone, match="doesn't match|Hostname mismatch"):
            push(
                receiver.url.replace("127.0.0.1", "localhost"),
                b"{}",
                {},
                private=True,
                context=tls_client(),
            )

        assert len(receiver.pushed) == 1
