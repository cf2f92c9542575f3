"""REST: the rows behind the figures, one per call or answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from analytics.domain.entries import Entry
from analytics.domain.words import Sought
from analytics.endpoints.figures import Asked, Parts, ReadOwn, understood
from analytics.schemas.filters import Value
from analytics.schemas.lists import CallsFilter, Paged, ResponsesFilter
from analytics.schemas.rows import (
    CallBody,
    CallsBody,
    CallSearch,
    FoundCalls,
    ResponseBody,
    ResponsesBody,
)
from analytics.service import Reports
from analytics.service.synchronising import changed, settled
from common.errors import BadInput, Problem
from common.events import parse
from common.ids import contact_id
from common.phone import UNREADABLE, readable
from common.process.access import Caller
from common.process.openapi import JSON, Described, described
from common.process.web import json_of

router = APIRouter(prefix="/v1", tags=["analytics"])
Interaction = Annotated[UUID, Path(description="`interaction_id` of a call.")]
Workspace = Annotated[Value | None, Query(description="Only for keys of the operator")]


@router.get("/responses")
async def read_responses(
    who: ReadOwn, reports: Parts, wanted: Annotated[ResponsesFilter, Query()]
) -> ResponsesBody:
    """One row per answered call; partial answers are among them."""
    asked = await understood(reports, who, wanted)
    entries: Sequence[Entry]
    until: datetime | None = None
    if wanted.updated_since is None:
        sought = wanted.sought(masks=asked.masks)
        entries, following = await _page(reports, asked, wanted, answered=True, sought=sought)
    else:
        entries, following, until = await _changed(reports, asked, wanted)
    return ResponsesBody(
        **asked.range,
        responses=[ResponseBody.of(entry, masks=asked.masks) for entry in entries],
        next_cursor=following,
        updated_until=until,
    )


@router.get("/calls")
async def read_calls(
    who: ReadOwn, reports: Parts, wanted: Annotated[CallsFilter, Query()]
) -> CallsBody:
    """One row per call with its decision."""
    asked = await understood(reports, who, wanted)
    entries, following = await _page(reports, asked, wanted, answered=False)
    return CallsBody(
        **asked.range, calls=[CallBody.of(entry) for entry in entries], next_cursor=following
    )


@router.post("/calls/find")
@described(
    Described(
        reads={JSON: CallSearch},
        examples={JSON: {"address": "+12025550101"}},
        gives={200: FoundCalls},
    )
)
async def find_calls(
    who: ReadOwn, reports: Parts, request: Request, workspace: Workspace = None
) -> FoundCalls:
    """Of one person, or by the source's own name; in a body, for URLs are written to logs."""
    own = who.workspace_or(workspace)
    wanted = parse(await json_of(request), CallSearch, at="")
    if (wanted.address is None) is (wanted.call_id is None):
        raise BadInput.at("address", "either this or call_id is needed")
    contact: UUID | None = None
    if wanted.address is not None:
        contact = contact_id(reports.pepper, own, _address(wanted.address))
    found = await reports.find(
        own,
        sight=who.sight,
        contact=contact,
        call_id=wanted.call_id,
        days=wanted.days,
        limit=wanted.limit,
    )
    return FoundCalls(calls=[CallBody.of(entry) for entry in found])


def _address(told: str) -> str:
    address = readable(told)
    if address is None:
        raise BadInput.at("address", UNREADABLE)
    return address


@router.get("/calls/{interaction}")
@described(Described(gives={200: CallBody}, problems={404: "No such call."}))
async def read_call(
    who: ReadOwn, reports: Parts, interaction: Interaction, workspace: Workspace = None
) -> CallBody:
    """One call with its decision, whenever it was."""
    return CallBody.of(await _one(who, reports, interaction, workspace))


@router.get("/responses/{interaction}")
@described(Described(gives={200: ResponseBody}, problems={404: "No answer to that call."}))
async def read_response(
    who: ReadOwn, reports: Parts, interaction: Interaction, workspace: Workspace = None
) -> ResponseBody:
    """The answer of one call, the one that counts."""
    entry = await _one(who, reports, interaction, workspace)
    if entry.reply is None:
        raise Problem(404, "Nobody answered about this call")
    return ResponseBody.of(entry, masks=who.sight is not None)


async def _one(who: Caller, reports: Reports, interaction: UUID, workspace: str | None) -> Entry:
    found = await reports.entry(who.workspace_or(workspace), interaction, sight=who.sight)
    if found is None:
        raise Problem(404, "No such call")
    return found


async def _page(
    reports: Reports,
    asked: Asked,
    wanted: Paged,
    *,
    answered: bool,
    sought: Sought | None = None,
) -> tuple[list[Entry], str | None]:
    entries, last = await reports.page(
        asked.selection,
        after=wanted.after(),
        limit=wanted.limit,
        answered=answered,
        sort=wanted.sort,
        sought=sought,
    )
    return entries, wanted.following(last) if last else None


async def _changed(
    reports: Reports, asked: Asked, wanted: ResponsesFilter
) -> tuple[Sequence[Entry], str | None, datetime | None]:
    after, until = wanted.since(await settled(reports))
    found = await changed(
        reports,
        asked.selection,
        after,
        until=until,
        limit=wanted.limit,
        sought=wanted.sought(masks=asked.masks),
    )
    if found.after is None:
        return found.entries, None, until
    # Not before the end: who began the next run there would never be told of the rest.
    return found.entries, wanted.following_change(found.after, until), None
