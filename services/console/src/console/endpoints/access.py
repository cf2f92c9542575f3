"""Who looks at a page; forms that only our own pages may post; how trouble is shown."""

import hmac
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlsplit

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from common.errors import BadInput, FieldError, Problem, Retry
from common.process.admission import Admission
from common.process.service import part
from common.process.web import body_of
from common.telemetry import logging
from console.domain import pages
from console.domain.pages import is_own, may_open
from console.renderer import Frame, html
from console.service.apis import Apis
from console.service.parts import Parts
from console.service.users import SignedIn

log = logging.get(__name__)
HOME = pages.HOME
COOKIE, THEME = "aftercall_session", "aftercall_theme"
FORM_LIMIT, FORM_FIELDS = 16 * 1024, 50  # bytes, fields
HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
Service = Annotated[Parts, Depends(part(Parts))]


async def _admission(request: Request) -> Admission:
    found: Admission = request.app.state.runtime.admission
    return found


Admitting = Annotated[Admission, Depends(_admission)]


class SignInNeeded(Exception):
    """Nobody is signed in."""


class SecondFactorNeeded(Exception):
    """Who is signed in has to set one up before anything else."""


class PageRoute(APIRoute):
    """Trouble becomes a page, and every answer has the headers above."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                response = await handler(request)
            except SignInNeeded:
                response = _to_sign_in(request)
            except SecondFactorNeeded:
                response = RedirectResponse(f"{HOME}/account/second-factor", 303)
            except Exception as error:
                response = _trouble(request, error)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return page


def _to_sign_in(request: Request) -> Response:
    """Back to where they wanted to go, afterwards."""
    if request.method != "GET":
        return RedirectResponse(f"{HOME}/sign-in", 303)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{HOME}/sign-in?next={quote(request.url.path + query, safe='')}", 303)


def _trouble(request: Request, error: Exception) -> Response:
    status, title, detail, after = 500, "Something went wrong", "It was logged.", None
    if isinstance(error, Problem):
        status, title, detail, after = error.status, error.title, error.detail, error.retry_after
    elif isinstance(error, BadInput | RequestValidationError):
        status, title, detail = (
            422,
            "That cannot be read",
            str(error)
            if isinstance(error, BadInput)
            else "A value in the address is not understood.",
        )
    elif isinstance(error, Retry):
        status, title, detail, after = 503, "Not available right now", "Try again.", 5
    elif isinstance(error, HTTPException):
        status, title, detail = error.status_code, str(error.detail), ""
    else:
        log.error("unexpected", exc_info=error)
        detail = f"It was logged, as {logging.request_id()}."
    headers = {"retry-after": str(after)} if after is not None else {}
    body = html("trouble.html", request_theme=theme(request), title=title, detail=detail)
    return HTMLResponse(body, status, headers)


def theme(request: Request) -> str:
    chosen = request.cookies.get(THEME, "")
    return chosen if chosen in ("light", "dark") else "auto"


async def _signed_in(request: Request, parts: Service) -> SignedIn:
    """Raises `Problem` 403 for a page that is not for the role."""
    secret = request.cookies.get(COOKIE, "")
    found = await parts.users.signed_in(secret) if 20 <= len(secret) <= 100 else None
    if found is None:
        raise SignInNeeded
    if not may_open(found.user.role, request.method, request.url.path):
        raise Problem(403, "This page is not for you", f"It is not for the role {found.user.role}.")
    if found.user.totp_wanted and not found.user.has_totp and not is_own(request.url.path):
        raise SecondFactorNeeded
    return found


Who = Annotated[SignedIn, Depends(_signed_in)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody who looks at a page, and the APIs as they may use them."""

    who: SignedIn
    apis: Apis
    frame: Frame


async def _viewer(request: Request, who: Who, parts: Service) -> Viewer:
    """An operator looks at the workspace in the query string, else at the first.

    What is changed is never guessed. Raises `Problem` 422.
    """
    frame = frame_of(request, who)
    if frame.operator:
        if request.method != "GET" and not frame.workspace:
            error = FieldError("workspace", "an operator's form needs ?workspace=")
            raise Problem(422, "Which workspace?", "Choose one, and repeat it.", errors=[error])
        answer = await parts.apis(who, request.app, workspace=None).get("workspaces")
        frame = frame.among(_ids(answer.body) if answer.ok else ())
    return Viewer(
        who=who, apis=parts.apis(who, request.app, workspace=frame.workspace), frame=frame
    )


def frame_of(request: Request, who: SignedIn) -> Frame:
    """Without asking anybody which workspaces there are."""
    query = request.query_params.multi_items()
    return Frame(
        email=who.user.email,
        role=who.user.role,
        operator=who.user.workspace is None,
        workspace=who.user.workspace or dict(query).get("workspace") or None,
        workspaces=(),
        query=[pair for pair in query if pair[0] != "workspace"],
        theme=theme(request),
        form_secret=who.form_secret,
    )


def _ids(body: Any) -> tuple[str, ...]:
    return tuple(sorted(str(one["id"]) for one in body["workspaces"]))


Look = Annotated[Viewer, Depends(_viewer)]


async def form_of(
    request: Request, who: SignedIn | None = None, *, limit: int = FORM_LIMIT
) -> dict[str, str]:
    """The fields that a page of ours posted. Raises `Problem` 400, 403 or 413.

    A browser says where a form comes from; `who`'s form secret proves it once more.
    """
    _same_site(request)
    raw = await body_of(request, limit=limit)
    try:
        fields = dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS))
    except ValueError:
        raise Problem(400, "The form cannot be read") from None
    given = fields.get("form_secret", "")
    if who is not None and not hmac.compare_digest(given.encode(), who.form_secret.encode()):
        raise Problem(403, "The form is too old", "Load the page again and repeat it.")
    return fields


def _same_site(request: Request) -> None:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = site is not None and site not in ("same-origin", "none")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        foreign = True
    if foreign:
        raise Problem(403, "The form comes from another site")


def inside(target: str) -> str:
    """A path of the console to go to, whatever was given."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return HOME
    ours = not parts.scheme and not parts.netloc and "\\" not in target and target.isprintable()
    return target if ours and f"{parts.path}/".startswith(f"{HOME}/") else HOME
