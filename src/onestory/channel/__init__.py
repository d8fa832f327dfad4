"""Channels that reach out: how a system sends mail, or is asked by HTTP, outside the company."""

from .hook import webhook
from .mail import smtp

__all__ = [
    "smtp",
    "webhook",
]
