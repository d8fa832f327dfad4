"""In: a message from a system goes in, claims come out. Pure, but for reading files."""

from .folder import files_of
from .items import items_of
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
from .sql import rows_of
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
    "files_of",
    "items_of",
    "message",
    "reads",
    "rows_of",
    "secret_of",
    "signature",
    "structured",
    "verified",
    "webhooks",
]
