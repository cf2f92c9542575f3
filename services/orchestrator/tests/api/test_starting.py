"""What waited while no orchestrator ran."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common.bus import Message
from common.bus.pglog import PgLogBus
from common.events import encode
from common.events.consent import ConsentChanged, ConsentState
from common.ids import derived, interaction_id, invitation_id
from common.topics import INTERACTIONS
from orchestrator import metrics
from orchestrator.service import messages
from orchestrator.testing import call_now, contact_of, documents, ended, until

from .conftest import running

pytestmark = pytest.mark.usefixtures("settings")


def stop() -> Message:
    change = ConsentChanged(
        id=derived("stop"),
        contact_id=contact_of(),
        channel="sms",
        state=ConsentState.WITHDRAWN,
        occurred_at=datetime.now(UTC),
        source="reply",
    )
    return messages.consent_changed("acme", change)


def hung_up() -> Message:
    call = call_now()
    return Message(INTERACTIONS, str(call.contact_id).encode(), encode(ended(call)))


async def found(started: Any, path: str) -> Any:
    async def answer() -> Any:
        told = await started.ask("reader", "GET", path)
        return told.json() if told.status_code == 200 else None

    return await until(answer)


async def test_an_opt_out_is_heard_before_the_call_that_came_first_is_decided(
    pglog_bus: PgLogBus,
) -> None:
    async with running() as before:
        await before.ask("configurer", "PUT", "/v1/config", json=documents())
    await pglog_bus.publish([hung_up()])
    await pglog_bus.publish([stop()])

    async with running() as started:
        decision = await found(started, f"/v1/decisions/{interaction_id('acme', 'pbx', 'c1')}")

    assert (decision["verdict"], decision["reason"]) == ("skip", "opted_out")


async def test_whoever_decides_a_call_that_waited_asks_too(pglog_bus: PgLogBus) -> None:
    async with running() as before:
        await before.ask("configurer", "PUT", "/v1/config", json=documents())
    await pglog_bus.publish([hung_up()])
    dispatched = _dispatched()
    invitation = invitation_id(interaction_id("acme", "pbx", "c1"), "csat-flow")

    async with running() as started:

        async def asked() -> Any:
            return (await found(started, f"/v1/invitations/{invitation}"))["status"] == "asked"

        await until(asked)

    assert _dispatched() == dispatched


def _dispatched() -> float:
    samples = next(iter(metrics.DISPATCHED.collect())).samples
    return sum(sample.value for sample in samples if sample.name.endswith("_total"))
