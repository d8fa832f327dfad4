"""The routes of signing in at a provider: there, back, and what it says when its session ends."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ...errors import FromElsewhere, NotAMessage, OnestoryError, ProviderRefused
from ...ledger import Way
from ..problems import headers_of, status_of
from .auth import Auth
from .rights import allowed
from .routes import (
    address_of,
    auth_of,
    let_in,
    path_back,
    request_id_of,
    set_cookie,
    show_sign_in,
)
from .secret import digest_of, new_secret

MAX_CODE = 4_096
"""Characters of a code or a state: what providers send has some hundreds."""

router = APIRouter(tags=["sign-in"], dependencies=[Depends(allowed)])


@router.get("/sign-in/{provider}", summary="Sign in at a provider")
async def go(request: Request, provider: str, back: str = "") -> Response:
    """Send a browser to a provider, and keep what it must come back with."""
    auth = auth_of(request)
    oidc = auth.visitors.provider(provider)
    visit = request.cookies.get(auth.visit_cookie) or new_secret()
    gone = await oidc.go(_return_to(request, auth, provider))
    way = Way(provider, digest_of(visit), gone.verifier, gone.nonce, path_back(back))
    await asyncio.to_thread(auth.visitors.on_their_way, gone.state, way, address_of(request))
    answer = RedirectResponse(gone.url, 303)
    set_cookie(auth, answer, auth.visit_cookie, visit)
    return answer


@router.get("/sign-in/{provider}/return", summary="Come back from a provider")
async def come_back(request: Request, provider: str) -> Response:
    """Begin a session for whom the provider let in; what is wrong is said on the page to sign in at."""
    auth = auth_of(request)
    auth.visitors.provider(provider)
    try:
        secret, back = await _come_back(request, auth, provider)
    except OnestoryError as error:
        if status_of(error) == 500:  # noqa: PLR2004 - none of ours
            raise
        answer = show_sign_in(request, "", said=f"{error.what} {error.fix}")
        answer.status_code = status_of(error)
        answer.headers.update(headers_of(error))
        return answer
    return let_in(auth, RedirectResponse(path_back(back), 303), secret)


@router.post("/sign-in/{provider}/ended", summary="A provider's session ended")
async def ended(request: Request, provider: str) -> Response:
    """End the sessions that began in the provider's, which signs that it ended.

    Raises:
        ProviderRefused: The word is not the provider's.
    """
    auth = auth_of(request)
    oidc = auth.visitors.provider(provider)
    async with request.form(max_fields=10, max_files=0) as fields:
        token = fields.get("logout_token")
    if not isinstance(token, str):
        raise NotAMessage("There is no logout_token.", fix="Send one, as a form.")
    subject, session = await oidc.ended(token, auth.clock)
    of = {"request": request_id_of(request)}
    await asyncio.to_thread(auth.visitors.ended, provider, subject, session, **of)
    return Response(None, 200)


async def _come_back(request: Request, auth: Auth, provider: str) -> tuple[str, str]:
    oidc = auth.visitors.provider(provider)
    said = {name: value[:MAX_CODE] for name, value in request.query_params.items()}
    visit = request.cookies.get(auth.visit_cookie, "")
    way = await asyncio.to_thread(auth.visitors.back, provider, said.get("state", ""), visit)
    if said.get("iss", oidc.provider.issuer) != oidc.provider.issuer:
        raise FromElsewhere(
            "Another provider answered.", where=request.url.path, fix="Begin again at /sign-in."
        )  # RFC 9207, section 2.4
    if "code" not in said:
        raise ProviderRefused(
            f"{provider} did not let you in: {said.get('error', 'it sent no code')}.",
            where=oidc.provider.issuer,
            fix="Begin again at /sign-in.",
        )
    known = await oidc.come_back(
        said["code"],
        verifier=way.verifier,
        nonce=way.nonce,
        redirect_uri=_return_to(request, auth, provider),
    )
    of = {
        "instead_of": request.cookies.get(auth.session_cookie, ""),
        "request": request_id_of(request),
    }
    secret = await asyncio.to_thread(auth.visitors.let_in, oidc, known, **of)
    return secret, way.back


def _return_to(request: Request, auth: Auth, provider: str) -> str:
    """Where the provider sends a browser back to."""
    here = auth.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return f"{here}/sign-in/{provider}/return"
