"""The rows of a Parquet file, read by DuckDB."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec

import msgspec

from ..errors import NotAMessage, NotInstalled
from .lines import Progress
from .message import Arrived
from .rows import RowFile
from .select import PAGE_ROWS

_ZONED = "TIMESTAMP WITH TIME ZONE"
_DESCRIBED = "describe select * from read_parquet(?)"
_AS_UTC = "strftime({0} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') as {0}"

_encode = msgspec.json.Encoder(enc_hook=str).encode


class ParquetFile(RowFile):
    """A Parquet file whose rows are messages of one system; as ``RowFile``, but for the kind of file."""

    @staticmethod
    def need() -> None:
        """See that Parquet can be read.

        Raises:
            NotInstalled: DuckDB is not installed.
        """
        if find_spec("duckdb") is None:
            raise NotInstalled(
                "Parquet files are read by DuckDB, which is not installed.",
                where=sys.executable,
                fix="Install it with its extra:  pip install 'onestory[parquet]'",
            )

    def messages(self, progress: Progress | None = None) -> Iterator[Arrived]:
        """Each row as a message, in order.

        Args:
            progress: Called with the number of rows so far.

        Raises:
            NotAMessage: The file is not Parquet.
            NotInstalled: DuckDB is not installed.
        """
        self.need()
        import duckdb  # noqa: PLC0415 - only who reads Parquet needs it

        number = 0
        try:
            with duckdb.connect() as reader:
                described = reader.execute(_DESCRIBED, [str(self.path)]).fetchall()
                names = [name for name, *_ in described]
                zoned = [name for name, kind, *_ in described if kind == _ZONED]
                found = reader.execute(_rows(zoned), [str(self.path)])
                while rows := found.fetchmany(PAGE_ROWS):
                    for row in rows:
                        number += 1
                        data = _encode(dict(zip(names, row, strict=True)))
                        yield self.row(data, number, lax=True)
                    if progress:
                        progress(number)
        except duckdb.IOException as error:
            raise OSError(0, str(error).partition("\n")[0], str(self.path)) from error
        except duckdb.Error as error:
            says = str(error).partition("\n")[0]
            raise NotAMessage(
                f"{self.path.name} is not Parquet: {says:.200}",
                where=self.path.name,
                fix="Give a file that a program wrote as Parquet.",
            ) from error


def _rows(zoned: list[str]) -> str:
    """The query for all rows; times with a zone as texts in UTC, for which DuckDB needs no other package."""
    if not zoned:
        return "select * from read_parquet(?)"
    quoted = ['"' + name.replace('"', '""') + '"' for name in zoned]
    texts = ", ".join(_AS_UTC.format(name) for name in quoted)
    return f"select * replace ({texts}) from read_parquet(?)"  # noqa: S608 - names in quotes
