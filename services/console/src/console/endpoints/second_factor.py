"""The second factor on pages: asked for after the password; set up and renewed on one's account."""

from collections.abc import Sequence

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from console.domain import second_factor as domain
from console.endpoints.access import (
    COOKIE,
    HOME,
    Admitting,
    PageRoute,
    Service,
    Who,
    form_of,
    frame_of,
    inside,
    theme,
)
from console.endpoints.sign_in import let_in
from console.renderer import html, page
from console.service.parts import Parts
from console.service.second_factor import WRONG
from console.service.users import WRONG as WRONG_PASSWORD
from console.service.users import SignedIn

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ACCOUNT = f"{HOME}/account/second-factor"
NEEDED = "It is needed here, so it stays."


@router.get("/console/second-factor")
async def code_page(request: Request, next: str = HOME) -> Response:
    return HTMLResponse(html("code.html", request_theme=theme(request), next=inside(next)))


@router.post("/console/second-factor")
async def tell_code(request: Request, parts: Service, admission: Admitting) -> Response:
    form = await form_of(request)
    waiting, target = request.cookies.get(COOKIE, "")[:100], inside(form.get("next", HOME))
    with admission.trying(request, name=f"code of {waiting}") as was_wrong:
        session = await parts.second_factor.complete(waiting, form.get("code", "")[:50])
        if session is None:
            was_wrong()
    if session is None:
        shown = html("code.html", request_theme=theme(request), next=target, error=WRONG)
        return HTMLResponse(shown, 403)
    return let_in(session, target, parts)


@router.get("/console/account/second-factor")
async def account_page(request: Request, who: Who, parts: Service) -> Response:
    return await _shown(request, who, parts)


@router.post("/console/account/second-factor")
async def set_up(request: Request, who: Who, parts: Service, admission: Admitting) -> Response:
    form = await form_of(request, who)
    key = domain.key_of(form.get("key", "")[:100])
    if key is None:
        return await _shown(request, who, parts, problem="Begin again: that key is none of ours.")
    with admission.trying(request, name=f"code of {who.user.id}") as was_wrong:
        proven = await parts.users.proves(who, form.get("current", "")[:1_000])
        codes = None
        if proven:
            codes = await parts.second_factor.set_up(who, key, form.get("code", "")[:50])
        if codes is None:
            was_wrong()
    if codes is None:
        problem = WRONG if proven else WRONG_PASSWORD
        return await _shown(request, who, parts, problem=problem, key=key)
    return await _shown(request, who, parts, codes=codes)


@router.post("/console/account/second-factor/codes")
async def renew(request: Request, who: Who, parts: Service, admission: Admitting) -> Response:
    form = await form_of(request, who)
    with admission.trying(request, name=f"code of {who.user.id}") as was_wrong:
        codes = await parts.second_factor.renew_codes(who, form.get("code", "")[:50])
        if codes is None:
            was_wrong()
    if codes is None:
        return await _shown(request, who, parts, problem=WRONG)
    return await _shown(request, who, parts, codes=codes)


@router.post("/console/account/second-factor/remove")
async def remove(request: Request, who: Who, parts: Service, admission: Admitting) -> Response:
    form = await form_of(request, who)
    with admission.trying(request, name=f"code of {who.user.id}") as was_wrong:
        gone = await parts.second_factor.remove(who, form.get("code", "")[:50])
        if not gone:
            was_wrong()
    if not gone:
        problem = NEEDED if who.user.totp_wanted else WRONG
        return await _shown(request, who, parts, problem=problem)
    return RedirectResponse(frame_of(request, who).href(f"{HOME}/account"), 303)


async def _shown(
    request: Request,
    who: SignedIn,
    parts: Parts,
    *,
    problem: str = "",
    codes: Sequence[str] = (),
    key: bytes | None = None,
) -> Response:
    has = who.user.has_totp or bool(codes)
    key = None if has else key or domain.new_key()
    shown = page(
        "second_factor.html",
        frame_of(request, who),
        here="account",
        has=has,
        wanted=who.user.totp_wanted,
        needs_current=who.proves,
        codes=codes,
        left=await parts.second_factor.codes_left(who) if has else 0,
        key=domain.spelled(key) if key else "",
        picture=_picture(domain.address(key, who.user.email)) if key else "",
        problem=problem,
    )
    return HTMLResponse(shown, 422 if problem else 200)


def _picture(text: str) -> Markup:
    """A QR code as SVG, dark on light in either theme, for cameras."""
    drawn = segno.make(text, error="m").svg_inline(
        scale=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    return Markup(drawn)  # noqa: S704 - segno draws paths; what was given is in none of its texts
