"""What is answered when something is wrong: RFC 9457 bodies."""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from common.errors import BadInput, FieldError, Problem, Retry
from common.telemetry import logging
from common.wording import said

log = logging.get(__name__)
PROBLEM = "application/problem+json"
KIND = "urn:aftercall:problem:"


def answer_problems(app: FastAPI) -> None:
    """Every exception that an endpoint may raise becomes a problem body."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Retry, _retry)
    app.add_exception_handler(BadInput, _bad_input)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def problem(
    status: int,
    title: str,
    detail: str = "",
    *,
    errors: Sequence[FieldError] = (),
    retry_after: int | None = None,
) -> JSONResponse:
    """An RFC 9457 body; `errors` lists every wrong field."""
    body: dict[str, Any] = {"type": type_of(title), "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = [{"field": e.field, "message": e.message} for e in errors]
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Aftercall"'
    return JSONResponse(body, status, headers, media_type=PROBLEM)


def type_of(title: str) -> str:
    """The name that programs know a problem by: its title as a word. Titles are constants."""
    return KIND + re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


async def _problem(request: Request, error: Any) -> Response:
    runtime = getattr(request.app.state, "runtime", None)
    if error.status == 429 and runtime is not None:
        await runtime.admission.hold()
    return problem(
        error.status, error.title, error.detail, errors=error.errors, retry_after=error.retry_after
    )


async def _retry(_: Request, error: Any) -> Response:
    log.warning("unavailable", reason=error.reason)
    return problem(503, "Unavailable", "Nothing was stored; try again.", retry_after=5)


async def _bad_input(_: Request, error: Any) -> Response:
    return problem(422, "Invalid body", errors=error.errors)


async def _invalid(_: Request, error: Any) -> Response:
    return problem(
        422,
        "Invalid request",
        errors=[
            FieldError(".".join(str(part) for part in item["loc"]), said(item))
            for item in error.errors()
        ],
    )


async def _http(request: Request, error: Any) -> Response:
    answer = problem(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    if "allow" in answer.headers:  # of the first route with this path; there may be others
        answer.headers["allow"] = ", ".join(sorted(_methods(request)))
    return answer


def _methods(request: Request) -> set[str]:
    """Of every route that has the request's path."""
    routes = (
        route
        for route in request.app.router.routes
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
    )
    return {method for route in routes for method in route.methods or ()}


async def _unexpected(request: Request, error: Any) -> Response:
    """Outside of all that is done for other answers."""
    known = getattr(request.state, "request_id", "")
    log.error("unexpected", exc_info=error, request_id=known)
    answer = problem(500, "Internal error", "It was logged.")
    answer.headers["x-request-id"] = known
    return answer
