"""Two replicas whose machines disagree about the time, and an answer between them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from channel.outgoing.due import Lane
from channel.outgoing.recording import Posted
from channel.sender import ChannelSender
from channel.store import dialogues
from channel.store.dialogues import Sought
from channel.store.outcomes import Accepted
from common import events
from common.database.clock import DatabaseClock
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.sends import Step, StepKind
from common.events.values import Channel, Metric
from common.time import utc_now

# What a person takes at least; clocks are compared to within less, also on a busy machine.
READING = timedelta(seconds=1)
LANE = Lane("acme", "main", "+12025550190")
SURVEY = Questionnaire(
    survey_id="after-call",
    survey_version=1,
    metric=Metric.CSAT,
    language="en",
    brand="Acme",
    questions=(Question(id="score", kind=QuestionKind.RATING, text="1 to 5?", low=1, high=5),),
)


def off_by(seconds: float) -> Callable[[], datetime]:
    return lambda: utc_now() + timedelta(seconds=seconds)


async def replica(sender: ChannelSender, seconds: float) -> ChannelSender:
    """Another process on a machine whose clock is wrong by so much."""
    clock = DatabaseClock(sender.runtime.db, off_by(seconds))
    await clock.compare()
    return ChannelSender(
        runtime=replace(sender.runtime, clock=clock),
        name=sender.name,
        channel=sender.channel,
        providers=sender.providers,
        renderer=sender.renderer,
    )


@pytest.mark.parametrize("seconds", [1.0, 60.0])
async def test_an_answer_is_no_older_than_its_ask_however_wrong_the_clocks_are(
    sender: ChannelSender, seconds: float
) -> None:
    asks, hears = await replica(sender, seconds), await replica(sender, -seconds)
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
    due = events.envelope(
        step, aggregate=step.id, revision=1, source="/test", time=utc_now(), workspace="acme"
    )
    await asks.intake.on_steps([due])
    (claimed,) = (await asks.worker.claims.claim(LANE, 1)).claimed
    await asks.worker.recording.put(
        Posted(claimed=claimed, outcome=Accepted("SM1"), pause=timedelta(0))
    )

    written = Sought(
        place=0,
        workspace="acme",
        our_number=LANE.sender,
        contact_id=step.contact_id,
        received_at=hears.receiver.clock() + READING,
    )
    async with sender.runtime.db.connection() as connection:
        found = await dialogues.find(connection, sender.schema, [written])

    assert found[0].send_id == step.id
