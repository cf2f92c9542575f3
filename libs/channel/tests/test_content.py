"""Content: kept as it was made, whatever kind it is."""

from datetime import timedelta
from uuid import uuid4

import pytest

from channel.content import Button, Content, Mail, Prompt, Template, Text, decode, encode, words
from channel.outgoing.due import Lane
from channel.outgoing.recording import Posted
from channel.sender import ChannelSender
from channel.store import sends
from channel.store.delivery import Send, SendKind
from channel.store.outcomes import NothingLeft
from channel.store.sends import NewSend
from common.events.sends import DeliveryStatus
from common.time import utc_now

LANE = Lane("acme", "main", "+12025550190")
TEMPLATE = Template(
    name="csat", language="en", variables=("Acme",), buttons=(Button(id="5", title="Great"),)
)
KINDS: list[Content] = [
    Text(text="How was it?"),
    TEMPLATE,
    Prompt(text="How was it?", keys=("1", "2"), audio="https://example.org/ask.wav"),
    Mail(subject="How was it?", text="1 to 5", html="<p>1 to 5</p>"),
]


@pytest.mark.parametrize("content", KINDS, ids=lambda one: type(one).__name__)
def test_every_kind_comes_back_as_it_was_stored(content: Content) -> None:
    assert decode(encode(content)) == content


def test_a_kind_of_a_newer_version_and_fields_that_it_added() -> None:
    assert decode({"type": "hologram", "shape": "star"}) is None
    assert decode({"type": "text", "text": "Hi", "font": "bold"}) == Text(text="Hi")


def test_a_template_has_no_words_of_its_own() -> None:
    assert [words(one) for one in KINDS] == ["How was it?", None, "How was it?", "1 to 5"]


async def queued(sender: ChannelSender, content: Content) -> Send:
    send = Send(
        id=uuid4(),
        kind=SendKind.FOLLOW_UP,
        workspace="acme",
        contact_id=uuid4(),
        state=DeliveryStatus.QUEUED,
        due_at=utc_now(),
        expires_at=utc_now() + timedelta(hours=1),
        account="main",
        sender=LANE.sender,
    )
    new = NewSend(send=send, address="+12025550101", content=content)
    async with sender.runtime.db.transaction() as connection:
        await connection.execute(
            "insert into sms_sender.contacts (workspace, contact_id) values ('acme', $1)",
            send.contact_id,
        )
        await sends.insert(connection, sender.schema, [new])
    return send


@pytest.mark.parametrize("content", KINDS, ids=lambda one: type(one).__name__)
async def test_what_is_tried_again_says_the_same_again(
    sender: ChannelSender, content: Content
) -> None:
    await queued(sender, content)
    claims, recording = sender.worker.claims, sender.worker.recording
    (first,) = (await claims.claim(LANE, 1)).claimed
    nothing = NothingLeft("connect")
    await recording.put(Posted(claimed=first, outcome=nothing, pause=timedelta(0)))
    (second,) = (await claims.claim(LANE, 1)).claimed

    assert (first.content, second.content) == (content, content)


async def test_content_that_only_a_newer_version_knows_is_left_to_it(
    sender: ChannelSender,
) -> None:
    send = await queued(sender, Text(text="Hi"))
    async with sender.runtime.db.connection() as connection:
        await connection.execute(
            """update sms_sender.messages set content = '{"type": "hologram"}'"""
        )
    taken = await sender.worker.claims.claim(LANE, 1)

    assert (taken.claimed, taken.refused) == ([], 0)
    async with sender.runtime.db.transaction() as connection:
        (left,) = (await sends.locked(connection, sender.schema, [send.key])).values()
    assert left.state is DeliveryStatus.QUEUED
    assert left.due_at > send.due_at
