"""Endpoints of a workspace and the log of what was delivered to them."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from closed_loop.endpoints.access import ConfigWriter, Workspace, signature
from closed_loop.schemas.answers import (
    AttemptBody,
    DeliveriesPage,
    DeliveryBody,
    DeliveryDetail,
    EndpointBody,
    EndpointMade,
    EndpointsBody,
    Replayed,
    SecretRotated,
)
from closed_loop.schemas.requests import (
    EndpointChange,
    NewEndpoint,
    ReplayBody,
    RotationBody,
    TestBody,
)
from closed_loop.service.parts import Parts
from closed_loop.service.webhooks import Webhooks, body_of
from common.database import Row
from common.errors import Problem
from common.events import parse
from common.process.access import Caller
from common.process.openapi import JSON, Described, described
from common.process.paging import Cursor, cursor_of, position
from common.process.service import part
from common.process.web import json_of

router = APIRouter(prefix="/v1/webhooks")


async def _webhooks(parts: Annotated[Parts, Depends(part(Parts))]) -> Webhooks:
    return parts.webhooks


Service = Annotated[Webhooks, Depends(_webhooks)]
Endpoint = Annotated[UUID, Path(description="The id of a webhook.")]
Message = Annotated[UUID, Path(description="The id of what was sent.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Rows of a page.")]
State = Annotated[
    Literal["waiting", "delivered", "failed"] | None, Query(description="Only these.")
]
NOT_FOUND = {404: "No such webhook."}
EXAMPLE = {
    "name": "our CRM",
    "url": "https://crm.example.com/hooks/aftercall",
    "events": ["response.created", "response.finished"],
}


@router.get("")
@described(Described(gives={200: EndpointsBody}))
async def get_webhooks(
    webhooks: Service, who: ConfigWriter, workspace: Workspace = None
) -> EndpointsBody:
    """Where this workspace is told of answers and alerts."""
    rows = await webhooks.listed(who.workspace_or(workspace))
    return EndpointsBody([body_of(row) for row in rows])


@router.post("", status_code=201)
@described(
    Described(
        reads={JSON: NewEndpoint},
        examples={JSON: EXAMPLE},
        gives={201: EndpointMade},
        problems={404: "No such workspace.", 409: "There are too many."},
    )
)
async def post_webhook(
    webhooks: Service, who: ConfigWriter, request: Request, workspace: Workspace = None
) -> EndpointMade:
    """Makes one. The secret that its requests are signed with is in this answer and no other."""
    given = parse(await json_of(request), NewEndpoint, at="")
    _may_have_numbers(who, given.numbers)
    own = who.workspace_or(workspace)
    row, secret = await webhooks.create(own, given, by=signature(who))
    return EndpointMade(endpoint=body_of(row), secret=secret)


@router.get("/{endpoint}")
@described(Described(gives={200: EndpointBody}, problems=NOT_FOUND))
async def get_webhook(
    webhooks: Service, who: ConfigWriter, endpoint: Endpoint, workspace: Workspace = None
) -> EndpointBody:
    """One of them."""
    return body_of(await webhooks.one(who.workspace_or(workspace), endpoint))


@router.patch("/{endpoint}")
@described(
    Described(
        reads={JSON: EndpointChange},
        examples={JSON: {"enabled": False}},
        gives={200: EndpointBody},
        problems=NOT_FOUND,
    )
)
async def patch_webhook(
    webhooks: Service,
    who: ConfigWriter,
    request: Request,
    endpoint: Endpoint,
    workspace: Workspace = None,
) -> EndpointBody:
    """Changes what is named. Switched on again, it hears of what happens from then on.

    What it missed can be replayed.
    """
    given = parse(await json_of(request), EndpointChange, at="")
    own = who.workspace_or(workspace)
    before = await webhooks.one(own, endpoint)
    _may_have_numbers(who, given.numbers or before["numbers"], before=before["numbers"])
    if before["numbers"] == "full" and given.url not in (None, before["url"]):
        _may_have_numbers(who, "full")  # else numbers could be led elsewhere
    return body_of(await webhooks.change(own, endpoint, given, by=signature(who)))


@router.delete("/{endpoint}", status_code=204)
@described(Described(problems=NOT_FOUND))
async def delete_webhook(
    webhooks: Service, who: ConfigWriter, endpoint: Endpoint, workspace: Workspace = None
) -> None:
    """Removes it, with its log."""
    await webhooks.remove(who.workspace_or(workspace), endpoint)


@router.post("/{endpoint}/secret")
@described(
    Described(
        reads={JSON: RotationBody},
        examples={JSON: {"keep_hours": 24}},
        gives={200: SecretRotated},
        problems=NOT_FOUND,
    )
)
async def post_webhook_secret(
    webhooks: Service,
    who: ConfigWriter,
    request: Request,
    endpoint: Endpoint,
    workspace: Workspace = None,
) -> SecretRotated:
    """A new secret; for a day, or as long as is said, each request is signed by both."""
    own = who.workspace_or(workspace)
    keep = timedelta(hours=parse(await json_of(request), RotationBody, at="").keep_hours)
    return SecretRotated(*await webhooks.rotate(own, endpoint, keep=keep, by=signature(who)))


@router.post("/{endpoint}/test", status_code=202)
@described(
    Described(
        reads={JSON: TestBody},
        examples={JSON: {"text": "Does it arrive?"}},
        gives={202: DeliveryDetail},
        problems={**NOT_FOUND, 409: "The endpoint is switched off."},
    )
)
async def post_webhook_test(
    webhooks: Service,
    who: ConfigWriter,
    request: Request,
    endpoint: Endpoint,
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Sends a `webhook.test`; what became of it is in the log a moment later."""
    own = who.workspace_or(workspace)
    text = parse(await json_of(request), TestBody, at="").text
    message = await webhooks.test(own, endpoint, text=text)
    return _detail(who, await webhooks.delivery(own, endpoint, message))


@router.get("/{endpoint}/deliveries")
@described(Described(gives={200: DeliveriesPage}, problems=NOT_FOUND))
async def get_webhook_deliveries(
    webhooks: Service,
    who: ConfigWriter,
    endpoint: Endpoint,
    state: State = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    workspace: Workspace = None,
) -> DeliveriesPage:
    """What was sent there or will be, the newest first."""
    own = who.workspace_or(workspace)
    before = position(cursor)
    rows = await webhooks.deliveries(own, endpoint, state=state, before=before, limit=limit + 1)
    shown = [_delivery(row) for row in rows[:limit]]
    more = len(rows) > limit
    return DeliveriesPage(shown, cursor_of(shown[-1].made_at, shown[-1].id) if more else None)


@router.get("/{endpoint}/deliveries/{message}")
@described(Described(gives={200: DeliveryDetail}, problems={404: "No such delivery."}))
async def get_webhook_delivery(
    webhooks: Service,
    who: ConfigWriter,
    endpoint: Endpoint,
    message: Message,
    workspace: Workspace = None,
) -> dict[str, Any]:
    """One of them: its body, and each attempt with what was answered."""
    return _detail(who, await webhooks.delivery(who.workspace_or(workspace), endpoint, message))


@router.post("/{endpoint}/replay", status_code=202)
@described(
    Described(
        reads={JSON: ReplayBody},
        examples={JSON: {"from": "2026-01-05T10:00:00Z"}},
        gives={202: Replayed},
        problems={404: "No such webhook, or delivery.", 409: "The endpoint is switched off."},
    )
)
async def post_webhook_replay(
    webhooks: Service,
    who: ConfigWriter,
    request: Request,
    endpoint: Endpoint,
    workspace: Workspace = None,
) -> Replayed:
    """Sends one message, or those of a stretch of time, once more: with the same `webhook-id`.

    At most 10,000 at a time.
    """
    given = parse(await json_of(request), ReplayBody, at="")
    queued, more_from = await webhooks.replay(
        who.workspace_or(workspace),
        endpoint,
        message=given.message,
        since=given.since,
        until=given.until,
        all_of_them=given.only == "all",
    )
    return Replayed(queued, more_from)


def _may_have_numbers(who: Caller, numbers: str, *, before: str = "masked") -> None:
    """Raises `Problem` 403."""
    if numbers == "full" and before != "full" and "admin" not in who.scopes:
        raise Problem(403, "Not allowed", "Numbers in full are for a key with the scope admin.")


def _delivery(row: Row) -> DeliveryBody:
    return DeliveryBody(**{one.name: row[one.name] for one in fields(DeliveryBody)})


def _detail(who: Caller, found: tuple[Row, Mapping[str, Any], list[Row]]) -> dict[str, Any]:
    """As JSON already: the data are stored as they are told, the number in full to admins alone."""
    delivery, message, attempts = found
    data, may = message["data"], "admin" in who.scopes
    if may and message["numbers"] == "full" and message["address"] is not None:
        data = {**data, "address": message["address"]}
    return {
        "delivery": _delivery(delivery),
        "body": {"type": message["type"], "timestamp": message["at"], "data": data},
        "attempts": [
            AttemptBody(**{one.name: row[one.name] for one in fields(AttemptBody)})
            for row in attempts
        ],
    }
