"""Plans for tests: courses, what their senders really did, and every order to be told of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from common.config import PlanStep, When
from common.events.sends import DeliveryStatus as Told
from common.events.values import Channel
from orchestrator.domain.channel_plan import (
    Course,
    InvitationStatus,
    Reported,
    first_steps,
)
from orchestrator.domain.compiled_flow import compile_plan
from orchestrator.testing import NOW, flow

HOUR = timedelta(hours=1)
# What a sender may truly have done with a step, in the order in which it happened.
FATES: dict[str, Sequence[Told]] = {
    "nothing": (),
    "refused": (Told.CANCELLED,),
    "failed": (Told.FAILED,),
    "sent": (Told.SENT,),
    "delivered": (Told.SENT, Told.DELIVERED),
    "undelivered": (Told.SENT, Told.FAILED),
    "unknown": (Told.UNKNOWN,),
    "found": (Told.UNKNOWN, Told.SENT),
    "lost": (Told.UNKNOWN, Told.FAILED),
}
SEEN = frozenset({"sent", "delivered", "unknown", "found"})  # by the person, or who knows


def reports(number: int, fate: str) -> list[Reported]:
    """A sender's events about a step, as `delivery.changed.v1` would have them."""
    told, sent = [], False
    for status in FATES[fate]:
        sent = sent or status in (Told.SENT, Told.DELIVERED)
        told.append(
            Reported(
                number=number,
                status=status,
                final=status in (Told.FAILED, Told.CANCELLED, Told.DELIVERED),
                sent_at=NOW if sent else None,
                reason="carrier said so" if status is Told.FAILED else None,
            )
        )
    return told


def course(*steps: PlanStep, due_at: datetime = NOW, expiry: timedelta = 24 * HOUR) -> Course:
    """An invitation whose first step waits for its time."""
    plan = compile_plan(flow(plan=steps or (PlanStep(),), expiry=expiry))
    return Course(
        plan=plan,
        answers_until=due_at + expiry,
        status=InvitationStatus.PENDING,
        steps=first_steps(
            plan,
            0,
            passed_over=(),
            due_at=due_at,
            send_by=due_at + timedelta(seconds=plan.validity),
            handed_over=False,
        ),
    )


def step(channel: Channel = Channel.SMS, *when: When, after: timedelta | None = None) -> PlanStep:
    """A later step: of silence when it says how long."""
    conditions = when or ((When.SILENT,) if after else ())
    return PlanStep(channel=channel, when=conditions, after=after)


@st.composite
def plans(draw: Any) -> tuple[PlanStep, ...]:
    """Of three channels, three to five steps, under any conditions."""
    channels = [Channel.SMS, Channel.WHATSAPP, Channel.EMAIL]
    chosen = draw(st.permutations(channels)) + draw(st.lists(st.sampled_from(channels), max_size=2))
    first, *later = chosen
    return (PlanStep(channel=first), *(draw(_later(channel)) for channel in later))


def _later(channel: Channel) -> SearchStrategy[PlanStep]:
    usual = st.just((When.FAILED, When.SILENT))
    any_of = st.sets(st.sampled_from([When.FAILED, When.SILENT, When.NO_CONSENT]), min_size=1)
    conditions = usual | any_of.map(lambda found: tuple(sorted(found)))
    return conditions.map(
        lambda when: PlanStep(
            channel=channel, when=when, after=HOUR if When.SILENT in when else None
        )
    )
