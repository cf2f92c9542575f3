"""Who may do what: webhooks carry answers out, so setting them up is configuring."""

from typing import Annotated

from fastapi import Depends, Query

from common.process.access import Caller, caller

ReaderOfOwn = Annotated[Caller, Depends(caller("read", own=True))]
ConfigWriter = Annotated[Caller, Depends(caller("config:write"))]
Workspace = Annotated[
    str | None, Query(description="Whose it is; needed with an operator's key, else not.")
]


def signature(who: Caller) -> str:
    """How what was changed names a caller."""
    return f"{who.name} ({who.key_id})"
