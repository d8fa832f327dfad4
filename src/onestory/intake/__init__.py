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
from .sql import rows_of

__all__ = [
    "MAX_BATCH_BYTES",
    "MAX_MESSAGE",
    "Arrived",
    "Message",
    "Reader",
    "Readers",
    "RowFile",
    "Spoken",
    "Unreadable",
    "batch",
    "binary",
    "message",
    "reads",
    "rows_of",
    "structured",
]
