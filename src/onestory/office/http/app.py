"""The application: every route of the office, and how its errors are answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from ...errors import OnestoryError
from . import events, health, live
from .problem import answer_error, answer_http, answer_mistake
from .serving import Serving
from .telemetry import Telemetry

ROUTERS: tuple[APIRouter, ...] = (events.router, live.router, health.router)
"""The routes, by what they are for."""


class App(FastAPI):
    """FastAPI with what is noted of every request around all else."""

    def build_middleware_stack(self) -> ASGIApp:
        """All that a request passes."""
        serving: Serving = self.state.serving
        return Telemetry(super().build_middleware_stack(), serving.metrics, serving.traces)


def make_app(serving: Serving) -> FastAPI:
    """The application that serves an office.

    Args:
        serving: The office and what else requests work with.
    """
    app = App(
        title=f"onestory: {serving.office.company.name}",
        summary="Hears what the company's systems say, and tells one story.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.serving = serving
    app.add_exception_handler(OnestoryError, answer_error)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(Exception, answer_mistake)
    for router in ROUTERS:
        app.include_router(router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """What lives as long as the application answers."""
    serving: Serving = app.state.serving
    async with serving.live.open():
        serving.workers.append(serving.live.thread)
        yield
