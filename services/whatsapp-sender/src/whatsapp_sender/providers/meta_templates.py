"""Templates at Meta: what there are, in which state, and a new one for review.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from channel.providers import Access
from common.config import MetaWhatsAppAccount
from whatsapp_sender.domain.templates import Wording
from whatsapp_sender.providers.meta import bearer, graph
from whatsapp_sender.providers.meta_codes import body_of, in_words

MOST_PAGES = 60  # of a hundred: Meta allows 6,000 templates
EXAMPLES: Mapping[str, str] = {"agent": "Asha", "name": "Noor", "queue": "Billing"}
NO_REASON = frozenset({"", "NONE"})


class Unavailable(Exception):
    """Meta cannot be asked now, or does not let us; says why in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """A template as Meta tells it, in small letters."""

    name: str
    language: str
    status: str
    category: str
    reason: str


async def listed(access: Access[MetaWhatsAppAccount]) -> Sequence[There]:
    """All of the account. Raises `Unavailable`."""
    found: list[There] = []
    after: str | None = None
    for _ in range(MOST_PAGES):
        query = {"fields": "name,language,status,category,rejected_reason", "limit": "100"}
        body = await _ask(access, "GET", params=query | ({"after": after} if after else {}))
        data = body.get("data")
        if not isinstance(data, list):
            raise Unavailable("an answer without a list")
        found += [_there(one) for one in data if isinstance(one, dict)]
        paging = body.get("paging")
        cursors = paging.get("cursors") if isinstance(paging, dict) else None
        after = cursors.get("after") if isinstance(cursors, dict) else None
        if not isinstance(after, str) or not data:
            return found
    return found


async def submit(access: Access[MetaWhatsAppAccount], wording: Wording) -> There:
    """For review. Raises `Unavailable`, also when Meta refuses it at once."""
    body: dict[str, Any] = {"type": "BODY", "text": wording.body}
    if wording.variables:
        examples = [EXAMPLES.get(name, name) for name in wording.variables]
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
    return _there({**answer, "name": wording.name, "language": wording.language})


async def _ask(access: Access[MetaWhatsAppAccount], method: str, **given: Any) -> Mapping[str, Any]:
    account = access.account
    url = f"{graph(account)}/{account.business_account_id}/message_templates"
    try:
        response = await access.http.request(method, url, headers=bearer(access), **given)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(type(error.__cause__ or error).__name__) from None
    body = body_of(response)
    if response.is_success:
        return body
    error_ = body.get("error")
    code = error_.get("code") if isinstance(error_, dict) else None
    raise Unavailable(f"http {response.status_code}, {code}: {in_words(code)}")


def _there(told: Mapping[str, Any]) -> There:
    reason = str(told.get("rejected_reason") or "")
    return There(
        name=str(told.get("name", ""))[:512],
        language=str(told.get("language", ""))[:20],
        status=str(told.get("status", "unknown")).lower()[:40],
        category=str(told.get("category", "")).lower()[:40],
        reason="" if reason in NO_REASON else reason.lower()[:200],
    )
