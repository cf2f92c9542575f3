"""One log line per request to a provider: ids, outcome, trace; never a number or a text."""

import io
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from msgspec import structs

from channel.outgoing.due import Lane
from channel.outgoing.request_log import log_request
from channel.sender import ChannelSender
from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    NothingLeft,
    Outcome,
    Rejected,
    Throttled,
)
from common import events
from common.events import Envelope
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.sends import FailureClass, Step, StepKind
from common.events.values import Channel, Metric
from common.time import utc_now

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
LANE = Lane("acme", "main", "+12025550190")
SURVEY = Questionnaire(
    survey_id="after-call",
    survey_version=1,
    metric=Metric.CSAT,
    language="en",
    brand="Acme",
    questions=(Question(id="score", kind=QuestionKind.RATING, text="1 to 5?", low=1, high=5),),
)


def due() -> Envelope[Step]:
    step = Step(
        id=uuid4(),
        invitation_id=uuid4(),
        interaction_id=uuid4(),
        contact_id=uuid4(),
        kind=StepKind.ASK,
        number=0,
        channel=Channel.SMS,
        address="+12025550101",
        flow_id="flow",
        flow_version=1,
        questionnaire=SURVEY,
        expires_at=utc_now() + timedelta(hours=4),
    )
    event = events.envelope(
        step,
        aggregate=step.id,
        revision=0,
        source="/orchestrator",
        time=utc_now(),
        workspace="acme",
    )
    return structs.replace(event, traceparent=TRACE)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Accepted("SM1"), {"outcome": "Accepted", "provider_message_id": "SM1"}),
        (
            Rejected(FailureClass.BLOCKED, "30007"),
            {"outcome": "Rejected", "failure": "blocked", "code": "30007"},
        ),
        (AccountRefused("20003"), {"outcome": "AccountRefused", "code": "20003"}),
        (NothingLeft("ClientConnectorError"), {"reason": "ClientConnectorError"}),
        (Ambiguous("http 500"), {"outcome": "Ambiguous", "reason": "http 500"}),
        (Throttled(3.0), {"outcome": "Throttled"}),
    ],
)
async def test_a_request_is_told_with_its_ids_and_trace(
    sender: ChannelSender, logged: io.StringIO, outcome: Outcome, told: dict[str, str]
) -> None:
    event = due()
    await sender.intake.on_steps([event])
    [claimed] = (await sender.worker.claims.claim(LANE, 1)).claimed
    account = (await sender.runtime.config.current()).workspaces["acme"].accounts["main"]

    log_request(account, claimed, outcome, seconds=0.25)

    line = json.loads(logged.getvalue())
    assert line["event"] == "send"
    assert told.items() <= line.items()
    assert line["send_id"] == str(event.data.id)
    assert line["invitation_id"] == str(event.data.invitation_id)
    assert line["interaction_id"] == str(event.data.interaction_id)
    assert (line["workspace"], line["account"], line["provider"]) == ("acme", "main", "twilio")
    assert (line["traceparent"], line["attempt"], line["seconds"]) == (TRACE, 1, 0.25)
    assert "2025550" not in logged.getvalue()
    assert "1 to 5" not in logged.getvalue()
