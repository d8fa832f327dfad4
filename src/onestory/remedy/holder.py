"""Who works on repairs: a name for this process, and whether another that has one is still there."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

_STARTED = 19
"""The place of the start time in /proc/PID/stat, counted after the program's name (proc(5))."""


def holder_name() -> str:
    """A name for this process among all that work on a ledger: host, number, start, chance."""
    pid = os.getpid()
    return f"{_where()}/{pid}/{_started(pid)}/{secrets.token_hex(4)}"


def is_gone(holder: str) -> bool:
    """Whether a process is surely there no more. Of another host nobody knows: its lease must end."""
    parts = holder.split("/")
    if len(parts) != 4 or parts[0] != _where() or not parts[1].isdecimal():  # noqa: PLR2004 - as holder_name writes it
        return False
    pid = int(parts[1])
    try:
        with suppress(PermissionError):  # another user's: there, but perhaps not the one that was
            os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return _started(pid) not in ("", parts[2])


def _where() -> str:
    """Where numbers of processes mean the same: this host, and this container of it."""
    try:
        numbers = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}:{numbers}"


def _started(pid: int) -> str:
    """When a process started, where the system says so: a number may be given to another later."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[_STARTED]
