"""Twilio's Content API, and the sandbox's own for what people tap."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.answering import error, knows
from sandbox.carrier import Carrier
from sandbox.messages import Refused

MOST = 500


def router(carrier: Carrier) -> APIRouter:
    """`/v1/Content` and `/v1/ContentAndApprovals`: whose they are, the credentials say."""
    routes, contents = APIRouter(prefix="/v1"), carrier.contents

    @routes.post("/Content")
    async def make(request: Request) -> Response:
        account = _account(carrier, request)
        if account is None:
            return error(20003)
        try:
            return JSONResponse(contents.make(account, await request.json()).resource(), 201)
        except Refused as refused:
            return error(refused.code)

    @routes.post("/Content/{sid}/ApprovalRequests/whatsapp")
    async def submit(sid: str, request: Request) -> Response:
        account = _account(carrier, request)
        if account is None:
            return error(20003)
        try:
            made = contents.submit(account, sid, await request.json())
        except KeyError:
            return error(20404)
        except Refused as refused:
            return error(refused.code)
        return JSONResponse(made.approval(), 201)

    @routes.get("/ContentAndApprovals")
    async def find(request: Request) -> Response:
        account = _account(carrier, request)
        if account is None:
            return error(20003)
        size = max(1, min(int(request.query_params.get("PageSize", "50")), MOST))
        page = int(request.query_params.get("Page", "0"))
        found = [one for one in contents.all.values() if one.account == account]
        shown = found[page * size : (page + 1) * size]
        after = f"{carrier.base_url}/v1/ContentAndApprovals?PageSize={size}&Page={page + 1}"
        return JSONResponse(
            {
                "contents": [
                    one.resource() | {"approval_requests": one.approval()} for one in shown
                ],
                "meta": {"next_page_url": after if (page + 1) * size < len(found) else None},
            }
        )

    return routes


def _account(carrier: Carrier, request: Request) -> str | None:
    return next((sid for sid in carrier.accounts if knows(carrier, sid, request)), None)
