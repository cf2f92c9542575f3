"""What a source's request can be followed by: its trace context, and one line per decision."""

import io
import json
from typing import Any

from msgspec import UNSET, structs

from common.topics import DECISIONS, STEPS_SMS
from orchestrator.domain.invitation import LEASE
from orchestrator.testing import address, call, viewed

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_trace_goes_from_the_call_into_its_decision_and_its_ask(orchestra: Any) -> None:
    await orchestra.configure()
    traced = viewed(call("traced"), traceparent=TRACE)
    finish = await orchestra.deciding.on_interactions(
        [traced, viewed(call("plain", address=address(2)))]
    )
    await finish()

    decisions = {e.data.interaction.call_id: e for e in await orchestra.published(DECISIONS)}
    asks = {e.data.interaction_id: e for e in await orchestra.published(STEPS_SMS)}
    assert decisions["traced"].traceparent == asks[call("traced").id].traceparent == TRACE
    assert decisions["plain"].traceparent is asks[call("plain").id].traceparent is UNSET


async def test_what_the_dispatcher_publishes_has_the_trace_too(orchestra: Any) -> None:
    await orchestra.configure()
    traced = viewed(call("traced"), traceparent=TRACE)
    await orchestra.deciding.on_interactions([traced])  # and it dies before it publishes
    orchestra.now += 2 * LEASE
    await orchestra.dispatching.dispatch()

    [step] = await orchestra.published(STEPS_SMS)
    assert step.traceparent == TRACE


async def test_each_decision_has_one_line_with_its_reason_and_no_number(
    orchestra: Any, logged: io.StringIO
) -> None:
    await orchestra.configure()
    short = structs.replace(call("short", address=address(2)), talk_seconds=1.0)
    await orchestra.take(call("asked"), short)
    await orchestra.take(call("asked"))  # a copy is no decision

    lines = [json.loads(line) for line in logged.getvalue().splitlines() if "decision" in line]
    assert {(line["interaction_id"], line["verdict"], line.get("reason")) for line in lines} == {
        (str(call("asked").id), "invite", None),
        (str(short.id), "skip", "talk_time"),
    }
    assert len(lines) == 2
    assert (call("asked").address or "")[2:] not in logged.getvalue()
