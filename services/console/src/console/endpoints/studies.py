"""Drivers and rankings: asked on a page, reckoned by analytics, shown when they are done."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import Problem
from console.domain.filters import filter_of, without
from console.endpoints.access import HOME, Look, PageRoute, form_of
from console.renderer import page
from console.renderer.words import DIMENSIONS, METRICS
from console.service import figures

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/console/studies")
async def studies(look: Look) -> Response:
    chosen = filter_of(look.frame.query)
    (found,) = await look.apis.all(("studies", ()))
    choices = await figures.choices(look.apis, chosen)
    shown = page(
        "studies.html",
        look.frame,
        here="studies",
        found=found,
        chosen=chosen,
        choices=choices,
        compare="off",
        without=without,
    )
    return HTMLResponse(shown)


@router.post("/console/studies")
async def ask(request: Request, look: Look) -> Response:
    """With the filter of the page; one metric, and for a ranking the groups."""
    form = await form_of(request, look.who)
    metric, by = form.get("study_metric", ""), form.get("study_by", "")
    if metric not in METRICS or (by and by not in DIMENSIONS):
        raise Problem(422, "Which score?", "Choose one of those on the page.")
    chosen = [pair for pair in filter_of(look.frame.query) if pair[0] != "metric"]
    kind, groups = ("ranking", [("by", by)]) if by else ("drivers", [])
    query = [*chosen, ("metric", metric), *groups]
    answer = await look.apis.post(f"studies/{kind}", None, query=query)
    if not answer.ok:
        raise Problem(answer.status or 503, "It was not asked", answer.problem)
    return RedirectResponse(look.frame.href(f"{HOME}/studies/{answer.body['id']}"), 303)


@router.get("/console/studies/{study}")
async def one_study(look: Look, study: UUID) -> Response:
    found = await look.apis.get(f"studies/{study}")
    if not found.ok:
        raise Problem(found.status or 503, "This study cannot be shown", found.problem)
    return HTMLResponse(page("study.html", look.frame, here="studies", study=found.body))
