"""Secrets of a workspace: written, listed by name, removed; what they are is never told."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from common.events import parse
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.endpoints.access import ConfigWriter, Service, Workspace, signature
from orchestrator.schemas.answers import SecretsBody, SecretWritten
from orchestrator.schemas.requests import SecretBody

router = APIRouter()
Name = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="As documents refer to it: secret:NAME."
    ),
]
PROBLEMS = {404: "No such workspace.", 409: "No master key is set, or there are too many."}


@router.put("/v1/secrets/{name}")
@described(
    Described(
        reads={JSON: SecretBody},
        examples={JSON: {"value": "0123456789abcdef"}},
        gives={200: SecretWritten},
        problems=PROBLEMS,
    )
)
async def put_secret(
    parts: Service, who: ConfigWriter, request: Request, name: Name, workspace: Workspace = None
) -> dict[str, Any]:
    """Writes it, also anew: services use the new one within a second."""
    own = who.workspace_or(workspace)
    body = parse(await json_of(request), SecretBody, at="")
    version = await parts.secrets.put(own, name, body.value, by=signature(who))
    return {"name": name, "version": version}


@router.get("/v1/secrets")
@described(Described(gives={200: SecretsBody}))
async def get_secrets(
    parts: Service, who: ConfigWriter, workspace: Workspace = None
) -> dict[str, Any]:
    """Which there are, since when and by whom; not what they are."""
    rows = await parts.secrets.listed(who.workspace_or(workspace))
    return {"secrets": [dict(row) for row in rows]}


@router.delete("/v1/secrets/{name}", status_code=204)
@described(Described(problems={404: "No such secret.", 409: "A document refers to it."}))
async def delete_secret(
    parts: Service, who: ConfigWriter, name: Name, workspace: Workspace = None
) -> None:
    """Removes one that no document refers to."""
    await parts.secrets.remove(who.workspace_or(workspace), name, by=signature(who))
