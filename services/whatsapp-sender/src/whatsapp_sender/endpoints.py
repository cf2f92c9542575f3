"""What the provider says of our templates and numbers."""

from dataclasses import asdict
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends

from channel.endpoints import Reader, Workspace
from common.process.service import part
from whatsapp_sender.schemas import NumbersBody, NumberState, TemplatesBody, TemplateState
from whatsapp_sender.service.templates import Templates


class Following(Protocol):
    """Who runs in this process and follows them."""

    templates: Templates


def states(kind: type[Following]) -> APIRouter:
    """For the sender of that kind that runs in this process."""
    router = APIRouter(prefix="/v1/whatsapp")
    running = Depends(part(kind))

    @router.get("/templates")
    async def read_templates(
        sender: Annotated[Following, running], reader: Reader, workspace: Workspace = None
    ) -> TemplatesBody:
        """Ours, in the state that the provider told last; nothing goes out by one not approved."""
        found = await sender.templates.of_workspace(reader.workspace_or(workspace))
        return TemplatesBody(
            [
                TemplateState(
                    account=account,
                    name=one.name,
                    language=one.language,
                    status=one.status,
                    category=one.category,
                    reason=one.reason,
                    changed_at=one.changed_at,
                )
                for account, one in found
            ]
        )

    @router.get("/numbers")
    async def read_numbers(
        sender: Annotated[Following, running], reader: Reader, workspace: Workspace = None
    ) -> NumbersBody:
        """How our numbers stand: quality, messaging limit, whether the business is verified."""
        found = await sender.templates.numbers.of_workspace(reader.workspace_or(workspace))
        return NumbersBody(
            [
                NumberState(account=one.account, changed_at=one.changed_at, **asdict(one.standing))
                for one in found
            ]
        )

    return router
