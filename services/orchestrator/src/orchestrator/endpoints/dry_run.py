"""A draft, played over past calls before it goes live."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request

from common.database import Row
from common.errors import BadInput
from common.events import parse
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.domain.configuring.drafts import sections
from orchestrator.endpoints.access import (
    ConfigWriter,
    Reader,
    Service,
    Workspace,
    signature,
)
from orchestrator.endpoints.configuration import LIMIT
from orchestrator.schemas.dry_run import DryRunBody, DryRunRequest

router = APIRouter()
NO_RUN = {404: "No such dry run."}
EXAMPLE = {
    "draft": {"flows": [{"id": "after-call", "survey": "csat", "sampling_rate": 0.5}]},
    "from": "2026-01-05T00:00:00Z",
    "prices": {"sms": 0.0079},
}
RunId = Annotated[UUID, Path(description="`id`, as it was answered.")]


@router.post("/v1/flows/dry-run", status_code=202)
@described(
    Described(
        reads={JSON: DryRunRequest},
        examples={JSON: EXAMPLE},
        gives={202: DryRunBody},
        problems={404: "No such draft.", 429: "Too many of the workspace wait."},
    )
)
async def ask_dry_run(
    parts: Service, who: ConfigWriter, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """Who would have been asked, and why not. Nothing is asked and no configuration is written.

    Flows of the draft are on, whatever it says; what it does not name is as it is stored. `drafts`
    in its place: those that are kept, by kind and id.
    """
    own = who.workspace_or(workspace)
    body = await json_of(request, limit=LIMIT)
    told = parse(body, DryRunRequest, at="")
    if (told.draft is None) is (told.drafts is None):
        raise BadInput.at("draft", "either `draft` or `drafts` says what is played")
    draft, places = told.draft, None
    if told.drafts is not None:
        keys = [(one.kind, one.id) for one in told.drafts]
        draft, places = sections(await parts.drafts.chosen(own, keys))
    row = await parts.dry_runs.ask(
        own,
        draft,
        places=places,
        since=told.since,
        until=told.to,
        prices=told.prices,
        by=signature(who),
        is_operator=who.workspace is None,
    )
    return _shown(row)


@router.get("/v1/flows/dry-run/{run}")
@described(Described(gives={200: DryRunBody}, problems=NO_RUN))
async def read_dry_run(
    parts: Service, who: Reader, run: RunId, workspace: Workspace = None
) -> dict[str, Any]:
    """How far it is; `result` once it is done. It is kept for a week."""
    return _shown(await parts.dry_runs.find(who.workspace_or(workspace), run))


@router.delete("/v1/flows/dry-run/{run}")
@described(Described(gives={200: DryRunBody}, problems=NO_RUN))
async def cancel_dry_run(
    parts: Service, who: ConfigWriter, run: RunId, workspace: Workspace = None
) -> dict[str, Any]:
    """Ends it; one that is over stays as it is."""
    return _shown(await parts.dry_runs.cancel(who.workspace_or(workspace), run))


def _shown(row: Row) -> dict[str, Any]:
    shown = dict(row)
    return {"from": shown.pop("since"), "to": shown.pop("until"), **shown}
