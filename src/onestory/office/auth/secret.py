"""Secrets that are handed out once: how they are made, and what is kept of them."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

SECRET_BYTES = 32
"""Bytes of a session's id, a key's secret and a state: 256 bits, which nobody guesses from their hash."""


NONCES_AT_ONCE = 256
"""Nonces that are made at once: 4 KiB of randomness, drawn in one go."""


def new_secret() -> str:
    """A secret of 256 random bits, which may stand in a URL, a cookie or a header."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> bytes:
    """What is kept of a secret: its SHA-256, which suffices for 256 random bits."""
    return sha256(secret.encode()).digest()


def token_of(secret: str) -> str:
    """The token that a session's own pages send back; it does not tell the session's id."""
    return urlsafe_b64encode(sha256(b"csrf:" + secret.encode()).digest()).decode().rstrip("=")


class Nonces:
    """Numbers used once, 128 bits each, which nobody can guess; made many at a time, in one thread.

    Whoever asks the system for randomness lets other threads go first, so that a request would wait for the
    thread that hears, and cost about a tenth more of a processor.
    """

    def __init__(self) -> None:
        self._made: list[str] = []

    def __call__(self) -> str:
        """The next one."""
        if not self._made:
            many = secrets.token_bytes(NONCES_AT_ONCE * 16)
            self._made = [_written(many[at : at + 16]) for at in range(0, len(many), 16)]
        return self._made.pop()


def _written(some: bytes) -> str:
    return urlsafe_b64encode(some).decode().rstrip("=")
