"""Templates at Twilio: content that is made there, then sent to WhatsApp for its review.

https://www.twilio.com/docs/content/content-api-resources
"""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from channel.providers import Access
from channel.twilio.codes import body_of
from channel.twilio.requests import auth
from common.config import TwilioWhatsAppAccount
from whatsapp_sender.domain.choices import choice_id
from whatsapp_sender.domain.standing import Standing
from whatsapp_sender.domain.templates import State, Wording
from whatsapp_sender.providers.reviewing import UNSUBMITTED, Refused, Unavailable, example

MOST_PAGES = 60
PAGE = 100
RECEIVED = "received"  # by Twilio; Meta's review follows


async def listed(access: Access[TwilioWhatsAppAccount]) -> Sequence[State]:
    """All of the account. Raises `Unavailable`, `Refused`."""
    found: list[State] = []
    query: dict[str, str] = {"PageSize": str(PAGE)}
    for _ in range(MOST_PAGES):
        body = await _ask(access, "GET", "/v1/ContentAndApprovals", params=query)
        contents, meta = body.get("contents"), body.get("meta")
        if not isinstance(contents, list):
            raise Unavailable("an answer without a list")
        found += [_there(one) for one in contents if isinstance(one, dict)]
        following = meta.get("next_page_url") if isinstance(meta, dict) else None
        if not isinstance(following, str) or not contents:
            return found
        # Of their address only the query: requests go where the configuration says.
        query = dict(httpx.URL(following).params)
    return found


async def standing(access: Access[TwilioWhatsAppAccount]) -> Sequence[Standing]:
    """Twilio shows them on its console."""
    return ()


async def submit(
    access: Access[TwilioWhatsAppAccount], wording: Wording, there: State | None = None
) -> State | None:
    """Makes it, unless it is there, and asks for its review. Raises `Unavailable`, `Refused`."""
    sid = there.sid if there else ""
    if not sid:
        made = await _ask(access, "POST", "/v1/Content", json=_content(wording))
        sid = str(made.get("sid") or "")
        if not sid:
            raise Unavailable("content without a sid")
    path = f"/v1/Content/{sid}/ApprovalRequests/whatsapp"
    asked = {"name": wording.name, "category": "UTILITY"}
    approval = await _ask(access, "POST", path, json=asked)
    content = {"sid": sid, "friendly_name": wording.name, "language": wording.language}
    return _there({**content, "approval_requests": dict(approval)})


def _content(wording: Wording) -> Mapping[str, Any]:
    words: dict[str, Any] = {"body": wording.body}
    if wording.buttons:
        low = int(wording.buttons[0])
        words["actions"] = [
            {"type": "QUICK_REPLY", "title": title, "id": choice_id(wording.question, low + place)}
            for place, title in enumerate(wording.buttons)
        ]
    kind = "twilio/quick-reply" if wording.buttons else "twilio/text"
    return {
        "friendly_name": wording.name,
        "language": wording.language,
        "variables": {str(place): example(name) for place, name in enumerate(wording.variables, 1)},
        "types": {kind: words},
    }


async def _ask(
    access: Access[TwilioWhatsAppAccount], method: str, path: str, **given: Any
) -> Mapping[str, Any]:
    url = f"{access.account.content_url}{path}"
    try:
        response = await access.http.request(method, url, auth=auth(access), **given)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(type(error.__cause__ or error).__name__) from None
    if response.is_success:
        return body_of(response)
    code = body_of(response).get("code")
    why = f"http {response.status_code}" + (f", {code}" if code else "")
    if response.status_code in (400, 409, 422):
        raise Refused(why)
    raise Unavailable(why)


def _there(told: Mapping[str, Any]) -> State:
    approval = told.get("approval_requests")
    approval = approval if isinstance(approval, dict) else {}
    status = str(approval.get("status") or UNSUBMITTED).lower()[:40]
    return State(
        name=str(told.get("friendly_name", ""))[:512],
        language=str(told.get("language", ""))[:20],
        status="pending" if status == RECEIVED else status,
        category=str(approval.get("category") or "").lower()[:40],
        reason=str(approval.get("rejection_reason") or "").lower()[:200],
        sid=str(told.get("sid", ""))[:64],
    )
