"""Ledgers on PostgreSQL for tests that name SQLite's addresses: a schema for each, used again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onestory.ledger.opening import KINDS

from .postgres_server import fresh, speedy

_EMPTY = """
do $$ declare name text; begin
    for name in select relname from pg_class
        where relnamespace = to_regnamespace('{0}') and relkind = 'r' and relname <> 'migration'
    loop execute format('delete from {0}.%I', name); end loop;
end $$
"""

_clean: list[str] = []
"""Schemas with all tables and no rows: to make one takes twenty times as long as to empty one."""

_named: dict[str, str] = {}
"""The schemas that are kept instead of files, in this test."""


def schema_of(file: Path) -> str | None:
    """The schema that is kept instead of a file, if it is."""
    return _named.get(f"/{file}")


@contextmanager
def kept_on_postgresql() -> Iterator[None]:
    """Let every address of SQLite mean a schema of a server; a file's, always the same."""
    from onestory.ledger.postgres import PostgresDatabase  # noqa: PLC0415 - it needs psycopg

    server, named, opened = speedy(), _named, list[PostgresDatabase]()

    def give_back(schema: str) -> None:
        with server.link() as link:
            link.execute(_EMPTY.format(schema))
        _clean.append(schema)

    class InMemory(PostgresDatabase):
        """Nobody opens it again, so that it is given back when it is closed."""

        schema = ""

        def close(self) -> None:
            super().close()
            if self.schema:
                give_back(self.schema)
                self.schema = ""

    def open_on_server(address: str) -> PostgresDatabase:
        path, _, options = address.removeprefix("sqlite://").partition("?")
        schema = named.get(path) or (_clean.pop() if _clean else fresh())
        options = f"&{options}" if options else ""
        if path:
            named[path] = schema
            opened.append(PostgresDatabase(server.address(schema, options=options)))
        else:
            opened.append(InMemory(server.address(schema, options=options)))
            opened[-1].schema = schema  # type: ignore[attr-defined]
        return opened[-1]

    before = KINDS["sqlite"]
    KINDS["sqlite"] = open_on_server
    try:
        yield
    finally:
        KINDS["sqlite"] = before
        for database in opened:
            database.close()
        for schema in named.values():
            give_back(schema)
        named.clear()
