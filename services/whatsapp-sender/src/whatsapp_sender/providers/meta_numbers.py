"""How our numbers stand at Meta: quality, messaging limit, and the business behind them.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messaging-limits
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from channel.providers import Access
from common.config import MetaWhatsAppAccount
from whatsapp_sender.domain.standing import Standing, bounded
from whatsapp_sender.providers.meta import bearer, graph
from whatsapp_sender.providers.meta_codes import body_of
from whatsapp_sender.providers.reviewing import Unavailable

# `messaging_limit_tier`, of a number alone, is told no longer: limits are the business's.
OF_NUMBER = (
    "display_phone_number,verified_name,name_status,status,quality_rating,"
    "whatsapp_business_manager_messaging_limit"
)
OF_ACCOUNT = "account_review_status,business_verification_status"


async def standing(access: Access[MetaWhatsAppAccount]) -> Sequence[Standing]:
    """Of each number of the account. Raises `Unavailable`."""
    account = access.account
    whole, *each = await asyncio.gather(
        _ask(access, account.business_account_id, OF_ACCOUNT),
        *(_ask(access, one.phone_number_id, OF_NUMBER) for one in account.senders),
    )
    return [
        bounded(
            Standing(
                number=sender.number,
                status=_word(told, "status"),
                quality=_word(told, "quality_rating"),
                messaging_limit=_limit(told),
                verified_name=str(told.get("verified_name") or ""),
                name_status=_word(told, "name_status"),
                verification=_word(whole, "business_verification_status"),
                review=_word(whole, "account_review_status"),
            )
        )
        for sender, told in zip(account.senders, each, strict=True)
    ]


async def _ask(access: Access[MetaWhatsAppAccount], what: str, fields: str) -> Mapping[str, Any]:
    try:
        response = await access.http.get(
            f"{graph(access.account)}/{what}", params={"fields": fields}, headers=bearer(access)
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(type(error.__cause__ or error).__name__) from None
    if not response.is_success:
        raise Unavailable(f"http {response.status_code}")
    return body_of(response)


def _word(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value.lower() if isinstance(value, str) else ""


def _limit(told: Mapping[str, Any]) -> str:
    """`TIER_2K` is "2k"."""
    tier = told.get("whatsapp_business_manager_messaging_limit")
    return str(tier if tier is not None else "").lower().removeprefix("tier_")
