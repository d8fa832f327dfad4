"""Passwords: which are taken, how they are kept and compared."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ...errors import PasswordRefused
from .secret import new_secret

MIN_PASSWORD = 15
"""Characters of a password at least, where nothing else is asked for (NIST SP 800-63B-4, 3.1.1.2)."""

MAX_PASSWORD = 256
"""Characters of a password at most: far above what that standard asks to be taken, and little to hash."""

MIN_OWN = 8
"""Characters of a password that must be left without the words that others would try first."""

_TRIED_FIRST = (
    "password",
    "passwort",
    "onestory",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "letmein",
)
_RUNS = re.compile(r"(.{1,4}?)\1{2,}|0?123456789?0?|987654321?0?|abcdefg\w*")


class Passwords:
    """Hashes passwords with argon2id, and compares them, known or not, in the same time.

    Args:
        hasher: How they are hashed; argon2-cffi's parameters (RFC 9106's second), if left out.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    @cached_property
    def nobodys(self) -> str:
        """The hash of a password that nobody has: what is compared where there is no account."""
        return self._hasher.hash(new_secret())

    def hashed(self, password: str) -> str:
        """The hash of a password, with its parameters."""
        return self._hasher.hash(_normal(password))

    def fits(self, hashed: str | None, password: str) -> bool:
        """Whether a password is the one that was hashed; one of nobody is compared in vain, too."""
        try:
            self._hasher.verify(hashed or self.nobodys, _normal(password[: MAX_PASSWORD + 1]))
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    def is_dated(self, hashed: str) -> bool:
        """Whether it was hashed with other parameters than are used now."""
        return self._hasher.check_needs_rehash(hashed)


def refuse_weak(password: str, *words: str) -> None:
    """Refuse a password that others would guess. Any character is taken, and none is asked for.

    Args:
        password: The password.
        words: The login, the company: what others would try first.

    Raises:
        PasswordRefused: It is too short, too long, or made of what others would try.
    """
    normal = _normal(password)
    if len(normal) < MIN_PASSWORD:
        raise PasswordRefused(
            f"A password has {MIN_PASSWORD} characters at least.",
            fix="A few words that belong together only for you are long, and easy to keep in mind.",
        )
    if len(normal) > MAX_PASSWORD:
        raise PasswordRefused(f"A password has {MAX_PASSWORD} characters at most.")
    own = normal.casefold()
    for word in (*_TRIED_FIRST, *(w for words_ in words for w in re.split(r"\W+", words_))):
        own = own.replace(word.casefold(), "") if len(word) > 2 else own  # noqa: PLR2004 - "of", "a"
    if len(_RUNS.sub("", own)) < MIN_OWN:
        raise PasswordRefused(
            "This password is made of what others would try first.",
            fix="Leave out the login, the company and rows of keys; take a few words of your own.",
        )


def _normal(password: str) -> str:
    """As whoever typed it sees it, whatever the keyboard made of it (NIST: NFKC)."""
    return unicodedata.normalize("NFKC", password)
