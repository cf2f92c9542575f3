"""The one log line of each request to a provider: ids and what became of it, never a number."""

from typing import Any

from channel.outgoing.claims import Claimed
from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    Deferred,
    NothingLeft,
    Outcome,
    Rejected,
)
from common.config import Account
from common.telemetry import logging

log = logging.get(__name__)


def log_request(account: Account, claimed: Claimed, outcome: Outcome, *, seconds: float) -> None:
    """`seconds`: how long the provider took."""
    send = claimed.send
    log.info(
        "send",
        workspace=send.workspace,
        account=account.id,
        provider=account.provider,
        kind=send.kind.value,
        send_id=str(send.id),
        **_known("invitation_id", send.invitation_id),
        **_known("interaction_id", send.interaction_id),
        **_known("traceparent", claimed.traceparent),
        attempt=send.attempts,
        outcome=type(outcome).__name__,
        **_detail(outcome),
        seconds=round(seconds, 3),
    )


def _known(name: str, value: object) -> dict[str, str]:
    return {} if value is None else {name: str(value)}


def _detail(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Accepted(provider_message_id):
            return {"provider_message_id": provider_message_id}
        case Rejected(failure, code):
            return {"failure": failure.value, "code": code}
        case AccountRefused(code):
            return {"code": code}
        case NothingLeft(reason) | Deferred(reason) | Ambiguous(reason):
            return {"reason": reason}
    return {}
