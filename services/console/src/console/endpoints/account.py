"""One's own account: the password, where one is signed in, what happened lately."""

from contextlib import nullcontext

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from console.domain.user_form import sees
from console.endpoints.access import (
    HOME,
    Admitting,
    Look,
    PageRoute,
    Service,
    Who,
    form_of,
    frame_of,
)
from console.renderer import Frame, page
from console.service.parts import Parts
from console.service.users import WRONG, SignedIn

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/console/account")
async def account_page(look: Look, parts: Service, saved: str = "") -> Response:
    return await _shown(look.who, look.frame, parts, saved=saved == "yes")


@router.post("/console/account/password")
async def choose_password(
    request: Request, who: Who, parts: Service, admission: Admitting
) -> Response:
    form, frame = await form_of(request, who), frame_of(request, who)
    guarded = admission.trying(request, name=who.user.email.lower())
    with guarded if who.proves else nullcontext(lambda: None) as was_wrong:
        problem = await parts.users.choose_password(
            who, form.get("password", "")[:1_000], current=form.get("current", "")[:1_000]
        )
        if problem == WRONG:
            was_wrong()
    if problem:
        return await _shown(who, frame, parts, problem=problem, status=422)
    return RedirectResponse(frame.href(f"{HOME}/account", [("saved", "yes")]), 303)


async def _shown(
    who: SignedIn,
    frame: Frame,
    parts: Parts,
    *,
    problem: str = "",
    saved: bool = False,
    status: int = 200,
) -> Response:
    sessions, events = await parts.users.account(who)
    shown = page(
        "account.html",
        frame,
        here="account",
        has_totp=who.user.has_totp,
        sees=sees(who.user.rights),
        needs_current=who.proves,
        this_session=who.session,
        sessions=sessions,
        events=events,
        problem=problem,
        saved=saved,
    )
    return HTMLResponse(shown, status)
