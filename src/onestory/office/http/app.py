"""The application: every route of the office, and how its errors are answered."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException

from ...errors import OnestoryError
from . import events, health, hooks, webhooks
from .problem import answer_error, answer_http
from .serving import Serving

ROUTERS: tuple[APIRouter, ...] = (events.router, webhooks.router, hooks.router, health.router)
"""The routes, by what they are for."""


def make_app(serving: Serving) -> FastAPI:
    """The application that serves an office.

    Args:
        serving: The office and what else requests work with.
    """
    app = FastAPI(
        title=f"onestory: {serving.office.company.name}",
        summary="Hears what the company's systems say, and tells one story.",
        docs_url=None,
        redoc_url=None,
    )
    app.state.serving = serving
    app.add_exception_handler(OnestoryError, answer_error)
    app.add_exception_handler(HTTPException, answer_http)
    for router in ROUTERS:
        app.include_router(router)
    return app
