"""Drafts of documents: kept while they are written, however wrong; used by nothing until published.

`ETag`, `If-Match` and `If-None-Match` are as of documents.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from common.errors import Problem
from common.events import parse
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.domain.configuring.changes import tag
from orchestrator.endpoints.access import ConfigWriter, Service, Workspace, signature
from orchestrator.endpoints.document import DryRun, Identity, IfMatch, IfNoneMatch, Kind, seen_of
from orchestrator.endpoints.document import shown as told_of
from orchestrator.schemas.configuration import AppliedDocument
from orchestrator.schemas.drafts import DraftBody, DraftsBody, Publication
from orchestrator.service.configuration.drafts import Looked

router = APIRouter()
PATH = "/v1/config/drafts/{kind}/{id}"
EXAMPLE = {"survey": "csat", "enabled": True, "when": {"queues": ["billing"]}}
PROBLEMS = {
    404: "No such workspace, kind or draft.",
    412: "It is not as `If-Match` or `If-None-Match` say.",
}
CONFLICT = {
    409: "A document, or a draft, has changed since, or the legal notice is not acknowledged."
}


@router.get("/v1/config/drafts")
@described(Described(gives={200: DraftsBody}))
async def get_drafts(parts: Service, who: ConfigWriter, workspace: Workspace = None) -> Any:
    """What somebody is still writing, without the bodies."""
    found = await parts.drafts.of_workspace(who.workspace_or(workspace))
    return {"drafts": [_listed(one) for one in found]}


@router.post("/v1/config/drafts/publish")
@described(
    Described(
        reads={JSON: Publication},
        examples={JSON: {"drafts": [{"kind": "flow", "id": "billing"}]}},
        gives={200: AppliedDocument},
        problems={404: PROBLEMS[404], **CONFLICT},
    )
)
async def publish_drafts(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    workspace: Workspace = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Makes documents of drafts, all of them or none, as applying them would; then they are gone.

    What is wrong is told by kind and id: `flow.billing.delay`.
    """
    wanted = parse(await json_of(request), Publication, at="")
    keys = [(one.kind, one.id) for one in wanted.drafts]
    applied = await parts.drafts.publish(
        who.workspace_or(workspace),
        keys,
        by=signature(who),
        is_operator=who.workspace is None,
        is_person=who.is_person,
        dry_run=dry_run,
    )
    return told_of(applied, dry_run=dry_run)


@router.get(PATH)
@described(Described(gives={200: DraftBody}, problems={404: PROBLEMS[404]}))
async def get_draft(
    parts: Service,
    who: ConfigWriter,
    response: Response,
    kind: Kind,
    id: Identity,
    workspace: Workspace = None,
) -> dict[str, Any]:
    """As it was written, with all that is wrong with it."""
    found = await parts.drafts.find(
        who.workspace_or(workspace),
        (kind, id),
        by=signature(who),
        is_operator=who.workspace is None,
    )
    return _shown(found, response)


@router.put(PATH)
@described(
    Described(
        reads={JSON: dict[str, Any]},
        examples={JSON: EXAMPLE},
        gives={200: DraftBody},
        problems=PROBLEMS,
    )
)
async def put_draft(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    response: Response,
    *,
    kind: Kind,
    id: Identity,
    workspace: Workspace = None,
    rebase: Annotated[
        bool, Query(description="It begins again, at the document as it is now.")
    ] = False,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> dict[str, Any]:
    """Keeps it, also when it is wrong: `errors` says what is."""
    body = await json_of(request)
    if not isinstance(body, dict):
        raise Problem(422, "Not a document", "Expected a mapping of fields to values.")
    found = await parts.drafts.put(
        who.workspace_or(workspace),
        (kind, id),
        body,
        seen=seen_of(if_match, if_none_match),
        rebase=rebase,
        by=signature(who),
        is_operator=who.workspace is None,
    )
    return _shown(found, response)


@router.delete(PATH, status_code=204)
@described(Described(gives={204: None}, problems=PROBLEMS))
async def drop_draft(
    parts: Service,
    who: ConfigWriter,
    *,
    kind: Kind,
    id: Identity,
    workspace: Workspace = None,
    if_match: IfMatch = None,
) -> None:
    """The document stays as it is."""
    own = who.workspace_or(workspace)
    await parts.drafts.drop(own, (kind, id), seen=seen_of(if_match, None))


def _listed(found: Looked) -> dict[str, Any]:
    draft = found.draft
    return {
        "kind": draft.kind,
        "id": draft.id,
        "fields": draft.fields,
        "moved": draft.moved(found.stored),
        "written_at": draft.written_at,
        "written_by": draft.written_by,
    }


def _shown(found: Looked, response: Response) -> dict[str, Any]:
    response.headers["ETag"] = f'"{tag(found.draft.body)}"'
    told = {
        "errors": [{"field": one.field, "message": one.message} for one in found.errors],
        "warnings": [{"field": one.field, "message": one.message} for one in found.warnings],
    }
    bodies = {"body": found.draft.body, "base": found.draft.base, "stored": found.stored}
    return {**_listed(found), **bodies, **told}
