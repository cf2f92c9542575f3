"""One document of the configuration: read, written and removed by itself.

Its `ETag` names what it is; `If-Match` writes only over that, `If-None-Match: *` only anew. So two
people who edit the same document do not undo one another unknowingly.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response

from common.config.models import KINDS
from common.errors import Problem
from common.events import parse
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.domain.configuring.changes import Key, Seen, tag
from orchestrator.endpoints.access import ConfigWriter, Service, Workspace, signature
from orchestrator.endpoints.configuration import told
from orchestrator.schemas.configuration import AppliedDocument, AppliedFlow, DocumentBody
from orchestrator.schemas.requests import Patch, Restored
from orchestrator.service.configuration.applying import Applied
from orchestrator.service.configuration.configuring import name_of

router = APIRouter()
PATH = "/v1/config/documents/{kind}/{id}"
EXAMPLE = {"id": "billing", "survey": "csat", "enabled": True, "when": {"queues": ["billing"]}}
PROBLEMS = {
    404: "No such workspace, kind or document.",
    409: "A flow would be switched on, and the legal notice is not acknowledged.",
    412: "It is not as `If-Match` or `If-None-Match` say.",
}
Kind = Annotated[str, Path(description="workspace, source, number, account, survey or flow.")]
Identity = Annotated[str, Path(description="Its id; of a number, the number.")]
IfMatch = Annotated[str | None, Header(description="An `ETag`, or `*`: as it was read.")]
DryRun = Annotated[bool, Query(description="Only say what would change.")]
IfNoneMatch = Annotated[str | None, Header(description="`*`: there is none yet.")]


@router.get(PATH)
@described(Described(gives={200: DocumentBody}, problems={404: PROBLEMS[404]}))
async def get_document(
    parts: Service,
    who: ConfigWriter,
    response: Response,
    kind: Kind,
    id: Identity,
    workspace: Workspace = None,
) -> Mapping[str, Any]:
    """As it was written."""
    rows = await parts.documents.of_workspace(who.workspace_or(workspace))
    for row in rows:
        if (row["kind"], row["id"]) == (kind, id):
            response.headers["ETag"] = f'"{tag(row["body"])}"'
            body: Mapping[str, Any] = row["body"]
            return body
    raise Problem(404, "No such document")


@router.put(PATH)
@described(
    Described(
        reads={JSON: DocumentBody},
        examples={JSON: EXAMPLE},
        gives={200: AppliedDocument},
        problems=PROBLEMS,
    )
)
async def put_document(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    *,
    kind: Kind,
    id: Identity,
    workspace: Workspace = None,
    dry_run: DryRun = False,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> dict[str, Any]:
    """Adds or replaces it; its id may be left out. Places of errors are those in the body."""
    key = key_of(kind, id)
    body = await json_of(request)
    if not isinstance(body, dict):
        raise Problem(422, "Not a document", "Expected a mapping of fields to values.")
    applied = await parts.configuring.put(
        who.workspace_or(workspace),
        key,
        {name_of(kind): id, **body},
        seen=seen_of(if_match, if_none_match),
        by=signature(who),
        is_operator=who.workspace is None,
        is_person=who.is_person,
        dry_run=dry_run,
    )
    return shown(applied, dry_run=dry_run)


@router.patch(PATH)
@described(
    Described(
        reads={JSON: Patch},
        examples={JSON: {"delay": "5m", "name": None}},
        gives={200: AppliedDocument},
        problems=PROBLEMS,
    )
)
async def patch_document(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    *,
    kind: Kind,
    id: Identity,
    workspace: Workspace = None,
    dry_run: DryRun = False,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Changes a part (RFC 7396): null takes a field away, groups are merged, lists replaced."""
    patch = await json_of(request)
    if not isinstance(patch, dict):
        raise Problem(422, "Not a patch", "Expected a mapping of fields to values.")
    applied = await parts.configuring.patch(
        who.workspace_or(workspace),
        key_of(kind, id),
        patch,
        seen=seen_of(if_match, None),
        by=signature(who),
        is_operator=who.workspace is None,
        is_person=who.is_person,
        dry_run=dry_run,
    )
    return shown(applied, dry_run=dry_run)


@router.post(f"{PATH}/restore")
@described(
    Described(
        reads={JSON: Restored},
        examples={JSON: {"version": 3}},
        gives={200: AppliedDocument},
        problems=PROBLEMS,
    )
)
async def restore_document(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    *,
    kind: Kind,
    id: Identity,
    workspace: Workspace = None,
    dry_run: DryRun = False,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """As it was after that `version` of its change log, checked as if it were written today."""
    wanted = parse(await json_of(request), Restored, at="")
    applied = await parts.configuring.restore(
        who.workspace_or(workspace),
        key_of(kind, id),
        wanted.version,
        seen=seen_of(if_match, None),
        by=signature(who),
        is_operator=who.workspace is None,
        is_person=who.is_person,
        dry_run=dry_run,
    )
    return shown(applied, dry_run=dry_run)


@router.delete(PATH)
@described(Described(gives={200: AppliedFlow}, problems=PROBLEMS))
async def delete_document(
    parts: Service,
    who: ConfigWriter,
    *,
    kind: Kind,
    id: Identity,
    workspace: Workspace = None,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Removes it, unless another document needs it. Asks of a flow that are not out do not go."""
    applied = await parts.configuring.remove(
        who.workspace_or(workspace),
        key_of(kind, id),
        seen=seen_of(if_match, None),
        by=signature(who),
        is_operator=who.workspace is None,
    )
    return told(applied)


def shown(applied: Applied, *, dry_run: bool) -> dict[str, Any]:
    """What a change of one document did, or would do."""
    warnings = [{"field": one.field, "message": one.message} for one in applied.warnings]
    return told(applied) | {"dry_run": dry_run, "warnings": warnings}


def key_of(kind: str, identity: str) -> Key:
    if kind not in KINDS:
        raise Problem(404, "No such kind of document", f"There are {', '.join(KINDS)}.")
    return kind, identity


def seen_of(if_match: str | None, if_none_match: str | None) -> Seen:
    """Raises `Problem` 400 for what is no list of tags."""
    if if_none_match is not None and if_none_match.strip() != "*":
        raise Problem(
            400, "Invalid If-None-Match", "Here it can only be *: there is no such document."
        )
    absent = if_none_match is not None
    if if_match is None:
        return Seen(absent=absent)
    tags = frozenset(one.strip().strip('"') for one in if_match.split(","))
    return Seen(tags=tags, absent=absent)
