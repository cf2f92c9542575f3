"""The legal notice: its text, who acknowledged it, and acknowledging it."""

from typing import Any

from fastapi import APIRouter, Request

from common.events import parse
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.endpoints.access import ConfigWriter, Reader, Service, Workspace, signature
from orchestrator.schemas.configuration import LegalNotice
from orchestrator.schemas.requests import Acknowledged
from orchestrator.service.parts import Parts

router = APIRouter()
NO_WORKSPACE = {404: "No such workspace."}


@router.get("/v1/legal-notice")
@described(Described(gives={200: LegalNotice}, problems=NO_WORKSPACE))
async def get_legal_notice(
    parts: Service, who: Reader, workspace: Workspace = None
) -> dict[str, Any]:
    """What has to be acknowledged before a flow is switched on, and who did, when."""
    return await _told(parts, who.workspace_or(workspace))


@router.post("/v1/legal-notice/acknowledgements")
@described(
    Described(
        reads={JSON: Acknowledged},
        examples={JSON: {"version": "5f2b9c0d1e7a"}},
        gives={200: LegalNotice},
        problems={**NO_WORKSPACE, 409: "The text is another one by now."},
    )
)
async def acknowledge_legal_notice(
    parts: Service, who: ConfigWriter, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """In the name of the caller. Once is enough, and stays; it is in the change log, too."""
    own = who.workspace_or(workspace)
    body = parse(await json_of(request), Acknowledged, at="")
    await parts.notices.acknowledge(own, body.version, by=signature(who))
    return await _told(parts, own)


async def _told(parts: Parts, workspace: str) -> dict[str, Any]:
    rows = [dict(row) for row in await parts.notices.acknowledged(workspace)]
    notice = parts.notices.notice
    return {
        "version": notice.version,
        "text": notice.text,
        "required": notice.required,
        "acknowledged": any(row["version"] == notice.version for row in rows),
        "acknowledgements": rows,
    }
