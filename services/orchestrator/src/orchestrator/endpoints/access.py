"""Who may do what."""

from typing import Annotated

from fastapi import Depends, Query

from common.process.access import Caller, caller
from common.process.service import part
from orchestrator.service.parts import Parts

Reader = Annotated[Caller, Depends(caller("read"))]
ReaderOfOwn = Annotated[Caller, Depends(caller("read", own=True))]
ConsentWriter = Annotated[Caller, Depends(caller("consent:write"))]
ConfigWriter = Annotated[Caller, Depends(caller("config:write"))]
Privacy = Annotated[Caller, Depends(caller("privacy"))]
Admin = Annotated[Caller, Depends(caller("admin"))]
Service = Annotated[Parts, Depends(part(Parts))]
Workspace = Annotated[
    str | None, Query(description="Whose it is; needed with an operator's key, else not.")
]


def signature(who: Caller) -> str:
    """How the change log names a caller."""
    return f"{who.name} ({who.key_id})"
