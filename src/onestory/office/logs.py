"""The log of a process: one line on standard error for each thing noted, as JSON or as text.

No line holds what somebody said: of an error, only its kind and where it was raised are written, since
its message may quote a customer; of other programs' messages, only the first line.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec

from ..clock import moment

OURS = "onestory"
"""The loggers whose messages are our own, and are written whole."""

PLACES_OF_AN_ERROR = 8
"""Lines of code that are named of an error, from the one that raised back: enough to find it."""

_encode = msgspec.json.Encoder(enc_hook=str).encode


class LogForm(Enum):
    """How lines of the log are written."""

    JSON = "json"
    """One JSON document a line, for programs."""
    TEXT = "text"
    """For a person at a terminal."""


def start_log(form: LogForm | None = None, level: int = logging.INFO) -> None:
    """Write the log of this process to standard error.

    Args:
        form: How; as text at a terminal and as JSON elsewhere, if left out.
        level: What is left out below.
    """
    if form is None:
        form = LogForm.TEXT if sys.stderr.isatty() else LogForm.JSON
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form is LogForm.JSON else TextLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # its news quote addresses, keys and all
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # its news are ours, told twice


class JsonLines(logging.Formatter):
    """Writes each record as a JSON document of one line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        return _encode(_fields(record)).decode()


class TextLines(logging.Formatter):
    """Writes each record as a line for a person."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        fields = _fields(record)
        at: datetime = fields.pop("time")
        level, said = fields.pop("level"), fields.pop("message")
        fields.pop("logger")
        rest = " ".join(f"{name}={value}" for name, value in fields.items())
        return f"{at:%H:%M:%S} {level:7} {said} {rest}".rstrip()


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    ours = record.name.partition(".")[0] == OURS
    said = record.getMessage()
    fields: dict[str, Any] = {
        "time": moment(round(record.created * 1_000_000)).astimezone(UTC),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": said if ours else said.partition("\n")[0],
        **getattr(record, "fields", {}),
    }
    if record.exc_info and record.exc_info[1] is not None:
        fields |= _error(record.exc_info[1])
    return fields


def _error(error: BaseException) -> dict[str, Any]:
    """The kind of an error and where it was raised, innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES_OF_AN_ERROR:]
    places = [f"{f.filename.rpartition('onestory/')[2]}:{f.lineno} {f.name}" for f in frames]
    return {"error": type(error).__qualname__, "raised": places[::-1]}
