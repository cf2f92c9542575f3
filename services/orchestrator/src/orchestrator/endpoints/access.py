"""Who may do what, and how bodies are read."""

from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query, Request

from common.errors import Problem
from common.process.access import Caller, caller
from common.process.service import part
from common.process.web import BODY_LIMIT, body_of
from orchestrator.service.parts import Parts

Reader = Annotated[Caller, Depends(caller("read"))]
ConsentWriter = Annotated[Caller, Depends(caller("consent:write"))]
ConfigWriter = Annotated[Caller, Depends(caller("config:write"))]
Privacy = Annotated[Caller, Depends(caller("privacy"))]
Admin = Annotated[Caller, Depends(caller("admin"))]
Service = Annotated[Parts, Depends(part(Parts))]
Workspace = Annotated[
    str | None, Query(description="Whose it is; needed with an operator's key, else not.")
]


async def json_of(request: Request, *, limit: int = BODY_LIMIT) -> Any:
    """The body, decoded. Raises `Problem` 400 or 413."""
    raw = await body_of(request, limit=limit)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "Not JSON", str(error)) from None


def signature(who: Caller) -> str:
    """How the change log names a caller."""
    return f"{who.name} ({who.key_id})"
