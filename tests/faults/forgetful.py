"""A file system that forgets what was not fsynced when the power is cut. In memory, through FUSE.

Every file has what processes see, and what the disk holds: fsync copies the one to the other. On
``SIGUSR1`` the power is cut: what processes see is what the disk held. Names, renames and removals are
kept at once, as by a file system with a journal; a file that was never synced is gone.

    python forgetful.py MOUNTPOINT
"""

from __future__ import annotations

import errno
import signal
import stat
import sys
from typing import Any

from mfusepy import FUSE, FuseOSError, Operations  # type: ignore[import-untyped]


class Forgetful(Operations):  # type: ignore[misc]
    """One folder of files."""

    use_ns = True

    def __init__(self) -> None:
        self.seen: dict[str, bytearray] = {}
        self.disk: dict[str, bytes] = {}
        self.opened = 0

    def cut(self, *_: object) -> None:
        """Cut the power."""
        self.seen = {path: bytearray(kept) for path, kept in self.disk.items()}

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """What a path is."""
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        return {"st_mode": stat.S_IFREG | 0o644, "st_nlink": 1, "st_size": len(self._file(path))}

    def readdir(self, path: str, fh: int) -> list[str]:
        """The names in the folder."""
        return [".", "..", *(name[1:] for name in self.seen)]

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        """Make a file."""
        self.seen[path] = bytearray()
        return self.open(path, 0)

    def open(self, path: str, flags: int) -> int:
        """Open a file."""
        self._file(path)
        self.opened += 1
        return self.opened

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Read what processes see."""
        return bytes(self._file(path)[offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Write what processes see; the disk holds it after the next fsync."""
        file = self._file(path)
        if len(file) < offset:
            file.extend(bytes(offset - len(file)))
        file[offset : offset + len(data)] = data
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Cut a file off, or let it grow."""
        file = self._file(path)
        del file[length:]
        file.extend(bytes(length - len(file)))
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Let the disk hold what processes see."""
        self.disk[path] = bytes(self._file(path))
        return 0

    def unlink(self, path: str) -> int:
        """Remove a file."""
        self._file(path)
        del self.seen[path]
        self.disk.pop(path, None)
        return 0

    def rename(self, old: str, new: str) -> int:
        """Give a file another name."""
        self.seen[new] = self.seen.pop(old)
        if old in self.disk:
            self.disk[new] = self.disk.pop(old)
        return 0

    def chmod(self, path: str, mode: int) -> int:
        """Rights are nobody's matter here."""
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        """Nor owners."""
        return 0

    def utimens(self, path: str, times: Any = None) -> int:
        """Nor times."""
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        """There is room."""
        return {"f_bsize": 4096, "f_blocks": 1_000_000, "f_bfree": 1_000_000, "f_bavail": 1_000_000}

    def _file(self, path: str) -> bytearray:
        if path not in self.seen:
            raise FuseOSError(errno.ENOENT)
        return self.seen[path]


if __name__ == "__main__":
    forgetful = Forgetful()
    signal.signal(signal.SIGUSR1, forgetful.cut)
    FUSE(
        forgetful,
        sys.argv[1],
        foreground=True,
        nothreads=True,
        attr_timeout=0,
        entry_timeout=0,
        negative_timeout=0,
    )
