"""The routes of signing in and out, and of what one may know and change of oneself."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ...clock import moment
from ...errors import FromElsewhere, MessageError, NoSuchName, NotAMessage, OnestoryError, TooLarge
from ..problems import headers_of, status_of
from .auth import Auth
from .caller import Caller, caller_in
from .origin import FORM
from .page import sign_in_page
from .rights import allowed
from .secret import new_secret, token_of

MAX_SIGN_IN = 16_384
"""Bytes of what is sent to sign in: a login, a password, and the path to go back to."""

router = APIRouter(tags=["sign-in"], dependencies=[Depends(allowed)])


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent to sign in."""

    login: Annotated[str, msgspec.Meta(max_length=1_024)]
    password: Annotated[str, msgspec.Meta(max_length=4_096)]
    back: Annotated[str, msgspec.Meta(max_length=2_048)] = ""
    csrf: str = ""


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent to change one's password."""

    old: Annotated[str, msgspec.Meta(max_length=4_096)]
    new: Annotated[str, msgspec.Meta(max_length=4_096)]


@router.get("/sign-in", summary="A page to sign in at")
async def page(request: Request, back: str = "") -> Response:
    """A plain form, with a token for this browser."""
    return show_sign_in(request, back)


@router.post("/sign-in", summary="Sign in with a login and a password")
async def sign_in(request: Request) -> Response:
    """Begin a session: JSON is answered with JSON, a form of our page by going on.

    Raises:
        NotRecognized: No account has this login and this password.
        TooManyTries: It comes too soon after too many tries in vain.
        FromElsewhere: A form of another site sent it.
    """
    auth = auth_of(request)
    form = request.headers.get("content-type", "").partition(";")[0].strip() == FORM
    words = await _words(request, form=form)
    if form and not request.state.from_here:
        raise FromElsewhere(
            "The form does not carry the token of this visit.",
            where=request.url.path,
            fix="Open /sign-in in this browser, with cookies, and sign in there.",
        )
    try:
        secret, caller = await auth.sign_in(
            words.login,
            words.password,
            address=address_of(request),
            instead_of=request.cookies.get(auth.session_cookie, ""),
            request=request_id_of(request),
        )
    except OnestoryError as error:
        if not form or status_of(error) == 500:  # noqa: PLR2004 - none of ours
            raise
        answer = show_sign_in(request, words.back, said=f"{error.what} {error.fix}")
        answer.status_code = status_of(error)
        answer.headers.update(headers_of(error))
        return answer
    answer = RedirectResponse(path_back(words.back), 303) if form else JSONResponse(shown(caller))
    return let_in(auth, answer, secret)


@router.post("/sign-out", summary="End this session")
async def sign_out(request: Request) -> Response:
    """End the session that asks; what the browser kept of it is dropped."""
    auth, caller = auth_of(request), caller_in(request.scope)
    if caller.session:
        await asyncio.to_thread(
            lambda: auth.sessions.end(caller, caller.session, request=request_id_of(request))
        )
    form = request.headers.get("content-type", "").startswith(FORM)
    answer = RedirectResponse("/sign-in", 303) if form else Response(None, 204)
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    answer.delete_cookie(
        auth.session_cookie,
        path="/",
        secure=not auth.settings.insecure_cookies,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/me", summary="Who asks")
async def me(request: Request) -> Response:
    """Who asks, with which roles; and the token that pages of this session send back."""
    return JSONResponse(shown(caller_in(request.scope)))


@router.post("/me/password", summary="Change one's password")
async def password(request: Request) -> Response:
    """Change one's password, which ends one's other sessions."""
    auth = auth_of(request)
    words = _read(await _body(request), NewPassword)
    await auth.change_password(
        caller_in(request.scope),
        words.old,
        words.new,
        address=address_of(request),
        request=request_id_of(request),
    )
    return Response(None, 204)


@router.get("/me/sessions", summary="One's sessions")
def list_sessions(request: Request) -> Response:
    """One's sessions, oldest first; times in UTC."""
    auth, caller = auth_of(request), caller_in(request.scope)
    found = [
        {
            "session": line.id.hex(),
            "begun": moment(line.begun).isoformat(),
            "seen": moment(line.seen).isoformat(),
            "until": moment(line.until).isoformat(),
            "this": line.id.hex() == caller.session,
        }
        for line in auth.sessions.of(caller)
    ]
    return JSONResponse({"sessions": found})


@router.delete("/me/sessions", summary="End all of one's sessions but this one")
def end_others(request: Request) -> Response:
    """End all of one's sessions but the one that asks."""
    auth, caller = auth_of(request), caller_in(request.scope)
    ended = auth.sessions.end_others(caller, request=request_id_of(request))
    return JSONResponse({"ended": ended})


@router.delete("/me/sessions/{session}", summary="End one of one's sessions")
def end_session(request: Request, session: str) -> Response:
    """End one of one's sessions.

    Raises:
        NoSuchName: One has no such session.
    """
    auth, caller = auth_of(request), caller_in(request.scope)
    if not auth.sessions.end(caller, session, request=request_id_of(request)):
        raise NoSuchName("You have no such session.", fix="GET /me/sessions lists those you have.")
    return Response(None, 204)


def auth_of(request: Request) -> Auth:
    """Who may come in to the office that is asked."""
    found: Auth = request.app.state.auth
    return found


def shown(caller: Caller) -> dict[str, Any]:
    """Who asks, as they are told."""
    person = {"person": list(caller.person)} if caller.person else {}
    system = {"system": caller.system} if caller.system else {}
    token = {"csrf": caller.csrf} if caller.csrf else {}
    return {
        "kind": caller.kind,
        "name": caller.name,
        "roles": sorted(caller.roles),
        **system,
        **person,
        **token,
    }


def let_in(auth: Auth, answer: Response, secret: str) -> Response:
    """Give a browser the cookie of its session."""
    set_cookie(auth, answer, auth.session_cookie, secret)
    return answer


def set_cookie(auth: Auth, answer: Response, name: str, value: str) -> None:
    """Give a browser a cookie that no script reads, no other site sends, and that ends with it."""
    secure = not auth.settings.insecure_cookies
    answer.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="lax")


def path_back(path: str) -> str:
    """The path to go to after signing in: one of ours, whatever a link asked for."""
    ours = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if ours else "/me"


def address_of(request: Request) -> str:
    """The address that a request comes from; a proxy's word counts where the server trusts it."""
    return request.client.host if request.client else ""


def request_id_of(request: Request) -> str:
    """The id of a request, which its logs carry."""
    found: str = request.scope["state"].get("request_id", "")
    return found


def show_sign_in(request: Request, back: str, said: str = "") -> Response:
    """The page to sign in at, with a cookie that marks this browser, and what was wrong the last time."""
    auth = auth_of(request)
    visit = request.cookies.get(auth.visit_cookie) or new_secret()
    text = sign_in_page(
        auth.office.company.name,
        csrf=token_of(visit),
        back=path_back(back),
        said=said,
        providers=auth.settings.providers,
    )
    answer = HTMLResponse(text)
    set_cookie(auth, answer, auth.visit_cookie, visit)
    return answer


async def _words(request: Request, *, form: bool) -> Words:
    if not form:
        words: Words = _read(await _body(request), Words)
        return words
    async with request.form(max_fields=10, max_files=0) as fields:
        said = {name: str(value) for name, value in fields.items()}
    try:
        return msgspec.convert(said, Words)
    except msgspec.ValidationError as error:
        raise _not_words(Words) from error


def _read(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise _not_words(kind) from error


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise MessageError(
            "This is neither JSON nor a form of ours.", fix="Send Content-Type: application/json."
        )
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_SIGN_IN:
            raise TooLarge(f"It has over {MAX_SIGN_IN} bytes.", fix="Send a login and a password.")
    return body


def _not_words(kind: type[Any]) -> NotAMessage:
    """What is wrong is not quoted: it may be a password in the wrong place."""
    fields = kind.__struct_fields__
    needed = fields[: len(fields) - len(kind.__struct_defaults__)]
    return NotAMessage(
        "This does not say what is asked for.",
        fix=f"Send JSON as application/json, or a form, with {' and '.join(needed)}.",
    )
