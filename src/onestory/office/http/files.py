"""The files that pages need, served by ourselves: nothing is loaded from elsewhere."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from ...errors import NoSuchName
from .answered import is_known, tag_of
from .described import problems_of, serves

router = APIRouter(tags=["running"], default_response_class=Response)

TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
"""What is served, by the end of its name."""

_FILES = {
    file.name: file.read_bytes()
    for file in files(__package__).joinpath("static").iterdir()
    if file.name.endswith(tuple(TYPES))
}


@router.get(
    "/static/{name}",
    summary="Serve a file of a page",
    responses=serves("text/css; charset=utf-8", "The file.") | problems_of(404),
)
async def static(
    request: Request,
    name: Annotated[str, Path(description="The file's name.", examples=["docs.css"])],
) -> Response:
    """Serve a file that a page needs, by its name."""
    found = _FILES.get(name)
    if found is None:
        raise NoSuchName(
            f"There is no file {name!r:.60} here.", fix=f"It has: {', '.join(sorted(_FILES))}."
        )
    headers = {"ETag": tag_of(found), "Cache-Control": "no-cache"}
    if is_known(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(None, 304, headers)
    return Response(found, 200, headers, TYPES[name[name.rindex(".") :]])
