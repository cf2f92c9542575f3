"""Words after an answer on the telephone: by an approved template to who never wrote to us."""

from datetime import timedelta
from typing import Any

import pytest

from common import events, topics
from common.bus import Message
from common.config.store import Document, save
from common.events.questionnaire import Band
from common.events.sends import Note
from common.events.values import Channel
from common.ids import note_id
from common.time import utc_now
from sms_sender.testing import CALLER, enveloped, until
from whatsapp_sender.domain.wanted import wanted

OURS = "+12025550190"
CLOSING = {"high": "Thank you, {name}! Tell others: {link_review}", "low": "We are sorry."}


async def offered(stack: Any) -> None:
    """Whoever answered the calls of this flow gets a link by WhatsApp; nobody is asked by it."""
    links = {"review": {"url": "https://reviews.example.com/acme", "kind": "review"}}
    rating = {"id": "score", "kind": "rating", "scale": [1, 5], "text": {"en": "How was it?"}}
    bodies: dict[str, dict[str, Any]] = {
        "workspace": {"id": "acme", "name": "Acme", "links": links},
        "survey": {
            "id": "phoned",
            "metric": "csat",
            "questions": [rating],
            "texts": {"en": {"thanks_on": {"whatsapp": CLOSING}}},
        },
        "flow": {
            "id": "phoned-flow",
            "survey": "phoned",
            "enabled": True,
            "plan": [{"channel": "ivr"}],
            "after_call": "whatsapp",
        },
    }
    async with stack.runtime.db.transaction() as connection:
        made = [Document(workspace="acme", kind=k, id=b["id"], body=b) for k, b in bodies.items()]
        await save(connection, made, by="test")
    await stack.runtime.config.current()


async def note(stack: Any, *, name: str = "Noor") -> Note:
    config = (await stack.runtime.config.current()).workspaces["acme"]
    assert "phoned" in config.surveys, config.unreadable
    asked = await stack.step(CALLER, metric="phoned", variables={"name": name})
    facts: dict[str, Any] = {
        "id": note_id(asked.invitation_id),
        "channel": Channel.WHATSAPP,
        "address": CALLER,
        "band": Band.HIGH,
        "expires_at": utc_now() + timedelta(hours=4),
    }
    same = ("invitation_id", "interaction_id", "contact_id", "questionnaire", "variables")
    told = Note(**facts, flow_id="phoned-flow", **{field: getattr(asked, field) for field in same})
    event = events.encode(enveloped(told))
    topic = topics.STEPS_WHATSAPP
    await stack.runtime.bus.publish([Message(topic, str(told.contact_id).encode(), event)])
    return told


async def approved(stack: Any) -> None:
    async def known() -> bool:
        found = await stack.templates()
        ours = [status for (name, _), status in found.items() if "_phoned_" in name]
        return len(ours) == 2 and set(ours) == {"approved"}

    await until(known)


async def test_it_goes_out_by_its_template_to_who_never_wrote(stack: Any) -> None:
    await offered(stack)
    await approved(stack)

    told = await note(stack)

    (chat,) = await stack.chats(1)
    assert chat.kind == "template"
    assert chat.body.startswith("Acme: Thank you, Noor! Tell others: http")
    assert "/l/whatsapp/" in chat.body
    assert chat.body.endswith("Reply STOP to opt out.")
    assert (await stack.waits_for(told.id, "delivered"))["kind"] == "follow_up"


async def test_a_name_that_is_not_known_leaves_no_gap(stack: Any) -> None:
    await offered(stack)
    await approved(stack)

    await note(stack, name="")

    (chat,) = await stack.chats(1)
    assert chat.body.startswith("Acme: Thank you! Tell others: http")


async def test_who_has_just_written_gets_free_words(stack: Any) -> None:
    await offered(stack)
    await stack.meta.writes(CALLER, OURS, "hello")
    await stack.worked_off()

    await note(stack)

    (chat,) = await stack.chats(1)
    assert (chat.kind, chat.body[:32]) == ("text", "Acme: Thank you, Noor! Tell othe")


@pytest.mark.parametrize("reviews", [False])
async def test_before_it_is_approved_nothing_goes_out_and_the_log_says_why(stack: Any) -> None:
    await offered(stack)
    await stack.reviewed("pending")

    told = await note(stack)

    row = await stack.waits_for(told.id, "failed")
    assert "aftercall_phoned_" in row["reason"]
    assert (row["failure"], stack.meta.chats_of(CALLER)) == ("config", [])


async def test_only_bands_whose_words_name_a_link_have_a_template(stack: Any) -> None:
    await offered(stack)
    config = (await stack.runtime.config.current()).workspaces["acme"]

    ours = [one for one in wanted(config) if one.survey_id == "phoned"]

    assert [one.body for one in ours] == [
        "Acme: Thank you, {{1}}! Tell others: {{2}} Reply STOP to opt out.",
        "Acme: Thank you! Tell others: {{1}} Reply STOP to opt out.",
    ]
    assert ours[0].variables == ("name", "link_review")
