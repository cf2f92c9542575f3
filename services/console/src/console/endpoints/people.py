"""Users of the console: who they are, whose calls they see, and who changed that."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import BadInput, Problem
from console.domain import user_form
from console.domain.differences import differences
from console.domain.people import Role
from console.endpoints.access import HOME, Look, PageRoute, Service, Viewer, form_of
from console.renderer import page
from console.service.managing import By
from console.service.parts import Parts

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PAGES = f"{HOME}/users"


def _by(look: Viewer) -> By:
    """An operator manages the users of the workspace that they look at. Raises `Problem` 403."""
    user = look.who.user
    if user.role is not Role.ADMIN:
        raise Problem(403, "Only admins see users")
    return By(name=user.email, workspace=look.frame.workspace, id=user.id)


@router.get("/console/users")
async def users(look: Look, parts: Service) -> Response:
    return await _list(look, parts, {})


@router.post("/console/users")
async def add_user(request: Request, look: Look, parts: Service) -> Response:
    """The link that lets them in is shown on the page that answers, and never again."""
    form, by = await form_of(request, look.who), _by(look)
    try:
        rights = user_form.rights_of(form, by.workspace)
        made = await parts.people.add(form.get("email", "")[:300], rights, by=by)
    except BadInput as error:
        return await _list(look, parts, form, wrong=error)
    return await _linked(request, look, parts, made)


@router.post("/console/users/strict")
async def choose_strictness(request: Request, look: Look, parts: Service) -> Response:
    """Whether admins of the workspace need a second factor."""
    form = await form_of(request, look.who)
    await parts.people.set_strict(strict=form.get("strict") == "yes", by=_by(look))
    return RedirectResponse(look.frame.href(PAGES), 303)


@router.post("/console/users/{user}")
async def change_user(request: Request, look: Look, parts: Service, user: UUID) -> Response:
    form, by = await form_of(request, look.who), _by(look)
    try:
        await parts.people.change(user, user_form.rights_of(form, by.workspace), by=by)
    except BadInput as error:
        return await _list(look, parts, {}, wrong=error)
    return RedirectResponse(look.frame.href(PAGES), 303)


@router.post("/console/users/{user}/link")
async def make_link(request: Request, look: Look, parts: Service, user: UUID) -> Response:
    await form_of(request, look.who)
    return await _linked(request, look, parts, user)


@router.post("/console/users/{user}/sign-out")
async def sign_out_user(request: Request, look: Look, parts: Service, user: UUID) -> Response:
    await form_of(request, look.who)
    await parts.people.sign_out(user, by=_by(look))
    return RedirectResponse(look.frame.href(PAGES), 303)


@router.post("/console/users/{user}/disable")
async def disable_user(request: Request, look: Look, parts: Service, user: UUID) -> Response:
    await form_of(request, look.who)
    await parts.people.disable(user, by=_by(look))
    return RedirectResponse(look.frame.href(PAGES), 303)


@router.post("/console/users/{user}/second-factor")
async def second_factor(request: Request, look: Look, parts: Service, user: UUID) -> Response:
    """Needed of them, or not; or taken away, for it was lost."""
    form, by = await form_of(request, look.who), _by(look)
    if form.get("second_factor") == "lost":
        await parts.people.reset_second_factor(user, by=by)
    else:
        needed = form.get("second_factor") == "needed"
        await parts.people.need_second_factor(user, needed=needed, by=by)
    return RedirectResponse(look.frame.href(PAGES), 303)


async def _linked(request: Request, look: Viewer, parts: Parts, user: UUID) -> Response:
    secret = await parts.people.link(user, by=_by(look))
    base: str = request.app.state.runtime.settings.public_url
    address = f"{base.rstrip('/')}{HOME}/sign-in/{secret}"
    return await _list(look, parts, {}, link=address, linked=user)


async def _list(
    look: Viewer,
    parts: Parts,
    form: Mapping[str, str],
    *,
    wrong: BadInput | None = None,
    link: str = "",
    linked: UUID | None = None,
) -> Response:
    """`form`: what was filled in already; it comes back as it was, with what is wrong."""
    by = _by(look)
    known = await parts.people.all(by)
    log = [(one, differences(one["before"], one["after"])) for one in await parts.people.log(by)]
    shown = page(
        "users.html",
        look.frame,
        here="users",
        known=[one for one in known if not one.disabled],
        disabled=[one for one in known if one.disabled],
        me=look.who.user.id,
        form=user_form,
        values=form,
        wrong={error.field: error.message for error in wrong.errors} if wrong else {},
        link=link,
        linked=linked,
        log=log,
        strict=await parts.people.is_strict(by),
    )
    return HTMLResponse(shown, 422 if wrong else 200)
