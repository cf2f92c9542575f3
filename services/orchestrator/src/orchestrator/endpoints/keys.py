"""API keys. A key is shown once, when it is made."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from common.errors import Problem
from common.events import parse
from common.process.access import Caller
from common.process.openapi import JSON, Described, described
from orchestrator.endpoints.access import Admin, Service, json_of
from orchestrator.repository import configuration
from orchestrator.schemas.answers import KeyMade, KeysBody
from orchestrator.schemas.requests import KeyBody
from orchestrator.service.keys import create_key

router = APIRouter()
EXAMPLE = {"name": "our PBX", "scopes": ["events:write"]}


@router.post("/v1/keys", status_code=201)
@described(Described(reads={JSON: KeyBody}, examples={JSON: EXAMPLE}, gives={201: KeyMade}))
async def post_key(parts: Service, who: Admin, request: Request) -> dict[str, Any]:
    """The only answer that holds the key itself."""
    body = parse(await json_of(request), KeyBody, at="")
    workspace = _workspace(who, body.workspace)
    async with parts.db.transaction() as connection:
        key = await create_key(
            connection,
            name=body.name,
            scopes=body.scopes,
            workspace=workspace,
            expires_at=body.expires_at,
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
async def get_keys(parts: Service, who: Admin) -> dict[str, Any]:
    """Without the keys themselves: they are not stored."""
    async with parts.db.connection() as connection:
        rows = await configuration.keys(connection, who.workspace)
    return {"keys": [dict(row) for row in rows]}


@router.delete("/v1/keys/{key_id}", status_code=204)
@described(Described(problems={404: "No such key."}))
async def delete_key(
    parts: Service,
    who: Admin,
    key_id: Annotated[str, Path(description="The id of a key, not the key itself.")],
) -> None:
    """Revokes it; within two seconds nobody accepts it any more."""
    async with parts.db.transaction() as connection:
        if not await configuration.revoke_key(connection, key_id, who.workspace):
            raise Problem(404, "No such key")


def _workspace(who: Caller, asked: str | None) -> str | None:
    if who.workspace is None:
        return asked
    return who.workspace_or(asked)
