"""Words after an answer on the telephone: one text, with links, obeying a STOP and rates."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import structs

from common import events, topics
from common.bus import Message
from common.config.store import Document
from common.events.questionnaire import Band, Texts
from common.events.sends import Note
from common.events.values import Channel
from common.ids import note_id
from common.time import utc_now
from sms_sender.testing import CALLER, SURVEY, WORKSPACE, enveloped, step, until

GOOGLE = {"google": {"url": "https://g.page/r/acme/review", "kind": "review"}}
THANKS = Texts(thanks={Band.HIGH: "Thank you! Tell others: {link_google}"})


def note(name: str = "c1", **changes: Any) -> Note:
    asked = step(CALLER, name=name)
    facts: dict[str, Any] = {
        "id": note_id(asked.invitation_id),
        "invitation_id": asked.invitation_id,
        "interaction_id": asked.interaction_id,
        "contact_id": asked.contact_id,
        "channel": Channel.SMS,
        "address": CALLER,
        "flow_id": "flow",
        "questionnaire": structs.replace(SURVEY, texts=THANKS),
        "band": Band.HIGH,
        "expires_at": utc_now() + timedelta(hours=4),
        "variables": {"brand": "Acme"},
        **changes,
    }
    return Note(**facts)


async def publish(stack: Any, *notes: Note) -> None:
    await stack.runtime.bus.publish(
        [
            Message(topics.STEPS_SMS, str(one.contact_id).encode(), events.encode(enveloped(one)))
            for one in notes
        ]
    )


async def linked(stack: Any) -> None:
    body = {"id": WORKSPACE, "name": "Acme", "links": GOOGLE}
    workspace = Document(workspace=WORKSPACE, kind="workspace", id=WORKSPACE, body=body)
    await stack.configure([workspace])


async def is_over(stack: Any, found: UUID) -> Any:
    async def over() -> bool:
        return await stack.state(found) in ("delivered", "cancelled", "failed")

    await until(over)
    return await stack.row(found)


async def test_it_says_who_writes_where_to_go_and_how_to_get_no_more(stack: Any) -> None:
    await linked(stack)

    await publish(stack, note())

    row = await is_over(stack, note().id)
    (text,) = stack.texts()
    assert text.startswith("Acme: Thank you! Tell others: http")
    assert "/l/sms/" in text
    assert text.endswith("Reply STOP to opt out.")
    assert (row["kind"], row["invitation_id"]) == ("follow_up", note().invitation_id)


async def test_it_goes_out_once_however_often_it_comes(stack: Any) -> None:
    await linked(stack)

    await publish(stack, note(), note())
    await is_over(stack, note().id)
    await publish(stack, note(band=Band.LOW), note("c2"))
    await is_over(stack, note("c2").id)

    assert len(stack.texts()) == 2  # of two invitations


async def test_who_said_stop_is_written_nothing(stack: Any) -> None:
    await linked(stack)
    await stack.says("STOP")

    await publish(stack, note())

    row = await is_over(stack, note().id)
    assert (row["state"], row["reason"]) == ("cancelled", "opted_out")
    assert not any("Tell others" in text for text in stack.texts())


async def test_one_that_is_late_is_dropped(stack: Any) -> None:
    await linked(stack)

    await publish(stack, note(expires_at=utc_now() - timedelta(seconds=1)))

    row = await is_over(stack, note().id)
    assert (row["state"], row["failure"]) == ("failed", "expired")


async def test_the_link_is_counted_as_those_of_other_answers_are(stack: Any) -> None:
    await linked(stack)
    await publish(stack, note())
    await is_over(stack, note().id)
    (text,) = stack.texts()
    address = next(word for word in text.split() if word.startswith("http"))

    opened = await stack.client.get(address, headers={"User-Agent": "Mozilla/5.0"})

    assert opened.headers["location"] == GOOGLE["google"]["url"]
    key = await stack.key(WORKSPACE, "read")
    counts = (await stack.client.get(f"{stack.public_url}/v1/sms/links", headers=key)).json()
    assert [(one["link"], one["band"], one["told"]) for one in counts["links"]] == [
        ("google", "high", 1)
    ]
