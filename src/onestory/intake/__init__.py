"""In: a message from a system goes in, claims come out. Pure, but for reading files."""

from .message import (
    MAX_BATCH_BYTES,
    MAX_MESSAGE,
    Arrived,
    Message,
    Unreadable,
    batch,
    binary,
    message,
    structured,
)
from .reader import Reader, Readers, Spoken, reads
from .rows import RowFile
from .signed import Signed, secret_of, signature, verified
from .webhooks import Webhooks, webhooks

__all__ = [
    "MAX_BATCH_BYTES",
    "MAX_MESSAGE",
    "Arrived",
    "Message",
    "Reader",
    "Readers",
    "RowFile",
    "Signed",
    "Spoken",
    "Unreadable",
    "Webhooks",
    "batch",
    "binary",
    "message",
    "reads",
    "secret_of",
    "signature",
    "structured",
    "verified",
    "webhooks",
]
