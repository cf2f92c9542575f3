"""The providers' ledgers and the platform's tables, put together by the id of each send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from common.events.responses import Response
from sandbox.seen import Request, Said, Seen
from sandbox.truth import Asked
from tests.e2e.evidence import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a person was asked on one channel and gave; `call`: the interaction it was about."""

    channel: str
    asked: Asked
    call: UUID | None
    invitation: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The providers' ledgers and the platform's tables, put together by the id of each send."""

    tables: Tables
    published: Mapping[UUID, Response] | None  # highest revisions; None: the topics were not read
    steps: Mapping[UUID, Any]  # rows of sends, of asks, reminders and fallbacks
    replies: Mapping[UUID, Any]  # rows of sends, of what we wrote back
    accepted: Mapping[UUID | None, Sequence[Request]]
    asks: Sequence[Asking]  # as the person saw it
    said: Sequence[Said]  # by people, acknowledged
    kept: Mapping[str, Sequence[Any]]  # rows of the inbox, of what people said, by its sid


def evidence(tables: Tables, seen: Seen, published: Mapping[UUID, Response] | None) -> Evidence:
    steps = {row["id"]: row for row in tables.sends if row["kind"] == "step"}
    replies = {row["id"]: row for row in tables.sends if row["kind"] == "follow_up"}
    rung = {row["provider_message_id"]: send for send, row in steps.items()}
    accepted: dict[UUID | None, list[Request]] = {}
    of_sid: dict[str, Any] = {}
    again: set[str] = set()
    for request in seen.requests:
        if request.accepted:
            sid = request.sid or ""
            send = send_id(request) if request.reference else rung.get(sid)
            accepted.setdefault(send, []).append(request)
            of_sid[sid] = steps.get(send) if send else None
            if send in replies or (send in steps and is_reminder(steps[send])):
                again.add(sid)
    kept: dict[str, list[Any]] = {}
    for row in tables.messages:
        kept.setdefault(row["message_id"], []).append(row)
    return Evidence(
        tables=tables,
        published=published,
        steps=steps,
        replies=replies,
        accepted=accepted,
        asks=[
            Asking(
                channel=channel,
                asked=ask,
                call=row["interaction_id"] if row else None,
                invitation=row["invitation_id"] if row else None,
            )
            for channel, ask in seen.asks(again=again)
            for row in [of_sid.get(ask.sid)]
        ],
        said=[one for one in seen.said if one.acknowledged_at],
        kept=kept,
    )


def is_reminder(row: Any) -> bool:
    return bool(row["step_kind"] == "reminder")


def send_id(request: Request) -> UUID | None:
    """Which of our sends it was."""
    try:
        return UUID(request.reference)
    except ValueError:
        return None


def reached(evidence: Evidence, send: UUID) -> bool:
    """A provider took it, and did not tell that nobody saw it."""
    return any(request.reached for request in evidence.accepted.get(send, ()))
