"""A link in a text by which people opt out: looking at it changes nothing, one press is a STOP."""

import asyncio
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from msgspec import structs

from channel import pages
from channel.outgoing.erasing import Erasing
from common.config.store import Document, advance
from common.events.consent import ConsentChanged, ConsentState, ContactErased
from common.events.questionnaire import Band, Texts
from common.events.sends import StepKind
from common.ids import step_id
from common.render import segments
from common.time import utc_now
from sms_sender.testing import (
    CALLER,
    SURVEY,
    WORKSPACE,
    Stack,
    contact_of,
    enveloped,
    person,
    step,
    until,
)

YEARS = timedelta(days=10 * 365)
TEXTS = Texts(
    opt_out="No more: {opt_out_link}",
    thanks={Band.HIGH: "Thank you! No more of this: {opt_out_link}"},
)
ASKING = structs.replace(SURVEY, texts=TEXTS)
PHONE = {"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"}


async def asked(stack: Stack, number: str = CALLER, **changes: Any) -> str:
    """The address in the text that somebody got."""
    ask = step(number, **{"questionnaire": ASKING, **changes})
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    (url,) = re.findall(r"https?://\S+", stack.texts(number)[-1])
    found: str = url
    return found


async def looked(stack: Stack, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    given = PHONE | {name.replace("_", "-"): value for name, value in headers.items()}
    return await stack.client.request(method, url, headers=given, follow_redirects=False)


async def confirmed(stack: Stack, url: str) -> httpx.Response:
    return await stack.client.post(url, headers=PHONE, follow_redirects=False)


async def changes(stack: Stack) -> list[tuple[ConsentState, str]]:
    await stack.idle()
    return [(one.state, one.source) for one in await stack.read(ConsentChanged)]


async def asked_again(stack: Stack, number: str = CALLER, *, name: str = "again") -> Any:
    """What became of a later ask."""
    later = step(number, name=name)
    await stack.publish(later)
    await until(lambda: _is_over(stack, later.id))
    row = await stack.row(later.id)
    return row["state"], row["reason"]


async def _is_over(stack: Stack, found: Any) -> bool:
    return await stack.state(found) in ("cancelled", "delivered", "failed")


async def described(stack: Stack, **more: Any) -> None:
    body = {"id": WORKSPACE, "name": "Acme", **more}
    await stack.configure([Document(workspace=WORKSPACE, kind="workspace", id="acme", body=body)])


async def test_the_link_stands_for_the_words_by_which_to_opt_out(stack: Stack) -> None:
    url = await asked(stack)

    assert stack.texts() == [f"Acme: How was it, 1 to 5? No more: {url}"]
    assert re.fullmatch(rf"{stack.public_url}/l/sms/[\w-]{{16}}", url)


async def test_looking_at_it_changes_nothing_whoever_looks_and_how_often(stack: Stack) -> None:
    url = await asked(stack)
    seen = [
        await looked(stack, url),
        await looked(stack, url, "HEAD"),
        await looked(stack, f"{url}?fbclid=1", sec_purpose="prefetch"),
        await looked(stack, url, user_agent="WhatsApp/2.24 A"),
    ]

    assert [one.status_code for one in seen] == [200] * 4
    assert "Stop getting surveys from <bdi>Acme</bdi> by SMS?" in seen[0].text
    assert await changes(stack) == []
    assert await asked_again(stack) == ("delivered", None)


async def test_one_press_and_nothing_more_goes_out(stack: Stack) -> None:
    url = await asked(stack)
    answer = await confirmed(stack, url)
    (row,) = await stack.fetch("select suppressed from sms_sender.contacts")

    assert row["suppressed"]  # before it was answered
    assert answer.status_code == 200
    assert "You will get no more surveys from <bdi>Acme</bdi> by SMS." in answer.text
    assert "reply START" in answer.text
    assert await asked_again(stack) == ("cancelled", "opted_out")
    assert await changes(stack) == [(ConsentState.WITHDRAWN, "link")]
    (change,) = await stack.read(ConsentChanged)
    assert (change.contact_id, change.channel) == (contact_of(), "sms")
    assert "link" in change.evidence


async def test_a_second_press_writes_nothing_more(stack: Stack) -> None:
    url = await asked(stack)
    answers = await asyncio.gather(*(confirmed(stack, url) for _ in range(5)))

    assert {answer.status_code for answer in answers} == {200}
    assert await changes(stack) == [(ConsentState.WITHDRAWN, "link")]


async def test_the_links_of_two_texts_are_of_one_person(stack: Stack) -> None:
    first, second = await asked(stack), await asked(stack, name="c2")
    await confirmed(stack, first)
    await confirmed(stack, second)

    assert first != second
    assert await asked_again(stack) == ("cancelled", "opted_out")


async def test_who_has_two_links_makes_us_write_once_however_often_they_press(
    stack: Stack,
) -> None:
    first, second = await asked(stack), await asked(stack, name="c2")
    for url in (first, second, first, second):
        assert (await confirmed(stack, url)).status_code == 200

    assert await changes(stack) == [(ConsentState.WITHDRAWN, "link")]


async def test_who_came_back_may_opt_out_by_the_same_link_again(stack: Stack) -> None:
    url = await asked(stack)
    await confirmed(stack, url)
    await stack.says("START")
    await stack.idle()
    assert await asked_again(stack, name="after START") == ("delivered", None)
    await confirmed(stack, url)

    assert await asked_again(stack) == ("cancelled", "opted_out")
    assert [state for state, _ in await changes(stack)] == [
        ConsentState.WITHDRAWN,
        ConsentState.GRANTED,
        ConsentState.WITHDRAWN,
    ]


async def test_a_press_outlives_a_doubt_that_somebody_clears(stack: Stack) -> None:
    url = await asked(stack)
    await stack.says("not interested")
    await stack.idle()
    await confirmed(stack, url)

    assert await changes(stack) == [
        (ConsentState.DOUBTED, "reply"),
        (ConsentState.WITHDRAWN, "link"),
    ]


async def test_a_second_press_outlives_a_doubt_that_came_after_the_first(stack: Stack) -> None:
    url = await asked(stack)
    await confirmed(stack, url)
    for said in ("START", "not interested"):
        await stack.says(said)
        await stack.idle()
    await confirmed(stack, url)

    assert [state for state, _ in await changes(stack)] == [
        ConsentState.WITHDRAWN,
        ConsentState.GRANTED,
        ConsentState.DOUBTED,
        ConsentState.WITHDRAWN,
    ]


async def test_it_works_for_as_long_as_the_text_is_kept_by_who_got_it(stack: Stack) -> None:
    url = await asked(stack)
    stack.clock.offset = YEARS

    assert (await looked(stack, url)).status_code == 200
    assert (await confirmed(stack, url)).status_code == 200


async def test_it_is_counted_among_the_links(stack: Stack) -> None:
    url = await asked(stack)
    await looked(stack, url)
    await looked(stack, url, "HEAD")
    answer = await stack.client.get(
        f"{stack.public_url}/v1/sms/links", headers=await stack.key(WORKSPACE, "read")
    )

    (count,) = answer.json()["links"]
    assert (count["link"], count["told"], count["opened"], count["previews"]) == (
        "opt-out",
        1,
        1,
        1,
    )


@pytest.mark.parametrize("end", ["A" * 16, "x", "A" * 5000, "é" * 16, "a%00b"])
async def test_an_unknown_link_says_how_to_opt_out_all_the_same(stack: Stack, end: str) -> None:
    for method in ("GET", "POST"):
        answer = await looked(stack, f"{stack.public_url}/l/sms/{end}", method)
        assert answer.status_code == 404
        assert "reply STOP" in answer.text
    assert await changes(stack) == []


async def test_whose_link_it_was_is_not_known_once_they_were_erased(stack: Stack) -> None:
    url = await asked(stack)
    await confirmed(stack, url)
    gone = ContactErased(contact_id=contact_of(), erased_at=utc_now())
    erasing: Erasing = stack.sender.erasing
    await erasing.on_erased([structs.replace(enveloped(step()), data=gone)])
    await until(lambda: _is_erased(stack))
    answers = [await looked(stack, url), await confirmed(stack, url)]
    unknown = await looked(stack, f"{stack.public_url}/l/sms/{'A' * 16}")

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {unknown.text}
    assert await changes(stack) == [(ConsentState.WITHDRAWN, "link")]
    assert (await stack.fetch("select suppressed from sms_sender.contacts"))[0]["suppressed"]


async def _is_erased(stack: Stack) -> bool:
    return not await stack.fetch("select 1 from sms_sender.erasures")


async def test_a_link_that_leads_elsewhere_opts_nobody_out(stack: Stack) -> None:
    link = {"url": "https://reviews.example.com/", "kind": "review"}
    await described(stack, links={"review": link})
    words = Texts(thanks={Band.HIGH: "{link_review}"})
    ask = step(questionnaire=structs.replace(SURVEY, questions=SURVEY.questions[:1], texts=words))
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    await stack.says("5")
    await stack.idle()

    assert (await confirmed(stack, stack.texts()[-1])).status_code == 404
    assert await changes(stack) == []


async def test_who_guesses_has_to_wait(stack: Stack) -> None:
    addresses = [f"{stack.public_url}/l/sms/{number:016}" for number in range(100)]
    answers = await asyncio.gather(*(confirmed(stack, address) for address in addresses))

    assert {answer.status_code for answer in answers} == {404, 429}
    for answer in answers:
        assert answer.headers["content-type"].startswith("text/html")
        assert "STOP" in answer.text


async def test_while_the_database_does_not_answer_it_is_not_said_to_be_done(stack: Stack) -> None:
    url = await asked(stack)
    async with stack.db.transaction() as connection:
        await connection.execute("lock table sms_sender.contacts in access exclusive mode")
        answer = await stack.client.post(
            url, headers=PHONE | {"accept-language": "de-AT,en;q=0.5"}, timeout=60
        )
        await connection.execute("lock table sms_sender.links in access exclusive mode")
        look = await stack.client.get(
            url, headers=PHONE | {"accept-language": "de-AT,en;q=0.5"}, timeout=60
        )

    for page in (answer, look):
        assert page.status_code == 503
        assert "antworten Sie STOP" in page.text
    assert await changes(stack) == []


async def test_where_a_no_ends_all_channels_it_says_so(stack: Stack) -> None:
    await described(stack, opt_out_scope="all")
    url = await asked(stack)

    assert "Stop getting surveys from <bdi>Acme</bdi>?" in (await looked(stack, url)).text
    assert "no more surveys from <bdi>Acme</bdi>." in (await confirmed(stack, url)).text


async def test_of_a_workspace_that_is_gone_there_is_nothing_to_opt_out_of(stack: Stack) -> None:
    url = await asked(stack)
    async with stack.db.transaction() as connection:
        await connection.execute("delete from config.documents")
        await advance(connection)
    await stack.runtime.config.current()

    assert (await looked(stack, url)).status_code == 404


@pytest.mark.parametrize(
    ("language", "spoken", "direction", "words"),
    [
        ("es-MX", "es", "ltr", "¿Quiere dejar de recibir encuestas de <bdi>Acme</bdi> por SMS?"),
        ("ar", "ar", "rtl", "استبيانات أخرى من <bdi>Acme</bdi> عبر SMS؟"),
        ("sv", "en", "ltr", "Stop getting surveys"),
    ],
)
async def test_it_speaks_the_language_of_the_text(
    stack: Stack, language: str, spoken: str, direction: str, words: str
) -> None:
    url = await asked(stack, questionnaire=structs.replace(ASKING, language=language))
    page = (await looked(stack, url)).text

    assert f'<html lang="{spoken}" dir="{direction}">' in page
    assert words in page


class _Loads(HTMLParser):
    """Whatever a page would fetch or run, or where it would send somebody."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "link", "a", "object"):
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name in ("src", "href", "action", "style")]


async def test_the_page_loads_nothing_is_in_no_index_and_tells_no_other_site(stack: Stack) -> None:
    await described(stack, name='<script>alert("x")</script>')
    url = await asked(stack)
    for answer in (await looked(stack, url), await confirmed(stack, url)):
        page, policy = _Loads(), answer.headers["content-security-policy"]
        page.feed(answer.text)

        assert page.found == []
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["cache-control"] == "no-store"


async def test_closing_words_and_a_reminder_have_the_same_link(stack: Stack) -> None:
    ask = step(questionnaire=ASKING)
    again = structs.replace(
        ask,
        id=step_id(ask.invitation_id, 1),
        number=1,
        kind=StepKind.REMINDER,
        continues=0,
    )
    url = await asked(stack)
    await stack.publish(again)
    await stack.waits_for(again.id, "delivered")
    await stack.says("5")
    await stack.idle()
    await stack.says("it was quick")
    await stack.idle()

    assert [url in text for text in stack.texts()] == [True, True, False, True]
    assert len(await stack.fetch("select * from sms_sender.links")) == 1


async def test_a_text_that_names_no_link_keeps_its_words_and_has_no_row(stack: Stack) -> None:
    await stack.publish(ask := step(person(2)))
    await stack.waits_for(ask.id, "delivered")

    assert stack.texts(person(2)) == ["Acme: How was it, 1 to 5? Reply STOP to opt out."]
    assert await stack.fetch("select * from sms_sender.links") == []


async def test_a_preview_counts_the_text_with_a_link_as_long_as_it_will_be(stack: Stack) -> None:
    survey = {
        "id": "after-call",
        "metric": "csat",
        "questions": [
            {"id": "score", "kind": "rating", "scale": [1, 5], "text": {"en": "How was it, 1-5?"}}
        ],
        "texts": {"en": {"opt_out": "No more: {opt_out_link}"}},
    }
    await stack.configure(
        [Document(workspace=WORKSPACE, kind="survey", id="after-call", body=survey)]
    )
    answer = await stack.client.get(
        f"{stack.public_url}/v1/sms/preview",
        params={"flow": "flow"},
        headers=await stack.key(WORKSPACE, "read"),
    )
    shown = next(one for one in answer.json()["messages"] if one["when"] == "ask")
    text = f"Acme: How was it, 1-5? No more: {stack.public_url}/l/sms/{'x' * 16}"

    assert shown["text"] == text
    assert shown["segments"]["units"] == segments(text).units


def test_every_language_has_every_phrase_with_its_places() -> None:
    english = pages.phrases()["en"]
    for language, phrases in pages.phrases().items():
        assert phrases.keys() == english.keys(), language
        for key, text in english.items():
            places = set(re.findall(r"\{\w+\}", text))
            assert set(re.findall(r"\{\w+\}", phrases[key])) == places, (language, key)
