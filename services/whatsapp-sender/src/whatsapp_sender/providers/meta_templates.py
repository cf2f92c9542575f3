"""Templates at Meta: what there are, in which state, and a new one for review.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
"""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from channel.providers import Access
from common.config import MetaWhatsAppAccount
from whatsapp_sender.domain.templates import State, Wording
from whatsapp_sender.providers.meta import bearer, graph
from whatsapp_sender.providers.meta_codes import (
    OF_ACCOUNT,
    PERMISSIONS,
    TOO_FAST,
    body_of,
    codes_of,
    in_words,
)
from whatsapp_sender.providers.meta_numbers import standing
from whatsapp_sender.providers.reviewing import Refused, Unavailable, example

__all__ = ["listed", "standing", "submit"]
MOST_PAGES = 60  # of a hundred: Meta allows 6,000 templates
EXISTS = 2388024  # subcode: content in this language is there already
NO_REASON = frozenset({"", "NONE"})


async def listed(access: Access[MetaWhatsAppAccount]) -> Sequence[State]:
    """All of the account. Raises `Unavailable`, `Refused`."""
    found: list[State] = []
    after: str | None = None
    for _ in range(MOST_PAGES):
        query = {"fields": "name,language,status,category,rejected_reason", "limit": "100"}
        body = await _ask(access, "GET", params=query | ({"after": after} if after else {})) or {}
        data = body.get("data")
        if not isinstance(data, list):
            raise Unavailable("an answer without a list")
        found += [_there(one) for one in data if isinstance(one, dict)]
        paging = body.get("paging")
        paging = paging if isinstance(paging, dict) else {}
        cursors = paging.get("cursors")
        after = cursors.get("after") if isinstance(cursors, dict) else None
        if not isinstance(after, str) or not data or "next" not in paging:
            return found  # the last page has cursors, too
    return found


async def submit(
    access: Access[MetaWhatsAppAccount], wording: Wording, there: State | None = None
) -> State | None:
    """For review. None: it is there, and will be listed. Raises `Unavailable`, `Refused`."""
    body: dict[str, Any] = {"type": "BODY", "text": wording.body}
    if wording.variables:
        examples = [example(name) for name in wording.variables]
        body["example"] = {"body_text": [examples]}
    components = [body]
    if wording.buttons:
        buttons = [{"type": "QUICK_REPLY", "text": title} for title in wording.buttons]
        components.append({"type": "BUTTONS", "buttons": buttons})
    told = {
        "name": wording.name,
        "language": wording.language,
        "category": "UTILITY",
        "components": components,
    }
    answer = await _ask(access, "POST", json=told)
    if answer is None:
        return None
    return _there({**answer, "name": wording.name, "language": wording.language})


async def _ask(
    access: Access[MetaWhatsAppAccount], method: str, **given: Any
) -> Mapping[str, Any] | None:
    """None: what was to be made exists."""
    account = access.account
    url = f"{graph(account)}/{account.business_account_id}/message_templates"
    try:
        response = await access.http.request(method, url, headers=bearer(access), **given)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(type(error.__cause__ or error).__name__) from None
    body = body_of(response)
    if response.is_success:
        return body
    told = body.get("error")
    code, subcode = codes_of(told) if isinstance(told, dict) else (None, None)
    if subcode == EXISTS:
        return None
    why = f"http {response.status_code}, {code}: {in_words(code)}"
    if _passes(response.status_code, code):
        raise Unavailable(why)
    raise Refused(why)


def _passes(status: int, code: int | None) -> bool:
    """Whether it says nothing of the words: Meta's own trouble, or the account's."""
    if status >= 500 or status < 400 or status in (401, 403, 408, 429):
        return True
    return code in TOO_FAST or code in OF_ACCOUNT or code in PERMISSIONS


def _there(told: Mapping[str, Any]) -> State:
    reason = str(told.get("rejected_reason") or "")
    return State(
        name=str(told.get("name", ""))[:512],
        language=str(told.get("language", ""))[:20],
        status=str(told.get("status", "unknown")).lower()[:40],
        category=str(told.get("category", "")).lower()[:40],
        reason="" if reason in NO_REASON else reason.lower()[:200],
    )
