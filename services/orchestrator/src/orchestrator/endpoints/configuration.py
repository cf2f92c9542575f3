"""Configuration as documents: apply, export, the change log, and what is set up."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request

from common.config.documents import read_document
from common.config.models import KINDS
from common.database import Row
from common.errors import BadInput, FieldError
from common.events import parse
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.domain.configuring.changes import SECTIONS, section_of
from orchestrator.endpoints.access import (
    ConfigWriter,
    Reader,
    Service,
    Workspace,
    signature,
)
from orchestrator.schemas.configuration import (
    AppliedConfiguration,
    AppliedFlow,
    ChangesPage,
    DocumentsBody,
    Exported,
    FlowsBody,
    SurveysBody,
    WorkspacesBody,
)
from orchestrator.schemas.requests import Configuration, FlowSwitch
from orchestrator.service.configuration.applying import Applied

router = APIRouter()
LIMIT = 4 * 1024 * 1024  # bytes of a configuration file
EXAMPLE = {
    "workspaces": [{"id": "acme", "name": "Acme", "caps": [{"asks": 1, "per": "7d"}]}],
    "numbers": [{"number": "+12025550190", "name": "Billing line"}],
}
NO_WORKSPACE = {404: "No such workspace."}
UNREAD = {409: "A flow would be switched on, and the legal notice is not acknowledged."}


@router.put("/v1/config")
@described(
    Described(
        reads={JSON: Configuration},
        examples={JSON: EXAMPLE},
        gives={200: AppliedConfiguration},
        problems=UNREAD,
    )
)
async def put_config(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    *,
    workspace: Workspace = None,
    dry_run: Annotated[bool, Query(description="Only say what would change.")] = False,
    prune: Annotated[bool, Query(description="Remove what the body does not name.")] = False,
) -> dict[str, Any]:
    """Applies the documents of one workspace, all of them or none; answers what changed."""
    body = await json_of(request, limit=LIMIT)
    if who.workspace is None:
        workspace = workspace or _described(body)
        if workspace is None:
            parts.configuring.check(body)  # what is wrong with it comes before what is missing
    own = who.workspace_or(workspace)
    applied = await parts.configuring.apply(
        own,
        body,
        by=signature(who),
        is_operator=who.workspace is None,
        is_person=who.is_person,
        prune=prune,
        dry_run=dry_run,
    )
    return told(applied) | {
        "workspace": own,
        "dry_run": dry_run,
        "warnings": [{"field": one.field, "message": one.message} for one in applied.warnings],
    }


@router.get("/v1/config")
@described(Described(gives={200: Exported}, problems=NO_WORKSPACE))
async def get_config(
    parts: Service, who: ConfigWriter, workspace: Workspace = None
) -> dict[str, list[Any]]:
    """Everything of one workspace, as `PUT /v1/config` takes it.

    Documents of kinds that this version does not know are told too, in sections of their own.
    """
    rows = await parts.documents.of_workspace(who.workspace_or(workspace))
    kinds = dict.fromkeys([*SECTIONS.values(), *(row["kind"] for row in rows)])
    found = {section_of(kind): [r["body"] for r in rows if r["kind"] == kind] for kind in kinds}
    return {section: bodies for section, bodies in found.items() if bodies}


@router.get("/v1/config/documents")
@described(Described(gives={200: DocumentsBody}, problems=NO_WORKSPACE))
async def get_documents(
    parts: Service,
    who: Reader,
    *,
    workspace: Workspace = None,
    kind: Annotated[str | None, Query(description="Only of this kind: flow, survey, ...")] = None,
    readable: Annotated[
        bool | None, Query(description="`false`: only those that are out of use.")
    ] = None,
) -> dict[str, Any]:
    """What there is, whether this version can read it, and why not; without the bodies."""
    rows = await parts.documents.of_workspace(who.workspace_or(workspace))
    found = [_reading(row) for row in rows if kind in (None, row["kind"])]
    return {"documents": [one for one in found if readable in (None, one["readable"])]}


@router.get("/v1/config/changes")
@described(Described(gives={200: ChangesPage}))
async def get_changes(
    parts: Service,
    who: ConfigWriter,
    *,
    workspace: Workspace = None,
    kind: Annotated[str | None, Query(description="Of documents: flow, survey, ...")] = None,
    id: Annotated[str | None, Query(description="Of one document.")] = None,
    cursor: Annotated[int | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Rows of a page.")] = 50,
) -> dict[str, Any]:
    """Who changed what, newest first."""
    rows = await parts.documents.changes(
        who.workspace_or(workspace), kind=kind, document=id, before=cursor, limit=limit
    )
    found = [dict(row) for row in rows]
    more = str(found[-1]["id"]) if len(found) == limit else None
    return {"changes": found, "next_cursor": more}


@router.get("/v1/workspaces")
@described(Described(gives={200: WorkspacesBody}))
async def get_workspaces(parts: Service, who: Reader) -> dict[str, Any]:
    """Those that the key may see."""
    rows = await parts.documents.workspaces(who.workspace)
    return {"workspaces": [_document(row) for row in rows]}


@router.get("/v1/surveys")
@described(Described(gives={200: SurveysBody}, problems=NO_WORKSPACE))
async def get_surveys(parts: Service, who: Reader, workspace: Workspace = None) -> dict[str, Any]:
    """As they are configured."""
    rows = await parts.documents.of_workspace(who.workspace_or(workspace))
    return {"surveys": [_document(row) for row in rows if row["kind"] == "survey"]}


@router.get("/v1/flows")
@described(Described(gives={200: FlowsBody}, problems=NO_WORKSPACE))
async def get_flows(parts: Service, who: Reader, workspace: Workspace = None) -> dict[str, Any]:
    """As they are configured, and since when they are on."""
    rows = await parts.documents.of_workspace(who.workspace_or(workspace))
    return {"flows": [_document(row) for row in rows if row["kind"] == "flow"]}


@router.patch("/v1/flows/{flow}")
@described(
    Described(
        reads={JSON: FlowSwitch},
        examples={JSON: {"enabled": False}},
        gives={200: AppliedFlow},
        problems={404: "No such flow.", **UNREAD},
    )
)
async def switch_flow(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    flow: Annotated[str, Path(description="The id of a flow.")],
    workspace: Workspace = None,
) -> dict[str, Any]:
    """On or off. Off cancels every ask that is not out yet."""
    switch = parse(await json_of(request), FlowSwitch, at="")
    applied = await parts.configuring.switch_flow(
        who.workspace_or(workspace),
        flow,
        enabled=switch.enabled,
        by=signature(who),
        is_person=who.is_person,
    )
    return told(applied)


def _document(row: Row) -> dict[str, Any]:
    """As it was written, and as such where this version does not understand all of it."""
    reading, since = _reading(row), row["enabled_since"]
    if reading["errors"] or reading["passed_over"]:
        return reading | {"document": row["body"], "enabled_since": since}
    body: dict[str, Any] = row["body"]
    shown = body | {"version": row["version"], "readable": True}
    return shown | {"enabled_since": since} if row["kind"] == "flow" else shown


def _reading(row: Row) -> dict[str, Any]:
    """Of a kind that it does not know, a version can read nothing."""
    errors: Sequence[FieldError] = ()
    passed_over: Sequence[str] = ()
    if row["kind"] in KINDS:
        try:
            passed_over = read_document(row["kind"], row["body"]).passed_over
        except BadInput as error:
            errors = error.errors
    else:
        errors = [FieldError("", f"this version does not know the kind {row['kind']}")]
    told = {name: row[name] for name in ("kind", "id", "version")}
    return told | {"readable": not errors, "errors": errors, "passed_over": passed_over}


def told(applied: Applied) -> dict[str, Any]:
    """Of an answer: what changed, and the version of the configuration."""
    shown = [
        {"change": one.change, "kind": one.kind, "id": one.id, "fields": one.fields}
        for one in applied.changes
    ]
    return {"version": applied.version, "changes": shown}


def _described(body: object) -> str | None:
    """The workspace a file is about."""
    try:
        found = msgspec.convert(body, _File)
    except msgspec.ValidationError:
        return None  # reading it will say what is wrong
    return found.workspaces[0].id if found.workspaces else None


class _Named(msgspec.Struct):
    id: str


class _File(msgspec.Struct):
    workspaces: list[_Named] = []
