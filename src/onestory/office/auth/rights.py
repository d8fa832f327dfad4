"""Rights: what each role may ask, read from ``matrix.toml``, and asked before every route."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from importlib.resources import files
from typing import Self

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.requests import Request
from starlette.routing import Mount

from ...errors import NoRight, NoRow, NotSignedIn
from .caller import Caller, caller_in

NOBODY_COLUMN = "nobody"
"""The column of whoever asks without a session and without a key."""

EVENT = "event "
"""What the rows of pushed events begin with."""

_FILE = "office/auth/matrix.toml"
_SAFE = {"HEAD", "OPTIONS"}


class Right(IntEnum):
    """What somebody may ask: nothing, what concerns themselves, everything."""

    NO = 0
    OWN = 1
    ALL = 2


class Rights:
    """The matrix: a row for every route and pushed event, a column for every role.

    Args:
        roles: The roles, each with what it is for.
        rows: The right of each role, by row.
    """

    def __init__(self, roles: Mapping[str, str], rows: Mapping[str, Mapping[str, Right]]) -> None:
        self.roles, self.rows = dict(roles), {row: dict(rights) for row, rights in rows.items()}

    @classmethod
    def load(cls, text: str | None = None) -> Self:
        """The matrix of a file.

        Args:
            text: The file, as TOML; onestory's own, if left out.

        Raises:
            NoRow: A row does not say one right for each column, or a column is no role.
        """
        said = tomllib.loads(
            files(__package__).joinpath("matrix.toml").read_text("utf-8") if text is None else text
        )
        columns: list[str] = said["matrix"]["columns"]
        if sorted(columns) != sorted([NOBODY_COLUMN, *said["roles"]]):
            raise NoRow(
                "The columns of the matrix are not its roles.",
                where=_FILE,
                fix=f"Write a column for {NOBODY_COLUMN} and for each role.",
            )
        rows: dict[str, dict[str, Right]] = {}
        for row, cells in said["matrix"]["rows"].items():
            if len(cells) != len(columns) or not {*cells} <= {"no", "own", "all"}:
                raise NoRow(
                    f"The row {row!r} does not say a right for each column.",
                    where=_FILE,
                    fix=f"Write one of no, own, all for each of {', '.join(columns)}.",
                )
            rights = [Right[cell.upper()] for cell in cells]
            rows[row] = dict(zip(columns, rights, strict=True))
        return cls(said["roles"], rows)

    def of(self, caller: Caller, row: str) -> Right:
        """What a caller may ask: the best of their roles.

        Args:
            caller: Who asks.
            row: The route, as ``GET /stories/{entity}/{key}``, or ``event subject``.

        Raises:
            NoRow: There is no such row.
        """
        if row not in self.rows:
            raise _without_row([row])
        rights = self.rows[row]
        if caller.kind == "nobody":
            return rights[NOBODY_COLUMN]
        return max((rights[role] for role in caller.roles if role in rights), default=Right.NO)

    def guard(self, app: FastAPI) -> None:
        """Let every route of an application be asked for its row first; called once all are there.

        Raises:
            NoRow: A route has no row, or does not ask for it.
        """
        found = list(routes_of(app))
        missing = sorted({row for row, _ in found} - self.rows.keys())
        if missing:
            raise _without_row(missing)
        for row, asks in found:
            if not asks and self.rows[row][NOBODY_COLUMN] is not Right.ALL:
                raise NoRow(
                    f"{row} does not ask who may.",
                    where=_FILE,
                    fix="Let it, its router or its application depend on office.auth.rights.allowed.",
                )
        app.state.rights = self

    def without_route(self, app: FastAPI) -> list[str]:
        """The rows that no route of an application has; those of pushed events are not asked for."""
        there = {row for row, _ in routes_of(app)}
        return [row for row in self.rows if row not in there and not row.startswith(EVENT)]


async def allowed(request: Request) -> Right:
    """What the caller may ask of the route that was asked: a dependency of every route.

    Returns:
        ``OWN`` or ``ALL``. A route that gets ``OWN`` lets ``own`` look at the subject.

    Raises:
        NotSignedIn: Nobody is signed in, and the route is not for everybody.
        NoRight: The caller's roles may not.
    """
    rights: Rights = request.app.state.rights
    row, caller = row_of(request), caller_in(request.scope)
    right = rights.of(caller, row)
    if right is not Right.NO:
        request.scope["state"]["right"] = right
        return right
    if caller.kind == "nobody":
        raise NotSignedIn(
            "Nobody is signed in.",
            where=row,
            fix="Sign in at /sign-in, or send a key: Authorization: Bearer os_...",
        )
    may = [role for role, cell in rights.rows[row].items() if cell is not Right.NO]
    raise NoRight(
        f"{' and '.join(sorted(caller.roles)) or 'Nobody'} may not do this.",
        where=row,
        fix=f"It takes one of these roles: {', '.join(may)}.",
    )


def row_of(request: Request) -> str:
    """The row of the route that was asked: its method and its template."""
    method = "GET" if request.method == "HEAD" else request.method
    # A router may be included under a prefix, which only the context of this request knows.
    context = request.scope.get("fastapi", {}).get("effective_route_context")
    route = request.scope["route"] if context is None else context
    return f"{method} {route.path_format}"


def routes_of(app: FastAPI) -> Iterator[tuple[str, bool]]:
    """Every route of an application as a row, and whether it asks ``allowed``."""
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        asks = dependant is not None and _asks(dependant)
        if isinstance(route.original_route, Mount):
            yield f"GET {route.path}/{{path}}", False
        for method in sorted((route.methods or set()) - _SAFE):
            yield f"{method} {route.path_format}", asks


def _asks(dependant: Dependant) -> bool:
    return any(one.call is allowed or _asks(one) for one in dependant.dependencies)


def _without_row(missing: Iterable[str]) -> NoRow:
    return NoRow(
        f"There is no row in the matrix of rights for {', '.join(missing)}.",
        where=_FILE,
        fix='Write one: "GET /path/{key}" = [...], with no, own or all for each column.',
    )
