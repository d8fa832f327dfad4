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
    "files_of",
    "items_of",
    "message",
    "reads",
    "rows_of",
    "structured",
]
