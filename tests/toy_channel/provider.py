"""The provider: a message is a file in a folder; callbacks are JSON, signed by the app's secret.

One app serves several accounts, each called its line; one request may tell of all of them.
"""

import asyncio
import hashlib
import hmac
import json
import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict

from channel.content import Content, Prompt, encode, words
from channel.providers import (
    Access,
    CallbackKind,
    CallbackRequest,
    CallbackResponse,
    Credentials,
    Listed,
    OutgoingMessage,
    ProviderEvent,
)
from channel.store.outcomes import (
    Accepted,
    InboundMessage,
    NothingLeft,
    Outcome,
    Rejected,
    Report,
)
from common.config.accounts import Account
from common.config.fields import STRICT, SecretRef, Slug
from common.events.sends import DeliveryStatus, FailureClass
from common.events.values import Channel

STATUSES = {
    "written": DeliveryStatus.SENT,
    "read": DeliveryStatus.DELIVERED,
    "torn": DeliveryStatus.FAILED,
}
NO_KEYS = "Goodbye."  # what is said when there is nothing to say


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderAccount(Account):
    """`line`: what the provider calls the account."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: Literal[Channel.IVR]
    provider: Literal["folder"]
    folder: str
    line: Slug
    app_secret: SecretRef

    @property
    def name_there(self) -> str:
        return self.line

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"app_secret": self.app_secret}

    @property
    def host(self) -> str:
        return self.folder


def signature(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Folder:
    """Its name of a message is the name of the file."""

    async def send(self, access: Access[FolderAccount], message: OutgoingMessage) -> Outcome:
        if not isinstance(message.content, Prompt):
            return Rejected(FailureClass.CONFIG, "not to be read aloud")
        name = f"F-{message.send_id}"
        told = {
            "id": name,
            "send_id": str(message.send_id),
            "from": message.sender,
            "to": message.to,
            "content": encode(message.content),
            "at": datetime.now(UTC).isoformat(),
        }
        file = Path(access.account.folder, f"{name}.txt")
        try:
            await asyncio.to_thread(_write, file, json.dumps(told))
        except OSError as error:
            return NothingLeft(type(error).__name__)
        return Accepted(name)

    async def sent(
        self, access: Access[FolderAccount], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        listed = await asyncio.to_thread(_files, access.account.folder)
        return [_listed(one) for one in listed if (one["from"], one["to"]) == (sender, to)]

    async def credentials(self, access: Access[FolderAccount]) -> Credentials:
        there = await asyncio.to_thread(os.path.isdir, access.account.folder)
        return Credentials(said="a folder" if there else "no folder", status=200 if there else 404)

    def verify(
        self, request: CallbackRequest, account: FolderAccount, secrets: Mapping[str, str]
    ) -> bool:
        signed = request.headers.get("x-signature", "")
        return hmac.compare_digest(signed, signature(secrets["app_secret"], request.body))

    def signed_by(self, account: FolderAccount, secrets: Mapping[str, str]) -> Hashable:
        return secrets["app_secret"]

    def read(self, request: CallbackRequest) -> Sequence[ProviderEvent] | None:
        if request.what not in ("", "key", "picked-up"):
            return None
        try:
            return list(_events(json.loads(request.body), request))
        except (ValueError, LookupError, TypeError):
            return []  # genuine, and nothing that we know how to read

    def report(self, fields: Mapping[str, Any]) -> Report | None:
        status = STATUSES.get(fields["status"])
        if status is None:
            return None
        failed = FailureClass.BLOCKED if status is DeliveryStatus.FAILED else None
        return Report(status=status, provider_message_id=fields["about"], failure=failed)

    def inbound(self, fields: Mapping[str, Any]) -> InboundMessage | None:
        if "said" not in fields:
            return None
        return InboundMessage(
            our_number=fields["ours"], address=fields["theirs"], text=fields["said"]
        )

    def respond(self, request: CallbackRequest, content: Content | None) -> CallbackResponse:
        if request.what == "":
            return CallbackResponse()
        text = words(content) or NO_KEYS
        return CallbackResponse(status=200, body=text.encode(), media_type="text/plain")


def _events(body: Mapping[str, Any], request: CallbackRequest) -> Iterator[ProviderEvent]:
    """`{"lines": [{"line", "events": [{"about", "status" | "said", "ours", "theirs"}]}]}`"""
    for line in body["lines"]:
        for event in line["events"]:
            kind = CallbackKind.STATUS if "status" in event else CallbackKind.MESSAGE
            yield ProviderEvent(
                kind=kind,
                key=f"{event['about']}/{event.get('status', 'said')}",
                address=event["theirs"],
                message_id=event["about"],
                fields=event,
                our_number=event["ours"],
                account=line["line"],
                send_id=request.send_id,
                awaits_content=request.what != "",
            )


def _write(file: Path, text: str) -> None:
    """Whoever looks sees the whole of it, or nothing."""
    unfinished = file.with_suffix(".new")
    unfinished.write_text(text)
    unfinished.replace(file)


def _files(folder: str) -> Sequence[Mapping[str, Any]]:
    return [json.loads(file.read_text()) for file in Path(folder).glob("*.txt")]


def _listed(told: Mapping[str, Any]) -> Listed:
    return Listed(
        report=Report(status=DeliveryStatus.SENT, provider_message_id=told["id"]),
        created_at=datetime.fromisoformat(told["at"]),
        send_id=UUID(told["send_id"]),
    )
