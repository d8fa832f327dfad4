"""The application: every route of the office, and how its errors are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from ...errors import OnestoryError
from ..auth import Gate, put_a_door_before
from ..auth.rights import allowed
from . import (
    asides,
    contradictions,
    docs,
    events,
    files,
    health,
    hooks,
    live,
    pulls,
    repairs,
    stories,
    webhooks,
)
from .openapi import describe
from .problem import answer_crash, answer_error, answer_http, answer_misread
from .serving import Serving
from .telemetry import Telemetry

ROUTERS: tuple[APIRouter, ...] = (
    stories.hot,
    events.router,
    webhooks.router,
    stories.router,
    contradictions.router,
    repairs.router,
    asides.router,
    pulls.router,
    hooks.router,
    live.router,
    health.router,
    docs.router,
    files.router,
)
"""The routes, by what they are for; the one that is asked most is looked for first."""


class Application(FastAPI):
    """FastAPI, which describes itself with our own documents, and notes what it does around all else."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = describe(self)
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        """All that a request passes."""
        serving: Serving = self.state.serving
        inner = super().build_middleware_stack()
        if serving.auth is not None:
            inner = Gate(inner, serving.auth)
        return Telemetry(inner, serving.metrics, serving.traces)


def make_app(serving: Serving) -> FastAPI:
    """The application that serves an office.

    Args:
        serving: The office and what else requests work with.
    """
    app = Application(
        title=f"onestory: {serving.office.company.name}",
        summary="Hears what the company's systems say, and tells one story.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.serving = serving
    app.add_exception_handler(OnestoryError, answer_error)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(RequestValidationError, answer_misread)
    app.add_exception_handler(Exception, answer_crash)
    asks = [] if serving.auth is None else [Depends(allowed)]
    for router in ROUTERS:
        app.include_router(router, dependencies=asks)
    if serving.auth is not None:
        put_a_door_before(app, serving.auth)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What lives as long as the application answers."""
    serving: Serving = app.state.serving
    async with serving.live.open():
        serving.workers.append(serving.live.thread)
        yield
