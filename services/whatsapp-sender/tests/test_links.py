"""What follows the answer on WhatsApp: words of its own, and a link of ours that leads on."""

import re
from typing import Any

from common.config.store import Document, save
from sms_sender.testing import CALLER, until
from whatsapp_sender.domain.wanted import wanted

OURS, REVIEW = "+12025550190", "https://reviews.example.com/acme"
PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36"}
TEXTS = {
    "thanks": {band: "By text: {link_review}" for band in ("low", "middle", "high")},
    "thanks_on": {"whatsapp": {"high": "Here: {link_review}"}},
}


async def _closes_so(stack: Any, **texts: str) -> None:
    """The survey of CSAT has these closing words, and other texts."""
    config = await stack.runtime.config.current()
    survey = config.workspaces["acme"].surveys["csat"]
    question = survey.questions[0]
    rating = {"id": "score", "kind": "rating", "scale": [1, 5], "text": dict(question.text)}
    body = {"id": "csat", "metric": "csat", "questions": [rating], "texts": {"en": TEXTS | texts}}
    links = {"review": {"url": REVIEW, "kind": "review"}}
    workspace = {"id": "acme", "name": "Acme", "links": links}
    async with stack.runtime.db.transaction() as connection:
        made = [
            Document(workspace="acme", kind="survey", id="csat", body=body),
            Document(workspace="acme", kind="workspace", id="acme", body=workspace),
        ]
        await save(connection, made, by="test")


async def test_closing_words_are_those_of_the_channel_and_their_link_leads_on(stack: Any) -> None:
    await stack.reviewed()
    await _closes_so(stack)
    await stack.ask()
    (first,) = await stack.chats(1)
    await stack.meta.taps(first, "5")
    _, last = await stack.chats(2)

    said = re.fullmatch(r"Here: (\S+/l/whatsapp/[\w-]{16})", last.body)
    assert said is not None, last.body
    seen = await stack.runtime.http.get(said[1], headers=PHONE, follow_redirects=False)
    assert (seen.status_code, seen.headers["location"]) == (302, REVIEW)
    (row,) = await stack.fetch("select band, opened, previews from whatsapp_sender.links")
    assert dict(row) == {"band": "high", "opened": 1, "previews": 0}
    assert (await stack.responses())[-1].score == 5


async def test_a_template_holds_the_link_by_which_its_receiver_opts_out(stack: Any) -> None:
    await _closes_so(stack, opt_out="Opt out at {opt_out_link} or reply STOP.")
    await until(lambda: _is_reviewed(stack))
    await stack.ask()
    (first,) = await stack.chats(1)

    said = re.search(r"Opt out at (\S+/l/whatsapp/[\w-]{16}) or reply STOP.$", first.body)
    assert (first.kind, said is not None) == ("template", True), first.body
    assert said is not None
    seen = await stack.runtime.http.get(said[1], headers=PHONE)
    done = await stack.runtime.http.post(said[1], headers=PHONE)
    assert "from <bdi>Acme</bdi> by WhatsApp?" in seen.text
    assert done.status_code == 200
    (change,) = await stack.fetch("select suppressed from whatsapp_sender.contacts")
    assert change["suppressed"]


async def _is_reviewed(stack: Any) -> bool:
    config = (await stack.runtime.config.current()).workspaces["acme"]
    found = await stack.templates()
    return all(found.get((one.name, one.language)) == "approved" for one in wanted(config))


async def test_a_band_without_words_of_the_channel_is_told_those_for_all(stack: Any) -> None:
    await stack.reviewed()
    await _closes_so(stack)
    await stack.ask()
    await stack.chats(1)
    await stack.meta.writes(CALLER, OURS, "1")
    _, last = await stack.chats(2)

    assert last.body.startswith("By text: http")
