"""Texts to India: under a header, in registered words, answered at a number."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from unittest.mock import AsyncMock
from uuid import UUID

import pytest
from msgspec import structs

from channel.content import Text
from channel.outgoing.fitting import Saying
from channel.store.delivery import Send, SendKind
from common.config import Config, SmsNumber, TwilioSmsAccount, Workspace, WorkspaceConfig
from common.config.dlt import Dlt, DltTemplate
from common.config.store import Document
from common.events.sends import DeliveryStatus, FailureClass, Step
from sandbox.faults import Fault, Faults, Trouble
from sms_sender.service import SmsFitting
from sms_sender.testing import OURS, SURVEY, WORKSPACE, Stack, documents, sid, step

HEADER = "ACMEIN"
NOOR = "+919876500017"
AT = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
TEMPLATES = (
    "Acme: How was it, 1 to 5? Reply STOP to opt out.",
    "Why?",
    "Acme: How was it with {#var#}, 1 to 5? Reply STOP to opt out.",
)


def registered(base_url: str) -> list[Document]:
    account = {
        "dlt": {
            "entity": "1701160000000000001",
            "templates": [
                {"id": f"170716000000000000{place}", "header": HEADER, "text": text}
                for place, text in enumerate(TEMPLATES)
            ],
        }
    }
    sender = {"countries": ["IN"], "header": HEADER}
    (workspace, *others) = documents(base_url, account=account, sender=sender)
    return [replace(workspace, body={**workspace.body, "countries": ["IN"]}), *others]


@pytest.fixture
async def india(stack: Stack) -> Stack:
    own = stack.carrier.accounts[sid(WORKSPACE)]
    stack.carrier.accounts[sid(WORKSPACE)] = replace(own, headers=(HEADER,))
    await stack.configure(registered(stack.carrier.base_url))
    return stack


def asks_with(agent: str, to: str) -> Step:
    """An ask that names an agent."""
    question = structs.replace(SURVEY.questions[0], text="How was it with {agent}, 1 to 5?")
    survey = structs.replace(SURVEY, questions=(question,))
    return step(to, questionnaire=survey, variables={"brand": "Acme", "agent": agent})


async def test_an_ask_goes_out_under_the_header_and_is_answered_at_the_number(india: Stack) -> None:
    ask = step(NOOR)
    await india.publish(ask)
    await india.waits_for(ask.id, "delivered")
    await india.says("4", number=NOOR)
    await india.idle()

    assert [request.sender for request in india.requests()] == [HEADER, HEADER]
    assert india.texts(NOOR) == [TEMPLATES[0], "Why?"]
    assert (await india.row(ask.id))["sender"] == OURS
    assert (await india.responses())[-1].score == 4


async def test_words_that_are_not_registered_are_not_sent_and_it_is_told(india: Stack) -> None:
    short, long = asks_with("Asha", NOOR), asks_with("m" * 31, "+919876500018")
    await india.publish(short, long)
    await india.waits_for(short.id, "delivered")
    await india.waits_for(long.id, "failed")

    (delivery,) = await india.deliveries(long.id)
    assert (delivery.failure, delivery.reason, delivery.final) == (
        FailureClass.CONFIG,
        "its words are no template (DLT) of ACMEIN",
        True,
    )
    assert [request.to for request in india.requests()] == [NOOR]


async def test_the_registry_of_who_wants_no_texts_is_told_in_words(india: Stack) -> None:
    india.carrier.faults = Faults((Fault(trouble=Trouble.FAILED, code=30004),))
    ask = step(NOOR)
    await india.publish(ask)
    await india.waits_for(ask.id, "failed")

    told = (await india.deliveries(ask.id))[-1]
    assert told.failure is FailureClass.OPTED_OUT
    assert "do-not-disturb registry (DND)" in (told.reason or "")


async def test_an_ask_of_which_no_answer_came_is_looked_for_under_the_header(india: Stack) -> None:
    faults = Fault(trouble=Trouble.ERROR_AFTER), Fault(trouble=Trouble.SILENT)
    india.carrier.faults = Faults(faults)
    ask = step(NOOR)
    await india.publish(ask)
    await india.waits_for(ask.id, "unknown")
    india.clock.offset = timedelta(seconds=31)
    await india.sender.sweeps.sweep_once()

    assert await india.state(ask.id) == "delivered"


async def test_texts_that_take_long_let_others_go_on_between_them() -> None:
    """A claim full of them, held against the worst that one workspace can register."""
    slow = "{#url#}a" * 40 + "{#numeric#}"
    templates = [DltTemplate(id=str(10**12 + n), header=HEADER, text=slow) for n in range(500)]
    account = TwilioSmsAccount(
        id="twilio",
        account_sid=sid(WORKSPACE),
        auth_token="secret:twilio",
        senders=(SmsNumber(number=OURS, countries=("IN",), header=HEADER),),
        dlt=Dlt(entity="1701160000000000001", templates=tuple(templates)),
    )
    mine = WorkspaceConfig(
        workspace=Workspace(id=WORKSPACE, name="Acme"), accounts={"twilio": account}
    )
    reader = SimpleNamespace(current=AsyncMock(return_value=Config(1, {WORKSPACE: mine})))
    fitting = SmsFitting(config=reader)  # type: ignore[arg-type]
    sayings = [Saying(send=claimed(n), content=Text(text=f"{n}{'a' * 999}")) for n in range(50)]
    beats: list[float] = []

    async def others() -> None:
        while True:
            beats.append(time.perf_counter())
            await asyncio.sleep(0)

    meanwhile = asyncio.create_task(others())
    found = await fitting.fit(AsyncMock(), sayings, AT)
    meanwhile.cancel()

    assert len(found) == len(sayings)
    assert len(beats) >= len(sayings)
    assert sorted(after - before for before, after in pairwise(beats))[-5] < 0.1


def claimed(number: int) -> Send:
    return Send(
        id=UUID(int=number),
        kind=SendKind.STEP,
        workspace=WORKSPACE,
        contact_id=UUID(int=number),
        state=DeliveryStatus.CLAIMED,
        due_at=AT,
        expires_at=AT,
        account="twilio",
        sender=OURS,
    )
