"""Meta's WhatsApp Cloud API.

https://developers.facebook.com/documentation/business-messaging/whatsapp
"""

import hashlib
import hmac
import json
import re
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from channel.content import Content
from channel.posting import date_of, post
from channel.providers import (
    Access,
    CallbackRequest,
    CallbackResponse,
    Credentials,
    Listed,
    OutgoingMessage,
    ProviderEvent,
)
from channel.store.outcomes import (
    AccountRefused,
    InboundMessage,
    Outcome,
    Rejected,
    Report,
)
from common.config import MetaWhatsAppAccount
from common.errors import Problem
from common.events.sends import FailureClass
from common.telemetry import logging
from whatsapp_sender.providers import meta_webhooks
from whatsapp_sender.providers.meta_codes import body_of, in_words, outcome_of
from whatsapp_sender.providers.meta_messages import message as body_for

log = logging.get(__name__)
SIGNED = re.compile(r"sha256=[0-9a-f]{64}")
CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,200}")


class Meta:
    """Stateless: accounts and clients are given."""

    async def send(self, access: Access[MetaWhatsAppAccount], message: OutgoingMessage) -> Outcome:
        body = body_for(message.to, message.content, message.send_id)
        number = phone_number_id(access.account, message.sender)
        if body is None:
            return Rejected(FailureClass.CONFIG, "WhatsApp has no such content")
        if number is None:
            return AccountRefused("the number is not the account's", sender_only=True)
        url = f"{graph(access.account)}/{number}/messages"
        return await post(access, url, outcome_of, json=body, headers=bearer(access))

    async def sent(
        self, access: Access[MetaWhatsAppAccount], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        """Meta lists no messages: what became of one only its webhooks tell."""
        return []

    async def credentials(self, access: Access[MetaWhatsAppAccount]) -> Credentials:
        account = access.account
        url = f"{graph(account)}/{account.senders[0].phone_number_id}"
        fields = "display_phone_number,verified_name,quality_rating"
        try:
            response = await access.http.get(url, params={"fields": fields}, headers=bearer(access))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Credentials(said=type(error.__cause__ or error).__name__)
        refused = body_of(response).get("error")
        code = refused.get("code") if isinstance(refused, dict) else None
        said = f", {code}: {in_words(code)}" if code is not None else ""
        return Credentials(
            said=f"http {response.status_code}{said}",
            status=401 if code == 190 else response.status_code,
            date=date_of(response),
            expires_at=await _expiry(access) if response.is_success else None,
        )

    def verify(
        self, request: CallbackRequest, account: MetaWhatsAppAccount, secrets: Mapping[str, str]
    ) -> bool:
        if request.method == "GET":
            asked = _query(request.url)
            told = asked.get("hub.verify_token", "")
            same = hmac.compare_digest(told.encode(), secrets["verify_token"].encode())
            return same and asked.get("hub.mode") == "subscribe"
        signed = request.headers.get("x-hub-signature-256", "")
        if not SIGNED.fullmatch(signed):
            return False  # a stranger's request costs no more than this
        right = hmac.new(secrets["app_secret"].encode(), request.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(signed, f"sha256={right}")

    def signed_by(self, account: MetaWhatsAppAccount, secrets: Mapping[str, str]) -> Hashable:
        return secrets["app_secret"], secrets["verify_token"]

    def read(self, request: CallbackRequest) -> Sequence[ProviderEvent] | None:
        if request.what:
            return None
        if request.method == "GET":
            return []
        return list(meta_webhooks.events(_read(request.body)))

    def report(self, fields: Mapping[str, Any]) -> Report | None:
        return meta_webhooks.report(fields)

    def inbound(self, fields: Mapping[str, Any]) -> InboundMessage | None:
        return meta_webhooks.inbound(fields)

    def respond(self, request: CallbackRequest, content: Content | None) -> CallbackResponse:
        if request.method != "GET":
            return CallbackResponse(status=200)
        challenge = _query(request.url).get("hub.challenge", "")
        if not CHALLENGE.fullmatch(challenge):
            return CallbackResponse(status=400)
        return CallbackResponse(status=200, body=challenge.encode(), media_type="text/plain")


def _read(body: bytes) -> Any:
    """One odd byte loses nothing of what stands beside it. Raises `Problem` 400.

    What is not read is not acknowledged either: there may be a STOP in it, and Meta tells again.
    """
    try:
        return json.loads(body.decode(errors="replace"))
    except (ValueError, RecursionError):
        log.error("callback_unreadable", provider="meta", bytes=len(body))
        raise Problem(400, "Not to be read") from None


async def _expiry(access: Access[MetaWhatsAppAccount]) -> datetime | None:
    """When the token ends; None: never, or Meta does not say."""
    query = {"input_token": access.secrets["access_token"]}
    try:
        response = await access.http.get(
            f"{graph(access.account)}/debug_token", params=query, headers=bearer(access)
        )
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    told = body_of(response).get("data")
    at = told.get("expires_at") if isinstance(told, dict) else None
    return datetime.fromtimestamp(at, UTC) if isinstance(at, int) and 0 < at < 2**40 else None


def graph(account: MetaWhatsAppAccount) -> str:
    return f"{account.base_url.rstrip('/')}/{account.version}"


def bearer(access: Access[MetaWhatsAppAccount]) -> dict[str, str]:
    return {"Authorization": f"Bearer {access.secrets['access_token']}"}


def phone_number_id(account: MetaWhatsAppAccount, sender: str) -> str | None:
    return next((one.phone_number_id for one in account.senders if one.number == sender), None)


def _query(url: str) -> Mapping[str, str]:
    try:
        asked = parse_qs(urlsplit(url).query, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return {}  # anybody can ask, with as many fields as they like
    return {name: values[0] for name, values in asked.items()}
