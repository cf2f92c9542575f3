"""API keys. A key is shown once, when it is made."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from common.errors import BadInput
from common.events import parse
from common.process.access import Caller
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.endpoints.access import Admin, Service, Workspace, signature
from orchestrator.schemas.answers import KeyMade, KeysBody
from orchestrator.schemas.requests import KeyBody

router = APIRouter()
EXAMPLE = {"name": "our PBX", "scopes": ["events:write"]}


@router.post("/v1/keys", status_code=201)
@described(Described(reads={JSON: KeyBody}, examples={JSON: EXAMPLE}, gives={201: KeyMade}))
async def post_key(
    parts: Service, who: Admin, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """The only answer that holds the key itself."""
    body = parse(await json_of(request), KeyBody, at="")
    if workspace and body.workspace and workspace != body.workspace:
        raise BadInput.at("workspace", "is not the workspace of the query")
    workspace = _workspace(who, workspace or body.workspace)
    key = await parts.keys.create(
        workspace, name=body.name, scopes=body.scopes, expires_at=body.expires_at, by=signature(who)
    )
    return {
        "id": key.split("_")[1],
        "key": key,
        "name": body.name,
        "scopes": body.scopes,
        "workspace": workspace,
        "expires_at": body.expires_at,
    }


@router.get("/v1/keys")
@described(Described(gives={200: KeysBody}))
async def get_keys(parts: Service, who: Admin, workspace: Workspace = None) -> dict[str, Any]:
    """Without the keys themselves: they are not stored."""
    rows = await parts.keys.listed(_workspace(who, workspace))
    return {"keys": [dict(row) for row in rows]}


@router.delete("/v1/keys/{key_id}", status_code=204)
@described(Described(problems={404: "No such key."}))
async def delete_key(
    parts: Service,
    who: Admin,
    key_id: Annotated[str, Path(description="The id of a key, not the key itself.")],
    workspace: Workspace = None,
) -> None:
    """Revokes it; within two seconds nobody accepts it any more."""
    await parts.keys.revoke(key_id, _workspace(who, workspace), by=signature(who))


def _workspace(who: Caller, asked: str | None) -> str | None:
    if who.workspace is None:
        return asked
    return who.workspace_or(asked)
