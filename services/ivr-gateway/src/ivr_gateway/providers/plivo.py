"""Plivo Voice. https://www.plivo.com/docs/voice/api/call/make-a-call"""

import base64
import binascii
import json
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import httpx

from channel.content import Prompt
from channel.posting import date_of, post
from channel.providers import Access, CallbackRequest, Credentials, Listed, OutgoingMessage
from channel.store.outcomes import Outcome, Rejected, Report
from common.config import PlivoVoiceAccount
from common.events.sends import FailureClass
from ivr_gateway.domain.passed_on import unescaped
from ivr_gateway.providers import plivo_xml
from ivr_gateway.providers.calling import DocumentCalls, Documents
from ivr_gateway.providers.plivo_calls import call_of, outcome_of, report_of
from ivr_gateway.providers.plivo_signatures import is_signed

CARRIED = "with"  # of our own URL: all that it carries, in characters that nobody writes otherwise
NEWEST = "20"  # calls, the most that Plivo lists at once


class PlivoVoice(DocumentCalls):
    """Places calls; accounts and clients are given."""

    documents: ClassVar[Documents] = plivo_xml
    speech: ClassVar[tuple[str, str]] = ("Speech", "SpeechConfidenceScore")
    header: ClassVar[str] = "x-ph-aftercallcall"

    async def send(self, access: Access[PlivoVoiceAccount], message: OutgoingMessage) -> Outcome:
        content, account = message.content, access.account
        if not isinstance(content, Prompt):
            return Rejected(FailureClass.CONFIG, "nothing to be said aloud")
        prompt, goodbye, status = self.urls(message.callbacks, message.send_id, content)
        wanted: dict[str, Any] = {
            "to": message.to.lstrip("+"),
            "from": message.sender.lstrip("+"),
            "answer_url": prompt,
            "answer_method": "POST",
            "fallback_url": goodbye,
            "fallback_method": "POST",
            "hangup_url": status,
            "hangup_method": "POST",
            "ring_timeout": int(account.ring.total_seconds()),
        }
        if account.machine_detection:
            wanted["machine_detection"] = (
                "hangup"  # without a URL of its own: before a word is said
            )
        return await post(
            access, _resource(account, "Call/"), outcome_of, json=wanted, auth=_auth(access)
        )

    async def sent(
        self, access: Access[PlivoVoiceAccount], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        """Those that are over; of one that goes on its own callbacks tell."""
        query = {
            "from_number": sender.lstrip("+"),
            "to_number": to.lstrip("+"),
            "call_direction": "outbound",
            "limit": NEWEST,
        }
        try:
            response = await access.http.get(
                _resource(access.account, "Call/"), params=query, auth=_auth(access)
            )
            found = [_listed(item) for item in response.raise_for_status().json()["objects"]]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
            return None
        return [one for one in found if one is not None]

    async def credentials(self, access: Access[PlivoVoiceAccount]) -> Credentials:
        try:
            response = await access.http.get(_resource(access.account), auth=_auth(access))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Credentials(said=type(error.__cause__ or error).__name__)
        status = response.status_code
        return Credentials(said=f"http {status}", status=status, date=date_of(response))

    def verify(
        self, request: CallbackRequest, account: PlivoVoiceAccount, secrets: Mapping[str, str]
    ) -> bool:
        return is_signed(request, secrets=secrets)

    def signed_by(self, account: PlivoVoiceAccount, secrets: Mapping[str, str]) -> Hashable:
        return secrets["auth_token"]

    def told(self, header: str) -> str:
        """Names and values are of letters and digits alone."""
        return unescaped(header)

    def call_of(self, fields: Mapping[str, Any]) -> str:
        return call_of(fields)

    def was_taken(self, fields: Mapping[str, Any]) -> bool:
        return fields.get("DialStatus") == "completed"

    def report(self, fields: Mapping[str, Any]) -> Report | None:
        return report_of(fields)

    def carried(self, words: Mapping[str, str]) -> str:
        packed = base64.urlsafe_b64encode(json.dumps(dict(words)).encode()).decode()
        return f"{CARRIED}={packed.rstrip('=')}"

    def carried_by(self, url: str) -> dict[str, str]:
        packed = super().carried_by(url).get(CARRIED, "")
        try:
            words = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)) or b"{}")
        except (binascii.Error, ValueError, RecursionError):
            return {}
        known = words if isinstance(words, dict) else {}
        return {str(name): str(value) for name, value in known.items()}


def _resource(account: PlivoVoiceAccount, name: str = "") -> str:
    return f"{account.base_url.rstrip('/')}/v1/Account/{account.auth_id}/{name}"


def _auth(access: Access[PlivoVoiceAccount]) -> tuple[str, str]:
    return access.account.auth_id, access.secrets["auth_token"]


def _listed(item: Mapping[str, Any]) -> Listed | None:
    """`answer_time` of a call that nobody took is empty."""
    status = "completed" if item.get("answer_time") else "failed"
    fields = {"CallUUID": item["call_uuid"], "CallStatus": status}
    report = report_of(fields | {"HangupCauseCode": item.get("hangup_cause_code")})
    created_at = datetime.fromisoformat(item["initiation_time"])
    if report is None or created_at.tzinfo is None:
        return None
    return Listed(report=report, created_at=created_at, by_time=True)
