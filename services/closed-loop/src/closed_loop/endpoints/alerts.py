"""Alerts, the rules that raise them, the mails about them."""

from dataclasses import fields
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request

from closed_loop.endpoints.access import ConfigWriter, ReaderOfOwn, Workspace, signature
from closed_loop.schemas.alerts import (
    AlertsPage,
    MailBody,
    MailsPage,
    RuleBody,
    RulesBody,
)
from closed_loop.schemas.requests import NewRule, RuleChange
from closed_loop.service.parts import Parts
from common.database import Row
from common.events import parse
from common.process.openapi import JSON, Described, described
from common.process.paging import Cursor, cursor_of, position
from common.process.service import part
from common.process.web import json_of

router = APIRouter(prefix="/v1/alerts")
Service = Annotated[Parts, Depends(part(Parts))]
RuleId = Annotated[UUID, Path(description="The id of a rule.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Rows of a page.")]
NOT_FOUND = {404: "No such rule."}
EXAMPLE = {
    "name": "Billing: unhappy callers",
    "kind": "low_rating",
    "queues": ["billing"],
    "emails": ["ann@example.com"],
}


@router.get("")
@described(Described(gives={200: AlertsPage}))
async def get_alerts(
    parts: Service,
    who: ReaderOfOwn,
    rule: Annotated[UUID | None, Query(description="Of this rule alone.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    workspace: Workspace = None,
) -> dict[str, Any]:
    """What was raised, the newest first.

    For a supervisor of their own teams, for an agent about their own calls.
    """
    own, before = who.workspace_or(workspace), position(cursor)
    rows = await parts.rules.alerts(own, sight=who.sight, rule=rule, before=before, limit=limit + 1)
    names = ("id", "rule_id", "rule", "made_at", "told_at")
    shown = [{**{name: row[name] for name in names}, "alert": row["data"]} for row in rows[:limit]]
    return {"alerts": shown, "next_cursor": _next(rows, limit)}


@router.get("/mails")
@described(Described(gives={200: MailsPage}))
async def get_alert_mails(
    parts: Service,
    who: ConfigWriter,
    limit: Limit = 50,
    cursor: Cursor = None,
    workspace: Workspace = None,
) -> MailsPage:
    """Mails about alerts and what became of them, the newest first."""
    own, before = who.workspace_or(workspace), position(cursor)
    rows = await parts.rules.sent(own, before=before, limit=limit + 1)
    shown = [MailBody(**{one.name: row[one.name] for one in fields(MailBody)}) for row in rows]
    return MailsPage(shown[:limit], _next(rows, limit))


@router.get("/rules")
@described(Described(gives={200: RulesBody}))
async def get_alert_rules(
    parts: Service, who: ConfigWriter, workspace: Workspace = None
) -> RulesBody:
    """What alerts are raised for, and who is told."""
    rows = await parts.rules.listed(who.workspace_or(workspace))
    return RulesBody([_body(row) for row in rows], parts.rules.mails)


@router.post("/rules", status_code=201)
@described(
    Described(
        reads={JSON: NewRule},
        examples={JSON: EXAMPLE},
        gives={201: RuleBody},
        problems={404: "No such workspace.", 409: "There are too many."},
    )
)
async def post_alert_rule(
    parts: Service, who: ConfigWriter, request: Request, workspace: Workspace = None
) -> RuleBody:
    """Makes one; what happened before raises nothing."""
    given = parse(await json_of(request), NewRule, at="")
    own = who.workspace_or(workspace)
    return _body(await parts.rules.create(own, given, by=signature(who)))


@router.get("/rules/{rule}")
@described(Described(gives={200: RuleBody}, problems=NOT_FOUND))
async def get_alert_rule(
    parts: Service, who: ConfigWriter, rule: RuleId, workspace: Workspace = None
) -> RuleBody:
    """One of them."""
    return _body(await parts.rules.one(who.workspace_or(workspace), rule))


@router.patch("/rules/{rule}")
@described(
    Described(
        reads={JSON: RuleChange},
        examples={JSON: {"enabled": False}},
        gives={200: RuleBody},
        problems=NOT_FOUND,
    )
)
async def patch_alert_rule(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    rule: RuleId,
    workspace: Workspace = None,
) -> RuleBody:
    """Changes what is named. Of one that is switched off, what waited is not told."""
    given = parse(await json_of(request), RuleChange, at="")
    own = who.workspace_or(workspace)
    return _body(await parts.rules.change(own, rule, given, by=signature(who)))


@router.delete("/rules/{rule}", status_code=204)
@described(Described(problems=NOT_FOUND))
async def delete_alert_rule(
    parts: Service, who: ConfigWriter, rule: RuleId, workspace: Workspace = None
) -> None:
    """Removes it, with its alerts."""
    await parts.rules.remove(who.workspace_or(workspace), rule)


def _next(rows: list[Row], limit: int) -> str | None:
    if len(rows) <= limit:
        return None
    return cursor_of(rows[limit - 1]["made_at"], rows[limit - 1]["id"])


def _body(row: Row) -> RuleBody:
    return RuleBody(**{one.name: row[one.name] for one in fields(RuleBody)})
