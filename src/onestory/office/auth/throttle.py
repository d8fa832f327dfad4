"""The throttle: how soon it may be tried again to sign in, for all processes together."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from ...clock import MICROSECOND
from ...errors import TooManyTries
from ...ledger import SignIn
from ...model.durations import duration

TRIES_PER_ACCOUNT = 5
"""Tries in vain for one login before the next must wait: a few slips, and no list of common passwords."""

TRIES_PER_ADDRESS = 50
"""Tries in vain from one address before the next must wait: a whole floor may share one."""

FIRST_BACK_OFF = "1 s"
"""The first wait; each further try doubles it. Nobody is locked out by somebody else for long."""

LONGEST_BACK_OFF = "15 min"
"""The longest wait: some hundred tries a day for one login, which find no password of our length."""

TRIES_FORGOTTEN = "1 d"
"""After so long without a try, what was tried in vain is forgotten."""

_DOUBLED_AT_MOST = 20


def throttled(sign_in: SignIn, login: str, address: str) -> None:
    """Refuse a try that comes too soon.

    Raises:
        TooManyTries: Too many before it were in vain, for this login or from this address.
    """
    names = {account_name(login): TRIES_PER_ACCOUNT, address_name(address): TRIES_PER_ADDRESS}
    for name, tries in sign_in.tries(list(names)).items():
        over = tries.tries - names[name]
        if over < 0 or tries.last < _forgotten(sign_in):
            continue
        wait = min(
            duration(FIRST_BACK_OFF) * 2 ** min(over, _DOUBLED_AT_MOST), duration(LONGEST_BACK_OFF)
        )
        left = tries.last + wait // MICROSECOND - sign_in.now
        if left > 0:
            raise too_many(left)


def tried(sign_in: SignIn, login: str, address: str) -> None:
    """Count a try, before it is known whether it was in vain: those at the same time count, too."""
    since = _forgotten(sign_in)
    sign_in.forget_old_tries(since)
    sign_in.count_try(account_name(login), since)
    sign_in.count_try(address_name(address), since)


def not_in_vain(sign_in: SignIn, login: str, address: str) -> None:
    """The try was not in vain: the login is free again, and the address has one less."""
    sign_in.forget_tries(account_name(login))
    sign_in.take_back_try(address_name(address))


def account_name(login: str) -> str:
    """What tries for a login are counted by: a hash, for what was typed may be a password."""
    return f"login {sha256(login.encode()).hexdigest()[:32]}"


def address_name(address: str) -> str:
    """What tries from an address are counted by; of IPv6 by its network, which one person may have whole."""
    try:
        ip = ip_address(address)
    except ValueError:
        return f"address {address}"
    if isinstance(ip, IPv6Address):
        return f"address {ip.ipv4_mapped or f'{IPv6Address(int(ip) >> 64 << 64)}/64'}"
    return f"address {ip}"


def too_many(left: int) -> TooManyTries:
    """The refusal of a try that comes so many microseconds too soon."""
    seconds = -(-left // (timedelta(seconds=1) // MICROSECOND))
    error = TooManyTries(
        "It was tried too often in vain to sign in.", fix=f"Try again in {seconds} s."
    )
    error.retry_after = seconds
    return error


def _forgotten(sign_in: SignIn) -> int:
    return sign_in.now - duration(TRIES_FORGOTTEN) // MICROSECOND
