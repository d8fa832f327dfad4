"""The door of an application: its routes to sign in, the rights of all its routes, and the gate before it."""

from __future__ import annotations

from fastapi import FastAPI

from . import routes, routes_oidc
from .auth import Auth
from .gate import Gate


def behind_its_door(app: FastAPI, auth: Auth) -> Gate:
    """An application behind its gate; called once all its other routes are there.

    Args:
        app: The application.
        auth: Who may come in.

    Raises:
        NoRow: A route has no row in the matrix of rights, or does not ask for it.
    """
    put_a_door_before(app, auth)
    return Gate(app, auth)


def put_a_door_before(app: FastAPI, auth: Auth) -> None:
    """Give an application its routes to sign in, and hold all its routes to the matrix of rights.

    Raises:
        NoRow: A route has no row in the matrix of rights, or does not ask for it.
    """
    app.state.auth = auth
    app.include_router(routes.router)
    app.include_router(routes_oidc.router)
    auth.rights.guard(app)
