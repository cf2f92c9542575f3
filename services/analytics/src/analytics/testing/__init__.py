"""Builders for tests: every default is a call that was asked about; name only what matters."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from common.bus import Message
from common.events import Envelope, encode, envelope
from common.events.calls import Interaction, Leg
from common.events.decisions import Decision, Reason, Verdict
from common.events.responses import Answer, Response, ResponseState
from common.events.sends import Delivery, DeliveryStatus
from common.events.values import Channel, Direction, Ending, Kind, Metric
from common.ids import contact_id, derived, interaction_id, invitation_id, response_id, step_id
from common.topics import DECISIONS, DELIVERIES, RESPONSES

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
PEPPER = b"the pepper of the tests"
ADDRESS = "+12025550101"
FINAL = frozenset({DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.CANCELLED})


def interaction_of(name: str, workspace: str = "acme") -> UUID:
    return interaction_id(workspace, "pbx", name)


ASKED: Mapping[str, Any] = {
    "verdict": Verdict.INVITE,
    "flow_id": "after-call",
    "flow_version": 1,
    "survey_id": "csat",
    "survey_version": 1,
    "metric": Metric.CSAT,
    "channel": Channel.SMS,
}
CALL: Mapping[str, Any] = {
    "workspace": "acme",
    "kind": Kind.CALL,
    "ending": Ending.CONNECTED,
    "direction": Direction.INBOUND,
    "address": ADDRESS,
    "ended_at": NOW,
    "our_number": "+12025550190",
    "queue": "billing",
    "legs": (Leg(agent_id="a1", agent_name="Ana", team="north", queue="billing"),),
}


def decision(name: str = "c1", *, reason: Reason | None = None, **changes: Any) -> Decision:
    """`changes` are of the decision where it has that name, else of the interaction."""
    ours = {key for key in changes if key in Decision.__struct_fields__}
    call = {**CALL, **{key: changes[key] for key in changes.keys() - ours}}
    verdict: dict[str, Any] = dict(ASKED) if reason is None else {"verdict": Verdict.SKIP}
    identity = interaction_of(name, call["workspace"])
    if reason is None:
        verdict["invitation_id"] = invitation_id(identity, "after-call")
    return Decision(
        interaction=Interaction(
            id=identity,
            call_id=name,
            source="pbx",
            contact_id=contact_id(PEPPER, call["workspace"], ADDRESS),
            **call,
        ),
        reason=reason,
        decided_at=call["ended_at"] + timedelta(seconds=1),
        config_version=1,
        **{**verdict, **{key: changes[key] for key in ours}},
    )


def delivery(
    name: str = "c1",
    status: DeliveryStatus = DeliveryStatus.DELIVERED,
    *,
    revision: int = 1,
    step: int = 0,
    workspace: str = "acme",
    **changes: Any,
) -> Delivery:
    invitation = invitation_id(interaction_of(name, workspace), "after-call")
    at = NOW + timedelta(seconds=10 + revision)
    gone = status in (DeliveryStatus.SENT, DeliveryStatus.DELIVERED)
    facts: dict[str, Any] = {
        "channel": Channel.SMS,
        "at": at,
        "final": status in FINAL,
        "sent_at": at if gone else None,
        "delivered_at": at if status is DeliveryStatus.DELIVERED else None,
        **changes,
    }
    return Delivery(
        step_id=step_id(invitation, step),
        invitation_id=invitation,
        interaction_id=interaction_of(name, workspace),
        contact_id=contact_id(PEPPER, workspace, ADDRESS),
        revision=revision,
        status=status,
        **facts,
    )


SCALES: Mapping[Metric, tuple[int, int]] = {
    Metric.CSAT: (1, 5),
    Metric.NPS: (0, 10),
    Metric.CES: (1, 7),
    Metric.MOOD: (1, 5),
}


def rating(
    value: int,
    question: str = "score",
    *,
    metric: Metric = Metric.CSAT,
    scale: tuple[int, int] | None = None,
    first: bool = False,
    at: datetime = NOW,
) -> Answer:
    """On the metric's own scale, unless another is given."""
    low, high = scale or SCALES[metric]
    return Answer(
        question_id=question,
        metric=metric,
        low=low,
        high=high,
        first=first,
        value=value,
        answered_at=at,
    )


def response(
    name: str = "c1",
    score: int | None = 5,
    *,
    revision: int = 1,
    channel: Channel = Channel.SMS,
    workspace: str = "acme",
    **changes: Any,
) -> Response:
    """`more`: answers to further questions; `scale`: of the first one, if not its metric's own."""
    interaction = interaction_of(name, workspace)
    invitation = invitation_id(interaction, "after-call")
    at: datetime = changes.pop("at", NOW + timedelta(minutes=5, seconds=revision))
    metric, scale = changes.get("metric", Metric.CSAT), changes.pop("scale", None)
    first = [] if score is None else [rating(score, metric=metric, scale=scale, first=True, at=at)]
    facts: dict[str, Any] = {
        **{key: ASKED[key] for key in ("survey_id", "survey_version", "metric")},
        "state": ResponseState.FINISHED,
        "answers": (*first, *changes.pop("more", ())),
        "started_at": at,
        "changed_at": at,
        "scored_at": None if score is None else at,
        **changes,
    }
    return Response(
        id=response_id(invitation, channel),
        invitation_id=invitation,
        interaction_id=interaction,
        contact_id=contact_id(PEPPER, workspace, ADDRESS),
        channel=channel,
        revision=revision,
        score=score,
        **facts,
    )


def told(*facts: Decision | Delivery | Response, workspace: str = "acme") -> list[Envelope[Any]]:
    """As a topic carries them."""
    return [
        envelope(
            fact,
            aggregate=derived("test", fact),
            revision=fact.revision,
            source="/tests",
            time=NOW,
            workspace=fact.interaction.workspace if isinstance(fact, Decision) else workspace,
        )
        for fact in facts
    ]


def published(*facts: Decision | Delivery | Response) -> list[Message]:
    """On the topics where they belong."""
    places: dict[type[Any], str] = {
        Decision: DECISIONS,
        Delivery: DELIVERIES,
        Response: RESPONSES,
    }
    return [Message(places[type(event.data)], b"key", encode(event)) for event in told(*facts)]
