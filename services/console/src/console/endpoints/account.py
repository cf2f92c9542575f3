"""One's own account: the password, where one is signed in, what happened lately."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from console.endpoints.access import HOME, Look, PageRoute, Service, Viewer, form_of
from console.renderer import page
from console.service.parts import Parts

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/console/account")
async def account_page(look: Look, parts: Service, saved: str = "") -> Response:
    return await _shown(look, parts, saved=saved == "yes")


@router.post("/console/account/password")
async def choose_password(request: Request, look: Look, parts: Service) -> Response:
    form = await form_of(request, look.who)
    problem = await parts.users.choose_password(
        look.who, form.get("password", "")[:1_000], current=form.get("current", "")[:1_000]
    )
    if problem:
        return await _shown(look, parts, problem=problem, status=422)
    return RedirectResponse(f"{HOME}/account?saved=yes", 303)


async def _shown(
    look: Viewer, parts: Parts, *, problem: str = "", saved: bool = False, status: int = 200
) -> Response:
    sessions, events = await parts.users.account(look.who)
    shown = page(
        "account.html",
        look.frame,
        here="account",
        has_password=look.who.user.password is not None,
        this_session=look.who.session,
        sessions=sessions,
        events=events,
        problem=problem,
        saved=saved,
    )
    return HTMLResponse(shown, status)
