"""In by password or by a link, and out again."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import Problem
from console.domain.oidc import LASTS, Refused
from console.endpoints.access import (
    COOKIE,
    HOME,
    THEME,
    Admitting,
    PageRoute,
    Service,
    Who,
    form_of,
    inside,
    theme,
)
from console.renderer import html
from console.service.parts import Parts
from console.service.users import REFUSED, Session

router = APIRouter(route_class=PageRoute, include_in_schema=False)
AWAY, BACK = "aftercall_away", f"{HOME}/provider/back"  # a cookie, and where it goes
DISUSED = "This link was used, or is too old. Whoever made it can make another."


@router.get("/console/sign-in")
async def sign_in_page(request: Request, parts: Service, next: str = HOME) -> Response:
    return _page(request, parts, target=inside(next))


def _page(
    request: Request, parts: Parts, *, target: str, email: str = "", error: str = ""
) -> Response:
    shown = html(
        "sign_in.html",
        request_theme=theme(request),
        next=target,
        email=email,
        error=error,
        provider=parts.provider.name if parts.provider else "",
    )
    return HTMLResponse(shown, 403 if error else 200)


@router.get("/console/provider")
async def leave(request: Request, parts: Service, next: str = HOME) -> Response:
    """To the company's own provider; the browser takes a cookie along and brings it back.

    By a link, for a policy lets forms lead to us alone.
    """
    if parts.provider is None:
        raise Problem(404, "There is no such page")
    try:
        address, cookie = await parts.provider.leave(inside(next))
    except Refused as refused:
        return _page(request, parts, target=inside(next), error=str(refused))
    response = RedirectResponse(address, 303)
    _take_along(response, cookie, parts)
    return response


@router.get("/console/provider/back")
async def come_back(request: Request, parts: Service, admission: Admitting) -> Response:
    if parts.provider is None:
        raise Problem(404, "There is no such page")
    cookie, error = request.cookies.get(AWAY, "")[:4_000], ""
    with admission.trying(request) as was_wrong:
        try:
            session, target = await parts.provider.come_back(cookie, dict(request.query_params))
        except Refused as refused:
            was_wrong()
            error = str(refused)
    response = (
        _page(request, parts, target=HOME, error=error) if error else _on(session, target, parts)
    )
    response.delete_cookie(AWAY, path=BACK)
    return response


def _take_along(response: Response, cookie: str, parts: Parts) -> None:
    response.set_cookie(
        AWAY,
        cookie,
        max_age=int(LASTS.total_seconds()),
        path=BACK,
        secure=parts.secure,
        httponly=True,
        samesite="lax",
    )


@router.post("/console/sign-in")
async def sign_in(request: Request, parts: Service, admission: Admitting) -> Response:
    form = await form_of(request)
    target, email = inside(form.get("next", HOME)), form.get("email", "").strip()
    email = email[:254] if email.isprintable() else ""
    with admission.trying(request, name=email.lower()) as was_wrong:
        session = await parts.users.sign_in(email, form.get("password", "")[:1_000])
        if session is None:
            was_wrong()
    if session is None:
        return _page(request, parts, target=target, email=email, error=REFUSED)
    return _on(session, target, parts)


@router.get("/console/sign-in/{secret}")
async def link_page(request: Request, secret: str) -> Response:
    """A button, for what looks at links before people do would use it up."""
    return HTMLResponse(html("link.html", request_theme=theme(request), secret=secret))


@router.post("/console/sign-in/{secret}")
async def follow_link(
    request: Request, parts: Service, admission: Admitting, secret: str
) -> Response:
    await form_of(request)
    with admission.trying(request) as was_wrong:
        session = await parts.users.follow_link(secret)
        if session is None:
            was_wrong()
    if session is None:
        return _page(request, parts, target=HOME, error=DISUSED)
    return _on(session, HOME, parts)


@router.post("/console/sign-out")
async def sign_out(request: Request, parts: Service, who: Who) -> Response:
    form = await form_of(request, who)
    await parts.users.sign_out(who, everywhere=form.get("everywhere") == "yes")
    response = RedirectResponse(f"{HOME}/sign-in", 303)
    response.delete_cookie(COOKIE, path="/console")
    return response


@router.post("/console/theme")
async def choose_theme(request: Request, parts: Service, who: Who) -> Response:
    """Kept in a cookie, so that the first byte of a page knows it."""
    form = await form_of(request, who)
    response = RedirectResponse(inside(form.get("next", HOME)), 303)
    chosen = form.get("theme", "auto")
    response.set_cookie(
        THEME,
        chosen if chosen in ("light", "dark") else "auto",
        max_age=31_536_000,
        path="/console",
        secure=parts.secure,
        httponly=True,
        samesite="lax",
    )
    return response


def _on(session: Session, target: str, parts: Parts) -> Response:
    """To where they want to go, or first to the code."""
    if session.waits:
        target = f"{HOME}/second-factor?next={quote(target, safe='')}"
    return let_in(session.secret, target, parts)


def let_in(session: str, target: str, parts: Parts) -> Response:
    response = RedirectResponse(target, 303)
    response.set_cookie(
        COOKIE,
        session,
        max_age=int(parts.users.lasts.total_seconds()),
        path="/console",
        secure=parts.secure,
        httponly=True,
        samesite="lax",
    )
    return response
