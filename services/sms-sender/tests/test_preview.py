"""What a person would get by text, told before anybody gets it."""

from typing import Any

from common.config.store import Document
from sms_sender.testing import Stack

SURVEY = {
    "id": "after-call",
    "metric": "csat",
    "questions": [
        {
            "id": "score",
            "kind": "rating",
            "scale": [1, 5],
            "text": {"en": "Hi {name}, how was {agent}, {low} to {high}?", "hi": "कैसा था, 1 से 5?"},
        },
        {
            "id": "product",
            "kind": "choice",
            "text": {"en": "What was it about?", "hi": "किस बारे में?"},
            "options": [
                {"id": "phone", "text": {"en": "Telephone", "hi": "फ़ोन"}},
                {"id": "net", "text": {"en": "Internet", "hi": "इंटरनेट"}},
            ],
        },
        {
            "id": "why",
            "kind": "comment",
            "text": {"en": "Why?", "hi": "क्यों?"},
            "only": ["low"],
            "chosen": {"product": ["net"]},
        },
    ],
    "texts": {"en": {"thanks": {"high": "Great! {link_review}"}}},
}


async def previewed(stack: Stack, **query: str) -> Any:
    links = {"review": {"url": "https://example.com/review", "kind": "review"}}
    await stack.configure(
        [
            Document(workspace="acme", kind="survey", id="after-call", body=SURVEY),
            Document(
                workspace="acme",
                kind="workspace",
                id="acme",
                body={"id": "acme", "name": "Acme", "links": links},
            ),
        ]
    )
    answer = await stack.client.get(
        f"{stack.public_url}/v1/sms/preview",
        params={"flow": "flow", **query},
        headers=await stack.key("acme", "read"),
    )
    return answer


async def test_every_text_is_shown_with_what_it_costs(stack: Stack) -> None:
    shown = (await previewed(stack)).json()

    assert (shown["language"], shown["languages"]) == ("en", ["en", "hi"])
    assert (shown["channel"], shown["in_plan"]) == ("sms", True)
    messages = {(one["when"], one["question"], one["band"]): one for one in shown["messages"]}
    ask = messages["ask", "score", None]
    assert ask["text"] == "Acme: Hi Noor, how was Asha, 1 to 5? Reply STOP to opt out."
    assert ask["segments"] == {"encoding": "gsm-7", "count": 1, "units": len(ask["text"])}
    assert ask["longest"]["units"] == len(ask["text"]) - len("NoorAsha") + 80
    product = messages["question", "product", None]
    assert product["text"] == "What was it about?\n1 Telephone\n2 Internet"
    why = messages["question", "why", None]
    assert (why["only"], why["chosen"]) == (["low"], {"product": ["net"]})
    assert messages["thanks", None, "high"]["text"].startswith("Great! http")
    assert "x" * 16 in messages["thanks", None, "high"]["text"]
    assert messages["stopped", None, None]["text"].startswith("You will get no more")
    assert not any("{" in one["text"] for one in shown["messages"])
    assert stack.texts() == []


async def test_another_language_costs_more(stack: Stack) -> None:
    shown = (await previewed(stack, language="hi")).json()

    assert shown["language"] == "hi"
    assert shown["messages"][0]["segments"]["encoding"] == "ucs-2"


async def test_a_flow_that_is_not_there_is_404(stack: Stack) -> None:
    assert (await previewed(stack, flow="other")).status_code == 404
