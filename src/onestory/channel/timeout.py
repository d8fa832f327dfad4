"""How long a system outside is waited for."""

from __future__ import annotations

from datetime import timedelta

from ..errors import DeclarationError
from ..model import duration, here

LONGEST = "30 s"
"""The longest time to wait for one answer of a system outside. A conversation by SMTP has nine of
them at most, and must be over before another process may take the repair for left behind."""


def seconds(timeout: str | timedelta) -> float:
    """A time to wait for one answer, in seconds.

    Raises:
        DeclarationError: It is nought, or longer than ``LONGEST``.
    """
    wait = duration(timeout)
    if not timedelta(0) < wait <= duration(LONGEST):
        raise DeclarationError(
            f"A system cannot be waited for {timeout}.",
            where=here(),
            fix=f'Write timeout="10 s"; {LONGEST} at most.',
        )
    return wait.total_seconds()
